/** Places: they are what a formatter changes. */
const places = new Set(['start', 'end', 'nameStart', 'refStart', 'refEnd', 'outerStart', 'outerEnd']);

/** Whether two trees say the same, wherever it stands. */
export function sameTree(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (a instanceof Set || b instanceof Set)
    return a instanceof Set && b instanceof Set && sameTree([...a].sort(), [...b].sort());
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => sameTree(item, b[index]));
  }
  const keys = Object.keys(a).filter((key) => !places.has(key));
  const others = Object.keys(b).filter((key) => !places.has(key));
  if (keys.length !== others.length) return false;
  return keys.every((key) =>
    sameTree((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}
