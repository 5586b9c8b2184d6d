/** Rules about what the sources say: syntax, exports, needs, documentation. Nothing is run. */
import { kindFacts } from '@mlld/format';
import { type Analysis, parse, threats } from '@mlld/lang';
import { isTest, type Module, textOf } from '../module/read.ts';
import { exportsOf, needsOf } from '../release.ts';
import { type Finding, type Fix, finding } from './finding.ts';

/** Needs that no code construct shows, so that nothing can be said about their use. */
const UNSEEN = new Set(['network', 'filesystem', 'keychain', 'env', 'js']);

export function checkCode(module: Module): Finding[] {
  const findings: Finding[] = [];
  for (const [file, analysis] of module.sources) {
    for (const one of analysis.diagnostics) {
      const { line, column } = one.place;
      findings.push({
        ...finding('code/syntax', { file, line, column, hint: one.hint }, one.message),
        severity: one.severity,
      });
    }
  }
  const entry = module.sources.get(module.entry);
  findings.push(...checkNeeds(module), ...checkThreats(module));
  // Themes and templates are used as they are: nobody imports from them.
  if (entry === undefined || !kindFacts[module.kind].isCode) return findings;
  const broken = entry.diagnostics.some((one) => one.severity === 'error');
  return [...findings, ...(broken ? [] : checkExports(module, entry)), ...checkDocs(module, entry)];
}

/** What looks dangerous, as advice: none of it is an error. What is most often innocent is for `mlld scan` alone. */
function checkThreats(module: Module): Finding[] {
  return [...module.sources.keys()].flatMap((file) =>
    threats(textOf(module, file), { file, kind: 'code' })
      .filter(({ severity }) => severity === 'high' || severity === 'medium')
      .map(({ rule, place: { line, column }, message, reason }) =>
        finding('scan/threat', { file, line, column, hint: reason }, `${message} [${rule}]`),
      ),
  );
}

function checkExports(module: Module, entry: Analysis): Finding[] {
  const file = module.entry;
  const { program } = parse(textOf(module, file), { file });
  const statements = program.body.filter((statement) => statement.kind === 'export');
  const all = statements.find((statement) => statement.names.some((item) => item.name === '*'));
  if (entry.exports.length === 0) {
    return [finding('code/no-exports', { file, line: 1 }, 'nothing is exported')];
  }
  if (statements.length > 0 && all === undefined) return [];
  const list = `export { ${entry.exports.map((one) => `@${one.name}`).join(', ')} }`;
  const message =
    all === undefined
      ? 'there is no export statement: every name of the file is exported'
      : 'export { * } promises every name of the file';
  return [
    finding(
      'code/exports',
      {
        file,
        line: entry.exports[0]?.place.line,
        fix: exportFix({ file, list, all, text: textOf(module, file) }),
      },
      message,
    ),
  ];
}

/** Writes down what is exported now: nothing changes for importers. */
function exportFix(of: {
  file: string;
  list: string;
  all: { start: number; end: number } | undefined;
  text: string;
}): Fix | undefined {
  const { file, list, all, text } = of;
  const about = `write ${list}`;
  if (all !== undefined) return { file, start: all.start, end: all.end, text: list, about };
  // In Markdown the statement belongs into the fence that runs; where, only the author can tell.
  if (file.endsWith('.md')) return undefined;
  const at = /^---\r?\n[\s\S]*?\r?\n---\r?\n/.exec(text)?.[0].length ?? 0;
  return { file, start: at, end: at, text: `${list}\n\n`, about };
}

function checkNeeds(module: Module): Finding[] {
  const declared = needsOf(module).map((need) => need.name);
  const used = usedBy(module);
  const missing = [...used]
    .filter(([name]) => name !== 'js' && !alike(name).some((one) => declared.includes(one)))
    .map(([name, file]) =>
      finding(
        'code/needs-missing',
        { file },
        `the code runs ${name} and does not declare it: needs { ${name} }`,
      ),
    );
  const unused = declared
    .filter((name) => !UNSEEN.has(name) && !alike(name).some((one) => used.has(one)))
    .map((name) =>
      finding('code/needs-unused', { file: module.entry }, `needs { ${name} } is declared and not used`),
    );
  return [...missing, ...unused];
}

/** What the code runs, each with the first file that does. */
function usedBy(module: Module): Map<string, string> {
  const used = new Map<string, string>();
  for (const [file, analysis] of module.sources) {
    if (isTest(file)) continue;
    for (const name of analysis.uses) if (!used.has(name)) used.set(name, file);
  }
  return used;
}

/** A command that a shell runs is declared as either. */
const alike = (name: string): readonly string[] => (name === 'cmd' || name === 'sh' ? ['cmd', 'sh'] : [name]);

function checkDocs(module: Module, entry: Analysis): Finding[] {
  const file = module.entry;
  const findings = exportsOf(module)
    .filter((one) => one.doc === undefined)
    .map((one) =>
      finding(
        'docs/export',
        { file, line: one.place.line, column: one.place.column },
        `'@${one.name}' is not documented`,
      ),
    );
  const examples = entry.docs.sections.some((section) => section.examples.length > 0);
  // A strict file has no prose to put an example in.
  const prose = file.endsWith('.md') || module.layout === 'directory';
  if (!examples && prose && module.kind === 'module')
    findings.push(finding('docs/example', { file }, 'the documentation has no example'));
  return findings;
}
