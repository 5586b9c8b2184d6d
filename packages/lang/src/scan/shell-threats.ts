/** Rules about shell commands: by pipelines, not by text, so that spaces, quotes and options do not hide them. */
import type { Hit } from './hit.ts';
import {
  allPipelines,
  decoders,
  downloaders,
  interpreters,
  networkPrograms,
  type Program,
  programsOf,
  shells,
} from './programs.ts';
import type { ThreatId } from './rules.ts';
import type { Pipeline, ShellCommand, ShellWord } from './shell.ts';

/** Files in which programs keep secrets. */
export const secretFile =
  /(?:\.ssh\/[\w.-]{0,60}|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|\.aws\/credentials|\.netrc\b|\.npmrc\b|\.pypirc\b|\.git-credentials\b|\.config\/gh\/hosts|\.docker\/config\.json|\.kube\/config|\.gnupg\/|\/etc\/(?:shadow|sudoers)\b|Login Data\b|\.bash_history\b|\.zsh_history\b|wallet\.dat\b)/g;

/** Hits with offsets in `text`. */
export function shellHits(text: string): Hit[] {
  const hits: Hit[] = [];
  const downloaded = new Set<string>();
  for (const { pipeline, base } of allPipelines(text)) {
    const add = (rule: ThreatId, program: Program, message: string) =>
      hits.push({ rule, at: base + program.word.at, message });
    const stages = pipeline.map((command) => ({ command, programs: programsOf(command) }));
    pipeHits(stages, add);
    for (const stage of stages) {
      commandHits(stage, add);
      fetchedHits(stage, downloaded, add);
    }
  }
  return hits;
}

interface Stage {
  readonly command: ShellCommand;
  readonly programs: readonly Program[];
}

type Add = (rule: ThreatId, program: Program, message: string) => void;

const isSecret = (text: string) => text.search(secretFile) >= 0;

// ---- along a pipeline

function pipeHits(stages: readonly Stage[], add: Add): void {
  let download: Program | undefined;
  let decoded: Program | undefined;
  let secret: string | undefined;
  for (const { command, programs } of stages) {
    for (const program of programs) {
      if (download !== undefined && runsInput(program))
        add('download/run', download, `what ${download.name} downloads is run by ${program.name}`);
      if (decoded !== undefined && runsInput(program))
        add('obfuscation/encoded-run', decoded, `what ${decoded.name} decodes is run by ${program.name}`);
      if (secret !== undefined && networkPrograms.has(program.name))
        add('exfiltration/pipe', program, `${secret} goes into ${program.name}`);
    }
    download ??= programs.find(({ name }) => downloaders.has(name));
    decoded ??= programs.find(decodes);
    secret ??= secretOf(command, programs);
  }
}

/** Whether a program runs what comes on its standard input. */
function runsInput({ name, args }: Program): boolean {
  if (!interpreters.has(name) || name === 'eval') return false;
  if (name === 'source' || name === '.') return args.some(({ text }) => text === '/dev/stdin');
  const first = args.find(
    ({ text }) => !text.startsWith('-') || /^-(?:[a-z]{0,6}[cempr]|-)$/.test(text) || text === '-',
  );
  if (first === undefined || first.text === '-' || first.text === '/dev/stdin') return true;
  // `sh -s -- argument`
  return args.some(({ text }) => /^-[a-z]{0,6}s$/.test(text)) && shells.has(name);
}

function decodes({ name, args }: Program): boolean {
  if (!decoders.has(name)) return false;
  if (name === 'gunzip' || name === 'zcat' || name === 'rev' || name === 'tr' || name === 'uudecode')
    return true;
  return args.some(({ text }) => /^(?:-[a-zA-Z]{0,4}[dDr]|--decode|-d)$/.test(text));
}

/** Where a command's output is the environment, or a file that holds secrets. */
function secretOf(command: ShellCommand, programs: readonly Program[]): string | undefined {
  for (const { name, args } of programs) {
    if ((name === 'env' || name === 'set' || name === 'printenv') && args.length === 0)
      return 'the environment';
    if (name === 'export' && args[0]?.text === '-p') return 'the environment';
    const file = args.find(({ text }) => isSecret(text));
    if (file !== undefined && !networkPrograms.has(name)) return file.text.slice(0, 80);
  }
  return command.redirects.find(({ operator, target }) => operator === '<' && isSecret(target.text))?.target
    .text;
}

// ---- within a command

function commandHits({ command, programs }: Stage, add: Add): void {
  for (const program of programs) {
    const { name, args } = program;
    const inner = [...args, ...command.redirects.map(({ target }) => target)].flatMap((word) => word.inner);
    if (interpreters.has(name)) innerHits(program, inner, add);
    if (name === 'eval' && args.some(({ fixed }) => !fixed))
      add('obfuscation/eval', program, 'eval runs a text that is built');
    if (networkPrograms.has(name)) sendHits({ program, command, inner }, add);
  }
}

