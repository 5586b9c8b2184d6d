/** What the reference servers really listed in releases of 2026, seven months apart: recorded once, as they came over the wire. */
import { readFileSync } from 'node:fs';
import type { Json, McpDefinitionKind } from '@mlld/format';
import { describe, expect, it } from 'vitest';
import {
  definitionOf,
  type Listing,
  listingOf,
  storedListing,
  surfaceOf,
} from '../src/surface/definitions.ts';
import { describeChanges, diffListings, diffPermissions } from '../src/surface/diff.ts';
import { codeOf } from './codes.ts';

function recorded(name: string): Listing {
  const file = new URL(`testdata/drift/${name}.json`, import.meta.url);
  const { instructions, definitions } = JSON.parse(readFileSync(file, 'utf8')) as {
    instructions?: string;
    definitions: { kind: McpDefinitionKind; definition: Json }[];
  };
  return listingOf(
    definitions.map(({ kind, definition }) => definitionOf(kind, definition)),
    instructions,
  );
}

describe('drift of real servers', () => {
  it.each([
    ['memory', '2026.1.26', 9],
    ['filesystem', '2026.1.14', 14],
    ['everything', '2026.1.26', 13],
  ])('%s: all tools that changed since %s are seen', (name, version, tools) => {
    const [before, after] = [recorded(`${name}-${version}`), recorded(`${name}-2026.8.31`)];
    const changes = diffListings(before, after);
    expect(changes.filter(({ subject }) => subject.startsWith('tool '))).toHaveLength(tools);
    expect(surfaceOf(before)).not.toBe(surfaceOf(after));
    // Their descriptions alone would tell of almost none of them.
    const described = changes.filter(({ details }) =>
      details.some((line) => line.startsWith('description:')),
    );
    expect(described.length).toBeLessThanOrEqual(1);
    expect(describeChanges(changes).join('\n')).toMatch(/annotations/);
  });

  it('is none between equal listings, whatever their order', () => {
    const listing = recorded('memory-2026.8.31');
    const turned = listingOf([...listing.definitions].reverse(), listing.instructions);
    expect(diffListings(listing, turned)).toEqual([]);
    expect(surfaceOf(turned)).toBe(surfaceOf(listing));
  });

  it('in what is stored is found: hashes are computed, not believed', () => {
    const listing = recorded('memory-2026.8.31');
    const surface = surfaceOf(listing);
    expect(storedListing(listing, surface)).toEqual(listing);
    const [first, ...rest] = listing.definitions;
    const lied = {
      ...listing,
      definitions: [{ ...first!, definition: { ...first!.definition, description: 'x' } }, ...rest],
    };
    expect(codeOf(caught(() => storedListing(lied, surface)))).toBe('HASH_MISMATCH');
  });

  it('of permissions is told by what is asked for', () => {
    const none = { hosts: [], folders: [], environment: [], commands: [] };
    const more = {
      ...none,
      hosts: ['example.org'],
      folders: [{ path: 'project', access: 'write' as const }],
    };
    expect(describeChanges(diffPermissions(none, more))).toEqual(['! host example.org', '! write project']);
    expect(describeChanges(diffPermissions(more, none))).toEqual(['- host example.org', '- write project']);
  });
});

function caught(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
