/** The registry's own rules, run over what is about to be sent: what a pull request would be told, told before it exists. */
import { checkSubmission, type Finding, type Tree, type TreeEntry } from '@mlld/builder';
import { compareBytes, RegistryError } from '@mlld/format';
import type { Account } from '../github/login.ts';
import type { NewFiles, RegistryTarget } from './target.ts';

export interface Sending {
  readonly target: RegistryTarget;
  readonly files: NewFiles;
  /** Who opens the pull request; absent where who may push decides. */
  readonly actor: Account | undefined;
}

/** Rounds of reading: what a file names may have to be read too, for instance what an imported module imports. */
const ROUNDS = 20;

/**
 * Checks the submission against the registry. @returns the warnings
 * @throws RegistryError NOT_OWNER, CHECK_FAILED
 */
export async function checkBeforeSending({ target, files, actor }: Sending): Promise<readonly Finding[]> {
  const paths = await target.paths();
  const known = new Map<string, Uint8Array | undefined>();
  const changes = new Map([...files].map(([file, text]) => [file, Buffer.from(text)]));
  const who = actor === undefined ? {} : { actor: actor.login, actorId: actor.id };
  for (let round = 0; round < ROUNDS; round++) {
    const missing = new Set<string>();
    const report = checkSubmission(partlyRead(paths, known, missing), { changes, info: target.info, ...who });
    if (missing.size === 0) return judge(report.findings);
    await Promise.all(
      [...missing].map(async (file) => {
        const text = await target.read(file);
        known.set(file, text === undefined ? undefined : Buffer.from(text));
      }),
    );
  }
  throw new RegistryError(
    'CHECK_FAILED',
    `the imports of this module lead through more than ${ROUNDS} others`,
  );
}

function judge(findings: readonly Finding[]): readonly Finding[] {
  const errors = findings.filter((one) => one.severity === 'error');
  if (errors.length === 0) return findings;
  const owner = errors.find((one) => one.rule === 'submission/owner');
  if (owner !== undefined) {
    throw new RegistryError('NOT_OWNER', `${owner.file}: ${owner.message}`, {
      hint: owner.hint,
      data: { findings: errors },
    });
  }
  const list = errors.slice(0, 5).map((one) => `${one.file}: ${one.message} [${one.rule}]`);
  throw new RegistryError('CHECK_FAILED', `the registry would refuse this:\n  ${list.join('\n  ')}`, {
    hint: errors[0]?.hint,
    data: { findings: errors },
  });
}

/** A tree whose names are known and whose contents are read as they turn out to be needed. */
function partlyRead(
  paths: readonly string[],
  known: ReadonlyMap<string, Uint8Array | undefined>,
  missing: Set<string>,
): Tree {
  const all = new Set(paths);
  const folders = childrenOf(paths);
  return {
    list: (folder) => folders.get(folder === '.' ? '' : folder) ?? [],
    read(file) {
      if (!all.has(file)) return undefined;
      if (!known.has(file)) missing.add(file);
      return known.get(file);
    },
  };
}

function childrenOf(paths: readonly string[]): Map<string, TreeEntry[]> {
  const found = new Map<string, Map<string, TreeEntry>>();
  for (const file of paths) {
    const parts = file.split('/');
    for (const [at, name] of parts.entries()) {
      const folder = parts.slice(0, at).join('/');
      const entries = found.get(folder) ?? new Map<string, TreeEntry>();
      entries.set(name, { name, kind: at === parts.length - 1 ? 'file' : 'folder' });
      found.set(folder, entries);
    }
  }
  return new Map(
    [...found].map(([folder, entries]) => [
      folder,
      [...entries.values()].sort((a, b) => compareBytes(a.name, b.name)),
    ]),
  );
}
