/**
 * What we believe is what `ssh-keygen -Y verify` believes, both ways, of the same facts told in its own words: an author's keys as an
 * allowed_signers file, a key that was taken away as one that is valid no longer, or as a revoked one.
 */

import { encodeStatement } from '@mlld/format';
import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyRelease } from '../src/index.ts';
import { bundle, keyset, name, registry, release } from './bundle.ts';
import { hasSshKeygen, type OpenSsh, type OpenSshKey, openSsh } from './openssh.ts';

const reason = hasSshKeygen ? '' : ' (skipped: ssh-keygen is not installed)';
const changed = '2026-03-01T12:00:00Z';
const namespaces = ['mlld-release@v1', 'mlld-keyset@v1', 'mlld-yank@v1', 'git'];

describe.skipIf(!hasSshKeygen)(`a release, by us and by ssh-keygen${reason}`, () => {
  let ssh: OpenSsh;
  let keys: OpenSshKey[];
  beforeAll(() => {
    ssh = openSsh();
    keys = [ssh.key('ed25519'), ssh.key('ecdsa', 256), ssh.key('rsa', 3072), ssh.key('ed25519')];
  });
  afterAll(() => ssh.remove());

  const line = (i: number) => keys[i]!.line.trim();
  /** Keyset 1 has keys 0, 1 and 2; keyset 2 has 0 taken away; key 3 is nobody's. */
  const chain = () => {
    const sign = (text: string, by: number) => [
      ssh.sign(keys[by]!, Buffer.from(text), { namespace: 'mlld-keyset@v1' }),
    ];
    const of = (n: number, held: readonly number[], createdAt: string) =>
      encodeStatement(keyset([], { n, keys: held.map((i) => ({ key: line(i) })), createdAt }));
    const [first, second] = [of(1, [0, 1, 2], '2026-01-01T00:00:00Z'), of(2, [1, 2], changed)];
    return [
      { statement: first, signatures: sign(first, 0) },
      { statement: second, signatures: sign(second, 1) },
    ];
  };

  it('agrees: right and wrong key, namespace, data, expired, revoked', () => {
    const keysets = chain();
    const statement = encodeStatement(release());
    const property = fc.property(
      fc.nat({ max: 3 }),
      fc.constantFrom(...namespaces),
      fc.constantFrom('sha256', 'sha512'),
      fc.boolean(),
      fc.boolean(),
      (by, namespace, hash, isSame, isLate) => {
        const signed = Buffer.from(isSame ? statement : `${statement} `);
        const signature = ssh.sign(keys[by]!, signed, { namespace, hash });
        // Before the keys changed the bundle holds the first keyset, after it both.
        const shown = bundle({ statement, signatures: [signature] }, isLate ? keysets : keysets.slice(0, 1));
        const ours = codeOf(() => verifyRelease(shown, { registry, name, version: '1.2.0' }));
        const ask = { namespace: 'mlld-release@v1', signature };
        const time = isLate ? '20260302000000Z' : '20260228000000Z';
        const until = 'valid-before="20260301120000Z"';
        const theirs = [0, 1, 2].some((i) =>
          ssh.accepts(line(i), Buffer.from(statement), {
            ...ask,
            time,
            ...(i === 0 ? { limits: until } : {}),
          }),
        );
        expect([ours === 'ok', ours]).toEqual([theirs, ours]);
        expect(ours).toMatch(/^(?:ok|UNKNOWN_KEY|BAD_SIGNATURE)$/);
        const revoked = isLate ? [line(0)] : [];
        const other = [0, 1, 2].some((i) =>
          ssh.accepts(line(i), Buffer.from(statement), { ...ask, revoked }),
        );
        expect(other).toBe(theirs);
      },
    );
    fc.assert(property, {
      numRuns: 24,
      examples: [
        [0, namespaces[0]!, 'sha512', true, false],
        [0, namespaces[0]!, 'sha512', true, true],
      ],
    });
  });
});
