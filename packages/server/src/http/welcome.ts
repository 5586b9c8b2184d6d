/** What a person sees who opens the address of a registry that has no pages. */
import { layout, parseRegistryInfo } from '@mlld/format';
import type { FileStore } from './file-store.ts';

export async function welcome(store: FileStore): Promise<string> {
  const bytes = (await store.get(layout.registry))?.bytes;
  if (bytes === undefined) return 'A registry of mlld modules. It has no registry.json yet.\n';
  const info = parseRegistryInfo(bytes);
  return [
    `${info.title} (${info.name}): a registry of mlld modules.`,
    '',
    `What it is called and where its parts are   /${layout.registry}`,
    'One module, all of its versions              /index/<author>/<name>',
    'The text of a module                         /m/<author>/<name>[@<version, range or tag>]',
    ...(info.zone === undefined
      ? []
      : [`Its records in DNS                           /${layout.zone}   (zone ${info.zone})`]),
    '',
  ].join('\n');
}
