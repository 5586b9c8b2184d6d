/** What a module offers to others, documented and tested. */
import type { Analysis } from '../analyse.ts';
import type { CheckedExamples } from './examples.ts';
import { part, type QualityPart, share } from './part.ts';
import type { QualityInput } from './quality.ts';

/** What others call: an export, or a tool of an MCP server. */
export interface Offer {
  readonly name: string;
  readonly isDocumented: boolean;
  readonly isTested: boolean;
}

/** How the advice on offers reads. */
export interface Words {
  readonly many: string;
  readonly mark: string;
  readonly none: string;
  readonly document: string;
  readonly test: string;
}

export const ofCode: Words = {
  many: 'exports',
  mark: '@',
  none: 'Export something.',
  document: 'a heading with its signature, or a comment above it',
  test: 'Test each export in a *.test.mld beside it, or in an example that says what it prints.',
};

export const ofServer: Words = {
  many: 'tools',
  mark: '',
  none: "Offer a tool, and let 'mlld mcp test --write' list it.",
  document: 'a description where the server lists it',
  test: 'Test each tool by a case of mcp.test.json.',
};

/** The exports of code. */
export function offersOf(
  { texts }: QualityInput,
  { analysis, examples }: { readonly analysis: Analysis; readonly examples: CheckedExamples },
): Offer[] {
  const tests = [...texts].filter(([path]) => isTest(path)).map(([, text]) => text);
  const inTests = (name: string) => tests.some((text) => new RegExp(`@${name}\\b`).test(text));
  return analysis.exports.map(({ name, doc = '' }) => ({
    name,
    isDocumented: doc.trim() !== '',
    isTested: examples.shown.has(name) || inTests(name),
  }));
}

function isTest(path: string): boolean {
  return /\.test\.ml?d(?:\.md)?$/.test(path);
}

export function docsPart(offers: readonly Offer[], words: Words): QualityPart {
  const missing = offers.filter(({ isDocumented }) => !isDocumented);
  const documented = offers.length - missing.length;
  return part(
    `documented ${words.many}`,
    [offers.length === 0 ? 0 : 20 * share(documented, offers.length), 20],
    {
      reason: `${documented} of ${offers.length} ${words.many}`,
      gain:
        offers.length === 0
          ? words.none
          : `Document ${list(missing.map(({ name }) => `${words.mark}${name}`))}: ${words.document}.`,
    },
  );
}

function list(names: readonly string[]): string {
  return names.length <= 4
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
}

export function testsPart(
  { texts, tools }: QualityInput,
  {
    offers,
    examples,
    words,
  }: { readonly offers: readonly Offer[]; readonly examples: CheckedExamples; readonly words: Words },
): QualityPart {
  const tested = offers.filter(({ isTested }) => isTested).length;
  const some = tools === undefined ? examples.stated > 0 || [...texts.keys()].some(isTest) : tested > 0;
  return part('tests', [(some ? 5 : 0) + (offers.length === 0 ? 0 : 10 * share(tested, offers.length)), 15], {
    reason: `${tested} of ${offers.length} ${words.many} in tests${tools === undefined ? ' or in examples with their output' : ''}`,
    gain: words.test,
  });
}
