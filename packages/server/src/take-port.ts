/** Which port a server gets. */
import { RegistryError } from '@mlld/format';

/** How many ports after the preferred one are tried before the system chooses. */
const portTries = 20;

export interface PortWish {
  readonly host: string;
  /** Demanded; 0 is any. */
  readonly port?: number | undefined;
  readonly preferredPort: number;
}

/** Takes the demanded port, or the first free one from the preferred. @throws RegistryError PORT_BUSY */
export async function takePort(
  { host, port, preferredPort }: PortWish,
  listen: (port: number) => Promise<number>,
): Promise<number> {
  const wanted =
    port === undefined ? [...Array.from({ length: portTries }, (_, i) => preferredPort + i), 0] : [port];
  for (const one of wanted) {
    try {
      return await listen(one);
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw cannotListen(host, one, cause);
      if (port !== undefined) throw busy(host, one, cause);
    }
  }
  throw busy(host, preferredPort, undefined);
}

function busy(host: string, port: number, cause: unknown): RegistryError {
  const denied = (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES';
  return new RegistryError('PORT_BUSY', `port ${port} on ${host} is ${denied ? 'not allowed' : 'in use'}`, {
    hint: 'Name another port, or none: then the next free one is taken.',
    cause,
  });
}

function cannotListen(host: string, port: number, cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError('IO', `can't listen on ${host}:${port}: ${why}`, { cause });
}
