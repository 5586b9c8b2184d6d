/** Witnesses over HTTP: real servers, a real process that is killed, a builder that asks them (docs/spec/log.md §11). */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeTempDir, type TempDir } from '@mlld/testing';
import {
  cosignedAt,
  formatAddCheckpoint,
  formatCheckpoint,
  formatNote,
  growTree,
  type HashReader,
  hashesFromTiles,
  leafHash,
  parseNote,
  proveConsistency,
  signNote,
  tilePath,
} from '@mlld/trust/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { build, serveWitness, type WitnessServer } from '../src/index.ts';
import { logKey, noteKey, origin, policyFiles, readLog } from './log-registry.ts';
import { merge, releaseFiles, smallRegistry, writeFiles } from './registry.ts';

let dir: TempDir;
const open: WitnessServer[] = [];
beforeEach(async () => {
  dir = await makeTempDir();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await dir.remove();
});

const witnessKey = (name: string) => noteKey(name, 'cosignature/v1');

async function witness(name: string, now = () => 1_800_000_000_000): Promise<WitnessServer> {
  const options = { signer: witnessKey(name).signer, logs: [logKey.vkey], state: dir.join(name), now };
  const server = await serveWitness(options);
  open.push(server);
  return server;
}

const stop = async (server: WitnessServer) => {
  open.splice(open.indexOf(server), 1);
  await server.close();
};

/** A log that can grow to any size. */
const entries = Array.from({ length: 400 }, (_, i) => leafHash(Buffer.from(`entry ${i}`)));
const whole = growTree(0, () => new Uint8Array(), entries);
const tiles = new Map(whole.tiles.map(({ tile, octets }) => [tilePath(tile), octets]));
const hashes: HashReader = hashesFromTiles(400, (tile) => tiles.get(tilePath(tile))!);
const roots = entries.map((_, i) => growTree(0, () => new Uint8Array(), entries.slice(0, i + 1)).root);

function noteAt(size: number, root = roots[size - 1]!): string {
  const text = formatCheckpoint({ origin, size, root });
  return formatNote({ text, signatures: [signNote(text, logKey.signer)] });
}

async function ask(
  url: string,
  old: number,
  size: number,
): Promise<{ status: number; body: string; type: string | null }> {
  const proof = old === 0 || old === size ? [] : proveConsistency(old, size, hashes);
  const answer = await fetch(`${url}add-checkpoint`, {
    method: 'POST',
    body: formatAddCheckpoint({ old, proof, checkpoint: noteAt(size) }),
  });
  return { status: answer.status, body: await answer.text(), type: answer.headers.get('content-type') };
}

test('answers as tlog-witness says, and goes on where it stopped', async () => {
  const first = await witness('w1');
  const cosigned = await ask(first.url, 0, 5);
  expect(cosigned.status).toBe(200);
  const note = noteAt(5);
  const { text } = parseNote(note);
  const [line] = parseNote(`${text}\n${cosigned.body}`).signatures;
  expect(cosignedAt(text, line!, witnessKey('w1').signer.key)).toBe(1_800_000_000);
  expect(await ask(first.url, 0, 9)).toMatchObject({ status: 409, body: '5\n', type: 'text/x.tlog.size' });
  expect((await ask(first.url, 5, 5)).status).toBe(200);
  await stop(first);
  const again = await witness('w1');
  expect((await ask(again.url, 0, 9)).body).toBe('5\n');
  expect((await ask(again.url, 5, 9)).status).toBe(200);
  const forged = formatAddCheckpoint({ old: 9, proof: [], checkpoint: noteAt(9, Buffer.alloc(32)) });
  const post = (body: string, at = 'add-checkpoint', method = 'POST') =>
    fetch(again.url + at, { method, body });
  expect((await post(forged)).status).toBe(422);
  expect((await post('x'.repeat(300_000))).status).toBe(413);
  expect((await post('', 'other')).status).toBe(404);
  expect((await post('', 'add-checkpoint', 'PUT')).status).toBe(405);
});

test('many writers at once: each size is cosigned once for what came before it', async () => {
  const { url } = await witness('w1');
  const sizes = Array.from({ length: 30 }, (_, i) => 3 * (i + 1));
  let cosigned: number[] = [];
  const writer = async (size: number) => {
    for (let old = 0, tries = 0; tries < 100; tries++) {
      const { status, body } = await ask(url, old, size);
      if (status === 200) return void cosigned.push(size);
      if (status !== 409) throw new Error(`status ${status}`);
      old = Number(body);
      if (old > size) return;
    }
    throw new Error('never answered');
  };
  await Promise.all(sizes.map(writer));
  cosigned = cosigned.filter((size, i) => i === 0 || size > 0);
  expect(cosigned).toEqual([...cosigned].sort((a, b) => a - b));
  expect(cosigned.at(-1)).toBe(90);
});

