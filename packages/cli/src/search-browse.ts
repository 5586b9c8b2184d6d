/** A list of modules that follows what is typed, with a preview of the chosen one. Drawn on stderr, like all that asks. */
import { emitKeypressEvents, type Key } from 'node:readline';
import { isRegistryError, printable } from '@mlld/format';
import type { Hit, LikeAnswer, LikeHit, Search, SearchAnswer } from '@mlld/search';
import { paint } from './report.ts';
import { marksOf } from './search-report.ts';

export interface BrowseState {
  readonly query: string;
  readonly at: number;
  /** Asked by meaning, as `--like` does, and not by words alone. */
  readonly byMeaning: boolean;
  /** Undefined while nothing was asked or nothing answered. */
  readonly answer: SearchAnswer | LikeAnswer | undefined;
  /** Why there is no answer. */
  readonly problem?: string;
}

export type BrowseStep =
  | { readonly kind: 'state'; readonly state: BrowseState }
  | { readonly kind: 'end'; readonly chosen?: string; readonly interrupted?: boolean };

/** Lines of modules that are shown at once, where there is room. */
const mostHits = 10;

type Pressed = Pick<Key, 'name' | 'ctrl' | 'sequence'>;

/** What a key does. Pure, so that it can be tried without a terminal. */
export function press(state: BrowseState, key: Pressed): BrowseStep {
  const hits = state.answer?.hits ?? [];
  const name = `${key.ctrl ? 'ctrl-' : ''}${key.name ?? ''}`;
  if (name === 'ctrl-c') return { kind: 'end', interrupted: true };
  if (['escape', 'ctrl-d'].includes(name)) return { kind: 'end' };
  const chosen = hits[state.at]?.record.name;
  if (['return', 'enter'].includes(name) && chosen !== undefined) return { kind: 'end', chosen };
  if (name === 'tab') return { kind: 'state', state: { ...asked(state.query), byMeaning: !state.byMeaning } };
  const move = moves.get(name);
  if (move !== undefined) {
    const at = Math.max(0, Math.min(state.at + move, hits.length - 1));
    return { kind: 'state', state: { ...state, at } };
  }
  const query = typed(state.query, name, key.sequence ?? '');
  return { kind: 'state', state: query === state.query ? state : { ...state, query, at: 0 } };
}

/** As it is before anything answers. */
function asked(query: string): BrowseState {
  return { query, at: 0, byMeaning: false, answer: undefined };
}

const moves: ReadonlyMap<string, number> = new Map([
  ['up', -1],
  ['ctrl-p', -1],
  ['down', 1],
  ['ctrl-n', 1],
  ['pageup', -mostHits],
  ['pagedown', mostHits],
]);

function typed(query: string, name: string, sequence: string): string {
  if (name === 'backspace') return [...query].slice(0, -1).join('');
  if (name === 'ctrl-u') return '';
  return !name.startsWith('ctrl-') && /^[^\u0000-\u001f\u007f-\u009f]+$/.test(sequence)
    ? query + sequence
    : query;
}

export interface Screen {
  /** Characters and lines of the terminal. */
  readonly width: number;
  readonly height: number;
  readonly color: boolean;
}

/** The screen as lines, fewer than `height` and none longer than `width`. */
export function draw(state: BrowseState, { width, height, color }: Screen): string[] {
  const { query, at, answer, byMeaning } = state;
  const hits: readonly (Hit | LikeHit)[] = answer?.hits ?? [];
  const cut = (text: string) =>
    text.length > width - 1 ? `${text.slice(0, Math.max(0, width - 2))}…` : text;
  // Beside the list: what was typed, the count, the keys, and the line that the cursor is left in.
  const room = Math.max(1, height - 4);
  const chosen = hits[at];
  const shown = chosen === undefined ? [] : preview(chosen).slice(0, Math.max(0, room - 3));
  const size = Math.min(mostHits, Math.max(1, room - shown.length));
  const first = Math.max(0, Math.min(at - size + 1, hits.length - size));
  const list = hits.slice(first, first + size).map((hit, i) => {
    const line = cut(`${first + i === at ? '›' : ' '} ${titleOf(hit)}  ${printable(hit.record.about, 200)}`);
    return first + i === at ? paint(color, 'bold', line) : line;
  });
  return [
    cut(`${byMeaning ? 'By meaning' : 'Search'}: ${printable(query)}█`),
    ...list,
    paint(color, 'dim', cut(statusOf(state))),
    ...shown.map(cut),
    paint(color, 'dim', cut(keysFor(byMeaning, width))),
  ];
}

