import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client, Opinion, WeighedReview } from '@mlld/client';
import {
  compareVersions,
  depths,
  limits,
  type ModuleName,
  printable,
  RegistryError,
  type Review,
  ratings,
  reviewCriteria,
} from '@mlld/format';
import { capabilities, diffCapabilities, type ScanSource } from '@mlld/lang';
import { knownLogin, reviewSaying } from '@mlld/publish';
import { reviewableDigest } from '@mlld/trust';
import { withClient } from '../client.ts';
import { type Context, clientFlags, defineCommand, type Flags } from '../command.ts';
import { fillForm } from '../review-form.ts';
import { runSaying, sayFlags } from '../say.ts';
import { type SourceFiles, sourceDiff, wholeSource } from '../source-diff.ts';

const { registry: _repository, ...reading } = clientFlags;
const flags = {
  ...reading,
  ...sayFlags,
  from: {
    type: 'string',
    value: 'url|folder',
    about: 'Distribution to read the module from (also: MLLD_REGISTRY)',
  },
  since: { type: 'string', value: 'version', about: 'Review what changed since this version' },
  full: { type: 'boolean', about: 'Review all of it, whatever was reviewed before' },
  show: { type: 'boolean', about: 'Print what is to be read, and stop' },
  rating: { type: 'string', value: ratings.join('|'), about: 'What you think of it' },
  thoroughness: { type: 'string', value: depths.join('|'), about: 'How closely you looked' },
  understanding: { type: 'string', value: depths.join('|'), about: 'How well you understand it' },
  criteria: {
    type: 'string',
    value: reviewCriteria.join('|'),
    multiple: true,
    about: 'What you answer for; again, or with commas, for more',
  },
  text: { type: 'string', value: 'text', about: 'What others should know' },
  'text-file': { type: 'string', value: 'file', about: 'The same, from a file' },
} as const satisfies Flags;

type ReviewContext = Context<typeof flags>;

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags,
  details: `
Shows the source of a version, or what changed since the last version that you or someone you trust reviewed; asks what you think of it;
signs that with your SSH key and sends it to the registry by pull request. A review is bound to the exact bytes.

  mlld review @alice/strings
  mlld review @alice/strings@1.2.0 --show | less
  mlld review @alice/strings@1.2.0 --rating positive --thoroughness high --understanding medium \\
    --criteria safe-to-run,does-what-it-says --text "Read all of it: no I/O." --yes

docs/guides/reviewing.md says what to look for.`,
  async run(context) {
    // --registry is the repository that gets the review; the module is read from a distribution.
    const subject = await withClient<typeof clientFlags, Subject>(
      context,
      (client) => readSubject(client, context),
      {
        registry: context.flags.from,
      },
    );
    const { report, interactive } = context;
    if (context.flags.show) {
      if (context.flags.json) report.json(asJson(subject));
      else report.print(subject.source.trimEnd());
      return;
    }
    if (interactive && !context.flags.yes) {
      report.note(subject.source.trimEnd());
      for (const line of subject.remarks) report.note(line);
    }
    const text = await textOf(context);
    const judgement = await fillForm({ ...context.flags, text }, interactive);
    const { name, version, digest, from } = subject;
    await runSaying(context, (speaker) => {
      if (speaker.registry !== subject.registry)
        throw new RegistryError(
          'WRONG_SUBJECT',
          `${name} was read from ${subject.registry}, the review would go to ${speaker.registry}`,
          {
            hint: 'Read and review in one registry: --from names the distribution, --registry or --to the repository.',
          },
        );
      const body = { name, version, digest, ...judgement };
      return reviewSaying(speaker, from === undefined ? body : { ...body, from });
    });
  },
});

interface Subject {
  readonly registry: string;
  readonly name: ModuleName;
  readonly version: string;
  readonly digest: Review['digest'];
  /** What the review starts from. */
  readonly from: Review['from'] | undefined;
  readonly source: string;
  /** What code can do, in lines. */
  readonly remarks: readonly string[];
}

