/** Rules about the files themselves. */
import { parsePaths } from '@mlld/format';
import { isSource, type Module, textOf } from '../module/read.ts';
import { type Finding, finding, placeOf } from './finding.ts';

/** Bytes above which a module is said to be large; the median of published ones has 12 KiB. */
const LARGE = 512 * 1024;

/** Characters that make text look other than it is: bidi controls, and invisible ones outside of emoji. */
const HIDDEN =
  /[\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u180e]|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

export function checkFiles(module: Module): Finding[] {
  const findings: Finding[] = module.leftOut.map((one) =>
    finding('file/left-out', { file: one.path }, `${one.path} is left out: ${one.message}`),
  );
  try {
    parsePaths(module.files.map((file) => file.path));
  } catch (cause) {
    findings.push(
      finding(
        'file/case',
        { file: module.manifestFile },
        cause instanceof Error ? cause.message : String(cause),
      ),
    );
  }
  const bytes = module.files.reduce((sum, file) => sum + file.size, 0);
  if (bytes > LARGE) {
    const largest = [...module.files].sort((a, b) => b.size - a.size)[0];
    findings.push(
      finding(
        'file/size',
        { file: largest?.path ?? module.manifestFile },
        `the module has ${Math.ceil(bytes / 1024)} KiB, most of it in ${largest?.path}`,
      ),
    );
  }
  for (const file of module.files) findings.push(...checkText(module, file.path, file.bytes));
  return findings;
}

function checkText(module: Module, file: string, bytes: Uint8Array): Finding[] {
  if (!isSource(file) && !/\.(md|ya?ml|json)$/.test(file)) return [];
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return [finding('file/text', { file }, `${file} is not UTF-8`)];
  }
  const text = textOf(module, file);
  const found: Finding[] = [];
  for (const match of text.matchAll(HIDDEN)) {
    // A mark of the byte order at the very start hides nothing.
    if (match[0] === '\ufeff' && match.index === 0) continue;
    const code = match[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    found.push(
      finding(
        'file/hidden',
        { file, ...placeOf(text, match.index) },
        `there is an invisible character, U+${code}`,
      ),
    );
    if (found.length >= 20) break;
  }
  return found;
}