function titleOf(hit: Hit | LikeHit): string {
  const label = 'like' in hit ? (hit.like.meaning?.label ?? '') : '';
  return label === '' ? hit.record.name : `${hit.record.name} ${printable(label)}`;
}

function statusOf({ query, answer, problem }: BrowseState): string {
  if (problem !== undefined) return problem;
  if (query.trim() === '') return '';
  if (answer === undefined) return 'asking …';
  const { total, notes, corrections } = answer;
  return [
    total === 1 ? '1 module' : `${total} modules`,
    ...corrections.map(({ to }) => `for '${printable(to)}'`),
    ...notes.map((note) => printable(note, 200)),
  ].join(' · ');
}

/** The longest of some wordings that fits. */
function keysFor(byMeaning: boolean, width: number): string {
  const other = byMeaning ? 'by words' : 'by meaning';
  const wordings = [
    `↑↓ choose · Enter print its name · Tab ${other} · Esc leave`,
    `↑↓ · Enter take · Tab ${other} · Esc leave`,
    `Tab ${other} · Esc leave`,
  ];
  return wordings.find((one) => one.length < width) ?? 'Esc leave';
}

function preview({ record }: Hit): string[] {
  const list = (title: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`  ${title.padEnd(10)}${values.map((one) => printable(one)).join(', ')}`];
  return [
    '',
    `  ${record.name}@${printable(record.version)}  ${printable(record.licence)}  ${marksOf(record)}`,
    `  mlld add ${record.name}`,
    ...list('about', record.about === '' ? [] : [record.about]),
    ...list('exports', record.exports),
    ...list('keywords', record.keywords),
    ...list('needs', record.needs),
  ];
}

/** Milliseconds without a key after which a question is asked by meaning: that reads more files than a word does. */
const pauseMs = 200;
const shownAtMost = 50;

/** @returns the name that was chosen, if one was, and whether Ctrl-C ended it */
export async function browse(
  search: Pick<Search, 'search' | 'like'>,
  {
    stdin = process.stdin,
    stderr = process.stderr,
  }: { stdin?: NodeJS.ReadStream; stderr?: NodeJS.WriteStream } = {},
): Promise<{ readonly chosen?: string; readonly interrupted?: boolean }> {
  let state = asked('');
  let lines = 0;
  let timer: NodeJS.Timeout | undefined;
  const show = (): void => {
    const { columns = 80, rows = 24 } = stderr;
    const screen = draw(state, { width: columns, height: rows, color: !process.env.NO_COLOR });
    stderr.write(`${lines === 0 ? '' : `\u001b[${lines}A`}\r\u001b[J${screen.join('\n')}\n`);
    lines = screen.length;
  };
  const ask = async (of: BrowseState): Promise<void> => {
    const { query, byMeaning } = of;
    const options = { limit: shownAtMost };
    const found = await answerTo(() =>
      byMeaning ? search.like(query, options) : search.search(query, options),
    );
    // What was typed meanwhile has its own answer.
    if (query !== state.query || byMeaning !== state.byMeaning) return;
    state = { ...asked(query), byMeaning, at: state.at, ...found };
    show();
  };
  const change = (next: BrowseState, fail: (error: unknown) => void): void => {
    const isAsked = next.query !== state.query || next.byMeaning !== state.byMeaning;
    state = next.query.trim() === '' ? { ...asked(next.query), byMeaning: next.byMeaning } : next;
    show();
    if (!isAsked) return;
    clearTimeout(timer);
    if (state.query.trim() === '') return;
    if (state.byMeaning) timer = setTimeout(() => ask(state).catch(fail), pauseMs);
    else ask(state).catch(fail);
  };
  emitKeypressEvents(stdin);
  stdin.setRawMode?.(true);
  stdin.resume();
  try {
    show();
    return await new Promise((resolve, reject) => {
      stdin.on('keypress', (_text, key: Key) => {
        const step = press(state, key);
        if (step.kind === 'state') return change(step.state, reject);
        const { kind: _, ...ended } = step;
        resolve(ended);
      });
      stdin.on('end', () => resolve({}));
    });
  } finally {
    clearTimeout(timer);
    stdin.removeAllListeners('keypress');
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write(`\u001b[${lines}A\r\u001b[J`);
  }
}

/** What goes wrong with one question is shown, and the next one is asked as ever. */
async function answerTo(
  ask: () => Promise<SearchAnswer>,
): Promise<Pick<BrowseState, 'answer'> & { readonly problem?: string }> {
  try {
    return { answer: await ask() };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { answer: undefined, problem: printable(error.message, 300) };
  }
}
