/**
 * The language server: LSP 3.17 over a connection. Each request is answered from what the document says now; one that fails
 * is logged and answered with nothing, and the server goes on.
 */
import {
  type CodeAction,
  CodeActionKind,
  type Connection,
  type InitializeParams,
  type InitializeResult,
  ResponseError,
  TextDocumentSyncKind,
  TextDocuments,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { bounds } from './bounds.ts';
import { complete } from './completion.ts';
import { findProblems, type Problem } from './diagnostics.ts';
import { type Read, readDocument, readText } from './document.ts';
import {
  definition,
  documentSymbols,
  hover,
  prepareRename,
  references,
  renameAt,
  signatureHelp,
} from './features.ts';
import type { LanguageHost } from './host.ts';
import { openModules } from './modules.ts';
import { openSources, type Sources, scheme } from './sources.ts';

export interface ServerOptions {
  readonly connection: Connection;
  readonly host: LanguageHost;
  readonly version: string;
}

/** Answers a client until it goes. */
export function startServer({ connection, host, version }: ServerOptions): void {
  const documents = new TextDocuments(TextDocument);
  const sources = openSources();
  const modules = openModules({ host, open: (uri) => documents.get(uri), place: sources.place });
  const guard = guarded(connection);
  const on = <T>(uri: string, work: (read: Read) => Promise<T> | T, none: T): Promise<T> =>
    guard(async () => {
      const document = documents.get(uri);
      const read = document && readDocument(document);
      return read === undefined ? none : work(read);
    }, none);
  const offsetOf = (read: Read, position: { line: number; character: number }) =>
    read.document.offsetAt(position);

  connection.onInitialize((params) => initialize(params, { sources, host, version }));
  const diagnoser = openDiagnoser({ connection, guard, find: (read) => findProblems(read, modules) });
  documents.onDidChangeContent(({ document }) => diagnoser.changed(document));
  documents.onDidSave(() => documents.all().forEach(diagnoser.changed));
  documents.onDidClose(({ document }) => diagnoser.closed(document));
  connection.onDidChangeWatchedFiles(() => documents.all().forEach(diagnoser.changed));

  connection.onCompletion(({ textDocument, position }) =>
    on(textDocument.uri, (read) => complete(read.document, offsetOf(read, position), modules), null),
  );
  connection.onHover(({ textDocument, position }) =>
    on(textDocument.uri, (read) => hover(read, offsetOf(read, position), modules), null),
  );
  connection.onDefinition(({ textDocument, position }) =>
    on(textDocument.uri, (read) => definition(read, offsetOf(read, position), modules), null),
  );
  connection.onReferences(({ textDocument, position, context }) =>
    on(
      textDocument.uri,
      (read) => {
        const others = documents
          .all()
          .flatMap((one) => (one === read.document ? [] : (readDocument(one) ?? [])));
        const withDeclaration = context.includeDeclaration;
        return references(read, offsetOf(read, position), { modules, others, withDeclaration });
      },
      [],
    ),
  );
  connection.onPrepareRename(({ textDocument, position }) =>
    on(textDocument.uri, (read) => prepareRename(read, offsetOf(read, position)), null),
  );
  connection.onRenameRequest(({ textDocument, position, newName }) =>
    on(
      textDocument.uri,
      (read) => ({ changes: { [textDocument.uri]: renameAt(read, offsetOf(read, position), newName) } }),
      null,
    ),
  );
  connection.onSignatureHelp(({ textDocument, position }) =>
    on(
      textDocument.uri,
      (read) => {
        const offset = offsetOf(read, position);
        // The bracket that closes the call is often still to be written.
        const whole = readText(read.document, `${read.text.slice(0, offset)}x)${read.text.slice(offset)}`);
        return signatureHelp(whole, offset, modules);
      },
      null,
    ),
  );
  connection.onDocumentSymbol(({ textDocument }) => on(textDocument.uri, documentSymbols, []));
  connection.onCodeAction(({ textDocument, range }) =>
    on(textDocument.uri, (read) => actionsAt(read, diagnoser.problemsOf(read.document), range), []),
  );
  connection.onDocumentFormatting(({ textDocument }) =>
    on(
      textDocument.uri,
      (read) => {
        const text = host.format?.(read.text, read.file);
        if (text === undefined || text === read.text) return [];
        const end = read.document.positionAt(read.text.length);
        return [{ range: { start: { line: 0, character: 0 }, end }, newText: text }];
      },
      [],
    ),
  );
  connection.onRequest('workspace/textDocumentContent', ({ uri }: { uri: string }) => ({
    text: modules.cachedText(uri) ?? '',
  }));
  connection.onShutdown(() => {
    diagnoser.stop();
    sources.close();
  });
  documents.listen(connection);
  connection.listen();
}

interface Initializing {
  readonly sources: Sources;
  readonly host: LanguageHost;
  readonly version: string;
}

function initialize(params: InitializeParams, { sources, host, version }: Initializing): InitializeResult {
  const workspace = params.capabilities.workspace as { textDocumentContent?: unknown } | undefined;
  sources.virtual = workspace?.textDocumentContent !== undefined;
  return {
    serverInfo: { name: 'mlld', version },
    capabilities: {
      positionEncoding: 'utf-16',
      textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
      completionProvider: { triggerCharacters: ['@', '.', '/', '{'] },
      hoverProvider: true,
      definitionProvider: true,
      referencesProvider: true,
      renameProvider: { prepareProvider: true },
      signatureHelpProvider: { triggerCharacters: ['(', ','] },
      documentSymbolProvider: true,
      codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll] },
      documentFormattingProvider: host.format !== undefined,
      ...(sources.virtual ? { workspace: { textDocumentContent: { schemes: [scheme] } } } : {}),
    },
  };
}

type Guard = <T>(work: () => Promise<T>, none: T) => Promise<T>;

/** What goes wrong here is ours: it is logged, and whoever asked gets nothing. Refusals are answers. */
function guarded(connection: Connection): Guard {
  return async (work, none) => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ResponseError) throw error;
      connection.console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
      return none;
    }
  };
}

// ---- diagnostics

interface Diagnoser {
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
function openDiagnoser({ connection, guard, find }: DiagnoserOptions): Diagnoser {
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

function actionsAt(
  read: Read,
  problems: readonly Problem[],
  { start, end }: { start: { line: number }; end: { line: number } },
): CodeAction[] {
  const fixed = problems.flatMap(({ diagnostic, fix }) => (fix === undefined ? [] : [{ diagnostic, fix }]));
  const near = fixed.filter(
    ({ diagnostic: { range } }) => range.start.line <= end.line && range.end.line >= start.line,
  );
  return near.map(({ diagnostic, fix }) => ({
    title: fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    isPreferred: true,
    edit: { changes: { [read.document.uri]: [fix.edit] } },
  }));
}
