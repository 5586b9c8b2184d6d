import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeProof, layout, parseHead, parsePolicy, parseProof } from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { logPolicyText, parseLogPolicy, parseLogProof, verifyHead, verifyLogProof } from '@mlld/trust/log';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type MonitorFacts, takeEntry } from '../src/follow/facts.ts';
import { cosignLatest, monitorLog, openSource, readNoteKey } from '../src/index.ts';
import { build } from './core.ts';
import { checkDistribution, logKey, noteKey, policyFiles, readLog } from './log-registry.ts';
import {
  type Files,
  keysetFiles,
  merge,
  minute,
  readTree,
  releaseFiles,
  sha256,
  smallRegistry,
  writeFiles,
} from './registry.ts';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const names = ['@alice/report', '@alice/strings', '@bob/lists'];

beforeEach(async () => {
  dir = await makeTempDir();
});
afterEach(() => dir.remove());

const publish = (version: string, minutes: number): Files =>
  releaseFiles({ name: '@bob/lists', version, minute: minutes });

function run(out = 'out', log: { begin?: boolean; cosignatures?: string } = {}) {
  return build(at('repo'), { out: at(out), offline: true, log: { key: logKey.pem, ...log } });
}

function witness(name: string, where = at('out'), time = 1_800_000_000) {
  const options = {
    key: readNoteKey(noteKey(name, 'cosignature/v1').pem),
    name: `${name}.example.org`,
    time,
  };
  return cosignLatest({ ...options, source: openSource(where), stateFile: at(`${name}.json`) });
}

const monitor = (where = at('out')) =>
  monitorLog({ source: openSource(where), stateFile: at('monitor.json') });

/** A second history of the same log: another release in the place of the one that was published. */
async function fork(): Promise<void> {
  cpSync(at('out'), at('fork'), { recursive: true });
  const file = 'modules/bob/lists/9.0.0.json';
  writeFiles(at('repo'), publish('9.0.0', 90));
  await run('fork');
  writeFiles(at('repo'), new Map([file, `${file}.sig`].map((one) => [one, null])));
  writeFiles(at('repo'), publish('8.0.0', 80));
  await run();
}

test('a monitor reads every entry once, over HTTP as from a folder', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  const first = await monitor();
  expect(first).toMatchObject({ size: 9, from: 0, findings: [], registry: 'registry.example.org' });
  expect(first.entries.map(({ type }) => type).slice(0, 3)).toEqual(['policy', 'keyset', 'keyset']);
  for (let i = 1; i <= 3; i++) {
    writeFiles(at('repo'), publish(`0.3.${i}`, 10 + i));
    await run();
  }
  const server = createServer((request, response) => {
    const file = at('out', decodeURI(request.url ?? ''));
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const second = await monitor(`http://127.0.0.1:${port}`);
  server.close();
  expect(second).toMatchObject({ size: 15, from: 9, findings: [] });
  expect(second).not.toHaveProperty('head');
  expect(second.entries.map(({ index, about }) => `${index} ${about}`)[0]).toBe('9 @bob/lists@0.3.1');
  expect(await monitor()).toMatchObject({ from: 15, entries: [] });
});

test('a fork ends witness and monitor with both notes as its proof, and nothing is signed', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  await fork();
  await monitor(at('out'));
  await witness('w1', at('out'));
  const states = ['monitor', 'w1'].map((name) => readFileSync(at(`${name}.json`), 'utf8'));
  await expect(monitor(at('fork'))).rejects.toMatchObject({ code: 'LOG_FORK' });
  await expect(witness('w1', at('fork'))).rejects.toMatchObject({ code: 'LOG_FORK' });
  const proof = JSON.parse(readFileSync(at('w1.json.fork.json'), 'utf8'));
  expect(proof).toEqual({
    seen: readFileSync(at('out/checkpoint'), 'utf8'),
    shown: readFileSync(at('fork/checkpoint'), 'utf8'),
  });
  expect(['monitor', 'w1'].map((name) => readFileSync(at(`${name}.json`), 'utf8'))).toEqual(states);
});

