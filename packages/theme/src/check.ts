/** Whether people can read what a theme colours (docs/spec/themes.md §4): WCAG 2.2, success criteria 1.4.3, 1.4.6, 1.4.11. */
import { type Colour, contrast, withContrast } from './colour.ts';
import { contrastTargets, type ThemeSource } from './source/read.ts';
import { type Variant, variantsOf } from './source/resolve.ts';
import { scopeNames } from './source/scopes.ts';

export interface ContrastFinding {
  readonly variant: string;
  /** What is hard to see: `scopes.comment`, `ui.cursor`. */
  readonly what: string;
  /** What it stands on: a role of the editor's colours. */
  readonly on: 'background' | 'line' | 'selection';
  readonly colour: Colour;
  readonly ground: Colour;
  /** 1 to 21, cut to two digits: never shown as more than it is. */
  readonly found: number;
  readonly wanted: number;
  /** The nearest colour that would do, if there is one. */
  readonly proposal?: Colour | undefined;
}

/** Marks that are no text: cursor and line numbers (1.4.11); and any scope while it is selected. */
const leastOfMarks = 3;

export function checkContrast(theme: ThemeSource): ContrastFinding[] {
  return variantsOf(theme).flatMap(checkVariant);
}

function checkVariant({ name, ui, looks, contrast: target }: Variant): ContrastFinding[] {
  const least = contrastTargets[target];
  const texts = [
    ['ui.foreground', ui.foreground] as const,
    ...scopeNames.map((scope) => [`scopes.${scope}`, looks[scope].colour] as const),
  ];
  const pairs: readonly (readonly [string, Colour, ContrastFinding['on'], number])[] = [
    ...texts.map(([what, colour]) => [what, colour, 'background', least] as const),
    ...texts.map(([what, colour]) => [what, colour, 'line', least] as const),
    ...texts.map(
      ([what, colour]) =>
        [what, colour, 'selection', what === 'ui.foreground' ? least : leastOfMarks] as const,
    ),
    ['ui.cursor', ui.cursor, 'background', leastOfMarks],
    ['ui.gutter', ui.gutter, 'background', leastOfMarks],
    ['ui.accent', ui.accent, 'background', leastOfMarks],
  ];
  return pairs.flatMap(([what, colour, on, wanted]) => {
    const ground = ui[on];
    const ratio = contrast(colour, ground);
    if (ratio >= wanted) return [];
    const found = Math.floor(ratio * 100) / 100;
    return [
      {
        variant: name,
        what,
        on,
        colour,
        ground,
        found,
        wanted,
        proposal: withContrast(colour, ground, wanted),
      },
    ];
  });
}

/** One line a person can act on. */
export function contrastMessage({
  variant,
  what,
  on,
  colour,
  ground,
  found,
  wanted,
  proposal,
}: ContrastFinding): string {
  const next = proposal === undefined ? '' : `; ${proposal} would do`;
  return `${variant}: ${what} (${colour}) on ${on} (${ground}) has a contrast of ${found}, wanted ${wanted}${next}`;
}

export interface ContrastSummary {
  readonly variant: string;
  /** The least contrast of any text on the background. */
  readonly least: number;
  readonly level: 'AAA' | 'AA' | 'below AA';
}

export function summarise(variant: Variant): ContrastSummary {
  const ratios = [variant.ui.foreground, ...scopeNames.map((scope) => variant.looks[scope].colour)].map(
    (colour) => contrast(colour, variant.ui.background),
  );
  const least = Math.floor(Math.min(...ratios) * 100) / 100;
  const level = least >= contrastTargets.AAA ? 'AAA' : least >= contrastTargets.AA ? 'AA' : 'below AA';
  return { variant: variant.name, least, level };
}
