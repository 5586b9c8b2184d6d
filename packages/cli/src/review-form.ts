/** The questions of a review: what flags have not answered is asked on a terminal. */
import { depths, limits, printable, RegistryError, type Review, ratings, reviewCriteria } from '@mlld/format';

export type Judgement = Pick<Review, 'rating' | 'thoroughness' | 'understanding' | 'criteria' | 'text'>;

export interface FormFlags {
  readonly rating: string | undefined;
  readonly thoroughness: string | undefined;
  readonly understanding: string | undefined;
  readonly criteria: readonly string[];
  readonly text: string | undefined;
}

const ratingTexts: Readonly<Record<Review['rating'], string>> = {
  dangerous: 'dangerous: nobody should run it',
  negative: 'negative: not as it is',
  neutral: 'neutral: neither for nor against it',
  positive: 'positive: fine to use',
  strong: 'strong: I would answer for it',
};
const depthTexts: Readonly<Record<Review['thoroughness'], string>> = {
  none: 'none',
  low: 'low: skimmed',
  medium: 'medium: read',
  high: 'high: read line by line',
};
const graspTexts: Readonly<Record<Review['understanding'], string>> = {
  none: 'none',
  low: 'low: roughly what it is for',
  medium: 'medium: what most of it does',
  high: 'high: what every part does',
};
const criterionTexts: Readonly<Record<Review['criteria'][number], string>> = {
  'safe-to-run': 'safe to run',
  'does-what-it-says': 'does what it says',
  'well-documented': 'well documented',
  'well-tested': 'well tested',
  'minimal-needs': 'asks for no more than it needs',
  'safe-for-llm': 'safe for what a language model reads and writes',
};

/** @throws RegistryError USAGE, NEEDS_TERMINAL, CANCELLED */
export async function fillForm(flags: FormFlags, interactive: boolean): Promise<Judgement> {
  const given = givenOf(flags);
  const missing = (['rating', 'thoroughness', 'understanding', 'text'] as const).filter(
    (member) => given[member] === undefined,
  );
  if (missing.length > 0 && !interactive)
    throw new RegistryError(
      'NEEDS_TERMINAL',
      `a review wants ${missing.join(', ')}, and nobody is there to ask`,
      {
        hint: `Answer with flags: ${missing.map((member) => `--${member}`).join(' ')}.`,
      },
    );
  const clack = missing.length > 0 ? await import('@clack/prompts') : undefined;
  const answered = <T>(answer: T): Exclude<T, symbol> => {
    if (clack?.isCancel(answer)) throw new RegistryError('CANCELLED', 'stopped; nothing was signed');
    return answer as Exclude<T, symbol>;
  };
  const choose = async <T extends string>(
    message: string,
    texts: Readonly<Record<T, string>>,
  ): Promise<T> => {
    const options = Object.entries(texts).map(([value, label]) => ({ value, label: String(label) }));
    return answered(await clack!.select<string>({ message, options, output: process.stderr })) as T;
  };
  const rating = given.rating ?? (await choose('What do you think of it?', ratingTexts));
  const thoroughness = given.thoroughness ?? (await choose('How closely did you look?', depthTexts));
  const understanding = given.understanding ?? (await choose('How well do you understand it?', graspTexts));
  const criteria =
    missing.length === 0 || flags.criteria.length > 0
      ? given.criteria
      : answered(
          await clack!.multiselect<string>({
            message: 'Which of these do you answer for?',
            options: reviewCriteria.map((value) => ({ value, label: criterionTexts[value] })),
            required: false,
            output: process.stderr,
          }),
        );
  const text =
    given.text ??
    answered(
      await clack!.text({
        message: 'What should others know?',
        validate: (value = '') => (value.length > limits.reviewChars ? 'too long' : undefined),
        output: process.stderr,
      }),
    );
  return { rating, thoroughness, understanding, criteria: criteria as Review['criteria'], text: text ?? '' };
}

function givenOf({ rating, thoroughness, understanding, criteria, text }: FormFlags) {
  const words = criteria.flatMap((one) => one.split(',')).map((one) => one.trim());
  return {
    rating: oneOf('--rating', ratings, rating),
    thoroughness: oneOf('--thoroughness', depths, thoroughness),
    understanding: oneOf('--understanding', depths, understanding),
    criteria: [...new Set(words)].map((word) => oneOf('--criteria', reviewCriteria, word)!),
    text,
  };
}

function oneOf<T extends string>(
  flag: string,
  known: readonly T[],
  wanted: string | undefined,
): T | undefined {
  if (wanted === undefined) return undefined;
  const found = known.find((one) => one === wanted);
  if (found !== undefined) return found;
  throw new RegistryError(
    'USAGE',
    `${flag}: wanted one of ${known.join(', ')}, found '${printable(wanted)}'`,
  );
}
