/** The outputs of a build beside the index, proofs, contents and lists. Their order is the order of writing. */
import { advisories } from '../advisories/output.ts';
import { collections } from '../collections/output.ts';
import { community } from '../community/output.ts';
import { marketplace } from '../marketplace/output.ts';
import { mcpApi } from '../mcp-api/output.ts';
import { type SearchOutputOptions, search, searchWith } from '../search/output.ts';
import { site } from '../site/output.ts';
import { statistics } from '../stats/output.ts';
import type { Output } from './output.ts';

export const outputs: readonly Output[] = [
  advisories,
  community,
  collections,
  marketplace,
  mcpApi,
  search,
  statistics,
];

/** With pages for people, whose styles and scripts `npm run build` makes. */
export const outputsWithSite: readonly Output[] = [...outputs, site];

/** As an operator configures them. */
export function outputsFor(options: {
  readonly site: boolean;
  readonly search: SearchOutputOptions;
}): readonly Output[] {
  return (options.site ? outputsWithSite : outputs).map((one) =>
    one === search ? searchWith(options.search) : one,
  );
}
