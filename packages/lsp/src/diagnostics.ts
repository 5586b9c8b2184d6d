/** What is wrong with a document: as the parser, the names, the imports and `mlld check` see it. */
import path from 'node:path';
import { nearest } from '@mlld/format';
import {
  builtinNames,
  type ImportStatement,
  type Diagnostic as LanguageDiagnostic,
  type NameUse,
} from '@mlld/lang';
import { type Diagnostic, DiagnosticSeverity, type TextEdit } from 'vscode-languageserver/node';
import { bounds } from './bounds.ts';
import { type Read, rangeOf, wordRange } from './document.ts';
import type { HostFinding } from './host.ts';
import type { Imported, Modules } from './modules.ts';

/** A change that mends a finding. */
export interface QuickFix {
  readonly title: string;
  readonly edit: TextEdit;
}

export interface Problem {
  readonly diagnostic: Diagnostic;
  readonly fix: QuickFix | undefined;
}

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

/** All that can be said without a network and without running anything. */
export async function findProblems(read: Read, modules: Modules): Promise<Problem[]> {
  const { diagnostics } = await read.analysis();
  const imports = await importsOf(read, modules);
  const own = await modules.host.findings(read.file, read.text);
  const problems = [
    ...diagnostics.map((one) => ofLanguage(read, one)),
    ...imports.flatMap((one) => ofImport(read, one)),
    ...ofNames(read, imports),
    // The parser's findings are here with more exact places already.
    ...own.filter(({ rule }) => rule !== 'code/syntax').map((one) => ofCheck(read, one)),
  ];
  return problems.slice(0, bounds.findings);
}

interface ProblemParts {
  readonly code: string;
  readonly severity: keyof typeof severities;
  readonly message: string;
  readonly hint: string | undefined;
}

function problem(range: Diagnostic['range'], parts: ProblemParts, fix?: QuickFix): Problem {
  const { code, severity, message, hint } = parts;
  const full = hint === undefined || hint === '' ? message : `${message}\n${hint}`;
  return { diagnostic: { range, severity: severities[severity], code, source: 'mlld', message: full }, fix };
}

/** `Did you mean '@name'?` can be done. */
function suggestion(
  hint: string | undefined,
  range: Diagnostic['range'],
  written: string,
): QuickFix | undefined {
  const near = /Did you mean '(@?[\w-]+)'\?/.exec(hint ?? '')?.[1];
  if (near === undefined) return undefined;
  const newText = written.startsWith('@') ? `@${near.replace(/^@/, '')}` : near.replace(/^@/, '');
  return { title: `Change to '${newText}'`, edit: { range, newText } };
}

function ofLanguage(read: Read, { code, severity, message, hint, place }: LanguageDiagnostic): Problem {
  const range = wordRange(read, place.offset);
  return problem(
    range,
    { code, severity, message, hint },
    suggestion(hint, range, read.document.getText(range)),
  );
}

// ---- imports

interface ReadImport {
  readonly statement: ImportStatement;
  /** Undefined for a module that is not at hand. */
  readonly module: Imported | undefined;
}

function importsOf({ parsed, file }: Read, modules: Modules): Promise<ReadImport[]> {
  const statements = parsed.program.body.filter((one): one is ImportStatement => one.kind === 'import');
  return Promise.all(
    statements.map(async (statement) => ({
      statement,
      module: await modules.of(file, statement).catch(() => undefined),
    })),
  );
}

function ofImport(read: Read, { statement, module }: ReadImport): Problem[] {
  const at = rangeOf(read, { start: statement.refStart, end: statement.refEnd });
  if (module === undefined) {
    if (statement.importKind !== 'local' || !path.isAbsolute(read.file)) return [];
    const message = `there is no module '${statement.ref}' here`;
    return [problem(at, { code: 'IMPORT_FAILED', severity: 'error', message, hint: undefined })];
  }
  const names = module.analysis.exports.map(({ name }) => name);
  return statement.names
    .filter(({ name }) => name !== '*' && name !== 'default' && !names.includes(name))
    .map(({ name, start, end }) => {
      const near = nearest(name, names)[0];
      const hint = near === undefined ? undefined : `Did you mean '@${near}'?`;
      const range = rangeOf(read, { start, end });
      const message = `${statement.ref} does not export '@${name}'`;
      const parts = { code: 'UNKNOWN_EXPORT', severity: 'error', message, hint } as const;
      return problem(range, parts, suggestion(hint, range, read.text.slice(start, end)));
    });
}

// ---- names

function ofNames(read: Read, imports: readonly ReadImport[]): Problem[] {
  const wildcard = imports.filter(({ statement }) => statement.names.some(({ name }) => name === '*'));
  // What a module that is not at hand brings with `*` can't be known.
  if (wildcard.some(({ module }) => module === undefined)) return [];
  const brought = new Set(
    wildcard.flatMap(({ module }) => module?.analysis.exports.map(({ name }) => name) ?? []),
  );
  const known = [...read.names.scope.symbols.keys(), ...brought];
  return read.names.uses
    .filter((use) => use.symbol === undefined && !brought.has(use.name) && isMistake(read, use))
    .map((use) => {
      const near = nearest(use.name, known)[0];
      const hint = near === undefined ? undefined : `Did you mean '@${near}'?`;
      const range = rangeOf(read, use);
      const message = `nothing here is called '${use.bare ? '' : '@'}${use.name}'`;
      const parts = {
        code: 'UNKNOWN_NAME',
        severity: use.inTemplate ? 'warning' : 'error',
        message,
        hint,
      } as const;
      return problem(range, parts, suggestion(hint, range, use.name));
    });
}

/** Exports of unknown names are found by the analysis; in a text `me@host` and `@name/` are no names. */
function isMistake({ text }: Read, { name, role, start, end, fields, inTemplate, bare }: NameUse): boolean {
  if (
    role === 'export' ||
    builtinNames.has(name.toLowerCase()) ||
    builtinNames.has(name) ||
    name.startsWith('$')
  )
    return false;
  if (!inTemplate) return true;
  const last = fields.at(-1)?.end ?? end;
  return !bare && text[last] !== '?' && text[last] !== '/' && !/\w/.test(text[start - 2] ?? '');
}

// ---- check

function ofCheck(read: Read, { rule, severity, line, column, message, hint, fix }: HostFinding): Problem {
  const { document } = read;
  const start = document.offsetAt({ line: (line ?? 1) - 1, character: (column ?? 1) - 1 });
  const range = column === undefined ? lineRange(read, start) : wordRange(read, start);
  const quick =
    fix === undefined
      ? undefined
      : { title: fix.about, edit: { range: rangeOf(read, fix), newText: fix.text } };
  return problem(range, { code: rule, severity, message, hint }, quick);
}

function lineRange(read: Read, start: number): Diagnostic['range'] {
  const found = read.text.indexOf('\n', start);
  return rangeOf(read, { start, end: found < 0 ? read.text.length : found });
}
