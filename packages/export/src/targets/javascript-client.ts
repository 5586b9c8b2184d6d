/** The part of a JavaScript package that is the same in all: a resident process, spoken to in lines of JSON (call.md §3). */
export const clientSource = String.raw`import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts mlld with a bundle when the first call is made, and again if it ended. */
export function start(bundle, digest, { grant = [], mlld, cwd } = {}) {
  let running;
  const process_ = () => {
    running ??= launch({ bundle, digest, grant, mlld, cwd, ended: () => (running = undefined) });
    return running;
  };
  return {
    call: (name, args) => process_().call(name, args),
    close: async () => running?.close(),
  };
}

function launch({ bundle, digest, grant, mlld, cwd, ended }) {
  const command = mlld ?? process.env.MLLD_COMMAND ?? 'mlld';
  const isScript = /\.[cm]?js$/.test(command);
  const words = ['call', '--serve', '--digest', digest, ...grant.flatMap((need) => ['--grant', need]), fileURLToPath(bundle)];
  const child = spawn(isScript ? process.execPath : command, isScript ? [command, ...words] : words, {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting = new Map();
  let count = 0;
  let said = '';
  const hold = (isHeld) => {
    for (const one of [child, child.stdin, child.stdout, child.stderr]) (isHeld ? one.ref : one.unref)?.call(one);
  };
  const finished = new Promise((resolve) => child.once('close', resolve));
  const fail = (error) => {
    ended();
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  child.once('error', (cause) => fail(failure({ code: 'PROGRAM_MISSING', message: 'can\'t start ' + command + ': ' + cause.message })));
  child.once('close', () => fail(failure({ code: 'PROGRAM_FAILED', message: 'mlld ended: ' + said.trim() })));
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, value, error } = JSON.parse(line);
    const one = waiting.get(id);
    if (one === undefined) return;
    waiting.delete(id);
    if (waiting.size === 0) hold(false);
    if (error === undefined) one.resolve(value);
    else one.reject(failure(error));
  });
  return {
    call: (call, args) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        hold(true);
        const sent = args.map((one) => (one === undefined ? null : one));
        child.stdin.write(JSON.stringify({ id, call, args: sent }) + '\n');
      }),
    close: async () => {
      hold(true);
      child.stdin.end();
      await finished;
    },
  };
}

function failure({ code, message, hint }) {
  const error = new Error(message);
  error.code = code;
  if (hint !== undefined) error.hint = hint;
  return error;
}
`;
