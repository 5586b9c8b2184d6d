/** Asks witnesses for cosignatures of a checkpoint (docs/spec/log.md §11; C2SP tlog-witness v1). */
import { limits, type Policy, printable, readBounded } from '@mlld/format';
import {
  type Checkpoint,
  cosignedAt,
  formatAddCheckpoint,
  type HashReader,
  type NoteSignature,
  parseNote,
  parseVerifierKey,
  proveConsistency,
  signaturesOf,
} from '@mlld/trust/log';
import type { Fetch } from '../sources/download.ts';

export interface AskWitnessesOptions {
  /** Submission prefixes. */
  readonly witnesses: readonly string[];
  readonly note: string;
  readonly tree: Checkpoint;
  readonly hashes: HashReader;
  readonly policy: Policy;
  /** Size of the tree that they have probably cosigned last. */
  readonly old: number;
  readonly fetch?: Fetch | undefined;
}

export interface WitnessAnswer {
  readonly url: string;
  /** Name of the witness, if it cosigned. */
  readonly cosigned?: string;
  /** Why not. */
  readonly problem?: string;
}

/** Never throws for a witness that is away or refuses: others may be enough. */
export async function askWitnesses(
  options: AskWitnessesOptions,
): Promise<{ readonly signatures: readonly NoteSignature[]; readonly answers: readonly WitnessAnswer[] }> {
  const asked = await Promise.all(options.witnesses.map((url) => askOne(url, options)));
  return {
    signatures: asked.flatMap(({ signatures }) => signatures),
    answers: asked.map(({ answer }) => answer),
  };
}

interface Asked {
  readonly signatures: readonly NoteSignature[];
  readonly answer: WitnessAnswer;
}

async function askOne(url: string, options: AskWitnessesOptions): Promise<Asked> {
  const refused = (problem: string): Asked => ({
    signatures: [],
    answer: { url, problem: printable(problem, 200) },
  });
  let { old } = options;
  try {
    for (let attempt = 0; attempt < limits.witnessAttempts; attempt++) {
      const { status, body } = await post(url, old, options);
      if (status === 200) return accept(url, body, options);
      if (status !== 409) return refused(`status ${status}: ${body.trim()}`);
      // Another writer was faster, or this builder is new to the witness: it says what it has seen.
      const size = /^(0|[1-9]\d{0,15})\n?$/.exec(body)?.[1];
      if (size === undefined) return refused('status 409 without a size');
      if (Number(size) > options.tree.size)
        return refused(`it has cosigned ${size} entries, and this tree has ${options.tree.size}`);
      old = Number(size);
    }
    return refused('others write at the same moment');
  } catch (error) {
    return refused(
      error instanceof Error
        ? `${error.message} ${(error.cause as Error | undefined)?.message ?? ''}`
        : String(error),
    );
  }
}

async function post(
  url: string,
  old: number,
  { note, tree, hashes, fetch: ask = (to, init) => fetch(to, init) }: AskWitnessesOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  const proof = old === 0 || old === tree.size ? [] : proveConsistency(old, tree.size, hashes);
  const response = await ask(`${url.replace(/\/?$/, '/')}add-checkpoint`, {
    method: 'POST',
    body: formatAddCheckpoint({ old, proof, checkpoint: note }),
    redirect: 'error',
    signal: AbortSignal.timeout(limits.witnessMs),
  });
  const body = await readBounded(response.body, limits.noteBytes);
  if (body === undefined) throw new Error('the answer is too large');
  return { status: response.status, body: new TextDecoder().decode(body) };
}

/** Only what verifies by a witness of the policy counts. */
function accept(url: string, body: string, { note, policy }: AskWitnessesOptions): Asked {
  const { text } = parseNote(note);
  const answered = parseNote(`${text}\n${body}`);
  const keys = policy.witnesses.map((vkey) => parseVerifierKey(vkey));
  for (const key of keys) {
    const good = signaturesOf(answered, key).filter((one) => cosignedAt(text, one, key) !== undefined);
    if (good[0] !== undefined) return { signatures: [good[0]], answer: { url, cosigned: key.name } };
  }
  const names = answered.signatures.map(({ name, id }) => `${name}+${id}`).join(', ');
  return {
    signatures: [],
    answer: { url, problem: `cosigned by ${printable(names, 100)}, which the policy does not name` },
  };
}
