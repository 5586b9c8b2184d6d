/** What is wrong with a registry repository, one entry each. Nothing stops at the first. */
import { compareBytes, printable, RegistryError } from '@mlld/format';
import { lineOf } from './json-place.ts';
import { type RuleId, rules, type Severity, type Tier } from './rules.ts';

export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly tier: Tier;
  /** Path in the repository, forward slashes. */
  readonly file: string;
  /** JSON path in the file, `$.source.url`; `$` for the whole file. */
  readonly path: string;
  /** 1-based, where the path could be found in the file's text. */
  readonly line?: number;
  readonly message: string;
  readonly hint: string;
}

export interface FindingPlace {
  readonly file: string;
  readonly path?: string;
  /** The file's text, to tell the line. */
  readonly text?: string | undefined;
}

export function finding(rule: RuleId, place: FindingPlace, message: string): Finding {
  const { severity, tier, hint } = rules[rule];
  const at = place.path ?? '$';
  const line = place.text === undefined ? undefined : lineOf(place.text, at);
  return {
    rule,
    severity,
    tier,
    file: place.file,
    path: at,
    ...(line === undefined ? {} : { line }),
    message: printable(message, 500),
    hint,
  };
}

/** The finding that an error of reading stands for: its JSON path is in its data. */
export function findingOf(rule: RuleId, place: FindingPlace, error: unknown): Finding {
  if (!(error instanceof RegistryError)) throw error;
  const wherePath = typeof error.data?.path === 'string' ? error.data.path : undefined;
  const path = wherePath?.slice(wherePath.indexOf('$')) ?? place.path ?? '$';
  const found = finding(rule, { ...place, path }, withoutPlace(error.message, place.file));
  const line = /\(line (\d+), column \d+\)/.exec(error.message)?.[1];
  return {
    ...found,
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(error.hint === undefined ? {} : { hint: printable(error.hint, 500) }),
  };
}

function withoutPlace(message: string, file: string): string {
  return message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
}

/** By file, then line, then rule. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compareBytes(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      compareBytes(a.rule, b.rule) ||
      compareBytes(a.path, b.path),
  );
}
