/** What publishing a module would do, found out before anything becomes public. */
import path from 'node:path';
import { authorOf, type ModuleName, parseSelector, RegistryError } from '@mlld/format';
import { compareExports, type ExportChange } from '@mlld/lang';
import { checkModule } from '../check/check.ts';
import type { Finding } from '../check/finding.ts';
import type { LookupModule } from '../check/imports.ts';
import { chooseSigner, type Signer } from '../keyset.ts';
import { versionEdit } from '../module/edit.ts';
import type { Module } from '../module/read.ts';
import { choosePlace } from '../place/choose.ts';
import type { RegistryTarget } from '../registry/target.ts';
import { comparedExports, declaredImports, digestOf } from '../release.ts';
import { findKeys } from '../sign/keys.ts';
import { checkBreaking, checkOrder, chooseVersion, newest, predecessor } from '../version.ts';
import { capabilityNews } from './capabilities.ts';
import { exportsOfVersion, lookupIn, publishedVersions, readRelease } from './records.ts';
import type { Planned, PublishContext, PublishPlan, PublishResult, Subject } from './types.ts';

/** A module whose next version is known. */
export interface Chosen {
  readonly subject: Subject;
  readonly version: string;
  /** Versions that the registry has. */
  readonly published: readonly string[];
}

/**
 * Chooses the version, with the author's help if it takes that. What is published already gives its result.
 * @throws RegistryError VERSION_EXISTS, BREAKING_CHANGE, NEEDS_TERMINAL, CANCELLED
 */
export async function chooseNext(context: PublishContext, subject: Subject): Promise<Chosen | PublishResult> {
  const { options } = context;
  const { name, module, target } = subject;
  const published = await publishedVersions(target, name);
  const asked = options.version !== undefined || options.bump !== undefined;
  const before = await alreadyPublished(
    subject,
    published,
    asked ? options.version : module.manifest.version,
  );
  if (before !== undefined) return before;
  const version = await nextVersionOf(context, subject, published);
  context.versions.set(name, version);
  return { subject, version, published };
}

/**
 * Checks a module and finds out how it would be published; nothing becomes public.
 * @throws RegistryError CHECK_FAILED, DIRTY_TREE, COMMIT_NOT_PUSHED, NOT_OWNER, …
 */
export async function planModule(
  context: PublishContext,
  { subject, version, published }: Chosen,
): Promise<Planned> {
  const { options } = context;
  const { name, module, target } = subject;
  const edit = version === module.manifest.version ? undefined : versionEdit(module, version);
  const findings = await checkBefore(context, subject);
  const place = await choosePlace(module, {
    ...options,
    source: sourceOf(context, module),
    session: context.sessionIfAny,
    willChange: edit !== undefined,
  });
  assertSourceAllowed(place.where, subject);
  const plan: PublishPlan = {
    name,
    version,
    module,
    digest: digestOf(module),
    imports: await importsOf(context, subject),
    findings,
    capabilities: await capabilityNews(subject, predecessor(version, published)),
    place: place.where,
    registry: target.where,
    signer: await findSigner(context, subject),
    rewrites: edit?.file,
    pushes: edit !== undefined && place.how === 'repository',
  };
  return { subject, plan, place, edit };
}

/** The bytes of one of several modules lie below `--source` as its folder does below theirs. */
function sourceOf({ options: { source, below } }: PublishContext, module: Module): string | undefined {
  const inner = below === undefined ? '' : path.relative(below, module.root).split(path.sep).join('/');
  return source === undefined || inner === '' ? source : `${source.replace(/\/?$/, '/')}${inner}/`;
}

/** The version to publish, which must be new, in order, and no trap for importers. */
async function nextVersionOf(
  { options }: PublishContext,
  { name, module, target }: Subject,
  published: readonly string[],
): Promise<string> {
  const changesSince = async (version: string): Promise<ExportChange[]> => {
    const before = await exportsOfVersion(target, name, version);
    if (before !== undefined) return compareExports(before, comparedExports(module));
    options.ui.note(`What ${name} ${version} exports can't be told: nothing is compared.`);
    return [];
  };
  const { version: written } = module.manifest;
  const { bump, version: wanted, ui, force } = options;
  const version = await chooseVersion({ version: wanted, bump, written, published, changesSince }, ui);
  checkOrder(version, published);
  const before = predecessor(version, published);
  if (before !== undefined && force !== true) checkBreaking(before, version, await changesSince(before));
  return version;
}

/** A file of this disk is a source only for a registry of this disk. */
function assertSourceAllowed(where: string, { target }: Subject): void {
  if (!where.startsWith('file:') || target.info.fileSources) return;
  throw new RegistryError('USAGE', `${target.info.name} takes no sources on a disk: ${where}`, {
    hint: 'Name an http(s) URL, or set "fileSources": true in its registry.json.',
  });
}

/** The same bytes under the same version are a success: it happened before. */
async function alreadyPublished(
  { module, name, target }: Subject,
  published: readonly string[],
  version: string | undefined,
): Promise<PublishResult | undefined> {
  if (version === undefined || !published.includes(version)) return undefined;
  const release = await readRelease(target, name, version);
  if (release?.digest !== digestOf(module)) return undefined;
  return { status: 'already-published', name, version, digest: release.digest, sources: release.sources };
}

async function checkBefore(
  context: PublishContext,
  { module, name, target }: Subject,
): Promise<readonly Finding[]> {
  context.options.ui.progress(`Checking ${name}`);
  const { findings } = await checkModule(module, {
    lookup: lookupAmong(context, target),
    env: context.options.env,
    resolveModule: context.options.resolveModule,
    grant: context.options.grant,
    ofKind: context.options.ofKind,
  });
  const errors = findings.filter((one) => one.severity === 'error');
  if (errors.length === 0) return findings;
  const list = errors
    .slice(0, 5)
    .map((one) => `${one.file}${one.line === undefined ? '' : `:${one.line}`}: ${one.message} [${one.rule}]`);
  throw new RegistryError(
    'CHECK_FAILED',
    `${errors.length} finding${errors.length === 1 ? '' : 's'} to mend first:\n  ${list.join('\n  ')}`,
    {
      hint: "'mlld check' shows all of them; 'mlld check --fix' mends what can be mended safely.",
      data: { findings: errors },
    },
  );
}

/** The registry's versions, and before them those that are published together with the importer. */
function lookupAmong({ together }: PublishContext, target: RegistryTarget): LookupModule {
  const published = lookupIn(target);
  return async (ref) => {
    const here = await together.lookup(ref);
    if (here?.found === true) return here;
    const there = await published(ref);
    return there?.found === true ? there : (here ?? there);
  };
}

/** Declared imports are selectors that clients can read. */
async function importsOf(
  { versions }: PublishContext,
  { module, target }: Subject,
): Promise<Map<ModuleName, string>> {
  const imports = await declaredImports(module, async (name) => {
    const together = versions.get(name);
    return newest([
      ...(await publishedVersions(target, name)),
      ...(together === undefined ? [] : [together]),
    ]);
  });
  for (const selector of imports.values()) parseSelector(selector);
  return imports;
}

async function findSigner(context: PublishContext, { name, target }: Subject): Promise<Signer> {
  const { options, home } = context;
  const keys = await findKeys({ wanted: options.key, cwd: options.cwd, env: options.env, home });
  const direct = options.registry !== undefined;
  const session = direct ? await context.sessionIfAny() : await context.session();
  return chooseSigner({ author: authorOf(name), target, keys, session, direct });
}
