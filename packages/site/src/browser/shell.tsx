/** The page of a module that has none of its own, put together here from the same components and a block of data. */
import { isModuleName, type ModuleName, pages } from '@mlld/format';
import { absolute, contextFor, type PageContext } from '../components/context.ts';
import type { ModuleView, RegistryView } from '../model/view.ts';
import { ModuleMain } from '../pages/module.tsx';
import { blockOf } from '../write/plan.ts';
import { startCopy } from './copy.ts';
import { el } from './dom.ts';
import { whenNear } from './late.ts';
import { readFile, urlOf } from './root.ts';
import { startTimes } from './times.ts';

export async function start(): Promise<void> {
  const place = document.querySelector<HTMLElement>('[data-shell]');
  if (place === null) return;
  const author = /\/@([a-z0-9-]{1,39})\/(?:index\.html)?$/.exec(location.pathname)?.[1];
  // One of the many authors without a page: their modules are found.
  if (author !== undefined) location.replace(`${urlOf(pages.search)}?q=author:${author}`);
  const name = askedName();
  const bits = Number(place.dataset.shell);
  const status = place.querySelector('[data-shell-status]');
  if (name === undefined) return showNone(status, 'The address names no module.');
  const view = bits < 0 ? undefined : await findView(name, bits).catch(() => undefined);
  if (view === undefined) {
    // It has a page of its own by now.
    if (status !== null && (await readFile(pages.module(name)).catch(() => undefined)) !== undefined)
      return location.replace(urlOf(pages.module(name)));
    return showNone(status, `There is no module ${name} in this registry.`);
  }
  const registry = JSON.parse(place.dataset.registry ?? '{}') as RegistryView;
  const context = contextFor(
    { registry, assets: { css: '', script: '', icon: '' } },
    pages.shell,
    document.body.dataset.base ?? '',
  );
  sayWhat(context, view);
  const main = document.querySelector('main');
  if (main === null) return;
  // The component escapes all that it is given.
  main.innerHTML = (
    <ModuleMain context={context} view={view}>
      <section id="installs" data-installs>
        <h2>Installs</h2>
      </section>
    </ModuleMain>
  ).toString();
  startCopy(main);
  startTimes(main);
  for (const load of [() => import('./verify-button.ts'), () => import('./try.ts')])
    void load().then((part) => part.start());
  const installs = main.querySelector<HTMLElement>('[data-installs]');
  const title = installs?.querySelector('h2');
  if (installs && title)
    whenNear(title, () => void import('./installs.tsx').then((part) => part.start(installs, context)));
  const similar = main.querySelector<HTMLElement>('[data-similar]');
  if (similar !== null) whenNear(similar, () => void import('./similar.ts').then((part) => part.start()));
}

/** What is none is kept out of search engines; a page that is not there says so itself. */
function showNone(status: Element | null, text: string): void {
  if (status === null) return;
  status.textContent = text;
  document.head.append(el('meta', { name: 'robots', content: 'noindex' }));
}

/** The head of the page, for who reads pages with their scripts. */
function sayWhat(context: PageContext, { name, about }: ModuleView): void {
  document.title = `${name} · ${context.registry.title}`;
  document.querySelector('meta[name="description"]')?.setAttribute('content', about);
  const canonical = absolute(context, pages.inShell(name));
  if (canonical !== undefined) document.head.append(el('link', { rel: 'canonical', href: canonical }));
}

/** `module/?name=@alice/strings`, or the address of the page that is not there: `…/@alice/strings/`. */
function askedName(): ModuleName | undefined {
  const address = new URL(location.href);
  const asked =
    address.searchParams.get('name') ??
    /\/(@[^/]+\/[^/]+)\/(?:index\.html)?$/.exec(decodeURI(address.pathname))?.[1];
  return asked !== undefined && isModuleName(asked) ? asked : undefined;
}

async function findView(name: string, bits: number): Promise<ModuleView | undefined> {
  const bytes = await readFile(pages.block(blockOf(name, bits)), 16 * 1024 * 1024);
  if (bytes === undefined) return undefined;
  return (JSON.parse(new TextDecoder().decode(bytes)) as ModuleView[]).find((view) => view.name === name);
}
