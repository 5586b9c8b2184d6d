/** From what was asked, set and left open to a value for every variable. */
import { isVersion, moduleName, parseAuthor, parseModuleName, printable, RegistryError } from '@mlld/format';
import { renderText } from '../render/text.ts';
import { type Answer, type Answers, holds } from './condition.ts';
import { type Prompt, type TemplateManifest, type TextCheck, templateLimits } from './read.ts';

/** Asks a person. `problem` says what was wrong with the answer before. */
export type Ask = (
  prompt: Prompt,
  question: {
    readonly initial: Answer | undefined;
    readonly problem: (answer: string) => string | undefined;
  },
) => Promise<Answer>;

export interface AnswerOptions {
  /** The last part of the folder's name. */
  readonly project: string;
  readonly year: number;
  /** As typed: `--set name=value`. */
  readonly set: ReadonlyMap<string, string>;
  /** Absent: nobody is asked, defaults count. */
  readonly ask?: Ask | undefined;
  /** What was answered when the project was made. */
  readonly before?: ReadonlyMap<string, Answer> | undefined;
}

/** @throws RegistryError USAGE (an unknown variable, an answer that does not fit, one that is missing and nobody to ask) */
export async function collectAnswers(
  { prompts }: TemplateManifest,
  options: AnswerOptions,
): Promise<Answers> {
  const { set, project, year, ask, before } = options;
  for (const name of set.keys()) {
    if (!prompts.some((one) => one.name === name))
      throw new RegistryError('USAGE', `--set ${printable(name)}: the template asks for no such thing`, {
        hint: `It asks for: ${prompts.map((one) => one.name).join(', ') || 'nothing'}.`,
      });
  }
  const answers = new Map<string, Answer>([
    ['project', project],
    ['year', String(year)],
  ]);
  for (const prompt of prompts) {
    const initial = initialOf(prompt, answers, before?.get(prompt.name));
    const given = set.get(prompt.name);
    if (given !== undefined) answers.set(prompt.name, fromText(prompt, given));
    else if (prompt.when !== undefined && !holds(prompt.when, answers))
      answers.set(prompt.name, initial ?? '');
    else if (ask !== undefined && before?.get(prompt.name) === undefined)
      answers.set(
        prompt.name,
        checked(prompt, await ask(prompt, { initial, problem: (text) => problemOf(prompt, text) })),
      );
    else answers.set(prompt.name, withoutAsking(prompt, initial));
  }
  return answers;
}

function initialOf(prompt: Prompt, answers: Answers, before: Answer | undefined): Answer | undefined {
  if (before !== undefined && fits(prompt, before)) return before;
  if (prompt.kind !== 'text') return prompt.default;
  const text =
    prompt.default === undefined
      ? undefined
      : renderText(prompt.default, answers, `default of ${prompt.name}`);
  return text === undefined && prompt.optional ? '' : text;
}

function fits(prompt: Prompt, answer: Answer): boolean {
  if (prompt.kind === 'confirm') return typeof answer === 'boolean';
  return typeof answer === 'string' && problemOf(prompt, answer) === undefined;
}

function withoutAsking(prompt: Prompt, initial: Answer | undefined): Answer {
  const problem = typeof initial === 'string' ? problemOf(prompt, initial) : undefined;
  if (initial !== undefined && problem === undefined) return initial;
  throw new RegistryError('USAGE', `${prompt.name}: ${problem ?? 'has no default'}`, {
    hint: `${prompt.ask} Answer with --set ${prompt.name}=…`,
    data: { variable: prompt.name },
  });
}

function fromText(prompt: Prompt, text: string): Answer {
  if (prompt.kind !== 'confirm') return checked(prompt, text);
  if (/^(?:yes|true|y|1)$/i.test(text)) return true;
  if (/^(?:no|false|n|0)$/i.test(text)) return false;
  throw new RegistryError('USAGE', `${prompt.name}: wanted yes or no, found '${printable(text)}'`);
}

function checked(prompt: Prompt, answer: Answer): Answer {
  const problem = typeof answer === 'string' ? problemOf(prompt, answer) : undefined;
  if (problem === undefined) return answer;
  throw new RegistryError('USAGE', `${prompt.name}: ${problem}`);
}

/** What is wrong with an answer, to be shown to who gave it. */
export function problemOf(prompt: Prompt, text: string): string | undefined {
  if (prompt.kind === 'confirm') return undefined;
  const values = prompt.kind === 'choice' ? prompt.choices.map(({ value }) => value) : undefined;
  if (values !== undefined)
    return values.includes(text)
      ? undefined
      : `wanted one of ${values.join(', ')}, found '${printable(text)}'`;
  if (text.length > templateLimits.answerChars)
    return `wanted at most ${templateLimits.answerChars} characters`;
  if (/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(text))
    return 'wanted one line without control characters';
  if (prompt.kind !== 'text') return undefined;
  if (text.trim() === '') return prompt.optional ? undefined : 'wanted an answer, found nothing';
  const check = prompt.check === undefined ? undefined : checks[prompt.check];
  return check === undefined || check.test(text)
    ? undefined
    : `wanted ${check.wanted}, found '${printable(text)}'`;
}

const passes = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch {
    return false;
  }
};

const checks: Readonly<
  Record<TextCheck, { readonly wanted: string; readonly test: (text: string) => boolean }>
> = {
  name: {
    wanted: 'a name of letters a-z, digits and single hyphens',
    test: (text) => passes(() => moduleName('a', text)),
  },
  author: { wanted: "an author's name, such as alice", test: (text) => passes(() => parseAuthor(text)) },
  module: {
    wanted: 'the name of a module, such as @alice/strings',
    test: (text) => passes(() => parseModuleName(text)),
  },
  identifier: {
    wanted: 'a name of letters, digits and _',
    test: (text) => /^[A-Za-z_][A-Za-z0-9_]{0,99}$/.test(text),
  },
  version: { wanted: 'a version such as 1.2.0', test: (text) => isVersion(text) },
  url: {
    wanted: 'a URL such as https://example.org/',
    test: (text) =>
      /^https?:\/\/[\x21-\x7e]+$/.test(text) && !/["'<>\\^`{|}]/.test(text) && URL.canParse(text),
  },
  email: {
    wanted: 'an address such as alice@example.org',
    test: (text) => /^[\w.+-]{1,64}@[A-Za-z0-9.-]{1,190}$/.test(text),
  },
  line: { wanted: 'a line of text', test: (text) => text.trim() === text },
  number: { wanted: 'a number', test: (text) => /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) },
};
