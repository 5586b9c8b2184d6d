import { RegistryError } from '@mlld/format';

/** An error of the SDK, in our terms. */
export function failed(cause: unknown): RegistryError {
  if (cause instanceof RegistryError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const timedOut = (cause as { code?: unknown })?.code === 'REQUEST_TIMEOUT' || /timed out/i.test(message);
  return new RegistryError(
    timedOut ? 'TIMEOUT' : 'MCP_SERVER_FAILED',
    timedOut ? 'the server did not answer in time' : `the server failed: ${plain(message)}`,
    { cause },
  );
}

function plain(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g, ' ')
    .slice(0, 500);
}
