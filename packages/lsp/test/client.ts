/** An editor that speaks to the language server. */
import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import {
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type MessageConnection,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  type TextDocumentContentChangeEvent,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';

/** A program or module in the editor; \`|\` is where the cursor is. */
export interface Open {
  readonly uri: string;
  readonly text: string;
  readonly position: { line: number; character: number };
}

export interface Client {
  readonly connection: MessageConnection;
  readonly child: ChildProcess;
  open(name: string, marked: string): Promise<Open>;
  change(uri: string, version: number, changes: TextDocumentContentChangeEvent[]): Promise<void>;
  /** The next ones, or those that are there already. */
  diagnostics(uri: string): Promise<readonly Diagnostic[]>;
  close(): Promise<void>;
}

export async function startClient(
  connection: MessageConnection,
  {
    child,
    folder,
    workspace = {},
  }: { readonly child: ChildProcess; readonly folder: string; readonly workspace?: object },
): Promise<Client> {
  const seen = new Map<string, readonly Diagnostic[]>();
  const waiting = new Map<string, (list: readonly Diagnostic[]) => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics }) => {
    seen.set(uri, diagnostics);
    waiting.get(uri)?.(diagnostics);
    waiting.delete(uri);
  });
  connection.listen();
  await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: { workspace },
  });
  await connection.sendNotification(InitializedNotification.type, {});
  return {
    connection,
    child,
    async open(name, marked) {
      const offset = marked.indexOf('|');
      const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 1);
      const uri = pathToFileURL(path.join(folder, 'project', name)).href;
      seen.delete(uri);
      const textDocument = { uri, languageId: 'mlld', version: 1, text };
      await connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
      const position = TextDocument.create(uri, 'mlld', 1, text).positionAt(Math.max(0, offset));
      return { uri, text, position };
    },
    change: async (uri, version, contentChanges) => {
      seen.delete(uri);
      const textDocument = { uri, version };
      await connection.sendNotification(DidChangeTextDocumentNotification.type, {
        textDocument,
        contentChanges,
      });
    },
    diagnostics: (uri) => {
      const known = seen.get(uri);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => waiting.set(uri, resolve));
    },
    async close() {
      await connection.sendRequest(ShutdownRequest.type);
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      await connection.sendNotification(ExitNotification.type);
      expect(await ended).toBe(0);
      connection.dispose();
    },
  };
}
