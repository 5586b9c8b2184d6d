import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import { authorTxt, dnsNames, moduleName, namesAuthor, parseAuthor, parseTxt } from '../src/index.ts';

const hash = 'ab'.repeat(32);

describe('TXT records', () => {
  it('are read with spaces, in any order of fields, with url last', () => {
    expect(parseTxt(`v=mlld1; sha256=${hash}; ver=1.2.0; note=x; url=https://example.org/a;b=c`)).toEqual({
      kind: 'module',
      version: '1.2.0',
      sha256: hash,
      url: 'https://example.org/a;b=c',
    });
  });

  it.each([
    'v=spf1 -all',
    '',
    'v=mlld10;url=https://example.org/',
    'mlld',
    'v=MLLD1;url=https://example.org/',
  ])('%j is not ours', (text) => {
    expect(parseTxt(text)).toBeUndefined();
  });

  it.each([
    'v=mlld1',
    'v=mlld1;ver=1.2.0',
    'v=mlld1;url=',
    'v=mlld1;url=javascript:alert(1)',
    'v=mlld1;url=file:///etc/passwd',
    'v=mlld1;url=https://alice:x@example.org/',
    'v=mlld1;url=https://example.org/a b',
    'v=mlld1;url=https://exämple.org/',
    'v=mlld1;ver=1.2;url=https://example.org/',
    `v=mlld1;sha256=${hash.toUpperCase()};url=https://example.org/`,
    `v=mlld1;sha256=${hash.slice(1)};url=https://example.org/`,
    'v=mlld1;ver=1.2.0;ver=1.3.0;url=https://example.org/',
    'v=mlld1;junk;url=https://example.org/',
    `v=mlld1;url=https://example.org/${'x'.repeat(4096)}`,
    'v=mlldr1;ver=1.2.0',
  ])('%s is BAD_DNS_RECORD', (text) => {
    expect(codeOf(() => parseTxt(text))).toBe('BAD_DNS_RECORD');
  });

  it('stand at names of one label each, so that an author can have a zone', () => {
    const zone = 'modules.example.org';
    expect(dnsNames.module(moduleName('alice', 'strings'), zone)).toBe('strings.alice.modules.example.org');
    expect(dnsNames.registry(zone)).toBe('_registry.modules.example.org');
  });

  it('of 2025 stood at names that two modules could share', () => {
    const [one, two] = [moduleName('a-b', 'c'), moduleName('a', 'b-c')];
    expect(dnsNames.old(one, 'x.y')).toBe(dnsNames.old(two, 'x.y'));
    expect(dnsNames.module(one, 'x.y')).not.toBe(dnsNames.module(two, 'x.y'));
  });
});

describe('the record of an author', () => {
  const alice = parseAuthor('alice');

  it('names exactly that author', () => {
    expect(namesAuthor(authorTxt(alice), alice)).toBe(true);
    expect(namesAuthor('v=mlldk1; author=alice; note=x', alice)).toBe(true);
    expect(dnsNames.author('example.org')).toBe('_mlld.example.org');
    expect(parseTxt(authorTxt(alice))).toBeUndefined();
  });

  it.each([
    'author=alice',
    'author=alice;v=mlldk1',
    'v=mlldk1',
    'v=mlldk10;author=alice',
    'v=mlldk1;author=Alice',
    'v=mlldk1;author=alice2',
    'v=mlldk1;author=bob',
    'v=mlldk1;author=bob;author=alice',
    `v=mlldk1;author=alice;note=${'x'.repeat(4096)}`,
  ])('%j does not', (text) => {
    expect(namesAuthor(text, alice)).toBe(false);
  });
});
