/** DNS over HTTPS (RFC 8484) for the zone that this server is authoritative for. */
import { limits } from '@mlld/format';
import { smallestTtl } from '../dns/message.ts';
import { type HttpRequest, type Reply, refusal } from './reply.ts';

const type = 'application/dns-message';

/** @throws RegistryError BAD_REQUEST, MEDIA_TYPE, TOO_LARGE */
export async function dohReply(
  answerDns: (message: Buffer) => Buffer | undefined,
  request: HttpRequest,
  query: URLSearchParams,
): Promise<Reply> {
  const message = request.method === 'POST' ? await posted(request) : inQuery(query);
  const answer = answerDns(message);
  if (answer === undefined) throw refusal('BAD_REQUEST', 'the message is no DNS question');
  return {
    status: 200,
    headers: {
      'content-type': type,
      'content-length': answer.length,
      'cache-control': `max-age=${smallestTtl(answer)}`,
    },
    ...(request.method === 'HEAD' ? {} : { body: answer }),
  };
}

async function posted(request: HttpRequest): Promise<Buffer> {
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== type) {
    throw refusal('MEDIA_TYPE', `wanted a body of type ${type}`);
  }
  return request.body();
}

function inQuery(query: URLSearchParams): Buffer {
  const text = query.get('dns') ?? '';
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length > limits.dnsQueryBytes * 1.4) {
    throw refusal('BAD_REQUEST', 'wanted ?dns=<a DNS message in base64url without padding>');
  }
  return Buffer.from(text, 'base64url');
}
