/** The source of a theme (docs/spec/themes.md §2): one strict JSON file that says all. */
import { decode as d, type Json, parseJson, printable, RegistryError } from '@mlld/format';
import { type Colour, colour } from '../colour.ts';
import {
  type AnsiName,
  ansiNames,
  type Scope,
  scopeNames,
  type UiRole,
  uiRoles,
  wantedScopes,
} from './scopes.ts';

export const modes = ['dark', 'light'] as const;
export type Mode = (typeof modes)[number];
export const styles = ['italic', 'bold', 'underline'] as const;
export type Style = (typeof styles)[number];
export const contrastTargets = { AA: 4.5, AAA: 7 } as const;
export type ContrastTarget = keyof typeof contrastTargets;

/** `<colour of the palette> <styles>`: `coral bold`. */
export interface Look {
  /** Name in the palette. */
  readonly colour: string;
  readonly styles: readonly Style[];
}

export interface VariantSource {
  /** How editors list it; absent: the theme's name, with its mode where there are two. */
  readonly name?: string;
  readonly palette: ReadonlyMap<string, Colour>;
  /** What differs from the theme's own. */
  readonly scopes: ReadonlyMap<Scope, Look>;
  readonly ui: ReadonlyMap<UiRole, string>;
  readonly terminal: ReadonlyMap<AnsiName, string>;
}

export interface ThemeSource {
  readonly name: string;
  readonly contrast: ContrastTarget;
  /** Editors that it is made for; undefined: all. */
  readonly editors?: readonly string[];
  readonly scopes: ReadonlyMap<Scope, Look>;
  readonly ui: ReadonlyMap<UiRole, string>;
  readonly terminal: ReadonlyMap<AnsiName, string>;
  readonly variants: ReadonlyMap<Mode, VariantSource>;
}

/** Bytes of a source, and colours of a palette. */
export const themeLimits = { bytes: 64 * 1024, palette: 100, nameChars: 60 } as const;

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseTheme(bytes: Uint8Array | string, where = 'theme.json'): ThemeSource {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: themeLimits.bytes }), $);
  d.literal('theme')(value.type, `${$}.type`);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads themes of schema 1`, {
      hint: 'Write "v": 1, or update mlld.',
    });
  d.onlyMembers(
    value,
    ['type', 'v', 'name', 'contrast', 'editors', 'scopes', 'ui', 'terminal', 'variants'],
    $,
  );
  const variants = d.map(variant, modes.length, among(modes))(value.variants, `${$}.variants`);
  if (variants.size === 0) throw d.badShape(`${$}.variants`, 'dark, light or both', value.variants);
  const theme: ThemeSource = d.compact({
    name: label(value.name, `${$}.name`),
    contrast: d.literal('AA', 'AAA')(value.contrast ?? 'AA', `${$}.contrast`),
    editors: d.optional(d.array(d.text(30), 20))(value.editors, `${$}.editors`),
    ...shared(value, $),
    variants: variants as Map<Mode, VariantSource>,
  });
  assertComplete(theme, $);
  return theme;
}

const label: d.Decoder<string> = (value, path) => {
  const found = d.text(themeLimits.nameChars)(value, path);
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._()+@/-]*$/u.test(found) || slugOf(found) === '')
    throw d.badShape(path, 'a name of letters, digits, spaces and . _ ( ) + @ / -', found);
  return found;
};

/** Lower case ASCII with hyphens: names of files, of extensions, of colour schemes. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

const among =
  (names: readonly string[]) =>
  (name: string): void => {
    if (!names.includes(name))
      throw new RegistryError('BAD_SHAPE', `'${printable(name)}' is none of ${names.join(', ')}`);
  };

const paletteName = (name: string): void => {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name))
    throw new RegistryError(
      'BAD_SHAPE',
      `'${printable(name)}': wanted a name of small letters, digits and hyphens`,
    );
};

const look: d.Decoder<Look> = (value, path) => {
  const [name = '', ...rest] = d.text(80)(value, path).split(' ');
  const known = rest.filter((one): one is Style => (styles as readonly string[]).includes(one));
  if (known.length < rest.length || name === '')
    throw d.badShape(path, `a colour of the palette, then any of ${styles.join(', ')}`, value as Json);
  return { colour: name, styles: styles.filter((one) => known.includes(one)) };
};

function shared(value: Readonly<Record<string, Json>>, $: string) {
  const names = <T>(item: d.Decoder<T>, known: readonly string[], member: string) =>
    d.map(item, known.length, among(known))(value[member] ?? {}, `${$}.${member}`);
  return {
    scopes: names(look, scopeNames, 'scopes') as Map<Scope, Look>,
    ui: names(d.text(40), uiRoles, 'ui') as Map<UiRole, string>,
    terminal: names(d.text(40), ansiNames, 'terminal') as Map<AnsiName, string>,
  };
}

const variant: d.Decoder<VariantSource> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['name', 'palette', 'scopes', 'ui', 'terminal'], path);
  return d.compact({
    name: d.optional(label)(found.name, `${path}.name`),
    palette: d.map(colour, themeLimits.palette, paletteName)(found.palette, `${path}.palette`),
    ...shared(found, path),
  });
};

/** Every colour that is named is in the palette of each variant, and what has to be coloured is. */
function assertComplete(theme: ThemeSource, $: string): void {
  for (const [mode, own] of theme.variants) {
    const path = `${$}.variants.${mode}`;
    const looks = new Map([...theme.scopes, ...own.scopes]);
    const ui = new Map([...theme.ui, ...own.ui]);
    for (const scope of wantedScopes)
      if (!looks.has(scope)) throw d.badShape(`${$}.scopes.${scope}`, 'a colour of the palette', undefined);
    for (const role of ['background', 'foreground'] as const)
      if (!ui.has(role)) throw d.badShape(`${$}.ui.${role}`, 'a colour of the palette', undefined);
    const used = [
      ...[...looks].map(([scope, { colour: name }]) => [`scopes.${scope}`, name] as const),
      ...[...ui].map(([role, name]) => [`ui.${role}`, name] as const),
      ...[...theme.terminal, ...own.terminal].map(([name, of]) => [`terminal.${name}`, of] as const),
    ];
    for (const [member, name] of used)
      if (!own.palette.has(name))
        throw d.badShape(`${path}.palette`, `'${name}', which ${member} names`, undefined);
  }
}
