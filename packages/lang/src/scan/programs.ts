/** Which programs shell commands run, and what kind of program each is. */
import { type Pipeline, readShell, type ShellCommand, type ShellWord } from './shell.ts';

/** A program as a command names it, with the words behind it. */
export interface Program {
  /** Without the folder of a system; `*` if only running tells. */
  readonly name: string;
  readonly word: ShellWord;
  readonly args: readonly ShellWord[];
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const keywords = words('if then else elif fi do done while until ! { } time in esac coproc');
/** Words after which nothing of the line is a command. */
const headers = words('for case select function');
/** Programs that run the program behind them. */
const wrappers = words(
  'sudo doas env xargs nohup timeout exec command builtin nice ionice setsid stdbuf time watch',
);
/** Parts of the shell that touch nothing outside of it. */
const builtins = words(
  'echo printf cd export set unset test [ [[ : true false read local return exit shift declare typeset readonly wait trap let getopts break continue pwd umask type hash alias shopt ulimit jobs pushd popd',
);
export const shells = words('sh bash zsh dash ksh ash fish csh tcsh');
export const interpreters = new Set([
  ...shells,
  ...words('python python2 python3 node deno bun perl ruby php osascript pwsh powershell eval source .'),
]);
export const networkPrograms = words(
  'curl wget nc ncat netcat socat ssh scp sftp ftp tftp telnet rsync http https xh aria2c lynx dig nslookup host',
);
export const downloaders = words('curl wget http https xh aria2c lynx fetch');
export const decoders = words('base64 base32 xxd openssl uudecode gunzip zcat rev tr');

const systemFolder = /^(?:\/usr|\/usr\/local|\/opt\/homebrew)?\/s?bin\/(?=[^/]+$)/;
const assignment = /^[A-Za-z_][A-Za-z0-9_]{0,100}\+?=/;
const numberArgument = /^[0-9.]{1,12}[smhd]?$/;

/** The programs of one command: the first word that is one, and those behind wrappers such as `sudo` and `xargs`. */
export function programsOf({ words: all }: ShellCommand): Program[] {
  const found: Program[] = [];
  let wrapped = false;
  for (let i = 0; i < all.length; i++) {
    const word = all[i]!;
    if (headers.has(word.text) && !wrapped) break;
    if (keywords.has(word.text) || assignment.test(word.text)) continue;
    if (wrapped && (word.text.startsWith('-') || numberArgument.test(word.text))) continue;
    const program: Program = { name: nameOf(word), word, args: all.slice(i + 1, i + 1 + maxArgs) };
    found.push(program);
    wrapped = wrappers.has(program.name);
    if (!wrapped || found.length > 8) break;
  }
  return found;
}

const maxArgs = 200;

function nameOf(word: ShellWord): string {
  return word.fixed ? word.text.replace(systemFolder, '') : '*';
}

export function isBuiltin(name: string): boolean {
  return builtins.has(name);
}

/** All pipelines of a text with those within their words and, for shells, in their here-documents and `-c` texts. */
export function allPipelines(text: string, depth = 0): { pipeline: Pipeline; base: number }[] {
  const found: { pipeline: Pipeline; base: number }[] = [];
  const queue = readShell(text).map((pipeline) => ({ pipeline, base: 0 }));
  for (const item of queue) {
    found.push(item);
    for (const command of item.pipeline) {
      for (const word of [...command.words, ...command.redirects.map(({ target }) => target)])
        for (const pipeline of word.inner) queue.push({ pipeline, base: 0 });
      if (depth >= 3) continue;
      for (const { text: inside, at } of scriptsOf(command))
        for (const { pipeline, base } of allPipelines(inside, depth + 1))
          found.push({ pipeline, base: base + at });
    }
  }
  return found;
}

/** Texts that a command gives to a shell: `sh -c '…'`, `eval '…'`, `sh <<END`. */
function scriptsOf(command: ShellCommand): { text: string; at: number }[] {
  const scripts: { text: string; at: number }[] = [];
  for (const { name, args } of programsOf(command)) {
    if (name === 'eval') scripts.push(...args.map(({ text, at }) => ({ text, at })));
    if (!shells.has(name)) continue;
    scripts.push(...command.documents);
    const flag = args.findIndex(({ text }) => /^-[a-z]{0,6}c$/.test(text));
    const script = flag < 0 ? undefined : args[flag + 1];
    if (script !== undefined) scripts.push({ text: script.text, at: script.at });
  }
  return scripts;
}
