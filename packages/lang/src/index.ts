export {
  type AnalyseOptions,
  type Analysis,
  analyse,
  commentAbove,
  type ExportInfo,
  type ImportInfo,
  type ParameterInfo,
} from './analyse.ts';
export type {
  At,
  DeclaredNeed,
  Dialect,
  ExeStatement,
  ImportKind,
  ImportStatement,
  Program,
  Statement,
} from './ast.ts';
export type { Expression } from './ast-expressions.ts';
export {
  type ExampleOptions,
  type ExampleResult,
  runExamples,
  runTests,
  type TestResult,
} from './check.ts';
export { compareExports, type ExportChange } from './compare.ts';
export { type Docs, documentedNames, type Example, type Section } from './docs.ts';
export { type Diagnostic, MlldError, type MlldErrorCode } from './errors.ts';
export { type FormatOptions, format } from './format/format.ts';
export { escapeHtml } from './highlight/escape.ts';
export { type Grammar, markdownGrammar, mlldGrammar } from './highlight/grammar.ts';
export type { TokenKind } from './highlight/lex.ts';
export {
  type AnsiTheme,
  ansiThemes,
  highlightAnsi,
  highlightHtml,
  highlightHtmlLines,
} from './highlight/render.ts';
export { type Token, type TokenOptions, tokens } from './highlight/tokens.ts';
export { directiveWords } from './highlight/words.ts';
export { type Limits, limits } from './limits.ts';
export { type Manifest, type MetaValue, readManifest } from './metadata.ts';
export { readNames } from './names/read.ts';
export { applied, type RenameOptions, type Renaming, rename, type TextEdit } from './names/rename.ts';
export {
  type NameScope,
  type NameSymbol,
  type Names,
  type NameUse,
  nameAt,
  occurrences,
  type SymbolKind,
  visibleAt,
} from './names/table.ts';
export { compiledEngine, giveEngine, setEngineFlags, wasEngineUsed } from './node-engine.ts';
export { findLocalModule, findRoot, type NodeHostOptions, nodeHost } from './node-host.ts';
export { runProcess } from './node-process.ts';
export { type Parsed, type ParseOptions, parse } from './parse/document.ts';
export { directives } from './parse/statement.ts';
export type { QualityPart } from './quality/part.ts';
export { type Quality, type QualityInput, quality, readmeOf } from './quality/quality.ts';
export { builtinNames } from './run/builtins.ts';
export type {
  GrantRequest,
  Host,
  ImportRequest,
  Origin,
  ProcessAccess,
  ReadRequest,
  ResolvedImport,
  SpawnRequest,
  SpawnResult,
} from './run/host.ts';
export { type Entry, type Interactive, openInteractive } from './run/interactive.ts';
export type {
  McpArguments,
  McpCallOptions,
  McpContent,
  McpHost,
  McpParameter,
  McpPrompt,
  McpRequest,
  McpResource,
  McpResult,
  McpServer,
  McpTool,
} from './run/mcp-host.ts';
export { methodNames } from './run/methods.ts';
export { type RunOptions, type RunResult, run } from './run/run.ts';
export {
  type Capabilities,
  type Capability,
  type CapabilityChange,
  capabilities,
  diffCapabilities,
  type ScanSource,
} from './scan/capabilities.ts';
export type { CapabilityKind } from './scan/found.ts';
export { type ThreatId, type ThreatSeverity, threatRules } from './scan/rules.ts';
export { type ThreatFinding, type ThreatOptions, threats } from './scan/threats.ts';
export { createSource, frameAt, type Place, type Source } from './source.ts';
