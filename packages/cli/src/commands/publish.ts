import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import {
  importEachOther,
  type PublishPlan,
  type PublishResult,
  publishModules,
  readModules,
} from '@mlld/publish';
import { checkOfKind } from '../check-kind.ts';
import { defineCommand } from '../command.ts';
import { countFindings } from '../findings.ts';
import { knownModules } from '../lookup.ts';
import { terminalUi } from '../publish-ui.ts';
import type { Report } from '../report.ts';

export const command = defineCommand({
  args: [{ name: 'path', optional: true }],
  flags: {
    version: { type: 'string', value: 'version', about: 'Publish as this version' },
    bump: { type: 'string', value: 'patch|minor|major', about: 'Publish as the next version of this kind' },
    registry: {
      type: 'string',
      value: 'folder|git URL',
      about: 'Commit straight to this registry repository',
    },
    to: { type: 'string', value: 'owner/repository', about: 'Ask this repository on GitHub by pull request' },
    source: { type: 'string', value: 'url|folder', about: 'The bytes are public here already' },
    gist: { type: 'boolean', about: 'Put the bytes into a new gist, not the repository' },
    with: {
      type: 'string',
      multiple: true,
      value: 'folder',
      about: 'Modules here are at hand for tests and examples',
    },
    key: { type: 'string', value: 'file', about: 'SSH key to sign with (also: MLLD_SIGNING_KEY)' },
    yes: { type: 'boolean', short: 'y', about: 'Do not ask' },
    'dry-run': { type: 'boolean', about: 'Show what would become public, and stop' },
    force: { type: 'boolean', about: 'Allow breaking changes under a minor or patch version' },
  },
  details: `
Publishes the module in a file or folder (default: this folder): checks it, makes its bytes public (your pushed GitHub
commit, else a new gist), signs the release with your SSH key, and opens a pull request to the registry. After any
failure, run the same command again: it goes on where it stopped. Of a folder that holds modules in folders of their own, all
are checked first, and what is new is published as one commit, or as a pull request each.

  mlld publish
  mlld publish modules/
  mlld publish strings.mld.md --dry-run
  mlld publish --registry ../registry --source https://modules.example.org/strings/`,
  async run({ args, flags, cwd, env, report, interactive }) {
    const { bump } = flags;
    if (bump !== undefined && bump !== 'patch' && bump !== 'minor' && bump !== 'major') {
      throw new RegistryError('USAGE', `--bump: wanted patch, minor or major, found '${bump}'`);
    }
    const ui = terminalUi({ report, interactive, showPlan: (plan) => showPlan(plan, report) });
    const place = path.resolve(cwd, args[0] ?? '.');
    ui.progress('Reading the module');
    const modules = await readModules(place);
    const beside = await Promise.all(flags.with.map((folder) => readModules(path.resolve(cwd, folder))));
    const atHand = [...modules, ...beside.flat()];
    const known = await knownModules({ atHand, cwd, env, offline: false });
    // A registry repository has no distribution to import from: there only what is at hand can be run with.
    const runnable = flags.registry === undefined || beside.length > 0 || importEachOther(modules);
    try {
      const results = await publishModules(modules, {
        cwd,
        env,
        ui,
        version: flags.version,
        bump,
        registry: flags.registry,
        to: flags.to,
        source: flags.source,
        below: modules.length > 1 ? place : undefined,
        gist: flags.gist,
        key: flags.key,
        yes: flags.yes,
        force: flags.force,
        dryRun: flags['dry-run'],
        ofKind: checkOfKind(env),
        ...(runnable ? { resolveModule: known.resolveModule, grant: known.grant } : {}),
      });
      ui.close();
      const [first] = results;
      if (modules.length > 1) showSeveral(results, { report, json: flags.json });
      else if (first !== undefined && flags.json) report.json(asJson(first));
      else if (first !== undefined) showResult(first, report);
    } finally {
      ui.close();
      await known.close();
    }
  },
});

/** On stderr: it is part of the question that follows. */
function showPlan(plan: PublishPlan, report: Report): void {
  const { module, signer } = plan;
  const bytes = module.files.reduce((sum, file) => sum + file.size, 0);
  const imports = [...plan.imports].map(([name, selector]) => `${name}@${selector}`);
  const rows: [string, string][] = [
    ['module', `${plan.name} ${plan.version} (${module.kind}, ${module.manifest.license})`],
    ['files', `${module.files.length}, ${bytes} bytes`],
    ...module.files.slice(0, 20).map((file): [string, string] => ['', `${file.path}  ${file.size}`]),
    ['imports', imports.join(', ') || 'none'],
    ['bytes go to', plan.place],
    ['release goes to', plan.registry],
    [
      'signed by',
      `${signer.key.key.fingerprint} (${signer.key.from})${signer.isNew ? ', your first here' : ''}`,
    ],
    ...(plan.rewrites === undefined
      ? []
      : [
          ['changes', `the version in ${plan.rewrites}${plan.pushes ? ', committed and pushed' : ''}`] as [
            string,
            string,
          ],
        ]),
    ...capabilityRows(plan.capabilities),
    ['check', countFindings(plan.findings)],
  ];
  for (const [title, text] of rows) report.note(`${title.padEnd(16)}${text}`);
}

/** Users are asked about what is new when they update. */
function capabilityRows({ since, added, removed }: PublishPlan['capabilities']): [string, string][] {
  const shown = (list: readonly string[]) =>
    list
      .slice(0, 10)
      .map((one) => printable(one, 80))
      .join(', ');
  const more = (list: readonly string[]) => (list.length > 10 ? `, ${list.length - 10} more` : '');
  const title = since === undefined ? 'can reach for' : `new since ${since}`;
  return [
    [title, added.length === 0 ? 'nothing' : shown(added) + more(added)],
    ...(removed.length === 0 ? [] : [['no longer', shown(removed) + more(removed)] as [string, string]]),
  ];
}

function showResult(result: PublishResult, report: Report): void {
  const what = `${result.name} ${result.version}`;
  if (result.status === 'dry-run' && result.plan !== undefined) showPlan(result.plan, report);
  report.print(
    {
      'dry-run': `${what} would be published; nothing was.`,
      'already-published': `${what} is published already, with these bytes.`,
      published: `${what} is published: commit ${result.reference}`,
      proposed: `${what} is proposed: ${result.reference}\nIt is published when the pull request is merged.`,
    }[result.status],
  );
}

function showSeveral(
  results: readonly PublishResult[],
  { report, json }: { report: Report; json: boolean },
): void {
  if (json) report.json({ modules: results.map(asJson) });
  else for (const result of results) showResult(result, report);
  if (results.filter(({ status }) => status === 'proposed').length > 1)
    report.note('Have them merged in this order: a later one may import an earlier one.');
}

function asJson({ plan, ...result }: PublishResult): Record<string, unknown> {
  if (plan === undefined) return result;
  const { module, signer, imports, findings, place, registry, capabilities } = plan;
  return {
    ...result,
    kind: module.kind,
    files: module.files.map(({ path: file, size, sha256 }) => ({ path: file, size, sha256 })),
    imports,
    place,
    registry,
    signedBy: signer.key.key.fingerprint,
    findings,
    capabilities,
  };
}
