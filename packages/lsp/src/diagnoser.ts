import type { Connection } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { bounds } from './bounds.ts';
import type { Problem } from './diagnostics.ts';
import { type Read, readDocument } from './document.ts';

/** Does the work; what fails in it is logged, and gives `none`. */
export type Guard = <T>(work: () => Promise<T>, none: T) => Promise<T>;

export interface Diagnoser {
  readonly changed: (document: TextDocument) => void;
  readonly closed: (document: TextDocument) => void;
  readonly problemsOf: (document: TextDocument) => readonly Problem[];
  readonly stop: () => void;
}

interface DiagnoserOptions {
  readonly connection: Connection;
  readonly guard: Guard;
  readonly find: (read: Read) => Promise<Problem[]>;
}

/** Looks at a document when its writer pauses; what belongs to an older text is thrown away. */
export function openDiagnoser({ connection, guard, find }: DiagnoserOptions): Diagnoser {
  const timers = new Map<string, NodeJS.Timeout>();
  const problems = new Map<string, { readonly version: number; readonly list: readonly Problem[] }>();
  const look = async (document: TextDocument): Promise<void> => {
    const { uri, version } = document;
    const read = readDocument(document);
    const list = read === undefined ? [tooLong(document)] : await guard(() => find(read), []);
    if (document.version !== version) return;
    problems.set(uri, { version, list });
    await connection.sendDiagnostics({ uri, version, diagnostics: list.map(({ diagnostic }) => diagnostic) });
  };
  const forget = (uri: string) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
  };
  return {
    changed: (document) => {
      forget(document.uri);
      const timer = setTimeout(() => void look(document).catch(() => {}), bounds.quietMs);
      timers.set(document.uri, timer);
    },
    closed: ({ uri }) => {
      forget(uri);
      problems.delete(uri);
      void connection.sendDiagnostics({ uri, diagnostics: [] });
    },
    problemsOf: ({ uri, version }) => {
      const known = problems.get(uri);
      return known?.version === version ? known.list : [];
    },
    stop: () => [...timers.keys()].forEach(forget),
  };
}

function tooLong(document: TextDocument): Problem {
  const start = document.positionAt(0);
  const message = `this document is longer than ${bounds.documentLength} characters, and is not read`;
  return {
    diagnostic: {
      range: { start, end: start },
      severity: 3,
      source: 'mlld',
      code: 'SOURCE_TOO_LONG',
      message,
    },
    fix: undefined,
  };
}
