/** `mlld-template.json`: what a project remembers of its template (docs/spec/templates.md §7). */

import {
  decode as d,
  isVersion,
  type Json,
  type ModuleName,
  parseJson,
  parseModuleName,
  parseSha256,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import type { Answer, Answers } from '../manifest/condition.ts';
import { recordFile } from '../render/paths.ts';

export interface TemplateRecord {
  readonly v: 1;
  readonly template: ModuleName;
  readonly version: string;
  /** Content digest of the version, as the registry's index and the lock file name it. */
  readonly digest: Sha256Hex;
  readonly answers: Answers;
}

const answer: d.Decoder<Answer> = (value, path) =>
  typeof value === 'boolean' ? value : d.text(1000)(value as Json | undefined, path);

/** @throws RegistryError BAD_JSON, BAD_SHAPE, UNSUPPORTED_VERSION */
export function parseRecord(bytes: Uint8Array | string, where: string = recordFile): TemplateRecord {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where }), $);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads 1`, { hint: 'Update mlld.' });
  d.onlyMembers(value, ['v', 'template', 'version', 'digest', 'answers'], $);
  const version = d.text(64)(value.version, `${$}.version`);
  if (!isVersion(version)) throw d.badShape(`${$}.version`, 'a version', version);
  return {
    v: 1,
    template: d.parsed(parseModuleName)(value.template, `${$}.template`),
    version,
    digest: d.parsed(parseSha256)(value.digest, `${$}.digest`),
    answers: d.map(answer, 100)(value.answers, `${$}.answers`),
  };
}

export function encodeRecord({ v, template, version, digest, answers }: TemplateRecord): Uint8Array {
  const value = { v, template, version, digest, answers: Object.fromEntries(answers) };
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}
