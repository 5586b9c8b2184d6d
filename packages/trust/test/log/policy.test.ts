import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptCheckpoint,
  cosign,
  cosignedAt,
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  isQuorum,
  logPolicyText,
  type NoteSignature,
  noteSigner,
  parseCheckpoint,
  parseLogPolicy,
  signNote,
} from '../../src/log/index.ts';
import { turned } from './tree.ts';

const origin = 'registry.example.org/log';
const log = noteSigner(origin, 'ed25519', Buffer.alloc(32, 1));
const otherLog = noteSigner('other.example.org/log', 'ed25519', Buffer.alloc(32, 2));
const witness = (i: number) => noteSigner(`w${i}.example.org`, 'cosignature/v1', Buffer.alloc(32, 100 + i));
const vkey = (signer: { key: Parameters<typeof formatVerifierKey>[0] }) => formatVerifierKey(signer.key);
const checkpoint = { origin, size: 109_482, root: Buffer.alloc(32, 9) };
const text = formatCheckpoint(checkpoint);
const note = (...signatures: NoteSignature[]) => formatNote({ text, signatures });
const time = 1_768_000_000;

const lines = [
  '# two organisations',
  `log ${vkey(log)} https://registry.example.org/`,
  '',
  ...[1, 2, 3].map((i) => `witness X${i} ${vkey(witness(i))}`),
  '\tgroup X-witnesses 2 X1 X2 X3',
  ...[4, 5, 6].map((i) => `witness Y${i} ${vkey(witness(i))} https://w${i}.example.org/`),
  'group Y-witnesses any Y4 Y5 Y6',
  'group both all X-witnesses Y-witnesses',
  'quorum both',
  '',
];
const policy = parseLogPolicy(lines.join('\n'));

describe('checkpoints', () => {
  it('are read as they were written, up to 2^53 − 1 leaves', () => {
    const size = fc.maxSafeNat();
    fc.assert(
      fc.property(size, fc.uint8Array({ minLength: 32, maxLength: 32 }), (leaves, root) => {
        const one = { origin, size: leaves, root };
        const read = parseCheckpoint(formatCheckpoint(one));
        expect({ ...read, root: [...read.root] }).toEqual({ ...one, root: [...root] });
      }),
    );
  });

  it('may have more lines', () => {
    expect(parseCheckpoint(`${text}extension\n`).size).toBe(checkpoint.size);
  });

  it.each([
    ['no origin', text.replace(origin, '')],
    ['a leading zero', text.replace('109482', '0109482')],
    ['a negative size', text.replace('109482', '-1')],
    ['a size that is not held exactly', text.replace('109482', '9007199254740993')],
    ['a size in words', text.replace('109482', '1e5')],
    ['a short root', text.replace(/\n[^\n]+\n$/, '\nAAAA\n')],
    ['a root in base64url', text.replace(/CQ/, '-_')],
    ['two lines', text.split('\n').slice(0, 2).join('\n').concat('\n')],
    ['an empty line', `${text}\n`],
    ['no newline at the end', text.slice(0, -1)],
  ])('with %s are BAD_NOTE', (_name, bad) => {
    expect(codeOf(() => parseCheckpoint(bad))).toBe('BAD_NOTE');
  });
});

describe('cosignatures', () => {
  const one = cosign(text, witness(1), time);

  it('say when', () => {
    expect(cosignedAt(text, one, witness(1).key)).toBe(time);
    expect(one.octets).toHaveLength(72);
  });

  it('are over this checkpoint, this time, by this key', () => {
    expect(cosignedAt(`${text}x\n`, one, witness(1).key)).toBeUndefined();
    expect(cosignedAt(text, one, { ...witness(2).key })).toBeUndefined();
    for (let bit = 3; bit < 72 * 8; bit += 8)
      expect(cosignedAt(text, { ...one, octets: turned(one.octets, bit) }, witness(1).key)).toBeUndefined();
  });

  it('are no signatures of logs, nor the other way round', () => {
    expect(codeOf(() => cosign(text, log, time))).toBe('BAD_KEY');
    expect(cosignedAt(text, signNote(text, witness(1)), witness(1).key)).toBeUndefined();
  });
});

