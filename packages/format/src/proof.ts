/**
 * A proof bundle, `proof/<sha256 of the statement>` (docs/spec/proof.md): all that is needed to verify one release with no
 * network. The statement is held as text, byte for byte as it was signed.
 */
import * as d from './decode.ts';
import { RegistryError } from './errors.ts';
import { assertSize, parseJson } from './json.ts';
import { limits } from './limits.ts';

export interface SignedText {
  readonly statement: string;
  /** SSHSIG armour, one each. */
  readonly signatures: readonly string[];
}

/** A statement, and where in the log it is, where that matters: of a recovery, and of what came after it. */
export interface LoggedText extends SignedText {
  readonly log?: LogInclusion;
}

export interface ProofBundle extends SignedText {
  readonly v: 1;
  /** The author's chain of keysets, from 1 to the one that signed. */
  readonly keysets: readonly LoggedText[];
  /** That the statement is in the registry's log; absent where the registry has none. */
  readonly log?: LogInclusion;
}

export interface LogInclusion {
  /** The statement's place in the log, from 0. */
  readonly index: number;
  /** A C2SP tlog-proof with its checkpoint, as text (docs/spec/log.md §7). */
  readonly proof: string;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseProof(bytes: Uint8Array | string, where = 'proof'): ProofBundle {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.proofBytes }), $);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads proofs of schema 1`, {
      hint: 'Update mlld.',
    });
  return d.compact({
    v: 1 as const,
    ...signedTextDecoder(value, $),
    keysets: d.array(loggedText, limits.keysetChain)(value.keysets, `${$}.keysets`),
    log: d.optional(logInclusion)(value.log, `${$}.log`),
  });
}

export function encodeProof(proof: ProofBundle): string {
  const { v, statement, signatures, keysets, log } = proof;
  const inclusion = log && { index: log.index, proof: log.proof };
  return `${JSON.stringify({ v, statement, signatures, keysets, log: inclusion }, null, 1)}\n`;
}

const logInclusion: d.Decoder<LogInclusion> = (value, path) => {
  const found = d.object(value, path);
  const proof = d.string(found.proof, `${path}.proof`);
  assertSize(proof, `${path}.proof`, limits.noteBytes);
  return { index: d.integer(0)(found.index, `${path}.index`), proof };
};

const loggedText: d.Decoder<LoggedText> = (value, path) =>
  d.compact({
    ...signedTextDecoder(value, path),
    log: d.optional(logInclusion)(d.object(value, path).log, `${path}.log`),
  });

/** A statement with its signatures, as files hold both together. */
export const signedTextDecoder: d.Decoder<SignedText> = (value, path) => {
  const found = d.object(value, path);
  const short =
    (max: number): d.Decoder<string> =>
    (one, at) => {
      const text = d.string(one, at);
      assertSize(text, at, max);
      return text;
    };
  return {
    statement: short(limits.statementBytes)(found.statement, `${path}.statement`),
    signatures: d.array(short(limits.signatureBytes), limits.signaturesPerStatement)(
      found.signatures,
      `${path}.signatures`,
    ),
  };
};
