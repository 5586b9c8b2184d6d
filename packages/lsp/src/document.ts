/** A document as it was read: made once for each version of its text. */
import { type Analysis, type At, analyse, type Names, type Parsed, parse, readNames } from '@mlld/lang';
import type { Range } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { bounds } from './bounds.ts';
import { fileOf } from './uri.ts';

export interface Read {
  readonly document: TextDocument;
  /** The file's path, or the URI of a document that is no file. */
  readonly file: string;
  readonly text: string;
  readonly parsed: Parsed;
  readonly names: Names;
  readonly analysis: () => Promise<Analysis>;
}

const kept = new WeakMap<TextDocument, { readonly version: number; readonly read: Read }>();

/** Undefined for a document that is too long to be read. */
export function readDocument(document: TextDocument): Read | undefined {
  const known = kept.get(document);
  if (known?.version === document.version) return known.read;
  const text = document.getText();
  if (text.length > bounds.documentLength) return undefined;
  const read = readText(document, text);
  kept.set(document, { version: document.version, read });
  return read;
}

/** The document with another text, for instance with a name where one is being written. */
export function readText(document: TextDocument, text: string): Read {
  const file = fileOf(document.uri) ?? document.uri;
  const parsed = parse(text, { file });
  let analysis: Promise<Analysis> | undefined;
  return {
    document,
    file,
    text,
    parsed,
    names: readNames(parsed),
    analysis: () => {
      analysis ??= analyse(text, { file });
      return analysis;
    },
  };
}

/** Both count in UTF-16 units, as LSP does unless another encoding is agreed on. */
export function rangeOf({ document }: Pick<Read, 'document'>, { start, end }: At): Range {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

/** To the end of the word that begins at an offset, or one character. */
export function wordRange(read: Pick<Read, 'document' | 'text'>, start: number): Range {
  const word = /^@?[\w-]+/.exec(read.text.slice(start, start + 200))?.[0] ?? '';
  const pair = (read.text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1;
  return rangeOf(read, { start, end: Math.min(read.text.length, start + Math.max(word.length, pair)) });
}

/** The range of a name in a text that no editor has open. */
export function rangeIn(text: string, { start, end }: At): Range {
  return { start: positionIn(text, start), end: positionIn(text, end) };
}

function positionIn(text: string, offset: number): Range['start'] {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length - 1, character: offset - (before.lastIndexOf('\n') + 1) };
}
