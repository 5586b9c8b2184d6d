/** Milliseconds of a clock that never jumps. The global `performance` would load a part of Node that nothing else here needs. */
export function tick(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
