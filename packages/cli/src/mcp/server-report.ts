/** An MCP server for people: what it offers, what it may do, what it asks for. All text of strangers is made printable. */
import { type McpArtefact, type McpManifest, printable } from '@mlld/format';
import { type ConfigInput, describePermission, type Listing, permissionWords } from '@mlld/mcp';
import type { Report } from '../report.ts';

/** `tool create_issue(title, body?)  Creates an issue` */
export function definitionRows({ definitions }: Listing): string[][] {
  return definitions.map(({ kind, name, definition }) => {
    const about = typeof definition.description === 'string' ? definition.description : '';
    const marks = kind === 'tool' ? hints(definition.annotations) : '';
    return [
      kind,
      `${printable(name, 120)}${kind === 'tool' ? parameters(definition.inputSchema) : ''}`,
      marks,
      firstLine(about),
    ];
  });
}

export function printListing(report: Report, listing: Listing): void {
  report.table(
    [{ title: 'Kind' }, { title: 'Name' }, { title: 'Hints' }, { title: 'About', shrink: true }],
    definitionRows(listing),
  );
  if (listing.instructions !== undefined)
    report.print(`instructions  ${printable(listing.instructions, 1000)}`);
}

function parameters(schema: unknown): string {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, unknown>;
    required?: unknown;
  };
  const wanted = new Set(Array.isArray(required) ? required : []);
  return `(${Object.keys(properties)
    .slice(0, 12)
    .map((name) => `${printable(name, 60)}${wanted.has(name) ? '' : '?'}`)
    .join(', ')})`;
}

function hints(annotations: unknown): string {
  const { readOnlyHint, destructiveHint } = (annotations ?? {}) as Record<string, unknown>;
  if (readOnlyHint === true) return 'reads';
  return destructiveHint === true ? 'destroys' : '';
}

function firstLine(text: string): string {
  return printable(
    text
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? '',
    200,
  );
}

/** What it may do, one line each; «nothing but compute» says itself. */
export function permissionLines({ permissions }: McpManifest, granted?: readonly string[]): string[] {
  const words = permissionWords(permissions);
  if (words.length === 0) return ['nothing but compute: no network, no files, no variables, no programs'];
  return words.map((word) => {
    const mark = granted === undefined ? '' : granted.includes(word) ? '  (granted)' : '  (not granted)';
    return `${describePermission(word, permissions)}${mark}`;
  });
}

export function inputLines(inputs: readonly ConfigInput[]): string[] {
  return inputs.map(({ name, kind, required, secret, description, preset, choices }) => {
    const facts = [
      required ? 'wanted' : 'optional',
      ...(secret ? ['secret'] : []),
      ...(preset === undefined ? [] : [`default ${printable(preset, 60)}`]),
      ...(choices === undefined ? [] : [`one of ${choices.map((one) => printable(one, 40)).join(', ')}`]),
    ];
    const about = description === undefined ? '' : `: ${printable(description, 200)}`;
    return `${printable(name, 80)} (${kind}, ${facts.join(', ')})${about}`;
  });
}

export function runsAs(artefact: McpArtefact): string {
  switch (artefact.kind) {
    case 'files':
      return `files of the module, by ${printable(artefact.command.join(' '))}, in a sandbox`;
    case 'npm':
      return `${artefact.packages.length} packages of npm, each locked by its hash, in a sandbox`;
    case 'mcpb':
      return `the bundle ${printable(artefact.url)}, locked by its hash, in a sandbox`;
    case 'remote':
      return `somebody's machine: ${printable(artefact.url)}`;
    case 'command':
      return `not here; by ${printable(artefact.command.join(' '), 500)}`;
  }
}
