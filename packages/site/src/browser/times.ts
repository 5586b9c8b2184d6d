/** Dates that are near say how long ago they are; the date itself stays as their title. */
const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

export function startTimes(root: ParentNode): void {
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const time of root.querySelectorAll<HTMLTimeElement>('time[data-when]')) {
    const age = Date.now() - Date.parse(time.dateTime);
    if (!(age >= 0 && age < 30 * 86_400_000)) continue;
    // A day says no hour.
    const known = time.dateTime.length === 10 ? units.slice(0, 1) : units;
    const [unit, size] = known.find(([, one]) => age >= one) ?? known.at(-1)!;
    time.title = time.textContent ?? '';
    time.textContent = format.format(-Math.floor(age / size), unit);
  }
}
