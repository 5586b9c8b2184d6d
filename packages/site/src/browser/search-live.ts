/** Results below the field of the home page while somebody types; Enter goes to the page of results. */
import { pages } from '@mlld/format';
import { el } from './dom.ts';
import { urlOf } from './root.ts';
import { nameText } from './search-cards.ts';
import { search } from './search-client.ts';

const shown = 6;

export function start(): void {
  const place = document.querySelector<HTMLElement>('[data-search-live]');
  const field = document.querySelector<HTMLInputElement>('#q-large');
  if (place === null || field === null) return;
  let turn = 0;
  // It is loaded when somebody comes to the field; the first keystroke is answered sooner.
  void search().catch(() => {});
  const ask = async () => {
    const mine = ++turn;
    const query = field.value.trim();
    if (query === '') {
      place.replaceChildren();
      return;
    }
    const answer = await search()
      .then((index) => index.search(query, { limit: shown }))
      .catch(() => undefined);
    if (mine !== turn || answer === undefined) return;
    const items = answer.hits.map(({ record }) =>
      el(
        'li',
        {},
        el('a', { href: urlOf(pages.module(record.name)) }, nameText(record.name)),
        el('span', { class: 'quiet', dir: 'auto' }, record.about),
      ),
    );
    const all = el(
      'a',
      { href: `${urlOf(pages.search)}?q=${encodeURIComponent(query)}` },
      `All ${answer.total}`,
    );
    place.replaceChildren(
      el('p', { class: 'sr-only', role: 'status' }, `${answer.total} found`),
      el('ul', { class: 'lines live' }, ...items, ...(answer.total > shown ? [el('li', {}, all)] : [])),
    );
  };
  field.addEventListener('input', () => void ask());
  // Somebody was faster than this script.
  if (field.value !== '') void ask();
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown') return;
    const first = place.querySelector('a');
    if (first === null) return;
    event.preventDefault();
    first.focus();
  });
  place.addEventListener('keydown', (event) => moveBy(event, place, field));
}

function moveBy(event: KeyboardEvent, place: HTMLElement, field: HTMLInputElement): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === 'Escape') {
    // Or it would leave the field as well.
    event.stopPropagation();
    field.focus();
  }
  if (step === undefined) return;
  event.preventDefault();
  const links: HTMLElement[] = [...place.querySelectorAll('a')];
  const at = links.indexOf(document.activeElement as HTMLElement) + step;
  (at < 0 ? field : (links[at] ?? links.at(-1)))?.focus();
}
