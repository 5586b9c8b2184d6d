/** The strongest directions of a sparse matrix: a randomised singular value decomposition, always with the same signs. */

/** Sparse, by rows: passage r has `term` and `value` from `start[r]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly start: Uint32Array;
  readonly term: Uint32Array;
  readonly value: Float64Array;
}

/** Further dimensions make the wanted ones exact; rounds sharpen what differs little. */
const further = 8;
const rounds = 3;

/** @returns for each term `room` components, the first `dims` of them set: its place on the strongest right singular vectors */
export function decompose(matrix: Matrix, dims: number, room: number): Float32Array {
  const width = Math.min(dims + further, matrix.rows, matrix.columns);
  let byTerm = signs(matrix.columns * width);
  for (let i = 1; i <= rounds; i++) {
    const byPassage = times(matrix, byTerm, width);
    // Rounding harms what comes out at the end. Before that, columns only have to differ.
    orthogonalise(byPassage, width, i === rounds ? 2 : 1);
    byTerm = transposedTimes(matrix, byPassage, width);
    if (i < rounds) orthogonalise(byTerm, width, 1);
  }
  const { values, vectors } = eigen(gramOf(byTerm, width), width);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, dims);
  const directions = order.map((from) => {
    const singular = Math.sqrt(Math.max(values[from]!, 0));
    return Float64Array.from({ length: width }, (_, j) =>
      singular < 1e-9 ? 0 : vectors[j * width + from]! / singular,
    );
  });
  const found = new Float32Array(matrix.columns * room);
  for (let term = 0; term < matrix.columns; term++) {
    const row = byTerm.subarray(term * width, (term + 1) * width);
    for (let k = 0; k < directions.length; k++) found[term * room + k] = dot(row, directions[k]!);
  }
  return found;
}

/** A fixed sequence of -1 and 1 (a linear congruential generator, its highest bit). */
function signs(size: number): Float64Array {
  let state = 1;
  return new Float64Array(size).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 31 === 1 ? 1 : -1;
  });
}

function times({ rows, start, term, value }: Matrix, right: Float64Array, width: number): Float64Array {
  const out = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let i = start[row]!; i < start[row + 1]!; i++) {
      const [from, to, by] = [term[i]! * width, row * width, value[i]!];
      for (let k = 0; k < width; k++) out[to + k]! += by * right[from + k]!;
    }
  return out;
}

function transposedTimes(matrix: Matrix, right: Float64Array, width: number): Float64Array {
  const { rows, columns, start, term, value } = matrix;
  const out = new Float64Array(columns * width);
  for (let row = 0; row < rows; row++)
    for (let i = start[row]!; i < start[row + 1]!; i++) {
      const [from, to, by] = [row * width, term[i]! * width, value[i]!];
      for (let k = 0; k < width; k++) out[to + k]! += by * right[from + k]!;
    }
  return out;
}

/** Columns made orthogonal and of length 1, or zero: Gram and Schmidt. @param passes the second takes away what rounding left */
function orthogonalise(matrix: Float64Array, width: number, passes: 1 | 2): void {
  const rows = matrix.length / width;
  const columns = Array.from({ length: width }, () => new Float64Array(rows));
  for (const [k, column] of columns.entries())
    for (let row = 0; row < rows; row++) column[row] = matrix[row * width + k]!;
  const zero = new Float64Array(rows);
  for (const [k, column] of columns.entries()) {
    const at = (place: number) => (place < k ? columns[place]! : zero);
    for (let pass = 0; pass < passes; pass++)
      for (let i = 0; i < k; i += 4) {
        const four: Four = [at(i), at(i + 1), at(i + 2), at(i + 3)];
        takeAway(column, four, sharesOf(column, four));
      }
    const length = Math.sqrt(dot(column, column));
    for (let row = 0; row < rows; row++)
      matrix[row * width + k] = column[row] = length < 1e-9 ? 0 : column[row]! / length;
  }
}

/** Four columns at once, which are orthogonal: another is read and written a quarter as often. */
type Four = readonly [Float64Array, Float64Array, Float64Array, Float64Array];
type Shares = readonly [number, number, number, number];

// Each loop is a function: V8 compiles a loop while it runs knowing nothing of the next, and throws that away at its first step.

/** How much of each of the four is in a column. */
function sharesOf(column: Float64Array, [a, b, c, d]: Four): Shares {
  let [ofA, ofB, ofC, ofD] = [0, 0, 0, 0];
  for (let row = 0; row < column.length; row++) {
    const one = column[row]!;
    ofA += one * a[row]!;
    ofB += one * b[row]!;
    ofC += one * c[row]!;
    ofD += one * d[row]!;
  }
  return [ofA, ofB, ofC, ofD];
}

function takeAway(column: Float64Array, [a, b, c, d]: Four, [ofA, ofB, ofC, ofD]: Shares): void {
  for (let row = 0; row < column.length; row++)
    column[row]! -= ofA * a[row]! + ofB * b[row]! + ofC * c[row]! + ofD * d[row]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function gramOf(matrix: Float64Array, width: number): Float64Array {
  const gram = new Float64Array(width * width);
  for (let row = 0; row < matrix.length; row += width)
    for (let a = 0; a < width; a++)
      for (let b = 0; b <= a; b++) gram[a * width + b]! += matrix[row + a]! * matrix[row + b]!;
  for (let a = 0; a < width; a++) for (let b = 0; b < a; b++) gram[b * width + a] = gram[a * width + b]!;
  return gram;
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix, by Jacobi's rotations. */
function eigen(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(n * n).map((_, i) => (i % (n + 1) === 0 ? 1 : 0));
  for (let sweep = 0; sweep < 20; sweep++) {
    let rotated = false;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const off = a[p * n + q]!;
        if (Math.abs(off) <= 1e-11 * Math.sqrt(Math.abs(a[p * n + p]! * a[q * n + q]!)) + 1e-14) continue;
        rotated = true;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const turn = { p, q, c, s: t * c };
        rotateColumns(a, n, turn);
        rotateRows(a, n, turn);
        rotateColumns(vectors, n, turn);
      }
    if (!rotated) break;
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors };
}

interface Turn {
  readonly p: number;
  readonly q: number;
  readonly c: number;
  readonly s: number;
}

function rotateColumns(m: Float64Array, n: number, { p, q, c, s }: Turn): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[k * n + p]!, m[k * n + q]!];
    m[k * n + p] = c * x - s * y;
    m[k * n + q] = s * x + c * y;
  }
}

function rotateRows(m: Float64Array, n: number, { p, q, c, s }: Turn): void {
  for (let k = 0; k < n; k++) {
    const [x, y] = [m[p * n + k]!, m[q * n + k]!];
    m[p * n + k] = c * x - s * y;
    m[q * n + k] = s * x + c * y;
  }
}
