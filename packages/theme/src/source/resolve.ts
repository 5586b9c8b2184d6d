/** A variant of a theme with every colour known: what the targets write. */
import { type Colour, mix } from '../colour.ts';
import type { ContrastTarget, Mode, Style, ThemeSource } from './read.ts';
import { slugOf } from './read.ts';
import { type AnsiName, ansiNames, type Scope, scopeNames, scopes, type UiRole } from './scopes.ts';

export interface ResolvedLook {
  readonly colour: Colour;
  readonly styles: readonly Style[];
}

export interface Variant {
  /** As editors list it. */
  readonly name: string;
  readonly slug: string;
  readonly mode: Mode;
  readonly contrast: ContrastTarget;
  readonly ui: Readonly<Record<UiRole, Colour>>;
  readonly looks: Readonly<Record<Scope, ResolvedLook>>;
  /** Those that the theme itself colours: the rest look like another. */
  readonly own: ReadonlySet<Scope>;
  readonly terminal: Readonly<Record<AnsiName, Colour>>;
}

/** Dark first. */
export function variantsOf(theme: ThemeSource): Variant[] {
  return (['dark', 'light'] as const).flatMap((mode) =>
    theme.variants.has(mode) ? [variantOf(theme, mode)] : [],
  );
}

function variantOf(theme: ThemeSource, mode: Mode): Variant {
  const source = theme.variants.get(mode)!;
  const colourOf = (name: string): Colour => source.palette.get(name)!;
  const named = new Map([...theme.scopes, ...source.scopes]);
  const ui = uiOf(new Map([...theme.ui, ...source.ui].map(([role, name]) => [role, colourOf(name)])));
  const looks = {} as Record<Scope, ResolvedLook>;
  const lookOf = (scope: Scope): ResolvedLook => {
    const own = named.get(scope);
    if (own !== undefined) return { colour: colourOf(own.colour), styles: own.styles };
    const { like } = scopes[scope] as { readonly like?: Scope };
    return like === undefined ? plainLook(scope, ui.foreground) : { ...lookOf(like), styles: [] };
  };
  for (const scope of scopeNames) looks[scope] = lookOf(scope);
  const given = new Map([...theme.terminal, ...source.terminal].map(([name, of]) => [name, colourOf(of)]));
  const name =
    source.name ??
    (theme.variants.size > 1 ? `${theme.name} ${mode === 'dark' ? 'Dark' : 'Light'}` : theme.name);
  return {
    name,
    slug: slugOf(name),
    mode,
    contrast: theme.contrast,
    ui,
    looks,
    own: new Set(named.keys()),
    terminal: terminalOf({ given, ui, looks, mode }),
  };
}

function plainLook(scope: Scope, colour: Colour): ResolvedLook {
  const own: Partial<Record<Scope, readonly Style[]>> = { emphasis: ['italic'], strong: ['bold'] };
  return { colour, styles: own[scope] ?? [] };
}

function uiOf(given: ReadonlyMap<UiRole, Colour>): Readonly<Record<UiRole, Colour>> {
  const background = given.get('background')!;
  const foreground = given.get('foreground')!;
  const blend = (share: number) => mix(background, foreground, share);
  return {
    background,
    foreground,
    cursor: given.get('cursor') ?? foreground,
    selection: given.get('selection') ?? blend(0.18),
    line: given.get('line') ?? blend(0.05),
    gutter: given.get('gutter') ?? blend(0.6),
    border: given.get('border') ?? blend(0.15),
    accent: given.get('accent') ?? foreground,
  };
}

interface TerminalInput {
  readonly given: ReadonlyMap<AnsiName, Colour>;
  readonly ui: Readonly<Record<UiRole, Colour>>;
  readonly looks: Readonly<Record<Scope, ResolvedLook>>;
  readonly mode: Mode;
}

/** Where a theme names no colours for terminals, its scopes' are taken in the roles that programs give them. */
function terminalOf({ given, ui, looks, mode }: TerminalInput): Readonly<Record<AnsiName, Colour>> {
  const { background, foreground } = ui;
  const [dark, light] = mode === 'dark' ? [background, foreground] : [foreground, background];
  const base: Readonly<Record<string, Colour>> = {
    black: mix(dark, light, 0.08),
    red: looks.invalid.colour,
    green: looks.string.colour,
    yellow: looks.number.colour,
    blue: looks.function.colour,
    magenta: looks.keyword.colour,
    cyan: looks.type.colour,
    white: mix(light, dark, 0.12),
    brightBlack: mix(background, foreground, 0.55),
    brightWhite: light,
  };
  const bright = (name: string) => mix(base[name.slice(6).toLowerCase()]!, foreground, 0.2);
  const entries = ansiNames.map((name) => [name, given.get(name) ?? base[name] ?? bright(name)] as const);
  return Object.fromEntries(entries) as Record<AnsiName, Colour>;
}
