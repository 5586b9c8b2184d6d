/** Makes a person one of the user's own roots of trust, in the configuration of the home folder (docs/spec/config.md §3). */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import {
  type Author,
  type JsonObject,
  parseConfig,
  parseJson,
  RegistryError,
  userLayout,
} from '@mlld/format';
import type { Context } from './command.ts';

/** All other members stay as they are. @throws RegistryError BAD_JSON, BAD_SHAPE, IO */
export function addReviewer({ env, report }: Pick<Context, 'env' | 'report'>, author: Author): void {
  const file = path.join(env.HOME || homedir(), userLayout.userConfig);
  const text = readIfThere(file);
  const config = text === undefined ? undefined : parseConfig(text, file);
  const trusted = config?.policy?.reviewers?.trusted ?? [];
  if (trusted.includes(author)) return;
  const raw = (text === undefined ? {} : parseJson(text, { where: file })) as JsonObject;
  const policy = (raw.policy ?? {}) as JsonObject;
  const reviewers = (policy.reviewers ?? {}) as JsonObject;
  const changed = {
    ...raw,
    policy: { ...policy, reviewers: { ...reviewers, trusted: [...trusted, author] } },
  };
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}.part`, `${JSON.stringify(changed, null, 2)}\n`);
    renameSync(`${file}.${process.pid}.part`, file);
  } catch (cause) {
    throw new RegistryError('IO', `can't write ${file}: ${(cause as Error).message}`, { cause });
  }
  report.note(
    `What ${author} says counts for you from now on: "policy.reviewers.trusted" in ${file}. The registry's own reviewers count no longer by themselves; add whom you want to keep.`,
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new RegistryError('IO', `can't read ${file}: ${(cause as Error).message}`, { cause });
  }
}
