// Figures of repeated measurements: medians with the least and the most, because a loaded machine only ever adds.

/** @param {readonly number[]} samples @returns {{median: number, min: number, max: number, n: number}} */
export function summary(samples) {
  if (samples.length === 0) throw new Error('no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), n: sorted.length };
}

/** A figure with its unit, as rows hold it. */
export function figure(samples, unit) {
  return { ...summary(typeof samples === 'number' ? [samples] : samples), unit };
}

/** Milliseconds that `run` takes. */
export async function timed(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/**
 * Measures variants in turns, each round in another order, so that what else the machine does hits all of them alike.
 * A variant is a function that returns its own milliseconds, or nothing: then the whole call is timed.
 * @param {Record<string, () => unknown>} variants
 * @returns {Promise<Record<string, number[]>>}
 */
export async function interleave(variants, { rounds, warmup = 1 }) {
  const names = Object.keys(variants);
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmup; round < rounds; round++) {
    const turn = names.map((_, i) => names[(i + Math.abs(round)) % names.length]);
    for (const name of turn) {
      let own;
      const whole = await timed(async () => {
        own = await variants[name]();
      });
      if (round >= 0) samples[name].push(typeof own === 'number' ? own : whole);
    }
  }
  return samples;
}

/** The slope of the least-squares line through points [x, y]. */
export function slope(points) {
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const over = points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0);
  return over / points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
}
