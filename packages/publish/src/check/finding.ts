import { compareBytes, printable } from '@mlld/format';
import { type RuleId, rules, type Severity } from './rules.ts';

/** A change of one file that mends a finding without changing what the module does. */
export interface Fix {
  readonly file: string;
  /** Offsets into the file's text. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** For people: `add license: CC0`. */
  readonly about: string;
}

export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  readonly hint: string;
  readonly fix?: Fix;
}

export interface FindingPlace {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly fix?: Fix | undefined;
  readonly hint?: string | undefined;
}

export function finding(rule: RuleId, place: FindingPlace, message: string): Finding {
  const { file, line, column, fix, hint } = place;
  return {
    rule,
    severity: rules[rule].severity,
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
    message: printable(message, 500),
    hint: hint === undefined ? rules[rule].hint : printable(hint, 500),
    ...(fix === undefined ? {} : { fix }),
  };
}

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** Errors first, then by file, line and rule. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      ORDER[a.severity] - ORDER[b.severity] ||
      compareBytes(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      compareBytes(a.rule, b.rule),
  );
}

/** A text with the fixes in it. Of fixes that overlap the first counts. */
export function applyFixes(text: string, fixes: readonly Fix[]): string {
  let result = '';
  let at = 0;
  for (const fix of [...fixes].sort((a, b) => a.start - b.start)) {
    if (fix.start < at) continue;
    result += text.slice(at, fix.start) + fix.text;
    at = fix.end;
  }
  return result + text.slice(at);
}

/** 1-based line and column of an offset. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
