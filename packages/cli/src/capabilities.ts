/** What the code of a module can reach for (docs/spec/scan.md §2). */
import { capabilities } from '@mlld/lang';
import { sourcesOf } from './scan-target.ts';

/** `kind:name` of each capability, sorted. What could not be read whole can do anything, and says so. */
export function capabilityNames(files: ReadonlyMap<string, Uint8Array>): string[] {
  const { needs, unread } = capabilities(sourcesOf(files));
  const names = needs.map(({ kind, name }) => `${kind}:${name}`);
  return [...new Set([...names, ...unread.map((file) => `code:unread ${file}`)])].sort();
}
