/** How results of `mlld keys` look. */
import { printable } from '@mlld/format';
import { describeAnchors, describeChange, type KeysListing, type KeysResult } from '@mlld/publish';
import type { Report } from './report.ts';

/** What became of a change of keys, and what to do next. */
export function showKeysResult(result: KeysResult, report: Report): void {
  const { status, author: whose, keyset, signedBy, signaturesWanted, file, reference } = result;
  const what = `keyset ${keyset.n} of ${whose}`;
  if (status === 'dry-run') for (const line of describeChange(keyset, result.before)) report.note(line);
  if (status === 'incomplete' && signedBy.length >= signaturesWanted) {
    report.print(`${what} is complete: ${file}`);
    report.note(`Hand it and ${file}.sig to whoever has the account of ${whose}, for: mlld keys sign <file>`);
  } else if (status === 'incomplete') {
    report.print(`${what} has ${signedBy.length} of ${signaturesWanted} signatures: ${file}`);
    report.note(
      `Hand it${signedBy.length > 0 ? ` and ${file}.sig` : ''} to a co-holder, for: mlld keys sign <file> --key <key>`,
    );
  } else {
    report.print(
      {
        'dry-run': `${what} would be made; nothing was.`,
        unchanged: `${what} says so already.`,
        changed: `${what} is in the registry: commit ${reference}`,
        proposed: `${what} is proposed: ${reference}\nIt counts when the pull request is merged.`,
      }[status],
    );
  }
}

/** The newest keyset first; of a key that was taken away the last keyset that had it. */
export function showKeys({ author: whose, registry, keysets }: KeysListing, report: Report): void {
  const newest = keysets.at(-1);
  if (newest === undefined) {
    report.print(`${whose} has no keys in ${registry}.`);
    return;
  }
  report.print(
    `${whose} in ${registry}: keyset ${newest.n}, ${newest.threshold} of ${newest.keys.length} must sign a change`,
  );
  for (const { n, recovery } of keysets) if (recovery !== undefined) report.print(recoveryText(n, recovery));
  report.print(`anchored on ${describeAnchors(newest.anchors)}`);
  report.print();
  report.table(
    [
      { title: 'keyset' },
      { title: 'key', shrink: true },
      { title: 'type' },
      { title: 'since' },
      { title: 'state' },
    ],
    [...keysets]
      .reverse()
      .flatMap(({ n, keys, signedBy }) =>
        keys
          .filter(({ fingerprint }) => n === newest.n || !hasKey(keysets, n + 1, fingerprint))
          .map(({ fingerprint, type, since }) => [
            String(n),
            fingerprint,
            type,
            since.slice(0, 10),
            [
              n === newest.n ? 'valid' : `until keyset ${n + 1}`,
              ...(signedBy.includes(fingerprint) ? [`signed keyset ${n}`] : []),
            ].join(', '),
          ]),
      ),
  );
}

function recoveryText(n: number, recovery: NonNullable<KeysListing['keysets'][number]['recovery']>): string {
  const { reason, takesEffect, cancelled } = recovery;
  const waits = Date.parse(takesEffect) > Date.now();
  const state = cancelled
    ? 'cancelled by the keys before'
    : waits
      ? `takes effect at ${takesEffect}; until then the keys before count, and 'mlld keys cancel' ends it`
      : `in effect since ${takesEffect}`;
  return `keyset ${n} is a recovery by the registry (${printable(reason, 200)}): ${state}`;
}

const hasKey = (keysets: KeysListing['keysets'], n: number, fingerprint: string): boolean =>
  keysets.some((one) => one.n === n && one.keys.some((key) => key.fingerprint === fingerprint));
