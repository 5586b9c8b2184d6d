/** The picture that other sites show for a link to a page: letters of dots, and a pattern of the module's own digest. */
import { glyphHeight, glyphOf, glyphWidth } from './font.ts';
import { encodePng, type Picture } from './png.ts';

export interface OgText {
  /** `@alice/strings`, or the name of a registry. */
  readonly title: string;
  readonly text: string;
  readonly foot: string;
  /** Decides the pattern. */
  readonly seed: string;
}

const width = 1200;
const height = 630;
/** Steps from the ground to each colour, for soft edges. */
const steps = 8;
const ground = [17, 33, 26] as const;
const inks = [
  [236, 240, 232],
  [127, 211, 174],
  [143, 160, 150],
  [30, 60, 48],
] as const;
const palette = [ground, ...inks.flatMap((ink) => shades(ink))];

function shades(ink: readonly [number, number, number]): [number, number, number][] {
  return Array.from({ length: steps }, (_, i) => {
    const share = (i + 1) / steps;
    const mix = (at: 0 | 1 | 2) => Math.round(ground[at] + (ink[at] - ground[at]) * share);
    return [mix(0), mix(1), mix(2)];
  });
}

export function ogImage({ title, text, foot, seed }: OgText): Uint8Array {
  const picture: Picture = { width, height, pixels: new Uint8Array(width * height), palette };
  pattern(picture, seed);
  const [author, short] =
    title.startsWith('@') && title.includes('/')
      ? [`${title.split('/')[0]}/`, title.split('/')[1] ?? '']
      : ['', title];
  if (author !== '') write(picture, author, { x: 72, y: 84, size: 6, ink: 1 });
  const room = Math.floor((width - 144) / glyphWidth);
  const size = Math.max(5, Math.min(14, Math.floor(room / Math.max(1, short.length))));
  write(picture, short, { x: 72, y: 160, size, ink: 0 });
  // Left of the pattern.
  const lines = wrap(text, 26).slice(0, 4);
  for (const [i, line] of lines.entries()) write(picture, line, { x: 72, y: 320 + i * 52, size: 5, ink: 2 });
  write(picture, foot, { x: 72, y: height - 76, size: 4, ink: 1 });
  return encodePng(picture);
}

interface Place {
  readonly x: number;
  readonly y: number;
  /** Pixels from dot to dot. */
  readonly size: number;
  readonly ink: number;
}

function write(picture: Picture, text: string, { x, y, size, ink }: Place): void {
  for (const [at, char] of [...text].slice(0, 80).entries()) {
    for (const [column, bits] of glyphOf(char).entries())
      for (let row = 0; row < glyphHeight; row++)
        if ((bits >> row) & 1)
          dot(picture, { x: x + (at * glyphWidth + column) * size, y: y + row * size, size, ink });
  }
}

/** A round dot in a square of `size` pixels. */
function dot({ pixels }: Picture, { x, y, size, ink }: Place): void {
  const radius = size / 2 - 0.2;
  const middle = (size - 1) / 2;
  for (let dy = 0; dy < size; dy++) {
    for (let dx = 0; dx < size; dx++) {
      const [px, py] = [x + dx, y + dy];
      if (px >= width || py >= height) continue;
      const cover = radius + 0.5 - Math.hypot(dx - middle, dy - middle);
      const level = Math.round(Math.max(0, Math.min(1, cover)) * steps);
      if (level > 0) pixels[py * width + px] = 1 + ink * steps + level - 1;
    }
  }
}

/** Large dots at the right, mirrored, as the digest says. */
function pattern(picture: Picture, seed: string): void {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
  const [columns, rows, size] = [7, 13, 48];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < Math.ceil(columns / 2); column++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      if (state >>> 31 === 0) continue;
      for (const at of new Set([column, columns - 1 - column]))
        dot(picture, { x: width - columns * size + at * size, y: row * size, size, ink: 3 });
    }
  }
}

function wrap(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(/\s+/g, ' ').trim().split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word.slice(0, most) : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
