/** `mlld publish`: read, check, place, sign, send. Each step looks first whether an earlier run did it. */
import { homedir } from 'node:os';
import { authorOf, type ModuleName, parseSelector, RegistryError } from '@mlld/format';
import { compareExports, type ExportChange } from '@mlld/lang';
import { checkModule } from '../check/check.ts';
import type { Finding } from '../check/finding.ts';
import { sessionsOf } from '../github/login.ts';
import { chooseSigner, type Signer } from '../keyset.ts';
import { applyEdits, type Edit, versionEdit } from '../module/edit.ts';
import { type Module, readModule } from '../module/read.ts';
import { choosePlace } from '../place/choose.ts';
import { openRegistry } from '../registry/open.ts';
import { comparedExports, declaredImports, digestOf, nameOf } from '../release.ts';
import { findKeys } from '../sign/keys.ts';
import { checkBreaking, checkOrder, chooseVersion, newest, predecessor } from '../version.ts';
import { capabilityNews } from './capabilities.ts';
import { exportsOfVersion, lookupIn, publishedVersions, readRelease } from './records.ts';
import { send } from './send.ts';
import type { PublishContext, PublishOptions, PublishPlan, PublishResult, Subject } from './types.ts';

/**
 * Publishes one version of one module. Run again after any failure, it goes on where it stopped.
 * @throws RegistryError CHECK_FAILED, VERSION_EXISTS, BREAKING_CHANGE, DIRTY_TREE, COMMIT_NOT_PUSHED, NOT_OWNER,
 *   NO_SIGNING_KEY, SIGNING_FAILED, NOT_LOGGED_IN, GITHUB_*, CANCELLED, NEEDS_TERMINAL, …
 */
export async function publish(options: PublishOptions): Promise<PublishResult> {
  const context = contextOf(options);
  const { ui } = options;
  ui.progress('Reading the module');
  const module = await readModule(options.path);
  const name = readName(module);
  ui.progress('Reading the registry');
  const target = await openRegistry({ ...options, session: context.session });
  try {
    return await publishTo(context, { module, name, target });
  } finally {
    await target.close();
  }
}

function contextOf(options: PublishOptions): PublishContext {
  const home = options.home ?? options.env.HOME ?? homedir();
  const sessions = sessionsOf({ env: options.env, ui: options.ui, home });
  return { options, home, now: options.now ?? new Date(), ...sessions };
}

async function publishTo(context: PublishContext, subject: Subject): Promise<PublishResult> {
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
  const edit = version === module.manifest.version ? undefined : versionEdit(module, version);
  const findings = await checkBefore(context, subject);
  const place = await choosePlace(module, {
    ...options,
    session: context.sessionIfAny,
    willChange: edit !== undefined,
  });
  assertSourceAllowed(place.where, subject);
  const plan: PublishPlan = {
    name,
    version,
    module,
    digest: digestOf(module),
    imports: await importsOf(subject),
    findings,
    capabilities: await capabilityNews(subject, predecessor(version, published)),
    place: place.where,
    registry: target.where,
    signer: await findSigner(context, subject),
    rewrites: edit?.file,
    pushes: edit !== undefined && place.how === 'repository',
  };
  if (options.dryRun === true)
    return { status: 'dry-run', name, version, digest: plan.digest, plan, sources: [] };
  await confirm(context, plan);
  const final = edit === undefined ? module : await rewrite(module, edit);
  if (edit !== undefined)
    await place.keepEdit(final, { file: edit.file, title: `Release ${name} ${version}` });
  return send(context, { ...subject, module: final }, { plan, place });
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

const rewrite = (module: Module, edit: Edit): Promise<Module> => applyEdits(module, [edit]);

function readName(module: Module): ModuleName {
  try {
    return nameOf(module);
  } catch (cause) {
    throw new RegistryError(
      'BAD_NAME',
      `${module.manifestFile}: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
        hint: 'Write name: and author: (your GitHub login in lower case) into the frontmatter or module.yml.',
      },
    );
  }
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
  { module, target }: Subject,
): Promise<readonly Finding[]> {
  context.options.ui.progress('Checking the module');
  const { findings } = await checkModule(module, {
    lookup: lookupIn(target),
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

/** Declared imports are selectors that clients can read. */
async function importsOf({ module, target }: Subject): Promise<Map<ModuleName, string>> {
  const imports = await declaredImports(module, async (name) =>
    newest(await publishedVersions(target, name)),
  );
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

async function confirm({ options }: PublishContext, plan: PublishPlan): Promise<void> {
  options.ui.plan(plan);
  if (options.yes === true) return;
  if (await options.ui.confirm(`Publish ${plan.name} ${plan.version}? This can't be taken back.`)) return;
  throw new RegistryError('CANCELLED', 'nothing was published');
}
