/** The outputs of a build beside the index, proofs, contents and lists. Their order is the order of writing. */
import { advisories } from '../advisories/output.ts';
import { collections } from '../collections/output.ts';
import { community } from '../community/output.ts';
import { marketplace } from '../marketplace/output.ts';
import { mcpApi } from '../mcp-api/output.ts';
import { type SearchOutputOptions, search, searchWith } from '../search/output.ts';
import { statistics } from '../stats/output.ts';
import type { Output } from './output.ts';

export const outputs: readonly Output[] = [
  advisories,
  community,
  collections,
  marketplace,
  mcpApi,
  statistics,
  search,
];

/**
 * As an operator configures them. `site`: with pages for people, whose styles and scripts `npm run build` makes; the code that
 * writes pages is only loaded for them.
 */
export async function outputsFor(options: {
  readonly site: boolean;
  readonly search?: SearchOutputOptions;
}): Promise<readonly Output[]> {
  const pages = options.site ? [(await import('../site/output.ts')).site] : [];
  const configured = options.search && searchWith(options.search);
  return [...outputs.map((one) => (one === search ? (configured ?? search) : one)), ...pages];
}
