/** What a remote server answers, bounded and read strictly: a `fetch` for the SDK's streamable HTTP transport. */
import { limits, RegistryError } from '@mlld/format';
import type { JSONRPCMessage } from '@modelcontextprotocol/client';
import type { Watch } from './watch.ts';

export interface HttpOptions {
  /** The origins that may be asked: the server's own. */
  readonly origin: string;
  readonly watch: Watch;
  readonly fetch?: typeof fetch | undefined;
  /** Told of what ends the connection. */
  readonly onFailure: (error: RegistryError) => void;
}

export function watchedFetch({ origin, watch, fetch: base = fetch, onFailure }: HttpOptions): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== origin) throw refused(`the server leads to ${url.origin}, which is not its own`);
    const asked = typeof init?.body === 'string' ? sentMethods(init.body, watch) : false;
    const answer = await base(input, { ...init, redirect: 'error' });
    if (!answer.ok || answer.body === null) return answer;
    const body = answer.body.pipeThrough(capped(onFailure));
    const { status, headers } = answer;
    if (!asked) return new Response(body, { status, headers });
    const whole = await new Response(body).text();
    try {
      for (const text of messagesIn(whole, headers.get('content-type') ?? '')) watch.read(text);
    } catch (error) {
      if (error instanceof RegistryError) onFailure(error);
      throw error;
    }
    return new Response(whole, { status, headers });
  };
}

/** Whether the answer is a listing, to be read as a whole. */
function sentMethods(body: string, watch: Watch): boolean {
  const message = JSON.parse(body) as JSONRPCMessage;
  watch.sent(message);
  return 'method' in message && /list$|^initialize$|discover$/.test(message.method);
}

/** The messages of a JSON answer, or of a stream of events that has ended. */
function messagesIn(text: string, type: string): string[] {
  if (!type.includes('text/event-stream')) return text.trim() === '' ? [] : [text];
  return text
    .split(/\r?\n\r?\n/)
    .map((event) =>
      event
        .split(/\r?\n/)
        .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).replace(/^ /, '')] : []))
        .join('\n'),
    )
    .filter((data) => data !== '');
}

function capped(onFailure: (error: RegistryError) => void): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.length;
      if (size <= limits.mcpMessageBytes) return controller.enqueue(chunk);
      const error = new RegistryError(
        'TOO_LARGE',
        `the server sent an answer of more than ${limits.mcpMessageBytes} bytes`,
      );
      onFailure(error);
      controller.error(error);
    },
  });
}

function refused(message: string): RegistryError {
  return new RegistryError('REDIRECT_REFUSED', message);
}
