/** Colours of sRGB, as `#rrggbb`, and the contrast between two of them (WCAG 2.2, relative luminance). */
import { decode as d } from '@mlld/format';

/** `#rrggbb`, in lower case. */
export type Colour = `#${string}`;
type Rgb = readonly [red: number, green: number, blue: number];

/** `#rgb` or `#rrggbb`. */
export const colour: d.Decoder<Colour> = (value, path) => {
  const found = d.string(value, path).toLowerCase();
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(found);
  if (short !== null)
    return `#${short
      .slice(1)
      .map((digit) => digit + digit)
      .join('')}`;
  if (!/^#[0-9a-f]{6}$/.test(found)) throw d.badShape(path, 'a colour such as #1e88e5', value);
  return found as Colour;
};

function rgbOf(text: Colour): Rgb {
  const number = Number.parseInt(text.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function hex([red, green, blue]: Rgb): Colour {
  const part = (value: number) => Math.round(value).toString(16).padStart(2, '0');
  return `#${part(red)}${part(green)}${part(blue)}`;
}

/** Red, green and blue from 0 to 1. */
export function components(text: Colour): Rgb {
  const [red, green, blue] = rgbOf(text);
  return [red / 255, green / 255, blue / 255];
}

/** Of `share` (0 to 1) the second colour, else the first. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  const [one, other] = [rgbOf(a), rgbOf(b)];
  const part = (i: 0 | 1 | 2) => one[i] + (other[i] - one[i]) * share;
  return hex([part(0), part(1), part(2)]);
}

function luminance(text: Colour): number {
  const [red, green, blue] = components(text).map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(a: Colour, b: Colour): number {
  const [one, other] = [luminance(a), luminance(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/**
 * The colour nearest to `text` on its way to white or black that has the contrast with `ground`: what to propose to an author.
 * Undefined where neither has it.
 */
export function withContrast(text: Colour, ground: Colour, least: number): Colour | undefined {
  const target = (['#ffffff', '#000000'] as const)
    .filter((end) => contrast(end, ground) >= least)
    .sort((a, b) => contrast(b, ground) - contrast(a, ground))[0];
  if (target === undefined) return undefined;
  let [low, high] = [0, 1];
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2;
    if (contrast(mix(text, target, middle), ground) >= least) high = middle;
    else low = middle;
  }
  return mix(text, target, high);
}

const cube = [0, 95, 135, 175, 215, 255];

/** The nearest of xterm's colours 16 to 255. */
export function xterm(text: Colour): number {
  const rgb = rgbOf(text);
  const steps = rgb.map((value) => nearestOf(cube, value)) as [number, number, number];
  const grey = Math.min(23, Math.max(0, Math.round((rgb.reduce((sum, one) => sum + one, 0) / 3 - 8) / 10)));
  const distance = (other: Rgb) => other.reduce((sum, one, i) => sum + (one - (rgb[i] ?? 0)) ** 2, 0);
  const inCube = distance(steps.map((step) => cube[step] ?? 0) as unknown as Rgb);
  const asGrey = distance([8 + 10 * grey, 8 + 10 * grey, 8 + 10 * grey]);
  return asGrey < inCube ? 232 + grey : 16 + 36 * steps[0] + 6 * steps[1] + steps[2];
}

function nearestOf(values: readonly number[], wanted: number): number {
  let best = 0;
  for (const [i, value] of values.entries())
    if (Math.abs(value - wanted) < Math.abs((values[best] ?? 0) - wanted)) best = i;
  return best;
}
