/** Runs on every page, after it is shown. What only some pages need is loaded when they need it, and no sooner. */
import { startCopy } from './copy.ts';
import { startKeys } from './keys.ts';
import { type Part, whenFocused, whenIdle, whenNear } from './late.ts';
import { startTheme } from './theme.ts';
import { startTimes } from './times.ts';

startTheme();
startCopy(document);
startKeys();
startTimes(document);

/** Loads a part where the page has what it works on, at once or when that is asked for. */
function when(
  selector: string,
  load: () => Promise<Part>,
  later: (element: HTMLElement, act: () => void) => void = (_, act) => act(),
): void {
  const element = document.querySelector<HTMLElement>(selector);
  if (element !== null) later(element, () => void load().then(({ start }) => start()));
}

when('[data-search-page]', () => import('./search-page.ts'));
when('[data-shell]', () => import('./shell.tsx'));
when('[data-compare]', () => import('./compare.ts'));
when('[data-search-live]', () => import('./search-live.ts'), whenFocused);
when('[data-verify]', () => import('./verify-button.ts'), whenIdle);
when('[data-example]', () => import('./try.ts'), whenIdle);
when('[data-similar]', () => import('./similar.ts'), whenNear);
