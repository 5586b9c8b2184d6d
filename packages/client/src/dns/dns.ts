/**
 * What DNS knows (docs/spec/resolve.md §4): where a registry is, and hints of a module's version, bytes and sources. DNS
 * may lie, be slow or be absent: nothing here fails, and nothing it says is believed without a hash.
 */
import {
  authorOf,
  type DnsSetting,
  dnsNames,
  isRegistryError,
  limits,
  type ModuleName,
  type ModuleTxt,
  parseTxt,
  type RegistryError,
  type RegistryTxt,
  shortName,
} from '@mlld/format';
import { logged, type Net } from '../fetch/net.ts';

/** Records of one name that a client reads; more are an accident or an attack. */
const mostRecords = 32;

export interface Answer<T> {
  readonly records: readonly T[];
  /** Why there is no answer; absent when DNS answered, be it with nothing. */
  readonly failure?: RegistryError;
}

/** The hints for a module, by its name of today, else by that of 2025 (§4.3). */
export async function moduleHints(
  net: Net,
  dns: DnsSetting,
  subject: { name: ModuleName; zone: string },
): Promise<Answer<ModuleTxt>> {
  const { name, zone } = subject;
  const questions = [
    ask(net, dns, dnsNames.module(name, zone)),
    isUnambiguous(name) ? ask(net, dns, dnsNames.old(name, zone)) : nothing,
  ];
  const [own, old] = (await Promise.all(questions)).map((answer) => ofKind<ModuleTxt>(answer, 'module'));
  return own!.records.length > 0 || old!.records.length === 0 ? own! : old!;
}

/** Where the registry of a zone is: every record is a place with the same files. */
export async function registryHints(net: Net, dns: DnsSetting, zone: string): Promise<Answer<RegistryTxt>> {
  return ofKind<RegistryTxt>(await ask(net, dns, dnsNames.registry(zone)), 'registry');
}

const nothing: Promise<Answer<ModuleTxt | RegistryTxt>> = Promise.resolve({ records: [] });

/** `alice-utils` is one module; `alice-my-utils` may be two, and a hint for the one must not serve the other. */
function isUnambiguous(name: ModuleName): boolean {
  return !authorOf(name).includes('-') && !shortName(name).includes('-');
}

async function ask(net: Net, dns: DnsSetting, name: string): Promise<Answer<ModuleTxt | RegistryTxt>> {
  if (dns.kind === 'off' || net.offline) return { records: [] };
  try {
    const texts = await logged(net, { kind: 'dns', target: `TXT ${name}` }, async () => {
      const value = await question(net, dns, name);
      return { value, outcome: value.length > 0 ? 'NOERROR' : 'none', bytes: value.join('').length };
    });
    return { records: texts.slice(0, mostRecords).flatMap((text) => readRecord(net, name, text)) };
  } catch (error) {
    if (isRegistryError(error)) return { records: [], failure: error };
    throw error;
  }
}

async function question(net: Net, dns: DnsSetting, name: string): Promise<string[]> {
  const records =
    dns.kind === 'https'
      ? await (await import('./doh.ts')).txtOverHttps(net, dns.url, name)
      : await net.ops.txt({
          name,
          timeoutMs: net.limits.dnsMs,
          ...(dns.kind === 'server' ? { server: dns.address } : {}),
        });
  // Strings of one record belong together; those of two records never (RFC 7208 §3.3 says it for its own records).
  return records.map((strings) => strings.join(''));
}

function readRecord(net: Net, name: string, text: string): (ModuleTxt | RegistryTxt)[] {
  if (text.length > limits.dnsRecordBytes) return [];
  try {
    const record = parseTxt(text);
    return record === undefined ? [] : [record];
  } catch (error) {
    net.warn(
      `DNS ${name}: ${error instanceof Error ? error.message : String(error)}; the record is not used`,
    );
    return [];
  }
}

function ofKind<T extends ModuleTxt | RegistryTxt>(
  answer: Answer<ModuleTxt | RegistryTxt>,
  kind: T['kind'],
): Answer<T> {
  return { ...answer, records: answer.records.filter((one): one is T => one.kind === kind) };
}
