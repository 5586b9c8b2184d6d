import type { Readable, Writable } from 'node:stream';
import {
  type Connection,
  createConnection,
  createServerPipeTransport,
  createServerSocketTransport,
  ProposedFeatures,
} from 'vscode-languageserver/node';
import type { LanguageHost } from './host.ts';
import { startServer } from './server.ts';

export interface ListenOptions {
  readonly host: LanguageHost;
  readonly version: string;
  /** Without one of the two: the streams. */
  readonly socket?: number | undefined;
  readonly pipe?: string | undefined;
  readonly stdin: Readable;
  readonly stdout: Writable;
}

/** Serves one client, until it says `exit` or goes away; connects to the port or pipe at which a client listens. */
export function listen(options: ListenOptions): Promise<void> {
  const { host, version, stdin } = options;
  const connection = connect(options);
  return new Promise((resolve) => {
    connection.onExit(() => resolve());
    // A client that is killed closes its end, and says nothing.
    stdin.once('close', () => resolve());
    startServer({ connection, host, version });
  });
}

function connect({ socket, pipe, stdin, stdout }: ListenOptions): Connection {
  if (socket === undefined && pipe === undefined)
    return createConnection(ProposedFeatures.all, stdin, stdout);
  const [reader, writer] =
    pipe === undefined ? createServerSocketTransport(socket!) : createServerPipeTransport(pipe);
  return createConnection(ProposedFeatures.all, reader, writer);
}
