/**
 * Cuts vectors into cells of neighbours (search.md §9.4): halved along the direction in which they differ most, until a cell is
 * small enough; then each moves to the nearest centre around that has room, a few times. So each file has about the same size, and
 * a question reads those whose centres are nearest.
 */
import { type Bytes, cosine, normalised, quantise } from './vector.ts';

/** Bytes of the vectors of a cell. */
const cellBytes = 8192;

export function mostInCell(dims: number): number {
  return Math.max(16, Math.floor(cellBytes / dims));
}

/** @returns the places of the vectors of each cell, in order */
export function cellsOf(vectors: readonly Bytes[], dims: number): number[][] {
  if (vectors.length === 0) return [];
  const most = mostInCell(dims);
  const done: number[][] = [];
  const open: number[][] = [vectors.map((_, i) => i)];
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    if (cell.length <= most) done.push(cell.sort((a, b) => a - b));
    else open.push(...halves(cell, vectors, dims));
  }
  let cells = done;
  for (let i = 0; i < moves && cells.length > 1; i++) cells = moved(cells, vectors, dims);
  return cells.sort((a, b) => a[0]! - b[0]!);
}

/** Times that vectors move: each gains less than the one before. */
const moves = 4;
/** Cells around its own that a vector may move to. */
const around = 24;

/** Each vector in the cell around whose centre is nearest to it, of those that have room (Lloyd 1982, with capacities). */
function moved(cells: readonly number[][], vectors: readonly Bytes[], dims: number): number[][] {
  const most = mostInCell(dims);
  const packed = new Int8Array(cells.length * dims);
  for (const [n, cell] of cells.entries()) packed.set(centreOf(cell, vectors, dims), n * dims);
  const centres = cells.map((_, n) => unitOf(packed.subarray(n * dims, (n + 1) * dims)));
  const next = cells.map((): number[] => []);
  for (const [own, cell] of cells.entries()) {
    const near = nearestCells(centres[own]!, packed, around);
    for (const at of cell) {
      let to = -1;
      let best = Number.NEGATIVE_INFINITY;
      for (const n of near) {
        const like = next[n]!.length < most ? dot(centres[n]!, vectors[at]!) : Number.NEGATIVE_INFINITY;
        if (like > best) [to, best] = [n, like];
      }
      // There are as many places as vectors: where all around are full, another cell is not.
      next[to < 0 ? next.findIndex((one) => one.length < most) : to]!.push(at);
    }
  }
  return next.filter((cell) => cell.length > 0).map((cell) => cell.sort((a, b) => a - b));
}

function unitOf(bytes: Bytes): Float32Array {
  return normalised(new Float32Array(bytes)) ?? new Float32Array(bytes.length);
}

function halves(cell: readonly number[], vectors: readonly Bytes[], dims: number): [number[], number[]] {
  const mean = meanOf(cell, vectors, dims);
  const direction = widest(cell, vectors, mean);
  const along = cell.map((at) => ({ at, share: dot(direction, vectors[at]!) }));
  const sorted = along.sort((a, b) => a.share - b.share || a.at - b.at).map(({ at }) => at);
  const middle = sorted.length >> 1;
  return [sorted.slice(0, middle), sorted.slice(middle)];
}

function dot(direction: Float32Array, bytes: Bytes): number {
  let sum = 0;
  for (let i = 0; i < direction.length; i++) sum += direction[i]! * bytes[i]!;
  return sum;
}

function meanOf(cell: readonly number[], vectors: readonly Bytes[], dims: number): Float32Array {
  const mean = new Float32Array(dims);
  for (const at of cell) for (let i = 0; i < dims; i++) mean[i]! += vectors[at]![i]! / cell.length;
  return mean;
}

/** Steps of the power iteration: a rough direction halves as well. */
const steps = 5;
/** Vectors that are looked at for a direction. */
const sampled = 2000;

/** The direction of the largest variance, begun at the first vector that differs from the mean. */
function widest(cell: readonly number[], vectors: readonly Bytes[], mean: Float32Array): Float32Array {
  const step = Math.ceil(cell.length / sampled);
  const sample = cell.filter((_, i) => i % step === 0);
  const away = (at: number): Float32Array => mean.map((one, i) => vectors[at]![i]! - one);
  let direction: Float32Array | undefined;
  for (let i = 0; i < sample.length && direction === undefined; i++) direction = normalised(away(sample[i]!));
  for (let i = 0; i < steps && direction !== undefined; i++) {
    const next = new Float32Array(mean.length);
    const offset = mean.reduce((sum, one, k) => sum + one * direction![k]!, 0);
    for (const at of sample) {
      const bytes = vectors[at]!;
      const share = dot(direction, bytes) - offset;
      for (let k = 0; k < next.length; k++) next[k]! += share * (bytes[k]! - mean[k]!);
    }
    direction = normalised(next) ?? direction;
  }
  return direction ?? new Float32Array(mean.length);
}

/** What stands for a cell: the mean of its vectors, each with length 1. */
export function centreOf(cell: readonly number[], vectors: readonly Bytes[], dims: number): Bytes {
  const sum = new Float32Array(dims);
  for (const at of cell) {
    const unit = normalised(new Float32Array(vectors[at]!));
    if (unit !== undefined) for (let i = 0; i < dims; i++) sum[i]! += unit[i]!;
  }
  return quantise(sum).bytes;
}

/** The cells whose centres are nearest, nearest first. */
export function nearestCells(vector: Float32Array, centres: Bytes, count: number): number[] {
  const dims = vector.length;
  return Array.from({ length: centres.length / dims }, (_, cell) => ({
    cell,
    near: cosine(vector, centres, cell * dims),
  }))
    .sort((a, b) => b.near - a.near || a.cell - b.cell)
    .slice(0, count)
    .map(({ cell }) => cell);
}
