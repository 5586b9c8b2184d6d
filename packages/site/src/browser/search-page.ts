/** The page of search results: question, facets and order stand in its address, so that it can be shared. */
import type { Facets, LikeAnswer, Search, SearchAnswer, Sort } from '@mlld/search';
import { el } from './dom.ts';
import { card } from './search-cards.ts';
import { search } from './search-client.ts';

const pageSize = 20;
const sorts: Readonly<Record<Sort, string>> = {
  relevance: 'best first',
  updated: 'updated last',
  score: 'trust score',
  quality: 'quality',
  trending: 'trending',
};

export function start(): void {
  const page = document.querySelector<HTMLElement>('[data-search-page]');
  if (page === null) return;
  const ask = openPage(page);
  addEventListener('popstate', () => void ask());
  void ask();
}

interface Asked {
  readonly query: string;
  readonly sort: Sort;
  /** Asked by meaning. */
  readonly like: boolean;
}

function askedIn(address: URL): Asked {
  const sort = address.searchParams.get('sort') ?? 'relevance';
  return {
    query: (address.searchParams.get('q') ?? '').slice(0, 200),
    sort: sort in sorts ? (sort as Sort) : 'relevance',
    like: address.searchParams.get('by') === 'meaning',
  };
}

interface Parts {
  readonly page: HTMLElement;
  readonly status: HTMLElement;
  readonly results: HTMLElement;
  readonly facets: HTMLElement;
  readonly more: HTMLButtonElement;
  /** The switch «by meaning», and what is said beside it. */
  readonly like: HTMLInputElement;
  readonly meaning: HTMLElement;
}

type Go = (asked: Asked, options?: { readonly replace?: boolean }) => void;

function openPage(page: HTMLElement): () => Promise<void> {
  const find = <E extends HTMLElement>(name: string) => page.querySelector<E>(`[data-search-${name}]`)!;
  const [status, results, facets] = [find('status'), find('results'), find('facets')];
  const more = find<HTMLButtonElement>('more');
  const [like, meaning] = [find<HTMLInputElement>('like'), find('meaning')];
  const parts: Parts = { page, status, results, facets, more, like, meaning };
  find('by').hidden = false;
  const fields = [...document.querySelectorAll<HTMLInputElement>('[data-search-field]')];
  let turn = 0;
  const go: Go = ({ query, sort, like: isLike }, { replace = false } = {}) => {
    const address = new URL(location.href);
    address.searchParams.set('q', query);
    if (sort === 'relevance') address.searchParams.delete('sort');
    else address.searchParams.set('sort', sort);
    if (isLike) address.searchParams.set('by', 'meaning');
    else address.searchParams.delete('by');
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    void ask();
  };
  const ask = async (): Promise<void> => {
    const mine = ++turn;
    const asked = askedIn(new URL(location.href));
    for (const field of fields) if (field !== document.activeElement) field.value = asked.query;
    like.checked = asked.like;
    const title = asked.query === '' ? 'Search' : asked.query;
    document.title = document.title.replace(/^.*? · /, () => `${title} · `);
    if (asked.query.trim() === '') showNothing(parts);
    else await answerWhile(parts, { asked, go, isCurrent: () => mine === turn });
  };
  parts.more.addEventListener('click', () => void showMore(parts.results, parts.more));
  like.addEventListener('change', () => go({ ...askedIn(new URL(location.href)), like: like.checked }));
  for (const field of fields)
    listen(field, (query, replace) => go({ ...askedIn(new URL(location.href)), query }, { replace }));
  return ask;
}

function showNothing({ status, results, more, facets }: Parts): void {
  status.textContent = 'Type to search. Facets such as author:, needs: and is:signed narrow the results.';
  results.replaceChildren();
  more.hidden = true;
  facets.hidden = true;
}

interface Question {
  readonly asked: Asked;
  readonly go: Go;
  /** Whether nothing else was asked meanwhile. */
  readonly isCurrent: () => boolean;
}

