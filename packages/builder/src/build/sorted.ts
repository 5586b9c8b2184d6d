/** How many of sorted keys come before one: where it is, or where it would be. */
export function countBefore<Key extends string | number>(keys: readonly Key[], before: Key): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < before) low = middle + 1;
    else high = middle;
  }
  return low;
}
