/** Modules like the one of the page, from the search index. */
import { pages } from '@mlld/format';
import { el } from './dom.ts';
import { urlOf } from './root.ts';
import { nameText } from './search-cards.ts';
import { search } from './search-client.ts';

export async function start(): Promise<void> {
  const section = document.querySelector<HTMLElement>('[data-similar]');
  if (section === null) return;
  const near = await search()
    .then((index) => index.similar(section.dataset.similar ?? ''))
    .catch(() => []);
  if (near.length === 0) return;
  const items = near
    .slice(0, 6)
    .map((record) =>
      el(
        'li',
        {},
        el('a', { href: urlOf(pages.module(record.name)) }, nameText(record.name)),
        el('span', { class: 'quiet', dir: 'auto' }, record.about),
      ),
    );
  section.querySelector('ul')?.replaceChildren(...items);
  section.hidden = false;
}