/** `sh -c "$(curl …)"`, `bash <(curl …)`, `eval "$(base64 -d …)"`. */
function innerHits(program: Program, inner: readonly Pipeline[], add: Add): void {
  const programs = inner.flatMap((pipeline) => pipeline.flatMap(programsOf));
  const download = programs.find(({ name }) => downloaders.has(name));
  if (download !== undefined)
    add('download/run', program, `what ${download.name} downloads is run by ${program.name}`);
  const decoder = programs.find(decodes);
  if (decoder !== undefined)
    add('obfuscation/encoded-run', program, `what ${decoder.name} decodes is run by ${program.name}`);
}

interface Sending {
  readonly program: Program;
  readonly command: ShellCommand;
  readonly inner: readonly Pipeline[];
}

function sendHits({ program, command, inner }: Sending, add: Add): void {
  const { name, args } = program;
  const inside = inner.flatMap((pipeline) => pipeline.map((one) => secretOf(one, programsOf(one))));
  const secret =
    inside.find((one) => one !== undefined) ??
    [...args, ...command.redirects.map(({ target }) => target)].find(
      (word) => isSecret(word.text) && !isIdentity(word, args),
    )?.text;
  if (secret !== undefined) add('exfiltration/pipe', program, `${secret.slice(0, 80)} goes into ${name}`);
  else if (args.some((word, i) => sends(word, args[i - 1])))
    add('exfiltration/upload', program, `${name} sends a file or its standard input`);
}

/** The key that a program logs in with is not what it sends. */
function isIdentity(word: ShellWord, args: readonly ShellWord[]): boolean {
  const before = args[args.indexOf(word) - 1]?.text ?? '';
  return /^(?:-i|--key|--cert|-E|--netrc-file)$/.test(before);
}

function sends({ text }: ShellWord, before: ShellWord | undefined): boolean {
  if (/^(?:-T|--upload-file|--post-file|--body-file)(?:=|$)/.test(text)) return true;
  if (/^(?:--data(?:-binary|-raw|-urlencode|-ascii)?=@|-d@)/.test(text)) return true;
  const option = before?.text ?? '';
  if (/^(?:-d|--data|--data-binary|--data-urlencode|--data-ascii|--json)$/.test(option))
    return text.startsWith('@');
  return /^(?:-F|--form)$/.test(option) && /^[^=]{1,100}=[@<]/.test(text);
}

// ---- download first, run later

const outputOption = /^(?:-o|-O|--output|--output-document)$/;

function fetchedHits({ command, programs }: Stage, downloaded: Set<string>, add: Add): void {
  for (const program of programs) {
    const { name, args, word } = program;
    if (downloaders.has(name)) {
      for (const file of outputsOf(command, args)) downloaded.add(plain(file));
    } else if (downloaded.size > 0) {
      const runs = interpreters.has(name) || name === 'chmod' ? args.map(({ text }) => text) : [word.text];
      const file = runs.find((text) => downloaded.has(plain(text)));
      if (file !== undefined) add('download/run', program, `${file.slice(0, 80)} was downloaded and is run`);
    }
  }
}

function outputsOf(command: ShellCommand, args: readonly ShellWord[]): string[] {
  const named = args.filter((_, i) => outputOption.test(args[i - 1]?.text ?? ''));
  const written = command.redirects.filter(({ operator }) => operator === '>' || operator === '>>');
  return [...named, ...written.map(({ target }) => target)]
    .map(({ text }) => text)
    .filter((text) => text !== '-');
}

const plain = (file: string) => file.replace(/^\.\//, '');

// ---- commands within other text

const opening = /\b(?:curl|wget|bash|sh|zsh|eval|source|base64|echo|cat|env|printenv)[ \t]/g;
/** Of one line. */
const lineReach = 1000;
const perLine = 3;

/** Rules for commands that stand in docs and in strings of other languages, a line at a time. */
export function lineHits(text: string, skip: (offset: number) => boolean): Hit[] {
  const hits: Hit[] = [];
  let line = { end: -1, seen: 0 };
  for (const match of text.matchAll(opening)) {
    const at = match.index;
    if (at >= line.end) {
      const newline = text.slice(at, at + lineReach).indexOf('\n');
      line = { end: newline < 0 ? at + lineReach : at + newline, seen: 0 };
    }
    if (line.seen >= perLine || skip(at)) continue;
    line.seen++;
    const rest = text.slice(at, line.end);
    if (!/[|(]/.test(rest)) continue;
    const quote = /^[^'"`]{0,1000}/.exec(rest)?.[0] ?? '';
    const found = [...shellHits(rest), ...(quote.length < rest.length ? shellHits(quote) : [])];
    const one = found.find(({ rule }) => lineRules.has(rule));
    if (one === undefined) continue;
    hits.push({ ...one, at: at + Math.min(one.at, rest.length) });
    line.seen = perLine;
  }
  return hits;
}

const lineRules: ReadonlySet<ThreatId> = new Set([
  'download/run',
  'obfuscation/encoded-run',
  'exfiltration/pipe',
]);
