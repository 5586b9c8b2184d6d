/** A collection while it is being made: a file in a folder of one's own, which `mlld collection sign` makes a statement of. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CollectedModule,
  decode as d,
  limits,
  parseJson,
  parseModuleName,
  parseSlug,
  printable,
  RegistryError,
} from '@mlld/format';

export interface Draft {
  readonly slug: string;
  readonly title: string;
  readonly about: string;
  readonly modules: readonly CollectedModule[];
}

export const draftFile = (cwd: string, slug: string): string =>
  path.join(cwd, `${parseSlug(slug)}.collection.json`);

/** @throws RegistryError FILE_NOT_FOUND, BAD_JSON, BAD_SHAPE */
export function readDraft(cwd: string, slug: string): Draft {
  const file = draftFile(cwd, slug);
  if (!existsSync(file))
    throw new RegistryError('FILE_NOT_FOUND', `there is no ${path.basename(file)} here`, {
      hint: `Start one: mlld collection new ${printable(slug)} --title '…' --about '…'`,
    });
  const where = path.basename(file);
  const value = d.object(parseJson(readFileSync(file), { where }), '$');
  d.onlyMembers(value, ['slug', 'title', 'about', 'modules'], '$');
  const collected: d.Decoder<CollectedModule> = (one, at) => {
    const found = d.object(one, at);
    return {
      name: d.parsed(parseModuleName)(found.name, `${at}.name`),
      reason: d.text(500)(found.reason, `${at}.reason`),
    };
  };
  return {
    slug: d.parsed(parseSlug)(value.slug, '$.slug'),
    title: d.text(100)(value.title, '$.title'),
    about: d.text(limits.aboutChars)(value.about, '$.about'),
    modules: d.array(collected, limits.modulesPerCollection)(value.modules, '$.modules'),
  };
}

export function writeDraft(cwd: string, draft: Draft, flag: 'w' | 'wx' = 'w'): string {
  const file = draftFile(cwd, draft.slug);
  try {
    writeFileSync(file, `${JSON.stringify(draft, null, 2)}\n`, { flag });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new RegistryError('IO', `${path.basename(file)} is there already`, {
      hint: 'mlld collection add puts modules into it.',
    });
  }
  return file;
}
