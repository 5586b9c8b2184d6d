/**
 * How often a module is installed, as its registry says (docs/spec/statistics.md §5). Sums of signed counts, which are not verified
 * here: nothing depends on them.
 */
import {
  decode as d,
  isRegistryError,
  layout,
  limits,
  type ModuleName,
  parseDay,
  parseJson,
} from '@mlld/format';
import type { Session } from '../session.ts';

/** At least so many: small counts of a day add nothing. */
export interface InstallCounts {
  /** Addresses that installed it, each once a day. */
  readonly people: number;
  readonly ci: number;
  /** The last day that is counted. */
  readonly until: string;
}

/** Of the last 28 days; undefined where the registry publishes none of this module. A registry without statistics is no failure. */
export async function installCounts(session: Session, name: ModuleName): Promise<InstallCounts | undefined> {
  const path = layout.installs(name);
  try {
    const bytes = await session.registryOf(name).file(path, limits.configBytes);
    return bytes === undefined ? undefined : parseInstalls(bytes, path);
  } catch (error) {
    if (isRegistryError(error, 'BAD_JSON') || isRegistryError(error, 'BAD_SHAPE'))
      session.net.warn(`its installs can't be shown: ${error.message}`);
    return undefined;
  }
}

const sums = d.array(d.integer(0), 3);

/** @throws RegistryError BAD_JSON, BAD_SHAPE */
export function parseInstalls(bytes: Uint8Array, path: string): InstallCounts {
  const file = d.object(parseJson(bytes, { where: path }), path);
  const days = [...d.map(sums, 64, parseDay)(file.days, `${path}.days`).values()];
  const total = (which: number) => days.reduce((sum, one) => sum + (one[which] ?? 0), 0);
  return { people: total(0), ci: total(1), until: parseDay(d.text(10)(file.newest, `${path}.newest`)) };
}
