/** Conditions (docs/spec/templates.md §3): `name`, `not name`, `name == value`, `name != value`, joined by `and` or by `or`. */
import { decode as d } from '@mlld/format';

interface Test {
  readonly name: string;
  /** Undefined: whether the variable is true, or a text that is not empty. */
  readonly value: string | undefined;
  readonly not: boolean;
}

export interface Condition {
  readonly join: 'and' | 'or';
  readonly tests: readonly Test[];
}

export type Answer = string | boolean;
export type Answers = ReadonlyMap<string, Answer>;

/** @param known variables that may be named @throws RegistryError BAD_SHAPE */
export function parseCondition(text: string, known: readonly string[], path: string): Condition {
  const joins = [...new Set(text.match(/(?<=\s)(?:and|or)(?=\s)/g) ?? [])];
  if (joins.length > 1) throw d.badShape(path, 'a condition with and, or one with or, but not both', text);
  const tests = text
    .trim()
    .split(/\s+(?:and|or)\s+/)
    .map((part): Test => {
      const [, no, name = '', operator, value] =
        /^(not\s+)?([a-z][a-z0-9_]*)(?:\s*(==|!=)\s*(\S(?:.*\S)?))?$/.exec(part) ?? [];
      if (name === '' || (no !== undefined && operator !== undefined))
        throw d.badShape(path, 'a condition such as tests, not tests, or licence == MIT', part);
      if (!known.includes(name))
        throw d.badShape(
          path,
          `a variable that is asked for before: ${known.join(', ') || 'there is none'}`,
          name,
        );
      return { name, value, not: no !== undefined || operator === '!=' };
    });
  return { join: joins[0] === 'or' ? 'or' : 'and', tests };
}

export function holds({ join, tests }: Condition, answers: Answers): boolean {
  const results = tests.map(({ name, value, not }) => {
    const answer = answers.get(name) ?? '';
    const met =
      value === undefined ? answer === true || (answer !== false && answer !== '') : String(answer) === value;
    return met !== not;
  });
  return join === 'or' ? results.some(Boolean) : results.every(Boolean);
}
