import { expect, test } from 'vitest';
import {
  encodePolicy,
  encodeRecordStatement,
  encodeSnapshot,
  type Policy,
  parsePolicy,
  parseRecordStatement,
  parseRegistryInfo,
  parseSnapshot,
  type RecordStatement,
  type Snapshot,
} from '../src/index.ts';

const registry = 'registry.example.org';
const sha256 = 'ab'.repeat(32) as Snapshot['root'];

test('a policy is read as it was written', () => {
  const policy: Policy = {
    type: 'policy',
    v: 1,
    registry,
    n: 1,
    roles: new Map([['root', { keys: ['ssh-ed25519 AAAA alice@example.org'], threshold: 1 }]]),
    log: { origin: `${registry}/log`, keys: [`${registry}/log+01020304+AAAA`] },
    witnesses: [],
    quorum: 0,
    reserved: ['mlld', 'alice/core'],
    recoveryDelayHours: 168,
    createdAt: '2026-01-01T00:00:00Z',
    expires: '2027-01-01T00:00:00Z',
  };
  expect(parsePolicy(encodePolicy(policy))).toEqual(policy);
});

test('a record and a snapshot are one line each, and are read as they were written', () => {
  const record = { registry, name: '@alice/strings', version: '1.0.0', sha256 } as Omit<
    RecordStatement,
    'type' | 'v'
  >;
  const line = encodeRecordStatement(record);
  expect(line.split('\n')).toHaveLength(2);
  expect(parseRecordStatement(line)).toEqual({ type: 'record', v: 1, ...record });
  const snapshot: Omit<Snapshot, 'type' | 'v'> = {
    registry,
    size: 7,
    root: sha256,
    depth: 2,
    modules: 40,
    policy: 1,
    advisories: { sha256, count: 0 },
    at: '2026-01-01T00:00:00Z',
  };
  expect(parseSnapshot(encodeSnapshot(snapshot))).toEqual({ type: 'snapshot', v: 1, ...snapshot });
});

test.each([1, 5, -1, '2'])('a depth of %j is none that an index tree has', (depth) => {
  const text = JSON.stringify({ v: 1, name: registry, snapshotDepth: depth });
  expect(() => parseRegistryInfo(text)).toThrowError(expect.objectContaining({ code: 'BAD_SHAPE' }));
});