test('an older state is told from a fork, and not signed either', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  cpSync(at('out'), at('old'), { recursive: true });
  writeFiles(at('repo'), publish('0.4.0', 30));
  await run();
  await witness('w1');
  await expect(witness('w1', at('old'))).rejects.toMatchObject({ code: 'LOG_ROLLBACK' });
  await expect(monitor(at('nowhere'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});

test.each([
  ['an entry', /^tile\/entries\//],
  ['a tile', /^tile\/0\//],
])('%s that is not what the checkpoint signs is found', async (_what, pattern) => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  const [file, bytes] = [...readTree(at('out'))].find(([name]) => pattern.test(name))!;
  const changed = Buffer.from(bytes, 'latin1');
  changed[changed.length - 3]! ^= 1;
  writeFileSync(at('out', file), changed);
  await expect(monitor()).rejects.toMatchObject({ code: 'LOG_BROKEN' });
  expect(existsSync(at('monitor.json'))).toBe(false);
});

test('a quorum: no client accepts a tree before its witnesses have cosigned it, and then head and proofs hold', async () => {
  const witnesses = ['w1', 'w2', 'w3'].map((name) => noteKey(name, 'cosignature/v1').vkey);
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles({ witnesses, quorum: 2 })));
  const policy = () => parsePolicy(readFileSync(at('out/policy/1.json')));
  const verify = () => verifyHead(parseHead(readFileSync(at('out', layout.head))), policy());
  mkdirSync(at('cosignatures'));
  const put = async (name: string) => writeFileSync(at('cosignatures', name), (await witness(name)).line);
  const merged = () => run('out', { cosignatures: at('cosignatures') });

  expect((await run('out', { begin: true })).log).toMatchObject({ cosigned: 0, quorum: 2, reached: false });
  expect(verify).toThrowError(expect.objectContaining({ code: 'QUORUM_MISSED' }));
  await put('w1');
  expect((await merged()).log).toMatchObject({ added: 0, cosigned: 1, reached: false });
  await put('w3');
  expect((await merged()).log).toMatchObject({ added: 0, cosigned: 2, reached: true });
  checkDistribution(at('out'), names);
  expect([...verify().witnesses.keys()]).toEqual(['w1', 'w3']);
  const settled = readTree(at('out'));
  expect(await merged()).toMatchObject({ written: 0 });

  // The next tree wants new cosignatures: the old lines are of another checkpoint, and stay out.
  writeFiles(at('repo'), publish('0.4.0', 30));
  expect((await merged()).log).toMatchObject({ cosigned: 0, reached: false });
  const fresh = sha256(readFileSync(at('repo/modules/bob/lists/0.4.0.json')));
  const proven = () => {
    const bundle = parseProof(readFileSync(at('out', layout.proof(fresh))));
    const counts = parseLogPolicy(logPolicyText(policy()));
    return verifyLogProof(parseLogProof(bundle.log?.proof ?? ''), {
      entry: Buffer.from(bundle.statement),
      policy: counts,
    });
  };
  expect(proven).toThrowError(expect.objectContaining({ code: 'QUORUM_MISSED' }));
  await put('w1');
  await put('w2');
  await merged();
  expect([...proven().witnesses.keys()]).toEqual(['w1', 'w2']);
  checkDistribution(at('out'), names);
  // Bundles that counted before are as they were.
  for (const [file, bytes] of settled)
    if (file.startsWith('proof/')) expect(readTree(at('out')).get(file)).toBe(bytes);
  expect(readLog(at('out')).head.checkpoint.split('— ')).toHaveLength(4);
});

test('cosignatures by nobody, by others, or garbage change nothing', async () => {
  const witnesses = [noteKey('w1', 'cosignature/v1').vkey];
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles({ witnesses, quorum: 1 })));
  await run('out', { begin: true });
  const before = readFileSync(at('out/head'), 'utf8');
  mkdirSync(at('cosignatures/folder'), { recursive: true });
  const { line } = await witness('w2');
  const forged = line.replace('w2.example.org', 'w1.example.org');
  writeFiles(
    at('cosignatures'),
    new Map([
      ['a', `${line}${forged}`],
      ['b', '— x\n\u0000'],
      ['c', '— w1.example.org AAAA\n'],
    ]),
  );
  expect((await run('out', { cosignatures: at('cosignatures') })).log).toMatchObject({ cosigned: 0 });
  expect(readFileSync(at('out/head'), 'utf8')).toBe(before);
});

test('two witnesses at once with one state: one is refused; a state that is damaged signs nothing', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  const both = await Promise.allSettled([witness('w1'), witness('w1')]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  writeFileSync(at('w1.json'), '{}');
  await expect(witness('w1')).rejects.toMatchObject({ code: 'BAD_SHAPE' });
  rmSync(at('w1.json'));
  expect(await witness('w1')).toMatchObject({ from: 0, size: 9 });
});

test('a monitor wants the author’s signature of every release and every keyset, as anybody else would', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run('out', { begin: true });
  const proof = [...readTree(at('out')).keys()].find((file) => file.startsWith('proof/'))!;
  const sig = 'authors/alice/keyset/1.json.sig';
  const [good, signature] = [proof, sig].map((file) => readFileSync(at('out', file), 'utf8'));
  const bundle = parseProof(good!);
  const fresh = async () => {
    rmSync(at('monitor.json'), { force: true });
    return (await monitor()).findings.map(({ rule, message }) => [rule, message.split(':')[0]]);
  };
  expect(await fresh()).toEqual([]);
  writeFileSync(
    at('out', proof),
    encodeProof({ ...bundle, signatures: [readFileSync(at('out/policy/1.json.sig'), 'utf8')] }),
  );
  expect(await fresh()).toEqual([['signature-wrong', 'UNKNOWN_KEY']]);
  rmSync(at('out', proof));
  expect(await fresh()).toEqual([['signature-wrong', 'FILE_NOT_FOUND']]);
  writeFileSync(at('out', proof), good!);
  writeFileSync(at('out', sig), readFileSync(at('out/authors/bob/keyset/1.json.sig')));
  expect(await fresh()).toEqual([['signature-wrong', 'KEYSET_BROKEN']]);
  writeFileSync(at('out', sig), signature!);
  expect(await fresh()).toEqual([]);
});

test('a recovery by an old policy, or one that is dated back, is told', () => {
  const facts: MonitorFacts = {
    versions: new Map(),
    numbers: new Map([
      ['policy', 2],
      ['keyset alice', 1],
    ]),
    at: minute(60 * 24 * 9),
  };
  const recovery = (policy: number, createdAt: string) => {
    const text = [...keysetFiles('alice', ['new'], 2).values()][0]!;
    const keyset = { ...JSON.parse(text), createdAt, recovery: { policy, reason: 'Lost' } };
    const entry = Buffer.from(`${JSON.stringify(keyset)}\n`);
    const { seen, findings } = takeEntry(structuredClone(facts), {
      index: 7,
      entry,
      registry: 'registry.example.org',
    });
    return [seen.about, ...findings.map(({ rule }) => rule)];
  };
  expect(recovery(2, minute(60 * 24 * 9))).toEqual(['alice 2 RECOVERY']);
  expect(recovery(1, minute(60 * 24 * 9))).toEqual(['alice 2 RECOVERY', 'recovery-wrong']);
  expect(recovery(2, minute(60 * 24 * 2))).toEqual(['alice 2 RECOVERY', 'recovery-wrong']);
});
