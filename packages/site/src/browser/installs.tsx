/** Installs of a module without a page of its own: of the sums that the distribution has, which change every week. */
import { type AllInstalls, isModuleName, layout, limits, type ModuleInstalls } from '@mlld/format';
import type { PageContext } from '../components/context.ts';
import { viewOfInstalls } from '../model/installs.ts';
import { Installs } from '../pages/module/installs.tsx';
import { readFile } from './root.ts';

export async function start(section: HTMLElement, context: PageContext): Promise<void> {
  const name = section.closest<HTMLElement>('[data-module]')?.dataset.module ?? '';
  if (!isModuleName(name)) return;
  const [all, module] = await Promise.all([
    read<AllInstalls>(layout.installsOfAll),
    read<ModuleInstalls>(layout.installs(name)),
  ]);
  const installs = all && viewOfInstalls(all, module);
  // The component escapes all that it is given.
  section.outerHTML = (<Installs context={context} installs={installs} />).toString();
}

/** Undefined for what is not there, or can't be read: nobody depends on these numbers. */
function read<T>(path: string): Promise<T | undefined> {
  return readFile(path, limits.configBytes)
    .then((bytes) => bytes && (JSON.parse(new TextDecoder().decode(bytes)) as T))
    .catch(() => undefined);
}
