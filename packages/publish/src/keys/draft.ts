/**
 * Keysets on their way: signed by some, or by all, and not yet in the registry. Two runs, and two people, must end with the same
 * bytes.
 */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type Author,
  encodeStatement,
  type Keyset,
  layout,
  limits,
  parseKeyset,
  printable,
  RegistryError,
  type SignedText,
  userLayout,
} from '@mlld/format';
import { splitSignatures } from '@mlld/trust';

export interface KeysetPlace {
  readonly home: string;
  readonly registry: string;
  readonly author: Author;
  readonly n: number;
}

/** Where this home keeps what it has made until the registry has it. */
export function keptFile({ home, registry, author, n }: KeysetPlace): string {
  return path.join(home, userLayout.home, 'keysets', registry, author, `${n}.json`);
}

/** Statement and signatures in two files; undefined where there is no statement. @throws RegistryError TOO_LARGE, BAD_SIGNATURE */
export async function readDraft(file: string): Promise<SignedText | undefined> {
  const statement = await readBounded(file, limits.statementBytes);
  if (statement === undefined) return undefined;
  const beside = layout.signature(file);
  const armours = await readBounded(beside, limits.signatureBytes * limits.signaturesPerStatement);
  return { statement, signatures: armours === undefined ? [] : splitSignatures(armours, beside) };
}

/** Writes both files whole. @throws RegistryError IO */
export async function writeDraft(file: string, { statement, signatures }: SignedText): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await replace(file, statement);
    if (signatures.length > 0) await replace(layout.signature(file), signatures.join(''));
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('IO', `'${printable(file)}' can't be written: ${said}`, { cause });
  }
}

/**
 * The statement to sign: one that an earlier run began and that says what is wanted now, whenever it was dated, else a new
 * one. With it the signatures of every text that has the same bytes.
 */
export function continueOrStart(wanted: Keyset, begun: readonly (SignedText | undefined)[]): SignedText {
  const fitting = begun.filter((one) => one !== undefined).filter((one) => saysTheSame(one, wanted));
  const statement = fitting[0]?.statement ?? encodeStatement(wanted);
  parseKeyset(statement);
  const signatures = fitting.filter((one) => one.statement === statement).flatMap((one) => one.signatures);
  return { statement, signatures: [...new Set(signatures)] };
}

/** Milliseconds that the clocks of two holders may differ. */
const SKEW = 60_000;

function saysTheSame({ statement }: SignedText, wanted: Keyset): boolean {
  try {
    const { createdAt } = parseKeyset(statement);
    const inTime = Date.parse(createdAt) <= Date.parse(wanted.createdAt) + SKEW;
    return inTime && encodeStatement({ ...wanted, createdAt }) === statement;
  } catch {
    return false;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.part`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

async function readBounded(file: string, maxBytes: number): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > maxBytes) {
    const wanted = `wanted at most ${maxBytes} bytes, found ${found.size}`;
    throw new RegistryError('TOO_LARGE', `${printable(file)}: ${wanted}`);
  }
  return readFile(file, 'utf8');
}
