/** Advisories and votes for tests, signed. */
import type { Advisory, AdvisoryVote } from '@mlld/format';
import { encodeAdvisory, layout, signatureNamespace } from '@mlld/format';
import { type Files, minute, registryName, signer } from './registry.ts';

export const firstId = 'MLLD-2026-0001';

/** Hours after the registry began. */
export const hour = (n: number) => minute(n * 60);

export type AdvisorySpec = Partial<Advisory> & {
  /** Names of the keys that sign; default: that of `by`. */
  readonly keys?: readonly string[];
};

/** A report by bob about `@alice/strings`, of hour `n`, as changed. */
export function advisoryFiles(n: number, { keys, ...change }: AdvisorySpec = {}): Files {
  const said: Advisory = {
    type: 'advisory',
    v: 1,
    registry: registryName,
    id: firstId,
    n,
    by: 'bob' as Advisory['by'],
    at: hour(n),
    state: 'reported',
    malware: false,
    severity: 'high',
    title: 'Names run commands',
    summary: 'A name with a backtick runs what stands behind it.',
    details: '',
    cwe: ['CWE-78'],
    aliases: [],
    affected: [
      {
        name: '@alice/strings' as Advisory['affected'][number]['name'],
        ranges: ['<1.2.0'],
        digests: [],
        exports: ['greet'],
      },
    ],
    patches: [{ name: '@alice/strings' as Advisory['patches'][number]['name'], version: '1.2.0' }],
    references: ['https://example.org/report'],
    credits: ['bob'],
    reportedAt: hour(1),
    ...change,
  };
  return signedFiles(layout.advisory(said.id, n), said, keys);
}

/** As the role publishes it at once, because it is urgent. */
export function publishedFiles(n: number, change: AdvisorySpec = {}): Files {
  return advisoryFiles(n, { state: 'published', publishedAt: hour(n), keys: ['guard'], ...change });
}

export function voteFiles(by: string, vote: AdvisoryVote['vote'], n = 1, id = firstId): Files {
  const said: AdvisoryVote = {
    type: 'advisory-vote',
    v: 1,
    registry: registryName,
    id,
    n,
    by: by as AdvisoryVote['by'],
    at: hour(n),
    vote,
    text: 'I have tried it.',
  };
  return signedFiles(layout.advisoryVote(id, said.by, n), said);
}

function signedFiles(
  file: string,
  said: Advisory | AdvisoryVote,
  keys: readonly string[] = [said.by],
): Files {
  const text = encodeAdvisory(said);
  const namespace = signatureNamespace(said.type);
  return new Map([
    [file, text],
    [layout.signature(file), keys.map((name) => signer(name).sign(text, namespace)).join('')],
  ]);
}
