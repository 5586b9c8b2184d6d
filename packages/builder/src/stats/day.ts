/**
 * A day that is still being counted. What is kept of it: a salt of its own, and for each address the first 96 bits of
 * HMAC-SHA256(salt, address) with what it installed. When the day is closed, all of that is deleted; from the counts nobody comes
 * back to an address, and two days can't be compared at any time (docs/spec/statistics.md §2.5).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { limits, type ModuleName, parseDay, RegistryError } from '@mlld/format';
import { writeDurable } from '../follow/durable.ts';
import type { AgentKind } from './agent.ts';
import type { Installed } from './installs.ts';

export interface OpenDay {
  readonly day: string;
  readonly salt: Buffer;
  /** `<address> <kind> <name> <version>`: a set, so that the same request counts once, however often it is read. */
  readonly seen: Set<string>;
  /** Whether more was to be counted than `limits.statisticsPairs`. */
  full: boolean;
  changed: boolean;
}

export interface Seen {
  readonly address: string;
  readonly kind: AgentKind;
  readonly installed: Installed;
}

/** Takes in an install. @returns whether it is one that was not known */
export function note(day: OpenDay, { address, kind, installed: { name, version } }: Seen): boolean {
  const hash = createHmac('sha256', day.salt).update(address).digest('base64url').slice(0, 16);
  const entry = `${hash} ${kind} ${name} ${version ?? '-'}`;
  if (day.seen.has(entry)) return false;
  if (day.seen.size >= limits.statisticsPairs) {
    day.changed ||= !day.full;
    day.full = true;
    return false;
  }
  day.seen.add(entry);
  day.changed = true;
  return true;
}

/** What an entry says. */
export function entryOf(entry: string): {
  address: string;
  kind: AgentKind;
  name: ModuleName;
  version: string;
} {
  const [address = '', kind, name, version = '-'] = entry.split(' ');
  return { address, kind: kind as AgentKind, name: name as ModuleName, version };
}

const header = 'mlld statistics day 1';

/** The open days of a source, in a folder of its own. */
export interface Days {
  readonly list: () => readonly string[];
  readonly open: (day: string) => OpenDay;
  readonly save: (day: OpenDay) => void;
  /** Throws away the salt and all that was made with it. */
  readonly forget: (day: string) => void;
}

export function openDays(folder: string): Days {
  const fileOf = (day: string) => path.join(folder, `${day}.open`);
  return {
    list: () =>
      existsSync(folder)
        ? readdirSync(folder)
            .flatMap((file) => /^(\d{4}-\d\d-\d\d)\.open$/.exec(file)?.[1] ?? [])
            .sort()
        : [],
    open: (day) => {
      const file = fileOf(parseDay(day));
      if (existsSync(file)) return readDay(day, file);
      return { day, salt: randomBytes(32), seen: new Set(), full: false, changed: true };
    },
    save: (day) => {
      if (!day.changed) return;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const lines = [header, `${day.salt.toString('base64')} ${day.full ? 'full' : 'all'}`, ...day.seen];
      writeDurable(fileOf(day.day), `${lines.join('\n')}\n`);
      day.changed = false;
    },
    forget: (day) => rmSync(fileOf(day), { force: true }),
  };
}

function readDay(day: string, file: string): OpenDay {
  const [first, second = '', ...rest] = readFileSync(file, 'utf8').split('\n');
  const [salt = '', state] = second.split(' ');
  const bytes = Buffer.from(salt, 'base64');
  // A file without its end was not written by this program: it writes all, or nothing.
  if (first !== header || bytes.length !== 32 || rest.pop() !== '')
    throw new RegistryError('BAD_SHAPE', `${file}: wanted an open day of statistics, found something else`, {
      hint: 'Delete it, and read the logs of that day again.',
    });
  return { day, salt: bytes, seen: new Set(rest), full: state === 'full', changed: false };
}
