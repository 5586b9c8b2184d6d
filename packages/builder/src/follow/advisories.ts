/** Whether every advisory that a log holds is in the index that clients audit against (docs/spec/advisories.md §9.3). */
import { layout, limits, parseAdvisoryIndex, RegistryError } from '@mlld/format';
import type { LogFinding, MonitorFacts } from './facts.ts';
import { type LogSource, readText } from './source.ts';

/** What was logged and is not shown. An index that is newer than the checkpoint holds all of it too. */
export async function advisoryFindings(
  source: LogSource,
  { numbers }: Pick<MonitorFacts, 'numbers'>,
  index: number,
): Promise<LogFinding[]> {
  const logged = new Map(
    [...numbers].flatMap(([name, n]) => {
      const id = /^advisory (\S+)$/.exec(name)?.[1];
      return id === undefined ? [] : [[id, n] as const];
    }),
  );
  if (logged.size === 0) return [];
  const tell = (message: string): LogFinding[] => [{ index, rule: 'advisory-vanished', message }];
  try {
    const text = await readText(source, layout.advisoryIndex, limits.advisoryIndexBytes);
    const { advisories } = parseAdvisoryIndex(text, layout.advisoryIndex);
    const shown = new Map(advisories.map(({ id, revisions }) => [id, revisions]));
    const missing = [...logged.keys()].filter((id) => !shown.has(id));
    if (missing.length > 0)
      return tell(`${missing.length} of ${logged.size} logged advisories are not in it: ${some(missing)}`);
    const old = [...logged].filter(([id, n]) => (shown.get(id) ?? n) < n).map(([id]) => id);
    return old.length === 0 ? [] : tell(`an older revision is shown of ${some(old)}`);
  } catch (error) {
    if (!(error instanceof RegistryError) || unreachable.has(error.code)) throw error;
    return tell(`${layout.advisoryIndex}: ${error.code}: ${error.message}`);
  }
}

/** No network is not a file that is gone. */
const unreachable: ReadonlySet<string> = new Set(['UNREACHABLE', 'HTTP_STATUS']);

function some(ids: readonly string[]): string {
  return `${ids.slice(0, 10).join(', ')}${ids.length > 10 ? ', …' : ''}`;
}
