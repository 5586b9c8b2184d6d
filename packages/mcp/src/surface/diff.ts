/** What one listing has that another has not, in words (docs/spec/mcp.md §6). */
import type { Json, JsonObject, McpDefinition, McpPermissions } from '@mlld/format';
import { printable } from '@mlld/format';
import { permissionWords } from '../config/permissions.ts';
import type { Listing } from './definitions.ts';

/**
 * `added`: the server can do more. `widened`: what was there takes more or acts more freely. `dropped`: it can do less. `changed`: all
 * else, for instance a description, which steers a model as much as code does.
 */
export type ChangeWeight = 'added' | 'widened' | 'dropped' | 'changed';

export interface SurfaceChange {
  readonly weight: ChangeWeight;
  /** `tool create_issue`, `host api.example.org`, `instructions`. */
  readonly subject: string;
  /** One line for each thing that differs: `description: "…" → "…"`. */
  readonly details: readonly string[];
}

export function diffListings(before: Listing, after: Listing): SurfaceChange[] {
  const keyOf = ({ kind, name }: McpDefinition) => `${kind}/${name}`;
  const old = new Map(before.definitions.map((one) => [keyOf(one), one]));
  const now = new Map(after.definitions.map((one) => [keyOf(one), one]));
  const changes: SurfaceChange[] = [];
  const gone = [...old.values()].filter((one) => !now.has(keyOf(one)));
  for (const [key, one] of now) {
    const was = old.get(key);
    if (was === undefined) changes.push(added(one, gone));
    else if (was.sha256 !== one.sha256) changes.push(changed(was, one));
  }
  for (const one of gone) changes.push({ weight: 'dropped', subject: subjectOf(one), details: [] });
  if (before.instructions !== after.instructions)
    changes.push({
      weight: 'changed',
      subject: 'instructions',
      details: [`${shown(before.instructions)} → ${shown(after.instructions)}`],
    });
  return sorted(changes);
}

export function diffPermissions(before: McpPermissions, after: McpPermissions): SurfaceChange[] {
  const [old, now] = [permissionWords(before), permissionWords(after)];
  const change = (weight: ChangeWeight) => (word: string) => ({
    weight,
    subject: word.replace(':', ' '),
    details: [],
  });
  return sorted([
    ...now.filter((one) => !old.includes(one)).map(change('widened')),
    ...old.filter((one) => !now.includes(one)).map(change('dropped')),
  ]);
}

function sorted(changes: readonly SurfaceChange[]): SurfaceChange[] {
  const order: readonly ChangeWeight[] = ['added', 'widened', 'changed', 'dropped'];
  return [...changes].sort((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight));
}

/** As lines for people: `+ tool delete_repo`, `~ tool list: description: "a" → "b"`. All of it is printable. */
export function describeChanges(changes: readonly SurfaceChange[]): string[] {
  const signs: Readonly<Record<ChangeWeight, string>> = {
    added: '+',
    widened: '!',
    changed: '~',
    dropped: '-',
  };
  return changes.flatMap(({ weight, subject, details }) => [
    `${signs[weight]} ${subject}${weight === 'widened' && details.length > 0 ? ' (widened)' : ''}`,
    ...details.slice(0, 20).map((line) => `    ${line}`),
  ]);
}

const subjectOf = ({ kind, name }: McpDefinition) => `${kind} ${printable(name, 120)}`;

/** A tool that is another one with a new name is told as what it is. */
function added(one: McpDefinition, gone: readonly McpDefinition[]): SurfaceChange {
  const twin = gone.find((other) => other.kind === one.kind && sameBody(other.definition, one.definition));
  const about = one.definition.description;
  return {
    weight: 'added',
    subject: subjectOf(one),
    details: [
      ...(twin === undefined ? [] : [`is ${printable(twin.name, 120)} under another name`]),
      ...(typeof about === 'string' ? [`description: ${shown(about)}`] : []),
    ],
  };
}

function sameBody(a: JsonObject, b: JsonObject): boolean {
  const body = ({ name: _name, title: _title, ...rest }: JsonObject) => JSON.stringify(rest);
  return body(a) === body(b);
}

function changed(was: McpDefinition, now: McpDefinition): SurfaceChange {
  const details: string[] = [];
  let widened = false;
  for (const one of differences(was.definition, now.definition, '')) {
    details.push(`${one.path}: ${shown(one.before)} → ${shown(one.after)}`);
    widened ||= widens(one);
  }
  return { weight: widened ? 'widened' : 'changed', subject: subjectOf(was), details };
}

interface Difference {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

function differences(before: Json | undefined, after: Json | undefined, path: string): Difference[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) =>
      differences(
        Object.hasOwn(before, name) ? before[name] : undefined,
        Object.hasOwn(after, name) ? after[name] : undefined,
        path === '' ? printable(name, 80) : `${path}.${printable(name, 80)}`,
      ),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

/** What lets a tool take more, or take back what it promised. */
function widens({ path, before, after }: Difference): boolean {
  const last = path.split('.').at(-1) ?? '';
  if (path.startsWith('annotations')) {
    const safer = last === 'readOnlyHint' || last === 'idempotentHint';
    return safer ? before === true && after !== true : after === true || before === false;
  }
  if (!path.startsWith('inputSchema')) return false;
  const bounds = [
    'enum',
    'const',
    'maxLength',
    'maximum',
    'maxItems',
    'pattern',
    'additionalProperties',
    'required',
  ];
  if (/\.properties\.[^.]+$/.test(path)) return before === undefined;
  if (bounds.includes(last)) return after === undefined || !narrower(before, after);
  return last === 'type' || last === 'anyOf' || last === 'oneOf';
}

function narrower(before: Json | undefined, after: Json | undefined): boolean {
  if (typeof before === 'number' && typeof after === 'number') return after < before;
  if (Array.isArray(before) && Array.isArray(after))
    return after.every((one) => before.some((other) => JSON.stringify(other) === JSON.stringify(one)));
  return before === undefined || after === false;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  return value === undefined ? '(nothing)' : printable(JSON.stringify(value), 160);
}
