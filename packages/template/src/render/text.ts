/**
 * Variables and conditions in texts (docs/spec/templates.md §4). `{{name}}`, with a filter `{{name | snake}}`; a line of its own
 * `{{#if condition}}`, `{{else}}`, `{{end}}`; `{{{{` stands for two braces. What a variable holds is never read again.
 */
import { printable, RegistryError } from '@mlld/format';
import { type Answers, holds, parseCondition } from '../manifest/condition.ts';

const words = (text: string): string[] =>
  text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((one) => one !== '');
const capital = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1).toLowerCase()}`;

const filters: ReadonlyMap<string, (text: string) => string> = new Map([
  ['lower', (text: string) => text.toLowerCase()],
  ['upper', (text: string) => text.toUpperCase()],
  ['title', (text: string) => words(text).map(capital).join(' ')],
  ['snake', (text: string) => words(text).join('_').toLowerCase()],
  ['kebab', (text: string) => words(text).join('-').toLowerCase()],
  [
    'camel',
    (text: string) =>
      words(text)
        .map((word, i) => (i === 0 ? word.toLowerCase() : capital(word)))
        .join(''),
  ],
  ['json', (text: string) => JSON.stringify(text)],
]);

/** Variables in a text. @throws RegistryError BAD_SHAPE that names the place */
export function renderText(text: string, answers: Answers, where: string): string {
  return text.replace(/\{\{\{\{|\{\{([^{}]*)\}\}|\{\{/g, (found, inner: string | undefined) => {
    if (found === '{{{{') return '{{';
    const [, name = '', filter] = /^\s*([a-z][a-z0-9_]*)\s*(?:\|\s*([a-z]+)\s*)?$/.exec(inner ?? '') ?? [];
    const answer = answers.get(name);
    const apply = filter === undefined ? (value: string) => value : filters.get(filter);
    if (answer !== undefined && apply !== undefined) return apply(String(answer));
    throw new RegistryError('BAD_SHAPE', `${where}: '${printable(found)}' is no variable of the template`, {
      hint: `Variables: ${[...answers.keys()].join(', ')}; filters: ${[...filters.keys()].join(', ')}. Two braces are written {{{{.`,
    });
  });
}

const mark = /^[ \t]*\{\{(?:#if\s+(?<condition>[^{}]+)|(?<otherwise>else)|(?<end>end))\}\}[ \t]*$/;

interface Level {
  readonly line: number;
  readonly met: boolean;
  readonly shown: boolean;
  readonly inElse: boolean;
}

/** A whole file: lines of conditions, then variables. @throws RegistryError BAD_SHAPE that names file and line */
export function renderFile(text: string, answers: Answers, file: string): string {
  const kept: string[] = [];
  const levels: Level[] = [];
  for (const [i, line] of text.split(/(?<=\n)/).entries()) {
    const groups = mark.exec(line.replace(/\r?\n$/, ''))?.groups;
    const at = { where: `${file}:${i + 1}`, line: i + 1 };
    if (groups !== undefined) step(levels, groups, { ...at, answers });
    else if (levels.at(-1)?.shown ?? true) kept.push(renderText(line, answers, at.where));
  }
  const open = levels.at(-1);
  if (open !== undefined)
    throw new RegistryError('BAD_SHAPE', `${file}:${open.line}: {{#if …}} without {{end}}`);
  return kept.join('');
}

interface StepContext {
  readonly where: string;
  readonly line: number;
  readonly answers: Answers;
}

/** One line of a condition. */
function step(
  levels: Level[],
  { condition, otherwise }: Readonly<Record<string, string | undefined>>,
  { where, line, answers }: StepContext,
): void {
  const above = levels.at(-1);
  if (condition !== undefined) {
    const met = holds(parseCondition(condition, [...answers.keys()], where), answers);
    levels.push({ line, met, shown: (above?.shown ?? true) && met, inElse: false });
    return;
  }
  if (above === undefined || (otherwise !== undefined && above.inElse))
    throw new RegistryError('BAD_SHAPE', `${where}: {{${otherwise ?? 'end'}}} without {{#if …}}`);
  levels.pop();
  const outer = levels.at(-1)?.shown ?? true;
  if (otherwise !== undefined) levels.push({ ...above, shown: outer && !above.met, inElse: true });
}
