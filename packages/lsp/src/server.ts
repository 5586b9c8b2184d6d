/**
 * The language server: LSP 3.17 over a connection. Each request is answered from what the document says now; one that fails
 * is logged and answered with nothing, and the server goes on.
 */
import {
  type CodeAction,
  CodeActionKind,
  type CompletionList,
  type Connection,
  type DocumentSymbol,
  type Hover,
  type InitializeParams,
  type InitializeResult,
  type Location,
  ResponseError,
  type SignatureHelp,
  type TextDocumentPositionParams,
  TextDocumentSyncKind,
  TextDocuments,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { complete } from './completion.ts';
import { type Diagnoser, type Guard, openDiagnoser } from './diagnoser.ts';
import { findProblems, type Problem } from './diagnostics.ts';
import { type Read, rangeOf, readDocument, readText } from './document.ts';
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
import { type Modules, openModules } from './modules.ts';
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
  const diagnoser = openDiagnoser({ connection, guard, find: (read) => findProblems(read, modules) });
  const on: On = (uri, work, none) =>
    guard(async () => {
      const document = documents.get(uri);
      const read = document && readDocument(document);
      return read === undefined ? none : work(read);
    }, none);
  connection.onInitialize((params) => initialize(params, { sources, host, version }));
  followDocuments({ connection, documents, diagnoser });
  answerPlaces({ connection, documents, modules, on });
  answerDocuments({ connection, diagnoser, host, on });
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

/** Works on an open document as it is now; a document that is not open, or too long, gives `none`. */
type On = <T>(uri: string, work: (read: Read) => Promise<T> | T, none: T) => Promise<T>;

interface Wiring {
  readonly connection: Connection;
  readonly documents: TextDocuments<TextDocument>;
  readonly diagnoser: Diagnoser;
  readonly modules: Modules;
  readonly host: LanguageHost;
  readonly on: On;
}

/** What is saved or changed beside a document may be what it imports. */
function followDocuments({
  connection,
  documents,
  diagnoser,
}: Pick<Wiring, 'connection' | 'documents' | 'diagnoser'>): void {
  documents.onDidChangeContent(({ document }) => diagnoser.changed(document));
  documents.onDidSave(() => documents.all().forEach(diagnoser.changed));
  documents.onDidClose(({ document }) => diagnoser.closed(document));
  connection.onDidChangeWatchedFiles(() => documents.all().forEach(diagnoser.changed));
}

/** Requests about a place in a document. */
function answerPlaces({ connection, documents, modules, on }: Omit<Wiring, 'diagnoser' | 'host'>): void {
  const at = <T>(
    { textDocument: { uri }, position }: TextDocumentPositionParams,
    work: (read: Read, offset: number) => Promise<T> | T,
    none: T,
  ) => on(uri, (read) => work(read, read.document.offsetAt(position)), none);
  connection.onCompletion((asked) =>
    at<CompletionList | null>(asked, (read, offset) => complete(read.document, offset, modules), null),
  );
  connection.onHover((asked) =>
    at<Hover | null>(asked, (read, offset) => hover(read, offset, modules), null),
  );
  connection.onDefinition((asked) =>
    at<Location | null>(asked, (read, offset) => definition(read, offset, modules), null),
  );
  connection.onReferences((asked) =>
    at<Location[]>(
      asked,
      (read, offset) => {
        const open = documents.all().filter((one) => one !== read.document);
        const others = open.flatMap((one) => readDocument(one) ?? []);
        return references(read, offset, {
          modules,
          others,
          withDeclaration: asked.context.includeDeclaration,
        });
      },
      [],
    ),
  );
  connection.onPrepareRename((asked) =>
    at(asked, (read, offset) => prepareRename(read, offset), null as ReturnType<typeof prepareRename>),
  );
  connection.onRenameRequest((asked) =>
    at<WorkspaceEdit | null>(
      asked,
      (read, offset) => ({ changes: { [read.document.uri]: renameAt(read, offset, asked.newName) } }),
      null,
    ),
  );
  connection.onSignatureHelp((asked) =>
    at<SignatureHelp | null>(
      asked,
      (read, offset) => signatureHelp(closedAt(read, offset), offset, modules),
      null,
    ),
  );
}

/** The bracket that closes the call at an offset is often still to be written. */
function closedAt({ document, text }: Read, offset: number): Read {
  return readText(document, `${text.slice(0, offset)}x)${text.slice(offset)}`);
}

/** Requests about a whole document. */
function answerDocuments({
  connection,
  diagnoser,
  host,
  on,
}: Pick<Wiring, 'connection' | 'diagnoser' | 'host' | 'on'>): void {
  connection.onDocumentSymbol(({ textDocument: { uri } }) => on<DocumentSymbol[]>(uri, documentSymbols, []));
  connection.onCodeAction(({ textDocument: { uri }, range }) =>
    on<CodeAction[]>(uri, (read) => actionsAt(read, diagnoser.problemsOf(read.document), range), []),
  );
  connection.onDocumentFormatting(({ textDocument: { uri } }) =>
    on<TextEdit[]>(
      uri,
      (read) => {
        const newText = host.format?.(read.text, read.file);
        if (newText === undefined || newText === read.text) return [];
        return [{ range: rangeOf(read, { start: 0, end: read.text.length }), newText }];
      },
      [],
    ),
  );
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
