/**
 * The quality of a release, 0 to 100 (docs/spec/quality.md): what can be checked from its files and metadata alone, so that
 * `mlld check` says before publishing what the registry's pages show after it. Nothing is run: examples have to read and to name
 * what exists; that they print what they say is a rule of `mlld check`.
 */
import { type Analysis, analyse } from '../analyse.ts';
import { compareExports } from '../compare.ts';
import { checkExamples, examplesPart } from './examples.ts';
import { docsPart, type Offer, ofCode, offersOf, ofServer, testsPart } from './offers.ts';
import { part, type QualityPart } from './part.ts';

export interface QualityInput {
  /** `@author/name`: what examples import. */
  readonly name: string;
  readonly version: string;
  readonly about: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly repo?: string | undefined;
  readonly bugs?: string | undefined;
  /** What the release declares. */
  readonly needs: readonly string[];
  readonly entry: string;
  /** Texts of all its files, by path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Number of versions of the module, with this one. */
  readonly versions: number;
  /** The version before, where there is one. */
  readonly before?: { readonly version: string; readonly analysis: Analysis } | undefined;
  /** The entry's analysis, where the caller has it. */
  readonly analysis?: Analysis | undefined;
  /** What an MCP server offers, which is to it what exports are to code. */
  readonly tools?: readonly Offer[] | undefined;
}

export interface Quality {
  readonly value: number;
  readonly parts: readonly QualityPart[];
}

/** Computes the score. Never throws, runs nothing. */
export async function quality(input: QualityInput): Promise<Quality> {
  const text = input.texts.get(input.entry) ?? '';
  const readme = readmeOf(input.texts);
  const analysis =
    input.analysis ??
    (await analyse(text, { file: input.entry, ...(readme === undefined ? {} : { readme }) }));
  const examples = await checkExamples(input, analysis);
  const offers = input.tools ?? offersOf(input, { analysis, examples });
  const words = input.tools === undefined ? ofCode : ofServer;
  const parts = [
    descriptionPart(input),
    readmePart(analysis),
    docsPart(offers, words),
    examplesPart(examples),
    testsPart(input, { offers, examples, words }),
    needsPart(input, analysis),
    licencePart(input),
    changelogPart(input, analysis),
    maintenancePart(input),
    semverPart(input, analysis),
  ];
  return { value: parts.reduce((sum, { points }) => sum + points, 0), parts };
}

export function readmeOf(texts: ReadonlyMap<string, string>): string | undefined {
  for (const [path, text] of texts) if (/^readme\.md$/i.test(path)) return text;
  return undefined;
}

function descriptionPart({ about, keywords }: QualityInput): QualityPart {
  const said = about.trim().length >= 20;
  const points = (said ? 6 : about.trim() === '' ? 0 : 3) + Math.min(4, keywords.length);
  return part('description', [points, 10], {
    reason: `${about.trim().length} characters about it, ${keywords.length} keywords`,
    gain: said
      ? 'Add keywords: four or more.'
      : 'Say in one sentence of at least 20 characters what it is for.',
  });
}

function readmePart({ docs }: Analysis): QualityPart {
  const length = docs.sections.reduce((sum, { text }) => sum + text.length, 0);
  return part('documentation', [(10 * Math.min(length, 600)) / 600, 10], {
    reason: `${length} characters of prose`,
    gain: 'Write a README, or prose in the Markdown module: what it is for, when to use it, what it does with bad input.',
  });
}

/** Needs that no code construct shows, so that nothing can be said about their use. */
const unseen = new Set(['network', 'filesystem', 'keychain', 'env', 'js']);

function needsPart({ needs }: QualityInput, { uses }: Analysis): QualityPart {
  const alike = (name: string) => (name === 'cmd' || name === 'sh' ? ['cmd', 'sh'] : [name]);
  const missing = uses.filter((name) => name !== 'js' && !alike(name).some((one) => needs.includes(one)));
  const unused = needs.filter((name) => !unseen.has(name) && !alike(name).some((one) => uses.includes(one)));
  return part('needs', [10 - 10 * missing.length - 5 * unused.length, 10], {
    reason:
      missing.length + unused.length === 0
        ? 'what it declares is what it uses'
        : 'what it declares is not what it uses',
    gain:
      missing.length > 0 ? `Declare ${missing.join(', ')}.` : `Take ${unused.join(', ')} out of its needs.`,
  });
}

/** Licences that anybody can use a module under without asking a lawyer. */
const known = /^(?:CC0(?:-1\.0)?|MIT|MIT-0|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|MPL-2\.0|Unlicense)$/i;

function licencePart({ license }: QualityInput): QualityPart {
  const good = known.test(license);
  return part('licence', [good ? 5 : 0, 5], {
    reason: license === '' ? 'none' : license,
    gain: 'Choose CC0, which all of mlld can use, or another well-known licence by its SPDX name.',
  });
}

function changelogPart({ texts }: QualityInput, { docs }: Analysis): QualityPart {
  const file = [...texts.keys()].some((path) => /^(?:changelog|changes|history|news)(?:\.md)?$/i.test(path));
  const section = docs.sections.some(({ title }) =>
    /^(?:changelog|changes|history|release notes)$/i.test(title.trim()),
  );
  return part('changelog', [file || section ? 5 : 0, 5], {
    reason: file || section ? 'there is one' : 'there is none',
    gain: 'Say what changed in each version: CHANGELOG.md, or a section «Changelog».',
  });
}

function maintenancePart({ repo, bugs, versions }: QualityInput): QualityPart {
  const points = (repo === undefined ? 0 : 2) + (bugs === undefined ? 0 : 1) + (versions > 1 ? 2 : 0);
  const has = [
    repo === undefined ? '' : 'a repository',
    bugs === undefined ? '' : 'a place for issues',
  ].filter((one) => one !== '');
  return part('maintenance', [points, 5], {
    reason: [...has, `${versions} ${versions === 1 ? 'version' : 'versions'}`].join(', '),
    gain:
      repo === undefined
        ? 'Link its repository.'
        : bugs === undefined
          ? 'Link the place for issues.'
          : 'Publish a second version when there is something to mend.',
  });
}

function semverPart({ version, before }: QualityInput, analysis: Analysis): QualityPart {
  const major = (text: string) => text.split('.')[0];
  const zero = (text: string) => major(text) === '0';
  const broken =
    before === undefined || major(before.version) !== major(version) || zero(version)
      ? []
      : compareExports(before.analysis.exports, analysis.exports).filter(({ breaking }) => breaking);
  return part('semver', [broken.length === 0 ? 5 : 0, 5], {
    reason:
      before === undefined
        ? 'the first version'
        : broken.length === 0
          ? `keeps what ${before.version} promised`
          : `breaks what ${before.version} promised`,
    gain: 'Take nothing away from an export within a major version.',
  });
}
