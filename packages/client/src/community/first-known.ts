/** Since when a module is known to be public: by witnesses of the log, or by this client's own eyes (docs/spec/score.md §6). */
import { type ModuleIndex, parseProof } from '@mlld/format';
import { parseLogProof, publicSince, verifyLogProof } from '@mlld/trust/log';
import type { Session } from '../session.ts';
import type { Logged } from '../verify/log-check.ts';

/**
 * The time by which witnesses had seen the first signed release in the log; else the last time that this client saw the log without
 * it, if that is later than what its signer says. Undefined where only its signer tells.
 */
export async function firstKnown(
  session: Session,
  { header, versions }: ModuleIndex,
  logged: Logged | undefined,
): Promise<string | undefined> {
  const first = [...versions]
    .filter(({ statement, publishedAt }) => statement !== undefined && publishedAt !== undefined)
    .sort((a, b) => Date.parse(a.publishedAt ?? '') - Date.parse(b.publishedAt ?? ''))[0];
  if (logged === undefined || first?.statement === undefined) return undefined;
  const registry = session.registryOf(header.name);
  const kept = session.cache.proof(await registry.identity(), first.statement);
  const where = `proof of ${header.name}@${first.version}`;
  const { log, statement } = parseProof(kept ?? (await registry.proof(first.statement)), where);
  if (log === undefined) return undefined;
  const shown = parseLogProof(log.proof, where);
  const accepted = verifyLogProof(shown, { entry: Buffer.from(statement), policy: logged.counts, where });
  const { policy, sightings } = logged;
  const known = publicSince({ index: shown.index, accepted, quorum: policy.quorum, sightings: [] });
  if (known?.by === 'witnesses') return new Date(known.at).toISOString();
  // Whatever it says: this client has seen the log without it.
  const without = sightings.findLast(({ size }) => size <= shown.index)?.at ?? 0;
  return without > Date.parse(first.publishedAt ?? '') ? new Date(without).toISOString() : undefined;
}