/** Hits first; what is counted reads further files and comes after them. */
async function answerWhile(parts: Parts, { asked, go, isCurrent }: Question): Promise<void> {
  const { page, status, results, facets, more } = parts;
  try {
    const index = await search();
    const answer = await askIndex(index, asked, { limit: pageSize });
    if (!isCurrent()) return;
    results.replaceChildren(...answer.hits.map(card));
    status.replaceChildren(statusText(answer), ' ', asked.like ? '' : sortChoice(asked, go));
    if ('meaning' in answer && answer.meaning !== undefined)
      parts.meaning.textContent = meaningText(answer.meaning);
    more.hidden = answer.hits.length >= answer.total;
    page.dataset.answered = asked.query;
    const counted = await askIndex(index, asked, { limit: 1, facets: true });
    if (isCurrent()) showFacets(facets, counted.facets, { ...asked, go });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    if (isCurrent()) status.textContent = `The search index can't be read: ${reason}`;
  }
}

function askIndex(
  index: Search,
  { query, sort, like }: Asked,
  options: { readonly limit: number; readonly offset?: number; readonly facets?: boolean },
): Promise<SearchAnswer | LikeAnswer> {
  return like ? index.like(query, options) : index.search(query, { ...options, sort });
}

/** What the vectors are, in words that promise nothing else. */
function meaningText({ provider, model }: NonNullable<LikeAnswer['meaning']>): string {
  const source = {
    learnt: 'what was learnt from which words stand together in the documentation of this registry',
    model2vec: `the word vectors of ${model}`,
    endpoint: `vectors of ${model}`,
  }[provider];
  return `Hits of the words, and what is near by ${source}. Nothing is sent to anybody.`;
}

async function showMore(results: HTMLElement, more: HTMLButtonElement): Promise<void> {
  const offset = results.childElementCount;
  const answer = await askIndex(await search(), askedIn(new URL(location.href)), { limit: pageSize, offset });
  results.append(...answer.hits.map(card));
  more.hidden = offset + answer.hits.length >= answer.total;
  results.children[offset]?.querySelector('a')?.focus();
}

/** While somebody types, the address follows without a step of its own; Enter makes one. */
function listen(field: HTMLInputElement, go: (query: string, replace: boolean) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => go(field.value, true), 120);
  });
  field.form?.addEventListener('submit', (event) => {
    event.preventDefault();
    clearTimeout(timer);
    go(field.value, false);
  });
}

function statusText({ total, corrections, notes }: SearchAnswer): string {
  const corrected = corrections.map(({ from, to }) => `«${to}» instead of «${from}»`);
  const parts = [
    `${total} ${total === 1 ? 'module' : 'modules'}`,
    ...(corrected.length > 0 ? [`searched ${corrected.join(', ')}`] : []),
    ...notes,
  ];
  return `${parts.join('. ')}.`;
}

const typedSort = /(?:^|\s)sort:(\S+)/;

function sortChoice(asked: Asked, go: (asked: Asked) => void): HTMLElement {
  const select = el('select', { 'aria-label': 'Order' });
  const typed = typedSort.exec(asked.query)?.[1];
  for (const [value, text] of Object.entries(sorts)) {
    const option = el('option', { value }, text);
    option.selected = value === (typed ?? asked.sort);
    select.append(option);
  }
  // What the query says would go before what is chosen here.
  const query = asked.query.replace(typedSort, '').trim();
  select.addEventListener('change', () => go({ ...asked, query, sort: select.value as Sort }));
  return el('label', { class: 'sort' }, 'Order: ', select);
}

const facetNames = { kind: 'kind', category: 'tag', needs: 'needs', licence: 'licence', is: 'is' } as const;

function showFacets(
  place: HTMLElement,
  facets: Facets | undefined,
  { go, ...asked }: Asked & { go: (asked: Asked) => void },
): void {
  const { query } = asked;
  const groups = Object.entries(facetNames).flatMap(([name, term]) => {
    const values = facets?.[name as keyof Facets] ?? [];
    if (values.length === 0) return [];
    const buttons = values.slice(0, 8).map(({ value, count }) => {
      const word = `${term}:${/\s/.test(value) ? `"${value}"` : value}`;
      const isOn = query.split(/\s+/).includes(word);
      const button = el(
        'button',
        { type: 'button', 'aria-pressed': String(isOn) },
        el('span', {}, value),
        el('span', { class: 'count' }, String(count)),
      );
      const rest = query.split(/\s+/).filter((one) => one !== word);
      button.addEventListener('click', () =>
        go({ ...asked, query: (isOn ? rest : [...rest, word]).join(' ') }),
      );
      return button;
    });
    return [el('div', { class: 'facet' }, el('h3', {}, term), ...buttons)];
  });
  place.replaceChildren(...groups);
  place.hidden = groups.length === 0;
}
