/** `mlld publish`: read, check, place, sign, send. Each step looks first whether an earlier run did it. */
import { homedir } from 'node:os';
import { authorOf, type ModuleName, RegistryError } from '@mlld/format';
import { atATime, CHECKS_AT_A_TIME } from '../at-a-time.ts';
import { sessionsOf } from '../github/login.ts';
import { type Module, readModule } from '../module/read.ts';
import { workspaceOf } from '../module/workspace.ts';
import { type Growing, growing } from '../registry/added.ts';
import { openRegistry } from '../registry/open.ts';
import type { RegistryTarget } from '../registry/target.ts';
import { nameOf, writtenImports } from '../release.ts';
import { type Chosen, chooseNext, planModule } from './plan.ts';
import { type Prepared, prepare, submitAll } from './send.ts';
import type { Planned, PublishContext, PublishOptions, PublishResult, PublishSettings } from './types.ts';

/**
 * Publishes one version of one module. Run again after any failure, it goes on where it stopped.
 * @throws RegistryError CHECK_FAILED, VERSION_EXISTS, BREAKING_CHANGE, DIRTY_TREE, COMMIT_NOT_PUSHED, NOT_OWNER,
 *   NO_SIGNING_KEY, SIGNING_FAILED, NOT_LOGGED_IN, GITHUB_*, CANCELLED, NEEDS_TERMINAL, …
 */
export async function publish({ path, ...settings }: PublishOptions): Promise<PublishResult> {
  settings.ui.progress('Reading the module');
  const [result] = await publishModules([await readModule(path)], settings);
  if (result === undefined) throw new RegistryError('INTERNAL', 'a module was published without a result');
  return result;
}

/**
 * Publishes modules of one author that may import each other: all are checked before anything becomes public. What is new goes
 * to a registry at hand as one commit, to one on GitHub as a pull request for each.
 * @returns a result a module, imported ones first @throws RegistryError as `publish`; USAGE for modules of several authors
 */
export async function publishModules(
  modules: readonly Module[],
  settings: PublishSettings,
): Promise<PublishResult[]> {
  const named = afterImports(modules.map((module) => ({ module, name: readName(module) })));
  assertOneAuthor(named);
  const context = contextOf(named, settings);
  settings.ui.progress('Reading the registry');
  const target = await openRegistry({ ...settings, session: context.session });
  try {
    return await publishTo(context, named, target);
  } finally {
    await target.close();
  }
}

interface Named {
  readonly module: Module;
  readonly name: ModuleName;
}

function contextOf(named: readonly Named[], options: PublishSettings): PublishContext {
  const home = options.home ?? options.env.HOME ?? homedir();
  const sessions = sessionsOf({ env: options.env, ui: options.ui, home });
  return {
    options,
    home,
    now: options.now ?? new Date(),
    together: workspaceOf(named.map(({ module }) => module)),
    versions: new Map(),
    ...sessions,
  };
}

async function publishTo(
  context: PublishContext,
  named: readonly Named[],
  target: RegistryTarget,
): Promise<PublishResult[]> {
  const { target: tree, add } = growing(target);
  const outcomes: (Chosen | PublishResult)[] = [];
  for (const one of named) outcomes.push(await chooseNext(context, { ...one, target: tree }));
  const chosen = outcomes.filter((one) => 'subject' in one);
  const planned = await atATime(CHECKS_AT_A_TIME, chosen, (one) => planModule(context, one));
  const sent = await sendAll(context, planned, { target, add });
  return outcomes.map((one) => ('status' in one ? one : resultFor(one, sent)));
}

async function sendAll(
  context: PublishContext,
  planned: readonly Planned[],
  { target, add }: Growing,
): Promise<PublishResult[]> {
  if (planned.length === 0) return [];
  if (context.options.dryRun === true) return planned.map(notSent);
  await confirm(context, planned);
  const prepared: Prepared[] = [];
  for (const one of planned) {
    const ready = await prepare(context, one);
    add(ready.submission.files);
    prepared.push(ready);
  }
  return submitAll(context, target, prepared);
}

function notSent({ plan }: Planned): PublishResult {
  const { name, version, digest } = plan;
  return { status: 'dry-run', name, version, digest, plan, sources: [] };
}

function resultFor({ subject }: Chosen, results: readonly PublishResult[]): PublishResult {
  const found = results.find(({ name }) => name === subject.name);
  if (found === undefined)
    throw new RegistryError('INTERNAL', `${subject.name} was published without a result`);
  return found;
}

/** Each after those that it imports. */
function afterImports(named: readonly Named[]): Named[] {
  const byName = new Map(named.map((one) => [one.name, one]));
  const ordered = new Set<Named>();
  const seen = new Set<ModuleName>();
  const add = (one: Named): void => {
    if (seen.has(one.name)) return;
    seen.add(one.name);
    for (const name of writtenImports(one.module).keys()) {
      const imported = byName.get(name);
      if (imported !== undefined) add(imported);
    }
    ordered.add(one);
  };
  for (const one of named) add(one);
  return [...ordered];
}

/** One key signs, and one pull request is its author's. */
function assertOneAuthor(named: readonly Named[]): void {
  const authors = [...new Set(named.map(({ name }) => authorOf(name)))];
  const twice = named.find(({ name }, at) => named.findIndex((one) => one.name === name) !== at);
  if (twice !== undefined) {
    throw new RegistryError('USAGE', `wanted each module once, found ${twice.name} in two folders`);
  }
  if (authors.length > 1) {
    throw new RegistryError('USAGE', `wanted modules of one author, found ${authors.join(', ')}`, {
      hint: 'Publish the folder of each author by itself.',
    });
  }
}

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

async function confirm({ options }: PublishContext, planned: readonly Planned[]): Promise<void> {
  for (const { plan } of planned) options.ui.plan(plan);
  if (options.yes === true) return;
  const [first] = planned;
  const what =
    first !== undefined && planned.length === 1
      ? `${first.plan.name} ${first.plan.version}`
      : `these ${planned.length} modules`;
  if (await options.ui.confirm(`Publish ${what}? This can't be taken back.`)) return;
  throw new RegistryError('CANCELLED', 'nothing was published');
}
