/** Modules that are checked at the same time: most of a check waits for programs that tests and examples start. */
export const CHECKS_AT_A_TIME = 3;

/**
 * Does `work` for each item, at most `most` at a time; the results are in the order of the items. Ends when all that began has
 * ended. @throws what the first failure, in the order of the items, threw
 */
export async function atATime<T, R>(
  most: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const outcomes = new Map<number, R>();
  const failures = new Map<number, unknown>();
  const waiting = [...items.entries()];
  const next = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined && failures.size === 0; one = waiting.shift()) {
      const [at, item] = one;
      try {
        outcomes.set(at, await work(item));
      } catch (cause) {
        failures.set(at, cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, next));
  const [first] = [...failures].sort(([a], [b]) => a - b);
  if (first !== undefined) throw first[1];
  return [...outcomes].sort(([a], [b]) => a - b).map(([, result]) => result);
}
