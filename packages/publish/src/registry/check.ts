/** The registry's own rules, run over what is about to be sent: what a pull request would be told, told before it exists. */
import { checkSubmission, type Finding } from '@mlld/builder';
import { RegistryError } from '@mlld/format';
import type { Account } from '../github/login.ts';
import type { NewFiles, RegistryTarget } from './target.ts';
import { readingTree } from './tree.ts';

export interface Sending {
  readonly target: RegistryTarget;
  readonly files: NewFiles;
  /** Who opens the pull request; absent where who may push decides. */
  readonly actor: Account | undefined;
}

/**
 * Checks the submission against the registry. @returns the warnings
 * @throws RegistryError NOT_OWNER, CHECK_FAILED
 */
export async function checkBeforeSending({ target, files, actor }: Sending): Promise<readonly Finding[]> {
  const changes = new Map([...files].map(([file, text]) => [file, Buffer.from(text)]));
  const who = actor === undefined ? {} : { actor: actor.login, actorId: actor.id };
  const { findings } = await readingTree(target, (tree) =>
    checkSubmission(tree, { changes, info: target.info, ...who }),
  );
  return judge(findings);
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
