import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCodes, isRegistryError, printable, RegistryError } from '../src/index.ts';
import { anyUnicode } from './arbitraries.ts';
import { table } from './table.ts';

describe('codes', () => {
  it.each(table('errors.txt', 3))('%s ends with %s and answers %s', (code, exit, http) => {
    expect(errorCodes[code as keyof typeof errorCodes]).toEqual({ exit: Number(exit), http: Number(http) });
  });

  it('tell an error apart, with its exit status and HTTP status', () => {
    const error = new RegistryError('MODULE_NOT_FOUND', 'no such module', { cause: new Error('x') });
    expect([error.exit, error.status]).toEqual([3, 404]);
    expect(isRegistryError(error)).toBe(true);
    expect(isRegistryError(error, 'VERSION_NOT_FOUND')).toBe(false);
    expect(isRegistryError(new Error('x'))).toBe(false);
  });
});

describe('text from outside', () => {
  it('never reaches a terminal with a control character, whatever it is', () => {
    fc.assert(
      fc.property(anyUnicode(), (text) => {
        expect(printable(text)).not.toMatch(
          /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/,
        );
        expect(printable(text, 10).length).toBeLessThanOrEqual(61);
      }),
    );
    expect(printable('\u001b]52;c;eA==\u0007')).toBe('\\u001b]52;c;eA==\\u0007');
    expect(printable('größe 😀')).toBe('größe 😀');
  });
});
