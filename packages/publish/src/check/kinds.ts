/** Rules for modules that nobody imports: what a theme looks like, what a template makes. */
import { isRegistryError, printable, type RegistryError } from '@mlld/format';
import { parse, threats } from '@mlld/lang';
import {
  type Answer,
  collectAnswers,
  type Prompt,
  parseManifest,
  renderTemplate,
  type TemplateManifest,
} from '@mlld/template';
import { checkContrast, contrastMessage, parseTheme } from '@mlld/theme';
import { isSource, type Module, textOf } from '../module/read.ts';
import { type Finding, finding } from './finding.ts';

export async function checkKind(module: Module): Promise<Finding[]> {
  if (module.kind === 'theme') return checkTheme(module);
  if (module.kind === 'template') return checkTemplate(module);
  return [];
}

function checkTheme(module: Module): Finding[] {
  const file = module.entry;
  try {
    const theme = parseTheme(textOf(module, file), file);
    return checkContrast(theme).map((one) => finding('theme/contrast', { file }, contrastMessage(one)));
  } catch (error) {
    return [finding('theme/source', { file, hint: ours(error).hint }, ours(error).message)];
  }
}

/** A failure of the source itself; any other is a mistake of ours, and is not hidden. */
function ours(error: unknown): RegistryError {
  if (isRegistryError(error)) return error;
  throw error;
}

async function checkTemplate(module: Module): Promise<Finding[]> {
  const file = module.entry;
  let manifest: TemplateManifest;
  try {
    manifest = parseManifest(textOf(module, file), file);
  } catch (error) {
    return [finding('template/manifest', { file, hint: ours(error).hint }, ours(error).message)];
  }
  const files = new Map(module.files.map((one) => [one.path, one.bytes]));
  const findings = new Map<string, Finding>();
  for (const set of variations(manifest)) {
    for (const one of await findingsOf(manifest, { files, set, file }))
      findings.set(`${one.rule} ${one.file} ${one.message}`, one);
  }
  return [...findings.values()];
}

/** What is answered where there is no default. */
const examples: Readonly<Record<string, string>> = {
  name: 'example',
  author: 'alice',
  module: '@alice/example',
  identifier: 'example',
  version: '1.0.0',
  url: 'https://example.org/',
  email: 'alice@example.org',
  line: 'An example',
  number: '1',
};

/** The defaults, then each choice and each yes or no the other way. */
function variations({ prompts }: TemplateManifest): Map<string, string>[] {
  const base = new Map(
    prompts.flatMap((one) =>
      one.kind === 'text' && one.default === undefined
        ? [[one.name, examples[one.check ?? 'line'] ?? 'An example'] as const]
        : [],
    ),
  );
  const others = prompts.flatMap((one) =>
    otherAnswers(one).map((value) => new Map([...base, [one.name, value]])),
  );
  return [base, ...others];
}

function otherAnswers(prompt: Prompt): string[] {
  if (prompt.kind === 'confirm') return [prompt.default ? 'no' : 'yes'];
  if (prompt.kind === 'choice')
    return prompt.choices.map(({ value }) => value).filter((one) => one !== prompt.default);
  return [];
}

interface Trial {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly set: ReadonlyMap<string, string>;
  readonly file: string;
}

async function findingsOf(manifest: TemplateManifest, { files, set, file }: Trial): Promise<Finding[]> {
  let answers: ReadonlyMap<string, Answer>;
  try {
    answers = await collectAnswers(manifest, { project: 'example', year: 2000, set });
    const made = renderTemplate(manifest, files, answers).files;
    return [...made].flatMap(([path, bytes]) =>
      isSource(path) ? codeFindings(path, new TextDecoder().decode(bytes)) : [],
    );
  } catch (error) {
    const { message, hint } = ours(error);
    return [finding('template/files', { file, hint }, message)];
  }
}

/** What comes out is held to what any other code is: its syntax, and what looks dangerous. */
function codeFindings(path: string, text: string): Finding[] {
  const broken = parse(text, { file: path }).diagnostics.filter(({ severity }) => severity === 'error');
  const dangers = threats(text, { file: path, kind: 'code' }).filter(
    ({ severity }) => severity === 'high' || severity === 'medium',
  );
  return [
    ...broken.map((one) =>
      finding('template/files', { file: path, line: one.place.line }, `${printable(path)}: ${one.message}`),
    ),
    ...dangers.map((one) =>
      finding(
        'scan/threat',
        { file: path, line: one.place.line, hint: one.reason },
        `${one.message} [${one.rule}]`,
      ),
    ),
  ];
}
