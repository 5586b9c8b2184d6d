/** Vectors as bytes (search.md §9.2): each component is a signed byte, the largest 127. The length says nothing. */

export type Bytes = Int8Array;

/** A row of a term: what it is times `scale`. */
export interface Row {
  readonly scale: number;
  readonly bytes: Bytes;
}

/** Of one length with `vector`; all zero for a vector that is zero or has a component that is no number. */
export function quantise(vector: Float32Array): Row {
  let most = 0;
  for (const one of vector) most = Math.max(most, Math.abs(one));
  const bytes = new Int8Array(vector.length);
  if (!Number.isFinite(most) || most === 0) return { scale: 0, bytes };
  for (let i = 0; i < vector.length; i++) bytes[i] = Math.round((vector[i]! * 127) / most);
  return { scale: Math.fround(most / 127), bytes };
}

/** The sum of rows, which points where the text points. @returns undefined where there is nothing to sum up */
export function sumOf(rows: readonly Row[], dims: number): Float32Array | undefined {
  const sum = new Float32Array(dims);
  for (const { scale, bytes } of rows) for (let i = 0; i < dims; i++) sum[i]! += scale * bytes[i]!;
  return normalised(sum);
}

/** With length 1. @returns undefined for a vector of no direction */
export function normalised(vector: Float32Array): Float32Array | undefined {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length < 1e-12) return undefined;
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = vector[i]! / length;
  return unit;
}

/** Cosine of a vector of length 1 and the bytes at `at`; 0 for bytes of no direction. */
export function cosine(vector: Float32Array, bytes: Bytes, at = 0): number {
  let dot = 0;
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const one = bytes[at + i]!;
    dot += vector[i]! * one;
    squares += one * one;
  }
  return squares === 0 ? 0 : dot / Math.sqrt(squares);
}
