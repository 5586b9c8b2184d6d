/** The user's yes to an MCP server: its tools, its permissions, what it is configured with (mcp.md §5). */
import path from 'node:path';
import type { Client } from '@mlld/client';
import { type LockedMcp, printable, RegistryError } from '@mlld/format';
import {
  assertFits,
  type ConfigInput,
  inputsOf,
  listingOfModule,
  permissionWords,
  type ServerModule,
  unpackedFolder,
} from '@mlld/mcp';
import type { Report } from '../report.ts';
import { type Environment, type FoundServer, sourceOf } from './server-module.ts';
import { definitionRows, inputLines, permissionLines, runsAs } from './server-report.ts';

export interface AgreeOptions {
  readonly report: Report;
  /** Asks; undefined where nobody is there. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  readonly agreed: boolean;
  readonly config: ReadonlyMap<string, string>;
  readonly before?: LockedMcp | undefined;
}

/** Shows what the server brings, and returns what is kept of a yes. @throws RegistryError MCP_NOT_APPROVED, BAD_CONFIG */
export async function agreeTo(module: ServerModule, options: AgreeOptions): Promise<LockedMcp> {
  const { report, confirm, agreed, before } = options;
  const inputs = inputsOf(module.server, module.manifest.artefact);
  const config = configured(inputs, new Map([...(before?.config ?? []), ...options.config]));
  show(module, inputs, report);
  const question = `Use ${module.name} in this project, with these permissions?`;
  if (!agreed && (confirm === undefined || !(await confirm(question)))) {
    throw new RegistryError(
      'MCP_NOT_APPROVED',
      `${module.name}: ${confirm === undefined ? 'nobody was there to ask' : 'you said no'}; nothing was changed`,
      { hint: confirm === undefined ? 'Read the above, then: mlld mcp install … --yes' : undefined },
    );
  }
  return { granted: permissionWords(module.manifest.permissions), config };
}

/** The values, each one that the server takes. @throws RegistryError BAD_CONFIG */
function configured(inputs: readonly ConfigInput[], given: ReadonlyMap<string, string>): Map<string, string> {
  for (const [name, value] of given) {
    const input = inputs.find((one) => one.name === name);
    if (input === undefined || input.secret)
      throw new RegistryError(
        'BAD_CONFIG',
        input === undefined
          ? `the server takes no '${printable(name)}'`
          : `${printable(name)} is a secret, and is not written into a file`,
        {
          hint:
            input === undefined
              ? `It takes: ${inputs.map((one) => printable(one.name)).join(', ') || 'nothing'}.`
              : 'Set it in the environment of your program.',
        },
      );
    for (const line of input.name === name && value.includes('\n') ? value.split('\n') : [value])
      assertFits(input, line);
  }
  const missing = inputs.find(
    (one) =>
      one.required &&
      !one.secret &&
      one.kind !== 'environment' &&
      one.preset === undefined &&
      !given.has(one.name),
  );
  if (missing !== undefined)
    throw new RegistryError('BAD_CONFIG', `the server wants ${inputLines([missing])[0]}`, {
      hint: `Add --set ${missing.name}=…`,
    });
  return new Map([...given].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function show(module: ServerModule, inputs: readonly ConfigInput[], report: Report): void {
  const { manifest, server, name } = module;
  report.note(`${name}  ${printable(server.title ?? server.name)}: ${printable(server.description)}`);
  report.note(`Runs from: ${runsAs(manifest.artefact)}`);
  report.note('It may:');
  for (const line of permissionLines(manifest)) report.note(`  ${line}`);
  if (inputs.length > 0) report.note('It is configured by:');
  for (const line of inputLines(inputs)) report.note(`  ${line}`);
  if (manifest.observed === undefined) return;
  const listing = listingOfModule(name, manifest);
  report.note(`It offers, as seen when it ran in a sandbox (${manifest.observed.startMs} ms to start):`);
  for (const [kind = '', what = '', marks = '', about = ''] of definitionRows(listing))
    report.note(`  ${kind} ${what}${marks === '' ? '' : ` [${marks}]`}${about === '' ? '' : `  ${about}`}`);
  if (listing.instructions !== undefined)
    report.note(`  instructions to models: ${printable(listing.instructions, 500)}`);
}

/** `--set name=value`; the same name again is one value more. @throws RegistryError USAGE */
export function settings(words: readonly string[], { cwd }: { readonly cwd: string }): Map<string, string> {
  const values = new Map<string, string>();
  for (const word of words) {
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw new RegistryError('USAGE', `--set: wanted name=value, found '${printable(word)}'`);
    const full = value.startsWith('./') || value.startsWith('../') ? path.resolve(cwd, value) : value;
    const before = values.get(name);
    values.set(name, before === undefined ? full : `${before}\n${full}`);
  }
  return values;
}

/** Records the yes, and brings all that is run into the cache: from then on nothing asks a network. */
export async function keepAgreement(
  client: Client,
  found: FoundServer,
  { mcp, env, report }: { readonly mcp: LockedMcp; readonly env: Environment; readonly report: Report },
): Promise<FoundServer> {
  const { locked, module } = found;
  if (locked === undefined) throw new RegistryError('INTERNAL', `${module.name} is not locked`);
  await client.recordMcp(locked, mcp);
  const line = report.progress(`${module.name} …`);
  const onProgress = (done: number, total: number) => line.update(`${module.name} ${done}/${total} packages`);
  try {
    await unpackedFolder(module.manifest.artefact, module.files, sourceOf(client, env, { onProgress }));
  } finally {
    line.done();
  }
  return { ...found, locked: { ...locked, mcp } };
}
