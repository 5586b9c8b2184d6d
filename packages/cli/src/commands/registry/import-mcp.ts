import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { limits, printable, RegistryError } from '@mlld/format';
import {
  type ImportState,
  type Page,
  pages,
  readAnswer,
  readImportState,
  type TakenOver,
  type TakeOver,
  takeOver,
  writeImportState,
} from '@mlld/mcp';
import { type Context, defineCommand, type Flags } from '../../command.ts';

const flags = {
  repository: { type: 'string', value: 'folder', about: 'The registry repository (default: this folder)' },
  search: { type: 'string', value: 'words', about: 'Only servers whose name holds this' },
  limit: { type: 'string', value: 'number', about: 'Stop after so many servers; the next run goes on there' },
  all: { type: 'boolean', about: 'Ask for everything, not only for what changed since the last run' },
  'allow-http': { type: 'boolean', about: 'Take a registry without TLS that is not on this machine' },
  'dry-run': { type: 'boolean', about: 'Show what would be written' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'url|file' }],
  flags,
  details: `
Takes over MCP servers from a registry that speaks the official API, or from a document of servers, into the folder mcp/ of a registry
repository. Each keeps where it came from, and is shown with that: nobody here has verified it, and it is no module.

A run that was stopped goes on where it was; a later one asks only for what changed. It asks for one page at a time, slowly.

  mlld registry import-mcp https://registry.example.org
  mlld registry import-mcp https://registry.example.org --search io.github.alice/ --dry-run
  mlld registry import-mcp servers.json`,
  run: importServers,
});

async function importServers(context: Context<typeof flags>): Promise<number> {
  const { args, flags: given, cwd, report } = context;
  const repository = path.resolve(cwd, given.repository ?? '.');
  if (!existsSync(path.join(repository, 'registry.json')))
    throw new RegistryError('REGISTRY_NOT_FOUND', `'${printable(repository)}' is no registry repository`, {
      hint: 'mlld registry init makes one.',
    });
  const target = args[0] ?? '';
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(target);
  const outcome = isUrl
    ? await fromRegistry(context, repository, urlOf(target, given['allow-http']))
    : await fromFile(context, repository, path.resolve(cwd, target));
  if (given.json) report.json(outcome);
  else print(context, outcome);
  return 0;
}

interface Outcome extends TakenOver {
  readonly origin: string;
  readonly pages: number;
  /** Whether everything that was asked for is there. */
  readonly complete: boolean;
}

function urlOf(text: string, allowHttp: boolean): URL {
  let url: URL;
  try {
    url = new URL(text.endsWith('/') ? text : `${text}/`);
  } catch (cause) {
    throw new RegistryError('USAGE', `'${printable(text)}' is no URL`, { cause });
  }
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new RegistryError('USAGE', 'wanted the plain base URL of a registry');
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (isLocal || allowHttp))) return url;
  throw new RegistryError('USAGE', `'${printable(text)}': wanted https`, {
    hint: 'What comes without TLS, anybody on the way may have written: --allow-http takes it.',
  });
}

/** `registry.example.org`, with a port as `registry.example.org_8080`: a folder's name. */
function hostOf({ host, pathname }: URL): string {
  return `${host}${pathname === '/' ? '' : pathname}`
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '_')
    .replace(/^[._-]+|[._-]+$/g, '');
}

async function fromFile(
  { flags: given }: Context<typeof flags>,
  repository: string,
  file: string,
): Promise<Outcome> {
  if (!existsSync(file)) throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(file)}'`);
  if (statSync(file).size > limits.mcpImportPageBytes)
    throw new RegistryError(
      'TOO_LARGE',
      `'${printable(file)}' has more than ${limits.mcpImportPageBytes} bytes`,
    );
  const now = new Date().toISOString();
  const answer = readAnswer(readFileSync(file), { where: path.basename(file), now });
  const registry = `file:${path.basename(pathToFileURL(file).pathname)}`;
  const taken = await takeOver(answer.entries, {
    repository,
    host: 'file',
    origin: { registry, importedAt: now },
    dryRun: given['dry-run'],
  });
  return {
    ...taken,
    refused: [...answer.refused, ...taken.refused],
    origin: registry,
    pages: 1,
    complete: true,
  };
}

