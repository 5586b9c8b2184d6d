/**
 * Whether what is new in a log was signed by who says it: releases by their authors, keysets by those before them. Signatures are no
 * part of an entry: they stand beside it in the distribution, and a log that has a statement without them lets nobody check it.
 */
import {
  type Author,
  layout,
  limits,
  type Policy,
  parseJson,
  parseKeyset,
  parseProof,
  parseRelease,
  RegistryError,
  type SignedText,
} from '@mlld/format';
import {
  type RecoveryContext,
  readSignedText,
  recoveryByClaims,
  sha256,
  verifyKeysets,
  verifyRelease,
} from '@mlld/trust';
import type { LogFinding } from './facts.ts';
import { type LogSource, readText } from './source.ts';

export interface NewEntries {
  readonly registry: string;
  readonly policies: readonly Policy[];
  /** Index of the first of them. */
  readonly from: number;
  readonly entries: readonly Uint8Array[];
}

/** Proofs and keysets that are read at the same time. */
const atOnce = 16;

/** @throws RegistryError UNREACHABLE, HTTP_STATUS: no network is no finding */
export async function signatureFindings(
  source: LogSource,
  { registry, policies, from, entries }: NewEntries,
): Promise<LogFinding[]> {
  const recovery = recoveryByClaims(() => policies, Date.now());
  const keysets = keysetReader(source);
  const checkOne = async (entry: Uint8Array): Promise<string | undefined> => {
    const text = Buffer.from(entry).toString('utf8');
    const type = typeOf(text);
    if (type !== 'release' && type !== 'keyset') return undefined;
    try {
      if (type === 'release') await checkRelease(source, text, { registry, recovery });
      else await checkKeyset(keysets, text, { registry, recovery });
      return undefined;
    } catch (error) {
      if (!(error instanceof RegistryError) || unreachable.has(error.code)) throw error;
      return `${error.code}: ${error.message}`;
    }
  };
  const findings: LogFinding[] = [];
  for (let start = 0; start < entries.length; start += atOnce) {
    const told = await Promise.all(entries.slice(start, start + atOnce).map(checkOne));
    for (const [i, message] of told.entries())
      if (message !== undefined) findings.push({ index: from + start + i, rule: 'signature-wrong', message });
  }
  return findings;
}

const unreachable: ReadonlySet<string> = new Set(['UNREACHABLE', 'HTTP_STATUS']);

/** What is malformed is told by `takeEntry`. */
function typeOf(text: string): unknown {
  try {
    return (parseJson(text, { where: 'entry' }) as { readonly type?: unknown }).type;
  } catch {
    return undefined;
  }
}

interface Subject {
  readonly registry: string;
  readonly recovery: RecoveryContext;
}

async function checkRelease(source: LogSource, text: string, { registry, recovery }: Subject): Promise<void> {
  const { name, version } = parseRelease(text);
  const statement = sha256(text);
  const bundle = parseProof(await readText(source, layout.proof(statement), limits.proofBytes));
  verifyRelease(bundle, { registry, name, version, statement, recovery });
}

type KeysetReader = (author: Author, n: number) => Promise<SignedText>;

async function checkKeyset(read: KeysetReader, text: string, { registry, recovery }: Subject): Promise<void> {
  const { author, n } = parseKeyset(text);
  const chain = await Promise.all(Array.from({ length: n }, (_, i) => read(author, i + 1)));
  if (chain.at(-1)?.statement !== text)
    throw new RegistryError('HASH_MISMATCH', `${layout.keyset(author, n)}: the file is not what was logged`);
  verifyKeysets(chain, { registry, author, recovery });
}

function keysetReader(source: LogSource): KeysetReader {
  const known = new Map<string, Promise<SignedText>>();
  return (author, n) => {
    const file = layout.keyset(author, n);
    const reading = known.get(file) ?? readKeyset(source, file);
    known.set(file, reading);
    return reading;
  };
}

async function readKeyset(source: LogSource, file: string): Promise<SignedText> {
  const signed = await readSignedText(file, source.read);
  if (signed !== undefined) return signed;
  throw new RegistryError('FILE_NOT_FOUND', `${file}: it or its signature is not there`);
}
