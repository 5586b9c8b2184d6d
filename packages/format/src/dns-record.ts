/**
 * TXT records (docs/spec/dns.md §2): `v=mlld1;ver=1.2.0;sha256=<hex>;url=https://…` for a module and
 * `v=mlldr1;url=https://…/` for a registry. Fields are separated by `;`; `url` is the last and takes the rest. A record is a
 * hint: what it points at is verified like anything else.
 */
import { isSha256, type Sha256Hex } from './digest.ts';
import { printable, RegistryError } from './errors.ts';
import { limits } from './limits.ts';
import type { Author } from './name.ts';
import { isVersion } from './version-syntax.ts';

export interface ModuleTxt {
  readonly kind: 'module';
  readonly url: string;
  readonly version?: string;
  /** sha256 of the bytes at `url`: the entry file. */
  readonly sha256?: Sha256Hex;
}

export interface RegistryTxt {
  readonly kind: 'registry';
  readonly url: string;
}

/** Parses one record, its strings already joined. Undefined for records that are not ours. @throws BAD_DNS_RECORD */
export function parseTxt(text: string): ModuleTxt | RegistryTxt | undefined {
  if (!/^v=mlldr?1(?:;|$)/.test(text)) return undefined;
  if (text.length > limits.dnsRecordBytes) throw bad(text, `at most ${limits.dnsRecordBytes} octets`);
  const fields = new Map<string, string>();
  const urlAt = text.search(/;\s*url=/);
  const head = urlAt < 0 ? text : text.slice(0, urlAt);
  for (const field of head.split(';')) {
    const equals = field.indexOf('=');
    const key = field.slice(0, equals).trim();
    if (equals < 0 || fields.has(key)) throw bad(text, 'fields key=value, none twice');
    fields.set(key, field.slice(equals + 1).trim());
  }
  const url = urlAt < 0 ? undefined : text.slice(text.indexOf('=', urlAt) + 1).trim();
  if (url === undefined || !isFetchable(url)) throw bad(text, 'an http, https, ipfs or ar URL in url=');
  if (fields.get('v') === 'mlldr1') return { kind: 'registry', url: url.endsWith('/') ? url : `${url}/` };
  const version = fields.get('ver');
  if (version !== undefined && !isVersion(version)) throw bad(text, 'a version in ver=');
  const sha256 = fields.get('sha256');
  if (sha256 !== undefined && !isSha256(sha256)) throw bad(text, '64 lower-case hex digits in sha256=');
  return {
    kind: 'module',
    url,
    ...(version === undefined ? {} : { version }),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

export function encodeTxt(record: ModuleTxt | RegistryTxt): string {
  if (record.kind === 'registry') return `v=mlldr1;url=${record.url}`;
  const version = record.version === undefined ? '' : `;ver=${record.version}`;
  const sha256 = record.sha256 === undefined ? '' : `;sha256=${record.sha256}`;
  return `v=mlld1${version}${sha256};url=${record.url}`;
}

/** Whether a record at `dnsNames.author(name)` says that the name's holder is this author of registries (dns.md §2.5). */
export function namesAuthor(text: string, author: Author): boolean {
  if (text.length > limits.dnsRecordBytes) return false;
  const fields = text.split(';').map((field) => field.trim());
  const said = fields.filter((field) => field.startsWith('author='));
  return fields[0] === 'v=mlldk1' && said.length === 1 && said[0] === `author=${author}`;
}

/** The record that `namesAuthor` looks for. */
export function authorTxt(author: Author): string {
  return `v=mlldk1;author=${author}`;
}

/** The strings of a record, each at most 255 octets (RFC 1035 §3.3); our records are ASCII. */
export function txtStrings(text: string): string[] {
  const strings: string[] = [];
  for (let at = 0; at < text.length; at += limits.dnsStringBytes)
    strings.push(text.slice(at, at + limits.dnsStringBytes));
  return strings;
}

function isFetchable(url: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(url) || !URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return ['https:', 'http:', 'ipfs:', 'ar:'].includes(protocol) && username === '' && password === '';
}

function bad(text: string, wanted: string): RegistryError {
  return new RegistryError('BAD_DNS_RECORD', `TXT record: wanted ${wanted}, found '${printable(text, 120)}'`);
}
