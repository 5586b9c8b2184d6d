/** Changes of a module's own files: the version in its manifest, and the safe fixes of findings. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { applyFixes, type Fix } from '../check/finding.ts';
import { type Module, readModule, textOf } from './read.ts';

/** A file of the module with its new text. */
export interface Edit {
  readonly file: string;
  readonly text: string;
}

/** The manifest with another version. @throws RegistryError BAD_SHAPE where there is no line to change or to add */
export function versionEdit(module: Module, version: string): Edit {
  const file = module.manifestFile;
  const text = textOf(module, file);
  const json = file.endsWith('.json');
  const line = json ? /("version"\s*:\s*")[^"\n]*(")/ : /^(version[ \t]*:[ \t]*)[^\r\n]*()$/m;
  const head = json || module.layout === 'directory' ? text.length : endOfFrontmatter(text);
  const [front, rest] = [text.slice(0, head), text.slice(head)];
  if (line.test(front)) return { file, text: front.replace(line, `$1${version}$2`) + rest };
  if (json) throw noVersionLine(file);
  if (module.layout === 'directory') return { file, text: `version: ${version}\n${text}` };
  const opening = /^---\r?\n/.exec(text)?.[0];
  if (opening === undefined) throw noVersionLine(file);
  return { file, text: `${opening}version: ${version}\n${text.slice(opening.length)}` };
}

function endOfFrontmatter(text: string): number {
  const end = /\r?\n---[ \t]*(?:\r?\n|$)/.exec(text);
  return end === null ? text.length : end.index + 1;
}

function noVersionLine(file: string): RegistryError {
  return new RegistryError('BAD_SHAPE', `${file}: there is no version to change`, {
    hint: `Write version: 1.0.0 into ${file}.`,
  });
}

/** The edits that all fixes together make, one a file. */
export function fixEdits(module: Module, fixes: readonly Fix[]): Edit[] {
  const files = [...new Set(fixes.map((fix) => fix.file))];
  return files.map((file) => ({
    file,
    text: applyFixes(
      textOf(module, file),
      fixes.filter((fix) => fix.file === file),
    ),
  }));
}

/** Writes the edits and reads the module again. */
export async function applyEdits(module: Module, edits: readonly Edit[]): Promise<Module> {
  for (const edit of edits) await writeFile(path.join(module.root, edit.file), edit.text);
  return readModule(module.layout === 'file' ? path.join(module.root, module.entry) : module.root);
}
