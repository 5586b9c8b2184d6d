/** Runs on every page, after it is shown. What only some pages need is loaded when they need it. */
import { startCopy } from './copy.ts';
import { startKeys } from './keys.ts';
import { startTheme } from './theme.ts';
import { startTimes } from './times.ts';

startTheme();
startCopy(document);
startKeys();
startTimes(document);

/** Loads a part where the page has what it works on. */
function when(selector: string, load: () => Promise<{ start: () => unknown }>): void {
  if (document.querySelector(selector) !== null) void load().then(({ start }) => start());
}

when('[data-search-page]', () => import('./search-page.ts'));
when('[data-search-live]', () => import('./search-live.ts'));
when('[data-verify]', () => import('./verify-button.ts'));
when('[data-example]', () => import('./try.ts'));
when('[data-compare]', () => import('./compare.ts'));
when('[data-similar]', () => import('./similar.ts'));
when('[data-shell]', () => import('./shell.tsx'));