describe('a policy', () => {
  it.each([
    [[1, 2, 4], true],
    [[1, 3, 6], true],
    [[1, 2, 3, 4, 5, 6], true],
    [[1, 4, 5, 6], false],
    [[1, 2, 3], false],
    [[], false],
  ])('with cosignatures by %j is met: %s', (who, met) => {
    const cosignatures = who.map((i) => cosign(text, witness(i), time + i));
    const found = () => acceptCheckpoint(note(signNote(text, log), ...cosignatures), policy);
    expect(codeOf(found)).toBe(met ? 'ok' : 'QUORUM_MISSED');
    if (met) {
      expect(found().checkpoint).toEqual(checkpoint);
      expect([...found().witnesses.values()]).toEqual(who.map((i) => time + i));
    }
  });

  it('counts each witness once', () => {
    const twice = [1, 1, 1, 4].map((i, n) => cosign(text, witness(i), time + n));
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, log), ...twice), policy))).toBe('QUORUM_MISSED');
  });

  it('never asks for fewer when more cosign', () => {
    const names = [...policy.witnesses.keys()];
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), (some, more) => {
        if (isQuorum(policy, new Set(some))) expect(isQuorum(policy, new Set([...some, ...more]))).toBe(true);
      }),
    );
  });

  const alone = parseLogPolicy(`log ${vkey(log)}\nquorum none\n`);
  it('without witnesses wants the log alone', () => {
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, log)), alone))).toBe('ok');
  });

  it('wants a log that it knows, and the origin of that log', () => {
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, otherLog)), alone))).toBe('UNKNOWN_KEY');
    const both = parseLogPolicy(`log ${vkey(log)}\nlog ${vkey(otherLog)}\nquorum none\n`);
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, otherLog)), both))).toBe('WRONG_SUBJECT');
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, otherLog), signNote(text, log)), both))).toBe(
      'ok',
    );
  });

  it('refuses a note with a bad signature in the name of a key that it knows', () => {
    const forged = { ...signNote('other\n', log) };
    expect(codeOf(() => acceptCheckpoint(note(forged), alone))).toBe('BAD_SIGNATURE');
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, log), forged), alone))).toBe('BAD_SIGNATURE');
    const cosigned = cosign('other\n', witness(1), time);
    expect(codeOf(() => acceptCheckpoint(note(signNote(text, log), cosigned), policy))).toBe('BAD_SIGNATURE');
  });

  const w1 = `witness a ${vkey(witness(1))}\n`;
  it.each([
    ['no quorum', `log ${vkey(log)}\n`],
    ['two quorums', 'quorum none\nquorum none\n'],
    ['a quorum of nobody', 'quorum b\n'],
    ['a quorum before its witness', `quorum a\n${w1}`],
    [
      'a log twice, under two names',
      `log ${vkey(log)}\nlog ${vkey(noteSigner('x', 'ed25519', Buffer.alloc(32, 1)))}\nquorum none\n`,
    ],
    [
      'a witness key twice',
      `${w1}witness b ${vkey(noteSigner('x', 'cosignature/v1', Buffer.alloc(32, 101)))}\nquorum none\n`,
    ],
    ['a name twice', `${w1}witness a ${vkey(witness(2))}\nquorum none\n`],
    ['the name none', `witness none ${vkey(witness(1))}\nquorum none\n`],
    ['a member twice', `${w1}group g 1 a a\nquorum g\n`],
    ['a member of two groups', `${w1}group g 1 a\ngroup h 1 a\nquorum g\n`],
    ['none as a member', `${w1}group g 1 none\nquorum g\n`],
    ['a group of itself', `${w1}group g any g\nquorum g\n`],
    ['a group of nobody', `group g any\nquorum g\n`],
    ['a threshold of 0', `${w1}group g 0 a\nquorum g\n`],
    ['a threshold above its members', `${w1}group g 2 a\nquorum g\n`],
    ['a threshold of every object', `${w1}group g constructor a\nquorum g\n`],
    ['a log that is a witness key', `log ${vkey(witness(1))}\nquorum none\n`],
    ['a witness that is a log key', `witness a ${vkey(log)}\nquorum none\n`],
    ['an unknown line', 'mirror x\nquorum none\n'],
    ['a carriage return', 'quorum none\r\n'],
    ['no newline at the end', 'quorum none'],
    ['nothing', ''],
  ])('with %s is BAD_LOG_POLICY', (_name, bad) => {
    expect(codeOf(() => parseLogPolicy(bad))).toBe('BAD_LOG_POLICY');
  });

  it('of a registry says the same as its statement', () => {
    const statement = {
      log: { origin, keys: [vkey(log)] },
      witnesses: [1, 2, 3].map((i) => vkey(witness(i))),
      quorum: 2,
    };
    const made = parseLogPolicy(logPolicyText(statement));
    const by = (...who: number[]) =>
      codeOf(() =>
        acceptCheckpoint(note(signNote(text, log), ...who.map((i) => cosign(text, witness(i), time))), made),
      );
    expect([by(1), by(1, 3), by(1, 2, 3)]).toEqual(['QUORUM_MISSED', 'ok', 'ok']);
    expect(parseLogPolicy(logPolicyText({ ...statement, witnesses: [], quorum: 0 })).quorum).toBe('none');
  });
});
