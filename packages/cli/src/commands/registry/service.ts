/** What the commands that keep running share. */
import { printable, RegistryError } from '@mlld/format';
import type { QuerySeen, RequestSeen } from '@mlld/server';
import type { Report } from '../../report.ts';

/** A line for each request, with `--verbose`. */
export function describeRequest({ method, target, status, bytes, protocol, ms }: RequestSeen): string {
  return `${protocol} ${method} ${printable(target)} ${status} ${bytes} B ${ms.toFixed(1)} ms`;
}

/** A line for each question, with `--verbose`. */
export function describeQuery({ name, type, outcome, bytes, over }: QuerySeen): string {
  return `DNS/${over} ${type} ${printable(name)} ${outcome} ${bytes} B`;
}

/** Reads a port; absent stays absent. @throws RegistryError USAGE */
export function parsePort(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new RegistryError('USAGE', `${flag}: wanted a port from 0 to 65535, found '${printable(text)}'`);
  }
  return Number(text);
}

/**
 * Until Ctrl-C or a request to end; a second one ends the process at once. Called before the command says that it is
 * ready: who reads that may end it at once.
 */
export function untilStopped(report: Report): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.removeListener(signal, stop);
        process.once(signal, () => process.exit(130));
      }
      report.note('Ending ...');
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  });
}
