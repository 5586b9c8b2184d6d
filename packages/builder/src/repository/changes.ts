/** Reading `changes/`: tag, yank and deprecate statements, each signed by an owner (docs/spec/statements.md §9). */
import { layout, limits, type ModuleName, parseChange, signatureNamespace } from '@mlld/format';
import { signersOf } from '@mlld/trust';
import { type Finding, finding, findingOf } from '../finding.ts';
import { readSignatures, readStatement, type StatementFile } from './files.ts';
import type { ReadChange } from './model.ts';
import type { ReadContext } from './releases.ts';
import type { Tree } from './tree.ts';

export interface ChangeSubject {
  readonly name: ModuleName;
  readonly owners: readonly string[];
}

/** The changes in order. What comes after a gap or a change that does not pass is not used. */
export function readChanges(
  tree: Tree,
  subject: ChangeSubject,
  context: ReadContext,
): { readonly changes: readonly ReadChange[]; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const changes: ReadChange[] = [];
  for (const [i, n] of changeNumbers(tree, subject.name, findings).entries()) {
    const file = layout.change(subject.name, n);
    if (n !== i + 1) {
      findings.push(finding('change/chain', { file }, `change ${i + 1} is missing`));
      break;
    }
    const change = readChange(tree, { ...subject, n, file }, context, findings);
    if (change === undefined) break;
    changes.push(change);
  }
  return { changes, findings };
}

function readChange(
  tree: Tree,
  subject: ChangeSubject & { readonly n: number; readonly file: string },
  context: ReadContext,
  findings: Finding[],
): ReadChange | undefined {
  const { file } = subject;
  let statement: StatementFile | undefined;
  try {
    statement = readStatement(tree, file);
    if (statement === undefined) return undefined;
    const change = parseChange(statement.text, { where: file });
    const { text } = statement;
    const wrong = (rule: 'name/path' | 'registry/other' | 'change/chain', path: string, message: string) => {
      findings.push(finding(rule, { file, path, text }, message));
      return undefined;
    };
    if (change.name !== subject.name) return wrong('name/path', '$.name', `it is about ${change.name}`);
    if (change.n !== subject.n) return wrong('name/path', '$.n', `it says number ${change.n}`);
    if (change.registry !== context.registry)
      return wrong('registry/other', '$.registry', `it is for ${change.registry}`);
    if (!subject.owners.includes(change.by))
      return wrong('change/chain', '$.by', `${change.by} is no owner: ${subject.owners.join(', ')}`);
    const signatures = readSignatures(tree, layout.signature(file));
    const namespace = signatureNamespace(change.type);
    const signed = context
      .keysOf(change.by)
      .keysets.some(
        ({ keys }) => signersOf({ statement: text, signatures }, { namespace, keys, where: file }).length > 0,
      );
    if (!signed) {
      const message = `wanted a signature by a key of ${change.by}`;
      findings.push(finding('release/signature', { file, text }, message));
      return undefined;
    }
    return { ...statement, change, signatures };
  } catch (error) {
    findings.push(findingOf('change/shape', { file, text: statement?.text }, error));
    return undefined;
  }
}

function changeNumbers(tree: Tree, name: ModuleName, findings: Finding[]): number[] {
  const folder = `${layout.module(name)}/changes`;
  const entries = tree.list(folder);
  const names = new Set(entries.map((entry) => entry.name));
  const numbers: number[] = [];
  for (const entry of entries) {
    const file = `${folder}/${entry.name}`;
    const n = /^([1-9]\d{0,5})\.json(?:\.sig)?$/.exec(entry.name)?.[1];
    if (entry.kind !== 'file')
      findings.push(finding('file/special', { file }, `${entry.name} is no regular file`));
    else if (n === undefined || Number(n) > limits.changesPerModule)
      findings.push(finding('file/unknown', { file }, `${entry.name} is no change`));
    else if (!entry.name.endsWith('.sig')) numbers.push(Number(n));
    else if (!names.has(`${n}.json`))
      findings.push(finding('signature/shape', { file }, `there is no ${n}.json beside it`));
  }
  return numbers.sort((a, b) => a - b);
}
