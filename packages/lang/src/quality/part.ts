/** A part of the score, and how parts are made. */

export interface QualityPart {
  readonly name: string;
  readonly points: number;
  readonly most: number;
  readonly reason: string;
  /** How to gain what is missing; absent where nothing is. */
  readonly gain?: string;
}

/** A part of `points` of `most`, rounded. */
export function part(
  name: string,
  [points, most]: readonly [points: number, most: number],
  { reason, gain }: { readonly reason: string; readonly gain: string },
): QualityPart {
  const rounded = Math.round(Math.max(0, Math.min(most, points)));
  return rounded >= most
    ? { name, points: most, most, reason }
    : { name, points: rounded, most, reason, gain };
}

export function share(some: number, all: number): number {
  return all === 0 ? 1 : some / all;
}
