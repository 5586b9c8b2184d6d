/** A list of modules that follows what is typed, with a preview of the chosen one. Drawn on stderr, like all that asks. */
import { emitKeypressEvents, type Key } from 'node:readline';
import { printable } from '@mlld/format';
import type { Hit, SearchAnswer } from '@mlld/search';
import { paint } from './report.ts';
import { marksOf } from './search-report.ts';

export interface BrowseState {
  readonly query: string;
  readonly at: number;
  readonly answer: SearchAnswer | undefined;
}

export type BrowseStep =
  | { readonly kind: 'state'; readonly state: BrowseState }
  | { readonly kind: 'end'; readonly chosen?: string };

/** Lines of modules that are shown at once. */
const shownHits = 10;

type Pressed = Pick<Key, 'name' | 'ctrl' | 'sequence'>;

/** What a key does. Pure, so that it can be tried without a terminal. */
export function press(state: BrowseState, key: Pressed): BrowseStep {
  const hits = state.answer?.hits ?? [];
  const name = `${key.ctrl ? 'ctrl-' : ''}${key.name ?? ''}`;
  if (['escape', 'ctrl-c', 'ctrl-d'].includes(name)) return { kind: 'end' };
  const chosen = hits[state.at]?.record.name;
  if (['return', 'enter'].includes(name) && chosen !== undefined) return { kind: 'end', chosen };
  const move = moves.get(name);
  if (move !== undefined) {
    const at = Math.max(0, Math.min(state.at + move, hits.length - 1));
    return { kind: 'state', state: { ...state, at } };
  }
  const query = typed(state.query, name, key.sequence ?? '');
  return { kind: 'state', state: query === state.query ? state : { ...state, query, at: 0 } };
}

const moves: ReadonlyMap<string, number> = new Map([
  ['up', -1],
  ['ctrl-p', -1],
  ['down', 1],
  ['ctrl-n', 1],
  ['pageup', -shownHits],
  ['pagedown', shownHits],
]);

function typed(query: string, name: string, sequence: string): string {
  if (name === 'backspace') return [...query].slice(0, -1).join('');
  if (name === 'ctrl-u') return '';
  return !name.startsWith('ctrl-') && /^[^\u0000-\u001f\u007f-\u009f]+$/.test(sequence)
    ? query + sequence
    : query;
}

/** The screen as lines, none longer than `width`. */
export function draw(
  { query, at, answer }: BrowseState,
  { width, color }: { width: number; color: boolean },
): string[] {
  const hits = answer?.hits ?? [];
  const first = Math.max(0, Math.min(at - shownHits + 1, hits.length - shownHits));
  const cut = (text: string) => (text.length > width - 1 ? `${text.slice(0, width - 2)}…` : text);
  const list = hits.slice(first, first + shownHits).map(({ record }, i) => {
    const line = cut(`${first + i === at ? '›' : ' '} ${record.name}  ${printable(record.about, 200)}`);
    return first + i === at ? paint(color, 'bold', line) : line;
  });
  const count = answer === undefined ? '' : answer.total === 1 ? '1 module' : `${answer.total} modules`;
  const chosen = hits[at];
  return [
    cut(`Search: ${printable(query)}█`),
    ...list,
    paint(color, 'dim', cut(count)),
    ...(chosen === undefined ? [] : preview(chosen).map(cut)),
    paint(color, 'dim', cut('↑↓ choose · Enter print its name · Esc leave')),
  ];
}

function preview({ record }: Hit): string[] {
  const list = (title: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`  ${title.padEnd(10)}${values.map((one) => printable(one)).join(', ')}`];
  return [
    '',
    `  ${record.name}@${printable(record.version)}  ${printable(record.licence)}  ${marksOf(record)}`,
    ...list('about', record.about === '' ? [] : [record.about]),
    ...list('exports', record.exports),
    ...list('keywords', record.keywords),
    ...list('needs', record.needs),
    `  mlld add ${record.name}`,
  ];
}

/** @returns the name that was chosen; undefined if none was */
export async function browse(
  search: (query: string) => Promise<SearchAnswer>,
  {
    stdin = process.stdin,
    stderr = process.stderr,
  }: { stdin?: NodeJS.ReadStream; stderr?: NodeJS.WriteStream } = {},
): Promise<string | undefined> {
  let state: BrowseState = { query: '', at: 0, answer: undefined };
  let lines = 0;
  const show = (): void => {
    const screen = draw(state, { width: stderr.columns ?? 80, color: !process.env.NO_COLOR });
    stderr.write(`${lines === 0 ? '' : `\u001b[${lines}A`}\r\u001b[J${screen.join('\n')}\n`);
    lines = screen.length;
  };
  const ask = async (query: string): Promise<void> => {
    const answer = query.trim() === '' ? undefined : await search(query);
    // What was typed meanwhile has its own answer.
    if (query !== state.query) return;
    state = { ...state, answer };
    show();
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode?.(true);
  stdin.resume();
  try {
    show();
    return await new Promise<string | undefined>((resolve, reject) => {
      stdin.on('keypress', (_text, key: Key) => {
        const step = press(state, key);
        if (step.kind === 'end') return resolve(step.chosen);
        const isTyped = step.state.query !== state.query;
        state = step.state;
        show();
        if (isTyped) ask(state.query).catch(reject);
      });
      stdin.on('end', () => resolve(undefined));
    });
  } finally {
    stdin.removeAllListeners('keypress');
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write(`\u001b[${lines}A\r\u001b[J`);
  }
}
