import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../command.ts';
import { parsePort, untilStopped } from './registry/service.ts';

const flags = {
  key: {
    type: 'string',
    value: 'file',
    about: 'Key of the witness, as mlld registry log-key --witness makes it',
  },
  name: { type: 'string', value: 'name', about: 'Name of the witness, as in its verifier key' },
  state: { type: 'string', value: 'folder', about: 'What was cosigned so far; never lose it' },
  log: {
    type: 'string',
    multiple: true,
    value: 'vkey',
    about: 'Verifier key of a log to witness; may be repeated',
  },
  logs: { type: 'string', value: 'file', about: 'A file of such keys, one a line' },
  host: { type: 'string', value: 'address', about: 'Address to listen on (default: 127.0.0.1)' },
  port: { type: 'string', value: 'number', about: 'Port (default: any free one)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [],
  flags,
  details: `
Serves a witness that logs ask for cosignatures (C2SP tlog-witness): POST /add-checkpoint. It cosigns what has only grown since
it last cosigned, and what it has cosigned is on the disk before it says so. Put a server with TLS in front of it. A key is of one
witness with one state: never use it with another, nor for 'mlld witness cosign'.

  mlld registry log-key witness.pem --witness witness.example.org
  mlld witness serve --key witness.pem --name witness.example.org --state witness/ --log <vkey> --port 7380`,
  run: serve,
});

async function serve({ flags: given, cwd, report }: Context<typeof flags>): Promise<undefined> {
  const { readNoteKey, serveWitness, signerOf } = await import('@mlld/builder');
  const { key, name, state } = given;
  if (key === undefined || name === undefined || state === undefined)
    throw new RegistryError('USAGE', 'wanted --key, --name and --state');
  const logs = [
    ...given.log,
    ...(given.logs === undefined ? [] : await readLogs(path.resolve(cwd, given.logs))),
  ];
  if (logs.length === 0) throw new RegistryError('USAGE', 'wanted a log to witness: --log or --logs');
  const witness = await serveWitness({
    signer: signerOf(readNoteKey(path.resolve(cwd, key)), name, 'cosignature/v1'),
    logs,
    state: path.resolve(cwd, state),
    host: given.host,
    port: parsePort('--port', given.port),
    onRequest: ({ status, detail }) => report.detail(`${status} ${printable(detail)}`),
  });
  const stopped = untilStopped(report);
  const { url, vkey } = witness;
  if (given.json) report.json({ url, vkey, logs: logs.length });
  else {
    report.print(`${name} witnesses ${logs.length === 1 ? '1 log' : `${logs.length} logs`} at ${url}`);
    report.print(`  for a policy    --witness ${vkey}`);
    report.print(`  for a builder   --witness ${url}`);
  }
  await stopped;
  await witness.close();
}

async function readLogs(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new RegistryError('FILE_NOT_FOUND', `there is no file '${printable(file)}'`, { cause });
  });
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
