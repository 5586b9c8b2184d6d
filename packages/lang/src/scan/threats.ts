/** What in a source looks like an attack or a mistake with secrets (docs/spec/scan.md §§3–4). Advice, and never a gate. */
import { parse } from '../parse/document.ts';
import { createSource, type Place, placeAt } from '../source.ts';
import { areasOf, type CodeArea, codeArea, walk } from './areas.ts';
import { codeHits } from './code-threats.ts';
import { hostsIn, reachOf } from './found.ts';
import type { Hit, Scanned } from './hit.ts';
import { languageOf, wholeFile } from './language.ts';
import { promptHits } from './prompts.ts';
import { type ThreatId, type ThreatSeverity, threatRules } from './rules.ts';
import { secretHits } from './secrets.ts';
import { unicodeHits } from './unicode.ts';

export interface ThreatFinding {
  readonly rule: ThreatId;
  readonly severity: ThreatSeverity;
  readonly file: string;
  readonly place: Place;
  /** What was found. Text from the source in it may hold control characters. */
  readonly message: string;
  /** What harm it can do. */
  readonly reason: string;
}

export interface ThreatOptions {
  /** The name in places; its ending tells the language. */
  readonly file: string;
  /** `docs` is text for people: a README, a description. */
  readonly kind: 'code' | 'docs';
}

/** Findings of one rule in one source; the last one says how many more there are. */
export const findingsOfRule = 25;

/** Never runs anything, never throws; work grows linearly with the source. Sorted by place. */
export function threats(text: string, options: ThreatOptions): ThreatFinding[] {
  const scanned = scannedOf(text, options);
  const hits = [
    ...unicodeHits(text, scanned.areaAt),
    ...secretHits(text),
    ...codeHits(scanned),
    ...promptHits(text),
  ];
  const source = createSource(text, options.file);
  return limited(hits).map(({ rule, at, message, severity = threatRules[rule].severity }) => ({
    rule,
    severity,
    file: options.file,
    place: placeAt(source, at),
    message,
    reason: threatRules[rule].why,
  }));
}

function scannedOf(text: string, { file, kind }: ThreatOptions): Scanned {
  if (kind === 'docs') return { text, areaAt: () => 'docs', code: [], network: false };
  const language = languageOf(file);
  if (language !== undefined) {
    const code = [wholeFile(text, language)];
    return { text, areaAt: () => 'code', code, network: usesNetwork(text, code) };
  }
  if (!/\.(?:mld|md)$/.test(file)) return { text, areaAt: () => 'string', code: [], network: false };
  const { program } = parse(text, { file });
  const visits = walk(program);
  const code = visits.flatMap((visit) => codeArea(visit, text) ?? []);
  return { text, areaAt: areasOf(program, visits), code, network: usesNetwork('', code) };
}

function usesNetwork(text: string, code: readonly CodeArea[]): boolean {
  return (
    hostsIn(text).length > 0 || code.some((area) => reachOf(area).some(({ kind }) => kind === 'network'))
  );
}

/** Each once, by place, at most so many of a rule. */
function limited(hits: readonly Hit[]): Hit[] {
  const sorted = [...hits].sort((a, b) => a.at - b.at || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0));
  const kept: Hit[] = [];
  const byRule = new Map<string, { count: number; last: number; at: number }>();
  for (const hit of sorted) {
    const seen = byRule.get(hit.rule);
    if (seen?.at === hit.at) continue;
    if (seen === undefined) byRule.set(hit.rule, { count: 1, last: kept.length, at: hit.at });
    else {
      seen.count++;
      seen.at = hit.at;
      if (seen.count > findingsOfRule) continue;
      seen.last = kept.length;
    }
    kept.push(hit);
  }
  for (const { count, last } of byRule.values()) {
    if (count <= findingsOfRule) continue;
    const hit = kept[last]!;
    kept[last] = { ...hit, message: `${hit.message} (and ${count - findingsOfRule} more like it below)` };
  }
  return kept;
}