test('a process that is killed at any moment has on the disk all that it said', {
  timeout: 60_000,
}, async () => {
  const source = pathToFileURL(path.join(import.meta.dirname, '../src/index.ts')).href;
  const program = dir.join('witness.mjs');
  writeFileSync(
    program,
    `import { register } from 'node:module';
const { serveWitness, signerOf, readNoteKey } = await import(process.env.BUNDLE);
const signer = signerOf(readNoteKey(process.env.PEM), 'w1.example.org', 'cosignature/v1');
const server = await serveWitness({ signer, logs: [process.env.VKEY], state: process.env.STATE });
process.stdout.write(server.url + '\\n');
`,
  );
  const bundle = dir.join('builder.mjs');
  const { build: esbuild } = await import('esbuild');
  await esbuild({
    entryPoints: [new URL(source).pathname],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    packages: 'bundle',
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    logLevel: 'error',
  });
  const env = {
    PATH: process.env.PATH ?? '',
    BUNDLE: bundle,
    PEM: witnessKey('w1').pem,
    VKEY: logKey.vkey,
    STATE: dir.join('killed'),
  };
  const start = async (): Promise<{ child: ChildProcess; url: string }> => {
    const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim()));
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    return { child, url };
  };
  let said = 0;
  for (let round = 0; round < 6; round++) {
    const { child, url } = await start();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(Number((await ask(url, 400, 400)).body)).toBeGreaterThanOrEqual(said);
    let old = Number((await ask(url, 400, 400)).body);
    const killAfter = createHash('sha256').update(`round ${round}`).digest()[0]! % 40;
    const timer = setTimeout(() => child.kill('SIGKILL'), 20 + killAfter * 4);
    try {
      while (old < 390) {
        const { status } = await ask(url, old, old + 1);
        if (status !== 200) break;
        said = ++old;
      }
    } catch {
      // Killed in the middle of an answer.
    }
    clearTimeout(timer);
    child.kill('SIGKILL');
    await ended;
  }
  expect(said).toBeGreaterThan(0);
  const { child, url } = await start();
  const kept = Number((await ask(url, 400, 400)).body);
  child.kill('SIGKILL');
  expect(kept).toBeGreaterThanOrEqual(said);
});

test('a state that another process holds, or that is damaged, is not served', async () => {
  const first = await witness('w1');
  await expect(witness('w1')).rejects.toMatchObject({ code: 'LOCK_BUSY' });
  await ask(first.url, 0, 5);
  await stop(first);
  const file = dir.join('w1', `${createHash('sha256').update(origin).digest('hex')}.json`);
  writeFileSync(file, '{');
  await expect(witness('w1')).rejects.toMatchObject({ code: 'BAD_JSON' });
});

test('a build asks its witnesses, and is complete with the quorum; one that is away is told', async () => {
  const names = ['w1', 'w2', 'w3'];
  const policy = policyFiles({ witnesses: names.map((name) => witnessKey(name).vkey), quorum: 2 });
  writeFiles(dir.join('repo'), merge(smallRegistry(), policy));
  const [one, two, three] = await Promise.all(names.map((name) => witness(name)));
  const run = (log: { begin?: boolean; witnesses: readonly string[] }) =>
    build(dir.join('repo'), { out: dir.join('out'), offline: true, log: { key: logKey.pem, ...log } });
  const all = [one!.url, two!.url, three!.url];
  const first = await run({ begin: true, witnesses: all });
  expect(first.log).toMatchObject({
    cosigned: 3,
    reached: true,
    witnesses: names.map((name) => ({ cosigned: `${name}.example.org` })),
  });
  await stop(three!);
  writeFiles(dir.join('repo'), releaseFiles({ name: '@bob/lists', version: '0.9.0', minute: 30 }));
  const second = await run({ witnesses: all });
  expect(second.log).toMatchObject({
    cosigned: 2,
    reached: true,
    witnesses: [{}, {}, { problem: expect.any(String) }],
  });
  expect(readLog(dir.join('out')).head.checkpoint).toContain('w2.example.org');
  // Nothing new: the same tree, cosigned again at a later time.
  await stop(one!);
  const later = await witness('w1', () => 1_900_000_000_000);
  const before = readLog(dir.join('out')).head.checkpoint;
  const third = await run({ witnesses: [later.url] });
  expect(third.log).toMatchObject({ added: 0, cosigned: 2, reached: true });
  expect(readLog(dir.join('out')).head.checkpoint).not.toBe(before);
});