async function fromRegistry(context: Context<typeof flags>, repository: string, url: URL): Promise<Outcome> {
  const { flags: given, report } = context;
  const now = new Date().toISOString();
  const to: TakeOver = {
    repository,
    host: hostOf(url),
    origin: { registry: url.href.replace(/\/$/, ''), importedAt: now },
    dryRun: given['dry-run'],
  };
  const most = mostOf(given.limit);
  // A search is a question of its own: it neither begins nor ends what a whole run knows.
  const keeps = given.search === undefined && !given['dry-run'];
  const state = keeps && !given.all ? await readImportState(to) : undefined;
  const since =
    state === undefined ? undefined : state.cursor === undefined ? beforeThat(state.startedAt) : state.since;
  const startedAt = state?.cursor === undefined ? now : state.startedAt;
  const progress = report.progress(`Asking ${url.host} …`);
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.once('SIGINT', stop);
  let total: Outcome = {
    added: 0,
    changed: 0,
    unchanged: 0,
    refused: [],
    origin: to.origin.registry,
    pages: 0,
    complete: false,
  };
  try {
    const asked = {
      registry: url,
      search: given.search,
      since,
      cursor: state?.cursor,
      now: Date.now,
      signal: stopping.signal,
    };
    for await (const page of pages(asked)) {
      total = sum(total, page, await takeOver(page.entries, to));
      progress.update(`${url.host}: ${total.pages} pages, ${total.added} added, ${total.changed} changed`);
      const done = page.nextCursor === undefined;
      if (keeps) await writeImportState(to, stateAfter(page, { startedAt, since }));
      if (done) total = { ...total, complete: true };
      else if (total.added + total.changed + total.unchanged >= most) break;
    }
  } finally {
    process.removeListener('SIGINT', stop);
    progress.done();
  }
  return total;
}

/** Clocks differ, and what is asked for twice is written once. */
function beforeThat(time: string): string {
  return new Date(Date.parse(time) - 3_600_000).toISOString();
}

function stateAfter(
  { nextCursor }: Page,
  { startedAt, since }: { startedAt: string; since: string | undefined },
): ImportState {
  if (nextCursor === undefined) return { v: 1, startedAt };
  return { v: 1, cursor: nextCursor, ...(since === undefined ? {} : { since }), startedAt };
}

function sum(total: Outcome, page: Page, taken: TakenOver): Outcome {
  return {
    ...total,
    added: total.added + taken.added,
    changed: total.changed + taken.changed,
    unchanged: total.unchanged + taken.unchanged,
    refused: [...total.refused, ...page.refused, ...taken.refused].slice(0, 1000),
    pages: total.pages + 1,
  };
}

function mostOf(text: string | undefined): number {
  if (text === undefined) return limits.mcpImportServers;
  const most = Number(text);
  if (Number.isInteger(most) && most >= 1) return most;
  throw new RegistryError('USAGE', `--limit: wanted a number, found '${printable(text)}'`);
}

function print(
  { report, flags: given }: Context<typeof flags>,
  { added, changed, unchanged, refused, origin, complete }: Outcome,
): void {
  const would = given['dry-run'] ? 'would be ' : '';
  report.print(`${origin}: ${added} ${would}added, ${changed} ${would}changed, ${unchanged} as they were`);
  for (const one of refused.slice(0, 20)) report.warn(`left out: ${printable(one, 300)}`);
  if (refused.length > 20) report.warn(`and ${refused.length - 20} more left out`);
  if (!complete) report.note('There is more: run the command again to go on.');
  else if (added + changed > 0 && !given['dry-run'])
    report.note('Commit the folder mcp/, then mlld registry build shows them, with their origin.');
}
