/** Modules like the one of the page, from the search index. */
import { pages } from '@mlld/format';
import { el } from './dom.ts';
import { urlOf } from './root.ts';
import { nameText } from './search-cards.ts';
import { search } from './search-client.ts';

export function start(): void {
  const section = document.querySelector<HTMLElement>('[data-similar]');
  if (section === null) return;
  const show = async () => {
    const near = await (await search()).similar(section.dataset.similar ?? '');
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
  };
  // It stands at the end of a long page: nobody waits for it, and who does not come there asks for nothing.
  const before = section.previousElementSibling ?? section.parentElement;
  if (before === null || typeof IntersectionObserver === 'undefined') return;
  const observer = new IntersectionObserver(
    (seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      void show().catch(() => {});
    },
    { rootMargin: '600px' },
  );
  observer.observe(before);
}