async function readSubject(client: Client, context: ReviewContext): Promise<Subject> {
  const ref = context.args[0] ?? '';
  const { header, version: line, registry } = await client.info(ref);
  const { name, version } = line;
  const digest = reviewableDigest(line);
  if (digest === undefined)
    throw new RegistryError(
      'USAGE',
      `${name}@${version} is an unsigned folder: a review of it would be of no bytes`,
      {
        hint: 'Its author has to publish a signed version.',
      },
    );
  const opinion = await client.opinion(`${name}@${version}`);
  const me = await authorOf(context);
  // Of the same bytes under another version there is nothing that changed.
  const from = startOf(
    { ...opinion, reviews: opinion.reviews.filter((one) => one.digest !== digest) },
    me,
    context.flags,
  );
  const { files } = await client.read(`${name}@${version}`);
  const before = from === undefined ? undefined : (await client.read(`${name}@${from.version}`)).files;
  const source = before === undefined ? wholeSource(files) : await sourceDiff(before, files);
  const own = me !== undefined && header.owners.some((owner) => owner === me);
  const remarks = [
    ...remarksOf(files, { before, from }),
    ...(own ? ['It is your own module: what you say of it counts for nobody.'] : []),
  ];
  return { registry, name, version, digest, from, source, remarks };
}

/** As whom the review will be, as far as it is known without asking GitHub. */
async function authorOf({ flags: { author }, env }: ReviewContext): Promise<string | undefined> {
  return author ?? (await knownLogin(env))?.toLowerCase();
}

/** The newest version below that I, or someone who counts for me, vouched for. */
function startOf(
  opinion: Opinion,
  me: string | undefined,
  { full, since }: ReviewContext['flags'],
): Review['from'] {
  if (full) return undefined;
  const counts = ({ by, weight, own, rating }: WeighedReview) =>
    (by === me || (weight > 0 && !own)) && (rating === 'positive' || rating === 'strong');
  const found = opinion.reviews.filter(
    (one) =>
      counts(one) &&
      (since === undefined ? compareVersions(one.version, opinion.version) < 0 : one.version === since),
  );
  const newest = found.sort((a, b) => compareVersions(b.version, a.version))[0];
  if (newest !== undefined) return { version: newest.version, digest: newest.digest };
  if (since === undefined) return undefined;
  throw new RegistryError(
    'USAGE',
    `--since ${printable(since)}: neither you nor anyone you trust vouched for ${opinion.name}@${printable(since)}`,
    {
      hint: 'Review that version first, or all of this one: --full.',
    },
  );
}

function remarksOf(
  files: SourceFiles,
  { before, from }: { readonly before: SourceFiles | undefined; readonly from: Review['from'] | undefined },
): string[] {
  const can = capabilities(sourcesOf(files));
  const names = (list: readonly { readonly kind: string; readonly name: string }[]) =>
    list.map(({ kind, name }) => `${kind} ${printable(name, 80)}`).join(', ') || 'nothing outside of itself';
  if (before === undefined || from === undefined) return [`It can reach for: ${names(can.needs)}.`];
  const { added } = diffCapabilities(capabilities(sourcesOf(before)), can);
  return [
    `It can reach for: ${names(can.needs)}.`,
    added.length === 0
      ? `Nothing more than in ${from.version}.`
      : `New since ${from.version}: ${names(added)}.`,
  ];
}

function sourcesOf(files: SourceFiles): ScanSource[] {
  return [...files].flatMap(([file, bytes]) =>
    bytes.subarray(0, 8000).includes(0) ? [] : [{ file, text: new TextDecoder().decode(bytes) }],
  );
}

async function textOf({
  flags: { text, 'text-file': file },
  cwd,
}: ReviewContext): Promise<string | undefined> {
  if (file === undefined) return text;
  if (text !== undefined) throw new RegistryError('USAGE', '--text and --text-file: give one of them');
  const read = await readFile(path.resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    throw new RegistryError('FILE_NOT_FOUND', `--text-file: '${printable(file)}' can't be read`, { cause });
  });
  if (read.length <= limits.reviewChars) return read.trim();
  throw new RegistryError('TOO_LARGE', `--text-file: wanted at most ${limits.reviewChars} characters`);
}

function asJson({ registry, name, version, digest, from, source, remarks }: Subject) {
  return { registry, name, version, digest, ...(from === undefined ? {} : { from }), source, remarks };
}
