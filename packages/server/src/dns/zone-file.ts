/**
 * Reads a zone file (RFC 1035 §5.1): `$ORIGIN`, `$TTL`, comments, parentheses, quoted strings, relative and left-out
 * owners; records SOA, NS, A, AAAA and TXT of class IN. Anything else is an error, never skipped: a zone that is
 * served must be the zone that was written.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { limits, printable, RegistryError } from '@mlld/format';
import { makeZone, type RecordType, type Zone, type ZoneRecord } from './zone.ts';
import { scanEntries, type ZoneEntry, type ZoneWord } from './zone-scan.ts';

/** @throws RegistryError BAD_ZONE, TOO_LARGE */
export function parseZone(bytes: Uint8Array | string, where = 'zone'): Zone {
  if (bytes.length > limits.zoneBytes) {
    throw new RegistryError(
      'TOO_LARGE',
      `${where}: wanted at most ${limits.zoneBytes} bytes, found ${bytes.length}`,
    );
  }
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const records: ZoneRecord[] = [];
  const state: State = { origin: undefined, ttl: undefined, owner: undefined };
  for (const entry of scanEntries(text, where)) {
    try {
      if (entry.words[0]?.text.startsWith('$') && !entry.indented) readDirective(state, entry.words);
      else records.push(readRecord(state, entry));
    } catch (error) {
      throw at(where, entry.line, error);
    }
    if (records.length > limits.zoneRecords)
      throw at(where, entry.line, bad(`more than ${limits.zoneRecords} records`));
  }
  const soa = records.find((record) => record.type === 'SOA');
  if (soa === undefined) throw new RegistryError('BAD_ZONE', `${where}: the zone has no SOA record`);
  return makeZone(soa.name, records);
}

interface State {
  origin: string | undefined;
  /** Seconds, of `$TTL`. */
  ttl: number | undefined;
  owner: string | undefined;
}

function readDirective(state: State, words: readonly ZoneWord[]): void {
  const [name, ...values] = words;
  if (name?.text === '$ORIGIN') state.origin = absoluteName(only(values), state.origin);
  else if (name?.text === '$TTL') state.ttl = seconds(only(values));
  else throw bad(`directive ${name?.text} is not read`);
}

const readers: Readonly<Record<RecordType, (words: readonly ZoneWord[], state: State) => object>> = {
  SOA: soaData,
  NS: (words, { origin }) => ({ target: absoluteName(only(words), origin) }),
  A: (words) => ({ address: address(only(words), isIPv4) }),
  AAAA: (words) => ({ address: address(only(words), isIPv6) }),
  TXT: (words) => ({ strings: txtData(words) }),
};

function readRecord(state: State, { words, indented }: ZoneEntry): ZoneRecord {
  const rest = [...words];
  if (!indented) state.owner = absoluteName(rest.shift(), state.origin);
  if (state.owner === undefined) throw bad('the first record names no owner');
  let { ttl } = state;
  // TTL and class may stand in either order (RFC 1035 §5.1).
  for (let i = 0; i < 2; i++) {
    const word = rest[0];
    if (word !== undefined && isNumber(word)) ttl = seconds(word);
    else if (word?.text.toUpperCase() !== 'IN') break;
    rest.shift();
  }
  if (ttl === undefined) throw bad('the record has no TTL, and no $TTL stands before it');
  const type = rest.shift()?.text.toUpperCase() ?? '';
  if (!isRecordType(type)) throw bad(`wanted one of ${Object.keys(readers).join(', ')}, found '${type}'`);
  return { name: state.owner, ttl, type, ...readers[type](rest, state) } as ZoneRecord;
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(readers, type);
}

function soaData(words: readonly ZoneWord[], { origin }: State): object {
  const [mname, rname, ...numbers] = words;
  if (mname === undefined || rname === undefined || numbers.length !== 5)
    throw bad('wanted seven values of the SOA record');
  const [serial, refresh, retry, expire, minimum] = numbers.map((word) => number(word, 0xffffffff));
  const names = { mname: absoluteName(mname, origin), rname: mailbox(rname, origin) };
  return { ...names, serial, refresh, retry, expire, minimum };
}

function txtData(words: readonly ZoneWord[]): Buffer[] {
  const strings = words.map((word) => Buffer.from(word.text, 'latin1'));
  if (strings.length === 0) throw bad('a TXT record without a string');
  if (strings.some((one) => one.length > limits.dnsStringBytes))
    throw bad(`a string of more than ${limits.dnsStringBytes} octets`);
  if (strings.reduce((sum, one) => sum + one.length, 0) > limits.dnsRecordBytes)
    throw bad(`a TXT record of more than ${limits.dnsRecordBytes} octets`);
  return strings;
}

/** A mail address as a name: dots before the `@` are escaped (RFC 1035 §8), and stay so. */
function mailbox({ raw }: ZoneWord, origin: string | undefined): string {
  const [, escaped = '', last = ''] = /^((?:[A-Za-z0-9_+-]+\\\.)*)(.*)$/.exec(raw) ?? [];
  return escaped + absoluteName({ raw: last, text: last }, origin);
}

/** A name as zones hold it. Letters, digits, hyphens and underscores: what escapes or wildcards would mean is not read. */
function absoluteName(word: ZoneWord | undefined, origin: string | undefined): string {
  const text = word?.text ?? '';
  const relative = text === '@' ? '' : text;
  const joined = relative.endsWith('.') ? relative.slice(0, -1) : join(relative, origin);
  const name = joined.toLowerCase();
  const good = name.length <= 253 && name.split('.').every((part) => /^[a-z0-9_-]{1,63}$/.test(part));
  if (!good || word?.raw !== text)
    throw bad(`'${text}' is no name of letters, digits, hyphens and underscores`);
  return name;
}

function join(relative: string, origin: string | undefined): string {
  if (origin === undefined) throw bad(`'${relative || '@'}' is relative, and no $ORIGIN stands before it`);
  return relative === '' ? origin : `${relative}.${origin}`;
}

function seconds(word: ZoneWord): number {
  return number(word, 0x7fffffff);
}

function isNumber({ raw, text }: ZoneWord): boolean {
  return raw === text && /^\d{1,10}$/.test(text);
}

function number(word: ZoneWord, max: number): number {
  if (!isNumber(word) || Number(word.text) > max)
    throw bad(`wanted a whole number up to ${max}, found '${word.text}'`);
  return Number(word.text);
}

function only(words: readonly ZoneWord[]): ZoneWord {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw bad('wanted one value');
  return word;
}

function address({ text }: ZoneWord, isGood: (text: string) => boolean): string {
  if (!isGood(text) || text.includes('%')) throw bad(`'${text}' is no address of this type`);
  return text;
}

function bad(problem: string): RegistryError {
  return new RegistryError('BAD_ZONE', printable(problem));
}

function at(where: string, line: number, error: unknown): unknown {
  if (!(error instanceof RegistryError)) return error;
  return new RegistryError(error.code, `${where}, line ${line}: ${error.message}`);
}
