/** TXT questions over HTTPS (RFC 8484): a GET with the question in base64url, so that caches may answer. */
import { RegistryError } from '@mlld/format';
import { download } from '../fetch/download.ts';
import type { Net } from '../fetch/net.ts';
import type { TxtRecord } from '../ops.ts';

const mediaType = 'application/dns-message';
/** Octets of a DNS message (RFC 1035 §4.2.2). */
const messageBytes = 65_535;

/** @throws RegistryError DNS_FAILED, and what a download throws */
export async function txtOverHttps(net: Net, resolver: string, name: string): Promise<TxtRecord[]> {
  const packet = await import('dns-packet');
  // An id of 0 lets the same question have the same URL (RFC 8484 §4.1).
  const question = packet.encode({
    type: 'query',
    id: 0,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type: 'TXT', class: 'IN', name }],
  });
  const url = new URL(resolver);
  url.searchParams.set('dns', question.toString('base64url'));
  const answer = await download(
    { ...net, limits: { ...net.limits, firstByteMs: net.limits.dnsMs, answerMs: net.limits.dnsMs } },
    url.href,
    {
      maxBytes: messageBytes,
      accept: mediaType,
      pool: 'dns',
      mayBePrivate: (hop) => hop === 0,
      mayBeFile: false,
    },
  );
  if (answer === undefined) throw failed(name, 'the resolver has no such path');
  let message: ReturnType<typeof packet.decode>;
  try {
    message = packet.decode(Buffer.from(answer.bytes));
  } catch (cause) {
    throw new RegistryError('DNS_FAILED', `TXT ${name}: the answer of ${resolver} is no DNS message`, {
      cause,
    });
  }
  const code = (message as { rcode?: string }).rcode ?? 'NOERROR';
  if (code !== 'NOERROR' && code !== 'NXDOMAIN') throw failed(name, code);
  if (message.flag_tc) throw failed(name, 'the answer is cut short');
  return (message.answers ?? [])
    .filter((one) => one.type === 'TXT')
    .map(({ data }) => [data].flat().map((part) => Buffer.from(part as Uint8Array).toString('latin1')));
}

function failed(name: string, why: string): RegistryError {
  return new RegistryError('DNS_FAILED', `TXT ${name}: ${why}`);
}
