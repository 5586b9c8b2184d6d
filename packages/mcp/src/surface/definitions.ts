/** What a server lists, as definitions with a hash each, and one hash of them all (docs/spec/mcp.md §4). */
import { createHash } from 'node:crypto';
import {
  canonicalJson,
  compareBytes,
  type Json,
  type JsonObject,
  limits,
  type McpDefinition,
  type McpDefinitionKind,
  mcpDefinitionKinds,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';

/** A listing as it was received: whole definitions, as strict JSON. */
export interface Listing {
  readonly instructions: string | undefined;
  readonly definitions: readonly McpDefinition[];
}

export const sha256 = (data: string | Uint8Array): Sha256Hex =>
  createHash('sha256').update(data).digest('hex') as Sha256Hex;

/** By which member a definition is known. */
const keys: Readonly<Record<McpDefinitionKind, string>> = {
  tool: 'name',
  prompt: 'name',
  resource: 'uri',
  template: 'uriTemplate',
};

/** @throws RegistryError MCP_BAD_LISTING for what is no definition, or hides something */
export function definitionOf(kind: McpDefinitionKind, value: Json | undefined): McpDefinition {
  const definition = value as JsonObject;
  const name =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? definition[keys[kind]] : undefined;
  if (typeof name !== 'string' || name === '' || name.length > 2000)
    throw bad(`a ${kind} without a ${keys[kind]}`);
  assertPlain(definition, `${kind} '${printable(name, 80)}'`);
  return { kind, name, sha256: sha256(canonicalJson(definition)), definition };
}

/** Sorted by kind and name, each name once. @throws RegistryError MCP_BAD_LISTING */
export function listingOf(definitions: readonly McpDefinition[], instructions: string | undefined): Listing {
  if (instructions !== undefined) assertPlain(instructions, 'the instructions');
  const sorted = [...definitions].sort(
    (a, b) =>
      mcpDefinitionKinds.indexOf(a.kind) - mcpDefinitionKinds.indexOf(b.kind) || compareBytes(a.name, b.name),
  );
  for (const [i, one] of sorted.entries()) {
    const before = sorted[i - 1];
    if (before?.kind === one.kind && before.name === one.name)
      throw bad(`the ${one.kind} '${printable(one.name, 80)}' is listed twice`);
  }
  assertNames(sorted);
  return { instructions, definitions: sorted };
}

/** The sha256 of one line for each part, so that `sha256sum` and `sort` can make it again. */
export function surfaceOf({ instructions, definitions }: Listing): Sha256Hex {
  const lines = definitions.map((one) => `${one.sha256}  ${one.kind}/${one.name}\n`);
  if (instructions !== undefined) lines.push(`${sha256(instructions)}  instructions\n`);
  return sha256(lines.sort(compareBytes).join(''));
}

/**
 * Reads a listing that was stored, and computes its hashes anew: they are not believed. @throws RegistryError MCP_BAD_LISTING,
 * HASH_MISMATCH
 */
export function storedListing(
  stored: { readonly instructions?: string | undefined; readonly definitions: readonly McpDefinition[] },
  surface: Sha256Hex,
): Listing {
  const listing = listingOf(
    stored.definitions.map(({ kind, definition }) => definitionOf(kind, definition)),
    stored.instructions,
  );
  const found = surfaceOf(listing);
  if (found !== surface) {
    throw new RegistryError(
      'HASH_MISMATCH',
      `the listing of an MCP server: wanted ${surface}, its definitions give ${found}`,
    );
  }
  return listing;
}

// ---- what hides

/** Escapes, direction marks, invisible letters and tags: what a person reads is what a model gets. */
const hidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udfff]/;

function assertPlain(value: Json, where: string): void {
  if (typeof value === 'string') {
    const found = hidden.exec(value);
    if (found !== null) {
      const code = value.codePointAt(found.index)?.toString(16).padStart(4, '0');
      throw bad(
        `${where} hides the character U+${code?.toUpperCase()} in a text: '${near(value, found.index)}'`,
      );
    }
  } else if (Array.isArray(value)) {
    for (const one of value) assertPlain(one as Json, where);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      assertPlain(name, where);
      assertPlain(one, where);
    }
  }
}

function near(text: string, at: number): string {
  return printable(text.slice(Math.max(0, at - 20), at + 20), 80);
}

/** Names of tools and prompts are ASCII, and none looks like another. */
function assertNames(definitions: readonly McpDefinition[]): void {
  const seen = new Map<string, string>();
  for (const { kind, name } of definitions) {
    if (kind !== 'tool' && kind !== 'prompt') continue;
    if (!/^[A-Za-z0-9_][A-Za-z0-9_./:-]{0,127}$/.test(name))
      throw bad(`the ${kind} '${printable(name, 80)}' has another name than letters, digits and _ . - / :`);
    const look = `${kind}/${lookOf(name)}`;
    const other = seen.get(look);
    if (other !== undefined) throw bad(`the ${kind}s '${other}' and '${name}' look alike`);
    seen.set(look, name);
  }
}

/** Names that a hasty reader takes for each other have one look. */
function lookOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[-_./:]/g, '_')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('0', 'o')
    .replace(/[1i|]/g, 'l');
}

export function bad(problem: string, cause?: unknown): RegistryError {
  return new RegistryError('MCP_BAD_LISTING', `what the server lists can't be approved: ${problem}`, {
    hint: 'A server that hides or doubles something is not used. Tell its author; mlld report tells the registry.',
    cause,
  });
}

/** @throws RegistryError MCP_BAD_LISTING */
export function assertCount(kind: McpDefinitionKind, count: number): void {
  if (count > limits.mcpDefinitions) throw bad(`more than ${limits.mcpDefinitions} ${kind}s`);
}
