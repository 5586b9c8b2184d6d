/** What embedded code reaches for, told from its text. Reads too much rather than too little: comments count as code. */
import type { CodeArea } from './areas.ts';
import { allPipelines, isBuiltin, networkPrograms, type Program, programsOf } from './programs.ts';
import type { ShellCommand } from './shell.ts';

export type CapabilityKind = 'command' | 'code' | 'network' | 'read' | 'write' | 'environment' | 'mcp';

/** One thing that code reaches for. `name` is `*` where only running tells it. `at` is an offset in the text. */
export interface Reach {
  readonly kind: CapabilityKind;
  readonly name: string;
  readonly at: number;
}

const url =
  /\b(?:https?|wss?|ftp|sftp|ssh|git):\/\/(?:[^\s/?#@'"`<>]{1,200}@)?(\[[0-9a-f:.]{2,60}\]|[^\s/?#:'"`<>(){}\\,;]{1,253})/gi;

/** Hosts of the URLs in a text. */
export function hostsIn(text: string): Reach[] {
  return [...text.matchAll(url)].map((match) => ({
    kind: 'network',
    name: hostName(match[1]!),
    at: match.index,
  }));
}

function hostName(written: string): string {
  const host = written.toLowerCase().replace(/\.$/, '');
  return /[$\u0001@*]/.test(host) ? host.replace(/[$\u0001@].{0,253}/, '*') : host;
}

export function reachOf(area: CodeArea): Reach[] {
  const { language, text } = area;
  if (language === 'sh' || language === 'cmd') return shellReach(area);
  const patterns = language === 'py' ? pythonPatterns : scriptPatterns;
  const found = [...hostsIn(text), ...patterns.flatMap((pattern) => matches(pattern, text))];
  if (found.some(({ kind }) => kind === 'network')) return found;
  const network = language === 'py' ? pythonNetwork : scriptNetwork;
  const calls = network.flatMap((pattern) => pattern.exec(text)?.index ?? []);
  if (calls.length > 0) found.push({ kind: 'network', name: '*', at: Math.min(...calls) });
  return found;
}

// ---- JavaScript and Python

interface ReachPattern {
  readonly kind: CapabilityKind;
  /** Group 1 is the name, if it is a literal. */
  readonly pattern: RegExp;
  /** The text must match this too. */
  readonly only?: RegExp;
}

function matches({ kind, pattern, only }: ReachPattern, text: string): Reach[] {
  if (only !== undefined && !only.test(text)) return [];
  return [...text.matchAll(pattern)].map((match) => ({
    kind,
    name: kind === 'command' ? firstWord(match[1]) : literalName(match[1] ?? match[2]),
    at: match.index,
  }));
}

function literalName(written: string | undefined): string {
  return written === undefined || written === '' ? '*' : written.replace(/\$\{[^}]{0,200}\}/g, '*');
}

function firstWord(command: string | undefined): string {
  const [first = ''] = command?.trim().split(/\s/, 1) ?? [];
  return first === '' || first.includes('${') ? '*' : first.replace(/^\/(?:usr\/)?s?bin\//, '');
}

const literal = String.raw`\s{0,20}(?:['"\x60]([^'"\x60\n]{1,300})['"\x60])?`;
const anyOf = (words: string, more: string) => new RegExp(String.raw`\b(?:${words})${more}`, 'g');

const scriptPatterns: readonly ReachPattern[] = [
  {
    kind: 'command',
    pattern: anyOf(
      'exec|execSync|execFile|execFileSync|spawn|spawnSync|fork',
      String.raw`\s{0,20}\(${literal}`,
    ),
    only: /child_process/,
  },
  { kind: 'command', pattern: anyOf('Deno\\.Command|Bun\\.spawn', String.raw`\s{0,20}\(${literal}`) },
  { kind: 'network', pattern: /\bfetch\s{0,20}\(\s{0,20}(?!['"`\s])()/g },
  {
    kind: 'read',
    pattern: anyOf(
      'readFile|readFileSync|createReadStream|readdir|readdirSync|opendir|readlink',
      String.raw`\s{0,20}\(${literal}`,
    ),
  },
  {
    kind: 'write',
    pattern: anyOf(
      'writeFile|writeFileSync|appendFile|appendFileSync|createWriteStream|unlink|unlinkSync|rm|rmSync|rmdir|rmdirSync|mkdir|mkdirSync|rename|renameSync|copyFile|copyFileSync|symlink|symlinkSync|chmod|chmodSync',
      String.raw`\s{0,20}\(${literal}`,
    ),
    only: /\bfs\b/,
  },
  {
    kind: 'environment',
    pattern:
      /\bprocess\s{0,5}\??\.\s{0,5}env(?:\??\.([A-Za-z_]\w{0,100})|\??\.?\[\s{0,5}['"`](\w{1,100})['"`]\s{0,5}\])?/g,
  },
];
// Two patterns: V8 looks for the words of one alone by steps of their length.
const scriptNetwork = [
  /\b(?:fetch|XMLHttpRequest|WebSocket)\s{0,20}\(/,
  /['"](?:node:)?(?:https?|http2|net|tls|dgram|dns)['"]/,
];

const pythonPatterns: readonly ReachPattern[] = [
  {
    kind: 'command',
    pattern: anyOf(
      'subprocess\\.(?:run|call|Popen|check_output|check_call|getoutput)|os\\.(?:system|popen|execvp?|spawnvp?)',
      String.raw`\s{0,20}\(\s{0,20}\[?${literal}`,
    ),
  },
  {
    kind: 'write',
    pattern:
      /\bopen\s{0,20}\(\s{0,20}['"]([^'"\n]{1,300})['"]\s{0,20},\s{0,20}(?:mode\s{0,5}=\s{0,5})?['"][rbt]{0,2}[wax+]/g,
  },
  {
    kind: 'write',
    pattern: anyOf(
      'os\\.(?:remove|unlink|rename|mkdir|makedirs)|shutil\\.\\w{1,20}',
      String.raw`\s{0,20}\(${literal}`,
    ),
  },
  {
    kind: 'read',
    pattern:
      /\bopen\s{0,20}\(\s{0,20}['"]([^'"\n]{1,300})['"]\s{0,20}(?:\)|,\s{0,20}(?:mode\s{0,5}=\s{0,5})?['"]r[bt]?['"]|,\s{0,20}encoding)/g,
  },
  {
    kind: 'environment',
    pattern:
      /\bos\.(?:getenv\s{0,5}\(|environ(?:\.get\s{0,5}\(|\s{0,5}\[)?)\s{0,20}(?:['"](\w{1,100})['"])?/g,
  },
];
const pythonNetwork = [/\b(?:urllib|requests|httpx|aiohttp|http\.client|socket|ftplib|smtplib)\b/];

// ---- shell

function shellReach(area: CodeArea): Reach[] {
  const found: Reach[] = hostsIn(area.text);
  const assigned = new Set([...area.given, ...assignedIn(area.text)]);
  for (const { pipeline, base } of allPipelines(area.text))
    for (const command of pipeline) found.push(...commandReach(command, base));
  for (const match of area.text.matchAll(shellVariable)) {
    const name = match[1]!;
    if (!assigned.has(name) && !ownVariables.has(name))
      found.push({ kind: 'environment', name, at: match.index });
  }
  return found.map((one) => ({ ...one, name: one.name.replaceAll('\u0001', '*') }));
}

const shellVariable = /\$\{?[#!]?([A-Z_][A-Z0-9_]{1,100})\b/g;
const shellAssignment =
  /(?:^|[\s;(])(?:for\s{1,20}|read\s{1,20}(?:-r\s{1,20})?|local\s{1,20}|export\s{1,20})?([A-Za-z_]\w{0,100})(?:\+?=|\s{1,20}in\s|\s|$)/gm;
/** Set by the shell itself. */
const ownVariables: ReadonlySet<string> = new Set(
  'PWD OLDPWD IFS RANDOM LINENO SECONDS OPTARG OPTIND PIPESTATUS REPLY FUNCNAME UID EUID PPID BASH_SOURCE BASH_REMATCH SHLVL'.split(
    ' ',
  ),
);

function assignedIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const match of text.matchAll(shellAssignment)) {
    const [whole, name = ''] = match;
    if (/=$|\bfor\b|\bread\b|\blocal\b/.test(whole)) names.add(name);
  }
  return names;
}

function commandReach(command: ShellCommand, base: number): Reach[] {
  const found: Reach[] = [];
  for (const { name, word, args } of programsOf(command)) {
    const at = base + word.at;
    if (name !== '' && !isBuiltin(name)) found.push({ kind: 'command', name, at });
    if (networkPrograms.has(name)) found.push(...targets({ name, word, args }, base));
    if (name === 'env' && args.length === 0) found.push({ kind: 'environment', name: '*', at });
    if (name === 'printenv')
      found.push(
        args.length === 0
          ? { kind: 'environment', name: '*', at }
          : { kind: 'environment', name: args[0]!.text, at },
      );
  }
  for (const { operator, target } of command.redirects) {
    if (operator === '<<<' || /^(?:\/dev\/(?:null|stdout|stderr|tty)|&.{0,3}|)$/.test(target.text)) continue;
    found.push({ kind: operator === '<' ? 'read' : 'write', name: target.text, at: base + target.at });
  }
  return found;
}

const bareHost =
  /^(?:[\w.-]{1,64}@)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}|localhost|\d{1,3}(?:\.\d{1,3}){3})(?:[:/]|$)/i;

/** Programs whose other words are files of this machine. */
const copiers: ReadonlySet<string> = new Set(['scp', 'rsync', 'sftp']);

/** Hosts of a network program that no URL names. */
function targets({ name: program, word, args }: Program, base: number): Reach[] {
  if (args.some(({ text }) => /:\/\/[^*\u0001]/.test(text))) return [];
  for (const { text, at: place } of args) {
    if (copiers.has(program) && !text.includes(':')) continue;
    const host = text.startsWith('-') ? undefined : bareHost.exec(text)?.[1];
    if (host !== undefined) return [{ kind: 'network', name: host.toLowerCase(), at: base + place }];
  }
  return [{ kind: 'network', name: '*', at: base + word.at }];
}
