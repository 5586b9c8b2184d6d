import { codeOf } from '@mlld/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatNote,
  formatVerifierKey,
  isSignedBy,
  noteSigner,
  parseNote,
  parseVerifierKey,
  signaturesOf,
  signNote,
  verifierKey,
} from '../../src/log/index.ts';
import { turned } from './tree.ts';

// The worked example of C2SP signed-note.
const exampleKey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const exampleNote =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
const signer = noteSigner('example.org/log', 'ed25519', Buffer.alloc(32, 7));

describe('the example of the specification', () => {
  const key = parseVerifierKey(exampleKey);
  const note = parseNote(exampleNote);

  it('verifies', () => {
    const [signature] = signaturesOf(note, key);
    expect(isSignedBy(note.text, signature!, key)).toBe(true);
    expect(note.text).toBe('This is an example message.\n');
  });

  it('is written as it was read', () => {
    expect(formatNote(note)).toBe(exampleNote);
    expect(formatVerifierKey(key)).toBe(exampleKey);
  });

  it('does not verify with a bit of any octet of text or signature turned', () => {
    const [signature] = signaturesOf(note, key);
    for (let bit = 3; bit < 512; bit += 8)
      expect(isSignedBy(note.text, { ...signature!, octets: turned(signature!.octets, bit) }, key)).toBe(
        false,
      );
    for (let at = 0; at < note.text.length; at++) {
      const text = `${note.text.slice(0, at)}#${note.text.slice(at + 1)}`;
      expect(isSignedBy(text, signature!, key)).toBe(false);
    }
  });
});

describe('verifier keys', () => {
  it('are read as they were written', () => {
    const name = fc.stringMatching(/^[a-z0-9./-]{1,20}$/);
    const type = fc.constantFrom('ed25519' as const, 'cosignature/v1' as const);
    fc.assert(
      fc.property(name, type, fc.uint8Array({ minLength: 32, maxLength: 32 }), (label, kind, seed) => {
        const { key } = noteSigner(label, kind, seed);
        expect(parseVerifierKey(formatVerifierKey(key))).toEqual(key);
      }),
    );
  });

  it('of two types are two keys', () => {
    const seed = Buffer.alloc(32, 1);
    expect(noteSigner('w', 'ed25519', seed).key.id).not.toBe(noteSigner('w', 'cosignature/v1', seed).key.id);
  });

  it.each([
    ['another id', exampleKey.replace('530d903a', '530d903b'), 'BAD_KEY'],
    ['an id in capitals', exampleKey.replace('530d903a', '530D903A'), 'BAD_KEY'],
    ['another name', exampleKey.replace('/foo', '/bar'), 'BAD_KEY'],
    ['no name', exampleKey.slice(exampleKey.indexOf('+')), 'BAD_KEY'],
    ['a space in its name', `a b${exampleKey.slice(exampleKey.indexOf('+'))}`, 'BAD_KEY'],
    ['an unknown type', `x+00000000+${Buffer.alloc(33, 2).toString('base64')}`, 'BAD_KEY'],
    ['a short key', `x+00000000+${Buffer.alloc(32, 1).toString('base64')}`, 'BAD_KEY'],
    ['loose base64', exampleKey.replace(/.$/, '='), 'BAD_KEY'],
    ['nothing', '', 'BAD_KEY'],
  ])('with %s are refused', (_name, text, wanted) => {
    expect(codeOf(() => parseVerifierKey(text))).toBe(wanted);
  });

  it('of low order are refused', () => {
    expect(codeOf(() => verifierKey('x', 'ed25519', Buffer.alloc(32)))).toBe('WEAK_KEY');
    for (const length of [0, 31, 33])
      expect(codeOf(() => verifierKey('x', 'ed25519', Buffer.alloc(length)))).toBe('BAD_KEY');
  });
});

describe('notes', () => {
  it('are split at their last empty line', () => {
    const text = 'one\n\ntwo\n';
    const note = parseNote(formatNote({ text, signatures: [signNote(text, signer)] }));
    expect(note.text).toBe(text);
    expect(isSignedBy(text, note.signatures[0]!, signer.key)).toBe(true);
  });

  it('may carry signatures of unknown keys and lengths', () => {
    const unknown = { name: 'somebody', id: '01020304', octets: Buffer.alloc(2428, 1) };
    const known = signNote('text\n', signer);
    const note = parseNote(formatNote({ text: 'text\n', signatures: [unknown, known] }));
    expect(note.signatures).toHaveLength(2);
    expect(signaturesOf(note, signer.key)).toEqual([known]);
  });

  const good = formatNote({ text: 'text\n', signatures: [signNote('text\n', signer)] });
  const line = good.slice(good.indexOf('—'));
  it.each([
    ['no signature', 'text\n\n'],
    ['no empty line', `text\n${line}`],
    ['no newline at the end', good.slice(0, -1)],
    ['a text without newline', `text${line}`],
    ['a control character', good.replace('text', 'te\u0001xt')],
    ['a carriage return', good.replaceAll('\n', '\r\n')],
    ['a tab', good.replace('text', '\ttext')],
    ['half of a surrogate pair', good.replace('text', '\ud800')],
    ['a hyphen for the dash', good.replace('—', '-')],
    ['two spaces', good.replace('— ', '—  ')],
    ['a plus in a name', good.replace('org/', 'org+')],
    ['a next-line space in a name', good.replace('org/', 'org\u0085')],
    ['no key id', 'text\n\n— x AAAA\n'],
    ['loose base64', good.replace(/=*\n$/, '\n')],
    ['a line after the signatures', `${good}more\n`],
    ['too many signatures', `text\n\n${line.repeat(101)}`],
  ])('with %s are BAD_NOTE', (_name, text) => {
    expect(codeOf(() => parseNote(text))).toBe('BAD_NOTE');
  });

  it('have at least sixteen signatures to spare', () => {
    expect(codeOf(() => parseNote(`text\n\n${line.repeat(16)}`))).toBe('ok');
    expect(codeOf(() => parseNote(`${'x'.repeat(300_000)}\n\n${line}`))).toBe('TOO_LARGE');
  });

  it('of any text fail only with codes', () => {
    const words = fc.constantFrom('— ', 'x ', 'AAAAAAAA', '\n', '\n\n', '=', '+', 'text', ' ');
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (parts) => {
        expect(codeOf(() => parseNote(parts.join('')))).toMatch(/^(?:ok|BAD_NOTE)$/);
      }),
    );
  });
});
