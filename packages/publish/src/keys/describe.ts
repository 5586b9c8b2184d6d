/** A new keyset in lines for people: what they sign, and what reviewers of the registry see. */
import { type Keyset, type KeysetAnchors, printable } from '@mlld/format';
import { ruleOf } from './change.ts';

/** Lines without any text that somebody could choose, but for the reason of a recovery: fingerprints, numbers, names in their own alphabet. */
export function describeChange(next: Keyset, before: Keyset | undefined): string[] {
  const rule = ruleOf(next);
  const old = before === undefined ? undefined : ruleOf(before);
  const known = new Set(old?.keys.map(({ fingerprint }) => fingerprint));
  const stays = new Set(rule.keys.map(({ fingerprint }) => fingerprint));
  const gone = (old?.keys ?? []).filter(({ fingerprint }) => !stays.has(fingerprint));
  return [
    `keyset ${next.n} of ${next.author} in ${next.registry}`,
    ...rule.keys.map(
      ({ fingerprint, type }) =>
        `${known.has(fingerprint) ? '  keeps  ' : '  adds   '} ${fingerprint} ${type}`,
    ),
    ...gone.map(({ fingerprint, type }) => `  revokes ${fingerprint} ${type}`),
    `  threshold ${rule.threshold} of ${rule.keys.length}${changed(old?.threshold, rule.threshold)}`,
    `  anchors   ${describeAnchors(next.anchors)}`,
    ...(next.recovery === undefined
      ? []
      : [`  RECOVERY  by policy ${next.recovery.policy}: ${printable(next.recovery.reason, 300)}`]),
  ];
}

const changed = (before: number | undefined, now: number): string =>
  before === undefined || before === now ? '' : ` (was ${before})`;

/** `GitHub account 101 (alice), DNS name example.org`. */
export function describeAnchors({ github, dns }: KeysetAnchors): string {
  const account = github === undefined ? [] : [`GitHub account ${github.id} (${plain(github.login)})`];
  const name = dns === undefined ? [] : [`DNS name ${dns}`];
  return [...account, ...name].join(', ') || 'none';
}

/** A login is any text in a statement that others wrote. */
const plain = (login: string): string => login.replace(/[^A-Za-z0-9-]/g, '?');
