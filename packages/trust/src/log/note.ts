/**
 * Signed notes (docs/spec/log.md §5; C2SP signed-note v1): a text, an empty line, and a line for each signature. Keys are
 * Ed25519, as verifier keys `<name>+<id in hex>+<base64 of type and key>`.
 */
import { createPrivateKey, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import { assertSize, limits, printable, RegistryError } from '@mlld/format';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { ed25519Key, ed25519Weakness } from '../ed25519.ts';

/** What a signature is made over: the note's text itself, or what a cosigner says of it. */
export type NoteKeyType = 'ed25519' | 'cosignature/v1';

const typeOctets: Readonly<Record<NoteKeyType, number>> = { ed25519: 0x01, 'cosignature/v1': 0x04 };

export interface VerifierKey {
  readonly name: string;
  /** 8 hex digits. With the name, it tells the key apart in a note. */
  readonly id: string;
  readonly type: NoteKeyType;
  /** 32 octets. */
  readonly raw: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  readonly id: string;
  readonly octets: Uint8Array;
}

export interface Note {
  /** Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Parses a verifier key. @throws RegistryError BAD_KEY, WEAK_KEY (log.md §5.2) */
export function parseVerifierKey(text: string): VerifierKey {
  const [name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text)?.slice(1) ?? [];
  const octets = base64 === undefined ? undefined : decodeBase64(base64);
  if (name === undefined || id === undefined || octets === undefined || !isKeyName(name))
    throw badKey(text, 'wanted <name>+<8 hex digits>+<base64>');
  const type = typeOf(octets[0]);
  if (type === undefined || octets.length !== 33)
    throw badKey(text, 'wanted an Ed25519 key (type 0x01) or a cosigner key (type 0x04)');
  const key = verifierKey(name, type, octets.subarray(1));
  if (key.id !== id) throw badKey(text, `its id is ${key.id}`);
  return key;
}

/** The verifier key of a raw Ed25519 key. @throws RegistryError BAD_KEY, WEAK_KEY */
export function verifierKey(name: string, type: NoteKeyType, raw: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw badKey(name, 'a name has no spaces and no plus, and is not empty');
  if (raw.length !== 32) throw badKey(name, `an Ed25519 key has 32 octets, not ${raw.length}`);
  const weakness = ed25519Weakness(raw);
  if (weakness !== undefined)
    throw new RegistryError('WEAK_KEY', `verifier key of ${printable(name, 80)}: ${weakness} is refused`);
  const octets = Buffer.concat([Buffer.from(`${name}\n`), Uint8Array.of(typeOctets[type]), raw]);
  return { name, id: hash('sha256', octets).slice(0, 8), type, raw };
}

export function formatVerifierKey({ name, id, type, raw }: VerifierKey): string {
  return `${name}+${id}+${encodeBase64(Buffer.concat([Uint8Array.of(typeOctets[type]), raw]))}`;
}

/** A private key for notes. Its seed is as secret as what it signs is worth. */
export interface NoteSigner {
  readonly key: VerifierKey;
  /** The raw Ed25519 signature of these octets. */
  sign(octets: Uint8Array): Uint8Array;
}

/** A signer from 32 octets of seed. @throws RegistryError BAD_KEY */
export function noteSigner(name: string, type: NoteKeyType, seed: Uint8Array): NoteSigner {
  if (seed.length !== 32) throw badKey(name, `a seed has 32 octets, not ${seed.length}`);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const secret: KeyObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { key: verifierKey(name, type, raw), sign: (octets) => sign(null, octets, secret) };
}

/** Reads a note; nothing in it is to be believed yet. @throws RegistryError BAD_NOTE, TOO_LARGE (log.md §5.1) */
export function parseNote(source: string, where = 'signed note'): Note {
  assertSize(source, where, limits.noteBytes);
  if (/[\u0000-\u0009\u000b-\u001f]/.test(source) || !source.isWellFormed())
    throw badNote(where, 'a control character, or half of a surrogate pair');
  const at = source.lastIndexOf('\n\n');
  const lines = source.slice(at + 2).split('\n');
  if (at < 0 || lines.pop() !== '' || lines.length === 0)
    throw badNote(where, 'wanted a text, an empty line, then signatures, each with a newline');
  if (lines.length > limits.noteSignatures)
    throw badNote(where, `wanted at most ${limits.noteSignatures} signatures, found ${lines.length}`);
  return { text: source.slice(0, at + 1), signatures: lines.map((line) => parseSignatureLine(line, where)) };
}

export function formatNote({ text, signatures }: Note): string {
  const lines = signatures.map(
    ({ name, id, octets }) => `— ${name} ${encodeBase64(Buffer.concat([Buffer.from(id, 'hex'), octets]))}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** The signature of a log over a note's text. */
export function signNote(text: string, signer: NoteSigner): NoteSignature {
  const { name, id } = signer.key;
  return { name, id, octets: signer.sign(Buffer.from(text)) };
}

/** Whether a signature of type `ed25519` is by this key, over exactly this text. */
export function isSignedBy(text: string, signature: NoteSignature, key: VerifierKey): boolean {
  return key.type === 'ed25519' && verifyRaw(key, Buffer.from(text), signature.octets);
}

/** The signatures of a note that name this key by name and id (log.md §5.3). */
export function signaturesOf(note: Note, key: VerifierKey): NoteSignature[] {
  return note.signatures.filter(({ name, id }) => name === key.name && id === key.id);
}

export function verifyRaw(key: VerifierKey, data: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, data, ed25519Key(key.raw), signature);
}

function parseSignatureLine(line: string, where: string): NoteSignature {
  const [name, base64] = /^\u2014 (\S+) (\S+)$/.exec(line)?.slice(1) ?? [];
  const octets = base64 === undefined ? undefined : decodeBase64(base64);
  if (name === undefined || !isKeyName(name) || octets === undefined || octets.length < 5)
    throw badNote(where, `'${printable(line, 60)}' is no line of a signature`);
  return { name, id: Buffer.from(octets.subarray(0, 4)).toString('hex'), octets: octets.subarray(4) };
}

/** U+0085 is a space to Unicode and none to JavaScript. */
function isKeyName(name: string): boolean {
  return /^[^\s\u0085+\u0000-\u001f]+$/.test(name) && name.isWellFormed();
}

function typeOf(octet: number | undefined): NoteKeyType | undefined {
  return octet === 0x01 ? 'ed25519' : octet === 0x04 ? 'cosignature/v1' : undefined;
}

function badKey(text: string, problem: string): RegistryError {
  return new RegistryError('BAD_KEY', `verifier key '${printable(text, 80)}': ${problem}`);
}

function badNote(where: string, problem: string): RegistryError {
  return new RegistryError('BAD_NOTE', `${where}: ${problem}`);
}
