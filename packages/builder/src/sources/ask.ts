/**
 * Asks the sources of many releases: several hosts at the same time, few requests to one host, again after a failure of
 * the network, and each result kept as soon as it is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { contentDigest, legacyContentHash, limits } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { type Download, download, type Fetch } from './download.ts';
import type { SourceJob } from './job.ts';
import type { FoundFile, SourceResult, SourceStore } from './result.ts';

export interface AskOptions {
  readonly store: SourceStore;
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDone?: (done: number, total: number, job: SourceJob, result: SourceResult) => void;
  /** Milliseconds before the second try; each next waits twice as long. */
  readonly backoffMs?: number | undefined;
}

/** Asks for all jobs and keeps the results. Rejects only when `signal` aborts: what is done by then is kept. */
export async function askSources(jobs: readonly SourceJob[], options: AskOptions): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  const asker: Asker = {
    store: options.store,
    fetch: options.fetch ?? ((url, init) => fetch(url, init)),
    signal,
    backoffMs: options.backoffMs ?? 500,
    gates: new Map(),
  };
  const queue = [...jobs];
  let done = 0;
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      signal.throwIfAborted();
      const result = await askOne(job, asker);
      options.store.keep(job.key, result);
      options.onDone?.(++done, jobs.length, job, result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs.length, limits.downloads) }, worker));
}

interface Asker {
  readonly store: SourceStore;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  readonly backoffMs: number;
  /** Host → requests under way and those that wait. */
  readonly gates: Map<string, { running: number; readonly waiting: (() => void)[] }>;
}

/** The first base that gives the right bytes wins; else a mismatch says more than an unreachable source. */
async function askOne(job: SourceJob, asker: Asker): Promise<SourceResult> {
  let worst: SourceResult | undefined;
  for (const base of job.bases) {
    const result = await askBase(job, base, asker);
    if (result.state === 'match') return result;
    if (worst === undefined || (worst.state === 'unreachable' && result.state === 'mismatch')) worst = result;
    else if (worst.state === 'unreachable' && result.state === 'unreachable' && result.again) worst = result;
  }
  return worst ?? { state: 'unreachable', reason: 'no source is named', again: false };
}

async function askBase(job: SourceJob, base: string, asker: Asker): Promise<SourceResult> {
  const contents: Uint8Array[] = [];
  let left: number = limits.moduleBytes;
  const answers = await Promise.all(
    job.paths.map((path) => downloadPolitely(base + path, limits.fileBytes, asker)),
  );
  for (const [i, answer] of answers.entries()) {
    if (!answer.ok)
      return { state: 'unreachable', reason: `${job.paths[i]}: ${answer.reason}`, again: answer.again };
    left -= answer.bytes.length;
    contents.push(answer.bytes);
  }
  if (left < 0)
    return { state: 'unreachable', reason: `more than ${limits.moduleBytes} bytes in all`, again: false };
  return compare(job, contents, asker.store);
}

function compare(job: SourceJob, contents: readonly Uint8Array[], store: SourceStore): SourceResult {
  const files: FoundFile[] = job.paths.map((path, i) => {
    const bytes = contents[i]!;
    return { path, size: bytes.length, sha256: sha256(bytes) };
  });
  const stated = job.files;
  const wrong = stated && files.find((file) => stated.get(file.path)?.sha256 !== file.sha256);
  if (wrong !== undefined)
    return {
      state: 'mismatch',
      found: contentDigest(files, sha256),
      reason: `${wrong.path} has another hash`,
    };
  const found = legacyContentHash(files, job.shape, sha256);
  if (stated === undefined && found !== job.contentHash)
    return { state: 'mismatch', found, reason: 'the content has another hash' };
  for (const bytes of contents) store.keepBytes(bytes);
  return { state: 'match', files };
}

async function downloadPolitely(url: string, maxBytes: number, asker: Asker): Promise<Download> {
  const { fetch, signal } = asker;
  for (let attempt = 1; ; attempt++) {
    const answer = await throughGate(url, asker, () => download(url, { fetch, maxBytes, signal }));
    if (answer.ok || !answer.again || attempt === limits.sourceAttempts) return answer;
    await sleep(answer.waitMs ?? asker.backoffMs * 2 ** (attempt - 1), undefined, { signal });
  }
}

async function throughGate<T>(url: string, { gates }: Asker, run: () => Promise<T>): Promise<T> {
  const host = new URL(url).host;
  const gate = gates.get(host) ?? { running: 0, waiting: [] };
  gates.set(host, gate);
  if (gate.running >= limits.sourceRequestsPerHost)
    await new Promise<void>((resolve) => gate.waiting.push(resolve));
  else gate.running++;
  try {
    return await run();
  } finally {
    const next = gate.waiting.shift();
    if (next === undefined) gate.running--;
    else next();
  }
}
