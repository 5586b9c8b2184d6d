/** Rules about frontmatter and module.yml. */
import { reservedAuthors } from '@mlld/builder';
import { isVersion, limits, parseModuleName, printable } from '@mlld/format';
import { type Module, textOf } from '../module/read.ts';
import { type Finding, finding, placeOf } from './finding.ts';
import { isLicence, isToday } from './licence.ts';
import type { RuleId } from './rules.ts';

export function checkManifest(module: Module): Finding[] {
  const { manifest, manifestFile } = module;
  const findings: Finding[] = [];
  const add = (rule: RuleId, field: string, message: string, fix?: { text: string }) => {
    findings.push(finding(rule, placeOfField(module, field, fix?.text), message));
  };
  checkName(module, add);
  if (manifest.version === undefined)
    add('metadata/version', 'version', 'there is no version', { text: 'version: 1.0.0' });
  else if (!isVersion(manifest.version))
    add('metadata/version', 'version', `'${manifest.version}' is no version`);
  checkAbout(manifest.about, add);
  checkLicence(module, add);
  for (const field of ['repo', 'bugs', 'homepage'] as const) {
    const value = manifest[field];
    if (value !== undefined && !isWebUrl(value))
      add('metadata/url', field, `${field}: '${printable(value)}' is no URL`);
  }
  const { keywords } = manifest;
  if (keywords.length > limits.keywords || keywords.some((one) => one.length > limits.keywordChars)) {
    add(
      'metadata/keywords',
      'keywords',
      `${keywords.length} keywords, the longest of ${Math.max(...keywords.map((one) => one.length))} characters`,
    );
  }
  if (keywords.length === 0 || manifest.repo === undefined) {
    add('metadata/find', 'keywords', keywords.length === 0 ? 'there are no keywords' : 'there is no repo');
  }
  if (!module.files.some((file) => file.path === module.entry)) {
    add('metadata/entry', 'entry', `the entry '${printable(module.entry)}' is not there`);
  }
  if (manifest.needs.length > 0 && module.layout === 'file') {
    add('metadata/needs', 'needs', `needs: ${manifest.needs.join(', ')} stands in the frontmatter`);
  }
  return findings.filter((one) => one.file === manifestFile);
}

type Add = (rule: RuleId, field: string, message: string, fix?: { text: string }) => void;

function checkName({ manifest }: Module, add: Add): void {
  for (const field of ['name', 'author'] as const) {
    if (manifest[field] === undefined && !(field === 'author' && manifest.name?.startsWith('@'))) {
      add('metadata/name', field, `there is no ${field}`);
    }
  }
  if (manifest.name === undefined || (manifest.author === undefined && !manifest.name.startsWith('@')))
    return;
  const full = manifest.name.startsWith('@') ? manifest.name : `@${manifest.author}/${manifest.name}`;
  try {
    parseModuleName(full);
  } catch (cause) {
    add('metadata/name', 'name', cause instanceof Error ? cause.message : String(cause));
    return;
  }
  const [author = ''] = full.slice(1).split('/');
  if (manifest.author !== undefined && manifest.author !== author) {
    add('metadata/name', 'author', `name: says ${author} and author: says ${printable(manifest.author)}`);
  }
  if (reservedAuthors.has(author))
    add('metadata/reserved', 'author', `'${author}' is a word of the language or the registry`);
}

function checkAbout(about: string | undefined, add: Add): void {
  if (about === undefined || about.trim() === '') add('metadata/about', 'about', 'there is no about');
  else if (about.length > limits.aboutChars)
    add('metadata/about', 'about', `about: has ${about.length} characters`);
  else if (/[\u0000-\u001f\u007f-\u009f]/.test(about))
    add('metadata/about', 'about', 'about: is more than one line');
}

function checkLicence({ manifest }: Module, add: Add): void {
  const { license } = manifest;
  if (license === undefined)
    add('metadata/licence', 'license', 'there is no license', { text: 'license: CC0' });
  else if (!isLicence(license))
    add('metadata/licence', 'license', `'${printable(license)}' is no SPDX expression`);
  else if (!isToday(license)) add('metadata/licence-today', 'license', `the licence is ${license}`);
}

function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** Where a field stands, or the top of the manifest; with `line`, the fix that adds it. */
function placeOfField(module: Module, field: string, line?: string) {
  const file = module.manifestFile;
  const text = textOf(module, file);
  const match = new RegExp(`^"?${field}"?[ \\t]*:`, 'm').exec(text);
  const place = placeOf(text, match?.index ?? 0);
  if (line === undefined || match !== null || file.endsWith('.json')) return { file, ...place };
  const at = frontmatterStart(text, module.layout);
  if (at === undefined) return { file, ...place };
  return { file, ...place, fix: { file, start: at, end: at, text: `${line}\n`, about: `add ${line}` } };
}

/** Where a line can be added: behind the opening of the frontmatter, or at the top of module.yml. */
function frontmatterStart(text: string, layout: Module['layout']): number | undefined {
  if (layout === 'directory') return 0;
  return /^---\r?\n/.exec(text)?.[0].length;
}
