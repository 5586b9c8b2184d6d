/** The second half of a publish, after the author agreed: bytes, signature, registry. */

import {
  type Author,
  authorOf,
  layout,
  type ModuleName,
  parseRelease,
  RegistryError,
  type Release,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { splitSignatures, verifySignature } from '@mlld/trust';
import { firstKeyset } from '../keyset.ts';
import { applyEdits } from '../module/edit.ts';
import type { Module } from '../module/read.ts';
import type { Placed } from '../place/place.ts';
import { checkBeforeSending } from '../registry/check.ts';
import { pullRequestBody } from '../registry/pull-request.ts';
import type { NewFiles, RegistryTarget, Submission, Submitted } from '../registry/target.ts';
import { digestOf, releaseText } from '../release.ts';
import { sign } from '../sign/sign.ts';
import { type Begun, openState, type StateFile } from '../state.ts';
import type { Planned, PublishContext, PublishPlan, PublishResult, Subject } from './types.ts';

/** One release, signed and found good by the registry's rules. */
export interface Prepared {
  readonly submission: Submission;
  readonly plan: PublishPlan;
  readonly digest: string;
  readonly state: StateFile;
  readonly placed: Placed;
}

/** Makes the bytes public and signs. */
export async function prepare(context: PublishContext, planned: Planned): Promise<Prepared> {
  const { options } = context;
  const { plan, place, edit } = planned;
  const { name, version } = plan;
  const module = edit === undefined ? plan.module : await applyEdits(plan.module, [edit]);
  if (edit !== undefined)
    await place.keepEdit(module, { file: edit.file, title: `Release ${name} ${version}` });
  const subject = { ...planned.subject, module };
  const state = await openState(module.root, name);
  const begun = begunFor(state, subject, version);
  const branch = `publish/${name.slice(1)}/${version}`;
  const work: Work = { context, subject, plan, state, begun, branch };
  options.ui.progress(`Making the bytes of ${name} public`);
  const placed = await place.put(module, {
    title: `${name} ${version}`,
    known: begun.gist,
    made: (gist) => remember(work, { gist }),
  });
  options.ui.progress(`Signing ${name}`);
  const release = await signedRelease(work, placed);
  const files = await newFiles(work, release);
  options.ui.progress(`Checking ${name} by the registry's rules`);
  const direct = options.registry !== undefined;
  const actor = direct ? undefined : (await context.session()).account;
  const warnings = await checkBeforeSending({ target: subject.target, files, actor });
  for (const one of warnings.filter(({ severity }) => severity === 'warning')) {
    options.ui.note(`The registry remarks: ${one.file}: ${one.message} [${one.rule}]`);
  }
  const submission = {
    files,
    branch,
    title: `Publish ${name} ${version}`,
    body: pullRequestBody(parseRelease(release.statement), placed.where),
    author: authorOf(name),
  };
  return { submission, plan, digest: digestOf(module), state, placed };
}

/** Sends what was signed: a commit for all, or a pull request for each, as a pull request adds one version (submission/one). */
export async function submitAll(
  { options }: PublishContext,
  target: RegistryTarget,
  prepared: readonly Prepared[],
): Promise<PublishResult[]> {
  options.ui.progress('Sending it to the registry');
  const isDirect = options.registry !== undefined;
  const all = prepared.map(({ submission }) => submission);
  const once = isDirect ? await target.submit(together(all)) : undefined;
  const results: PublishResult[] = [];
  for (const { submission, plan, digest, state, placed } of prepared) {
    const submitted = once ?? (await target.submit(submission));
    const { name, version } = plan;
    if (submitted.how === 'commit') await state.remove(version);
    results.push({ ...resultOf(submitted), name, version, digest, plan, sources: placed.sources });
  }
  return results;
}

function together(all: readonly Submission[]): Submission {
  const [first] = all;
  if (first === undefined) throw new RegistryError('INTERNAL', 'there is nothing to send');
  if (all.length === 1) return first;
  return {
    ...first,
    files: new Map(all.flatMap(({ files }) => [...files])),
    title: `${first.title} and ${all.length - 1} more`,
    body: all.map(({ title, body }) => `## ${title}\n\n${body}`).join('\n'),
  };
}

interface Work {
  readonly context: PublishContext;
  readonly subject: Subject;
  readonly plan: PublishPlan;
  readonly state: StateFile;
  readonly begun: Begun;
  readonly branch: string;
}

function resultOf(submitted: Submitted): Pick<PublishResult, 'status' | 'reference'> {
  return { status: submitted.how === 'commit' ? 'published' : 'proposed', reference: submitted.reference };
}

/** What an earlier run began for these very bytes, else a fresh start. */
function begunFor(state: StateFile, { module, target }: Subject, version: string): Begun {
  const fresh: Begun = { digest: digestOf(module), registry: target.info.name };
  const known = state.get(version);
  return known?.digest === fresh.digest && known.registry === fresh.registry ? known : fresh;
}

async function remember({ state, plan, begun }: Work, more: Partial<Begun>): Promise<void> {
  await state.set(plan.version, {
    ...begun,
    ...state.get(plan.version),
    digest: begun.digest,
    registry: begun.registry,
    ...more,
  });
}

/** The release that an earlier run signed, if it still says the same; else a new one. */
async function signedRelease(work: Work, placed: Placed): Promise<SignedText> {
  const { context, subject, plan } = work;
  const { module, target } = subject;
  for (const kept of [work.begun.release, await proposedRelease(work)]) {
    if (kept !== undefined && saysTheSame(kept, work, placed)) return kept;
  }
  const session =
    context.options.registry === undefined ? await context.session() : await context.sessionIfAny();
  const statement = releaseText(module, {
    info: target.info,
    version: plan.version,
    placed,
    imports: plan.imports,
    publishedAt: context.now.toISOString(),
    publishedBy: session?.account.id,
  });
  const { env } = context.options;
  const release = {
    statement,
    signatures: [
      await sign(statement, { namespace: signatureNamespace('release'), key: plan.signer.key, env }),
    ],
  };
  await remember(work, { release });
  return release;
}

/** Without our own notes: what lies in the branch of the pull request. */
async function proposedRelease({ subject, plan, branch }: Work): Promise<SignedText | undefined> {
  const file = layout.release(subject.name, plan.version);
  const statement = await subject.target.readProposed(branch, file);
  if (statement === undefined) return undefined;
  const signature = await subject.target.readProposed(branch, layout.signature(file));
  return signature === undefined
    ? undefined
    : { statement, signatures: splitSignatures(signature, layout.signature(file)) };
}

/** Whether a statement of before, dated then, is otherwise what would be signed now, by the same key. */
function saysTheSame(kept: SignedText, { context, subject, plan }: Work, placed: Placed): boolean {
  try {
    const { publishedAt, publishedBy } = parseRelease(kept.statement);
    const again = releaseText(subject.module, {
      info: subject.target.info,
      version: plan.version,
      placed,
      imports: plan.imports,
      publishedAt,
      publishedBy,
    });
    const namespace = signatureNamespace('release');
    const [signature] = kept.signatures;
    if (again !== kept.statement || signature === undefined) return false;
    const { key } = verifySignature({ bytes: kept.statement, signature, namespace });
    return (
      key.fingerprint === plan.signer.key.key.fingerprint &&
      Date.parse(publishedAt) <= context.now.getTime() + 60_000
    );
  } catch {
    return false;
  }
}

/** What the registry gets: the release, and for a new module or author what says whose it is. */
async function newFiles(work: Work, release: SignedText): Promise<NewFiles> {
  const { context, subject, plan } = work;
  const { name, module, target } = subject;
  const author: Author = authorOf(name);
  const files = new Map<string, string>();
  const addSigned = (file: string, text: SignedText) => {
    files.set(file, text.statement);
    files.set(layout.signature(file), text.signatures.join(''));
  };
  // Of several modules, the first brings the keyset.
  if (plan.signer.isNew && (await target.read(layout.keyset(author, 1))) === undefined) {
    const session =
      context.options.registry === undefined ? await context.session() : await context.sessionIfAny();
    const keyset = await firstKeyset({
      author,
      registry: target.info.name,
      key: plan.signer.key,
      session,
      env: context.options.env,
      home: context.home,
      now: context.now,
    });
    addSigned(layout.keyset(author, 1), keyset);
  }
  if ((await target.read(layout.metadata(name))) === undefined) {
    files.set(layout.metadata(name), metadataText(module, name, parseRelease(release.statement)));
  }
  addSigned(layout.release(name, plan.version), release);
  return files;
}

/** `metadata.json` of a new module, as today's registry holds it. */
function metadataText(module: Module, name: ModuleName, release: Release): string {
  const author = authorOf(name);
  const metadata = {
    name: name.slice(author.length + 2),
    author,
    about: module.manifest.about ?? '',
    owners: [author],
    maintainers: [],
    created: release.publishedAt,
    createdBy: release.publishedBy ?? null,
  };
  return `${JSON.stringify(metadata, null, 2)}\n`;
}
