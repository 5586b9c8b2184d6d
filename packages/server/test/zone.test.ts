import { isRegistryError } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookUp } from '../src/dns/zone.ts';
import { parseZone } from '../src/index.ts';
import { builtZone, origin, texts, zoneText } from './zone-fixture.ts';

function codeOf(text: string): string {
  try {
    parseZone(text);
    return 'none';
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return error.code;
  }
}

const soa = '@ SOA ns host 1 2 3 4 5\n';
const head = `$ORIGIN example.org.\n$TTL 60\n${soa}`;

describe('reading', () => {
  test('a zone of a registry', () => {
    const zone = parseZone(zoneText);
    expect(zone.origin).toBe(origin);
    expect(zone.soa).toMatchObject({ mname: `ns1.${origin}`, serial: 2026010201, minimum: 60, ttl: 300 });
    for (const [name, records] of texts) {
      const found = zone.names.get(name)?.get('TXT') ?? [];
      expect(found.map((one) => 'strings' in one && Buffer.concat(one.strings).toString())).toEqual(records);
    }
  });

  test('a zone that the builder wrote', () => {
    const zone = parseZone(builtZone());
    expect(zone.soa.rname).toBe('alice\\.example.example.org');
    for (const [name, records] of texts) {
      const found = zone.names.get(name)?.get('TXT') ?? [];
      const read = found.map((one) => 'strings' in one && Buffer.concat(one.strings).toString());
      expect(read.sort()).toEqual([...records].sort());
    }
  });

  test.each([
    ['relative and absolute owners', 'a TXT x\na.example.org. TXT y', ['x', 'y']],
    ['TTL and class in either order', 'a 60 IN TXT x\na IN 60 TXT y', ['x', 'y']],
    ['left-out owner', 'a TXT x\n  TXT y', ['x', 'y']],
    ['upper case', 'A txt x\nA.EXAMPLE.ORG. in TXT y', ['x', 'y']],
    ['quotes, escapes and comments', 'a TXT "say \\"hi\\"; \\\\ \\065" ; said\n', ['say "hi"; \\ A']],
    ['strings of one record', 'a TXT one "two" three', ['onetwothree']],
    ['a record over more than one line', 'a TXT ( one ; first\n  two )', ['onetwo']],
    ['an empty string', 'a TXT ""', ['']],
    ['lines that end in CR LF', 'a TXT x\r\na TXT y\r\n', ['x', 'y']],
    ['a changed origin', '$ORIGIN sub.example.org.\n@ TXT x\n$ORIGIN example.org.\na TXT y', ['y']],
  ])('%s', (_case, lines, wanted) => {
    const found = parseZone(`${head}${lines}`).names.get('a.example.org')?.get('TXT') ?? [];
    expect(found.map((one) => 'strings' in one && Buffer.concat(one.strings).toString('latin1'))).toEqual(
      wanted,
    );
  });

  test.each([
    ['no SOA', '$ORIGIN example.org.\n$TTL 60\na TXT x\n'],
    ['two SOA', `${head}${soa}`],
    ['an SOA with too few values', '$ORIGIN example.org.\n$TTL 60\n@ SOA ns host 1 2 3 4\n'],
    ['a serial that is too large', '$ORIGIN example.org.\n$TTL 60\n@ SOA ns host 4294967296 2 3 4 5\n'],
    ['a record outside of the zone', `${head}a.example.net. TXT x\n`],
    ['no TTL', `$ORIGIN example.org.\n${soa}`],
    ['two TTLs in one set', `${head}a 60 TXT x\na 61 TXT y\n`],
    ['a TTL with a unit', `${head}a 1h TXT x\n`],
    ['an owner before any', ` TXT x\n`],
    ['a relative name before $ORIGIN', `a 60 TXT x\n`],
    ['$INCLUDE', `${head}$INCLUDE /etc/passwd\n`],
    ['a type that is not served', `${head}a CNAME b\n`],
    ['another class', `${head}a CH TXT x\n`],
    ['a wildcard', `${head}* TXT x\n`],
    ['an escape in a name', `${head}a\\046b TXT x\n`],
    ['a label that is too long', `${head}${'a'.repeat(64)} TXT x\n`],
    ['a name that is too long', `${head}${'a.'.repeat(125)}b TXT x\n`],
    ['an empty label', `${head}a..b TXT x\n`],
    ['no address', `${head}a A 192.0.2.256\n`],
    ['an address with a zone', `${head}a AAAA fe80::1%eth0\n`],
    ['a TXT without a string', `${head}a TXT\n`],
    ['a string that is too long', `${head}a TXT "${'x'.repeat(256)}"\n`],
    ['a record that is too long', `${head}a TXT ${'"'.concat('x'.repeat(250), '" ').repeat(17)}\n`],
    ['a quote that does not end', `${head}a TXT "x\n`],
    ['text right after a quote', `${head}a TXT "x"y\n`],
    ['a parenthesis that does not end', `${head}a TXT ( x\n`],
    ['a parenthesis too many', `${head}a TXT x )\n`],
    ['an escape of nothing', `${head}a TXT x\\`],
    ['an octet over 255', `${head}a TXT \\256\n`],
    ['one value too many', `${head}a A 192.0.2.1 192.0.2.2\n`],
  ])('refuses %s', (_case, text) => {
    expect(codeOf(text)).toBe('BAD_ZONE');
  });

  test('a mail address with dots', () => {
    const zone = parseZone(head.replace('host', 'a\\.b.example.net.'));
    expect(zone.soa.rname).toBe('a\\.b.example.net');
  });

  test('an error names the line', () => {
    expect(() => parseZone(`${head}\n\na A x\n`, 'zone')).toThrow(/^zone, line 6: /);
  });

  test('any text is a zone or BAD_ZONE', () => {
    const piece = fc.constantFrom(
      ...[
        '@',
        'a',
        '"',
        '\\',
        '(',
        ')',
        ';',
        '\n',
        ' ',
        '\t',
        '\f',
        '\u00a0',
        '$TTL',
        '$ORIGIN',
        'example.org.',
      ],
      ...['SOA', 'TXT', 'IN', 'A', 'NS', '60', '1 2 3 4 5', '192.0.2.1', '"x"'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(['none', 'BAD_ZONE']).toContain(codeOf(`${head}${pieces.join(' ')}`));
      }),
      { numRuns: 500 },
    );
  });

  test('octets of a TXT record survive', () => {
    const strings = fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(strings, (octets) => {
        const shown = octets.map(
          (one) => `"${[...one].map((o) => `\\${String(o).padStart(3, '0')}`).join('')}"`,
        );
        const [record] =
          parseZone(`${head}a TXT ${shown.join(' ')}\n`)
            .names.get('a.example.org')
            ?.get('TXT') ?? [];
        expect(record?.type === 'TXT' && record.strings.map((one) => [...one])).toEqual(
          octets.map((one) => [...one]),
        );
      }),
    );
  });
});

describe('looking up', () => {
  const zone = parseZone(zoneText);
  test.each([
    [`strings.alice.${origin}`, 'TXT', 'answer'],
    [`strings.alice.${origin}`, 'A', 'nodata'],
    [`alice.${origin}`, 'TXT', 'nodata'],
    [`absent.alice.${origin}`, 'TXT', 'nxdomain'],
    [`x.strings.alice.${origin}`, 'TXT', 'nxdomain'],
    [origin, 'SOA', 'answer'],
    [origin, 'TXT', 'nodata'],
    [`bob.${origin}`, 'NS', 'referral'],
    [`any.thing.bob.${origin}`, 'TXT', 'referral'],
    ['example.org', 'SOA', 'outside'],
    [`x${origin}`, 'TXT', 'outside'],
    ['', 'NS', 'outside'],
  ] as const)('%s %s: %s', (name, type, kind) => {
    expect(lookUp(zone, name, type).kind).toBe(kind);
  });

  test('a referral brings the addresses of its servers', () => {
    expect(lookUp(zone, `x.bob.${origin}`, 'TXT')).toMatchObject({
      ns: [{ target: `ns.bob.${origin}` }],
      glue: [{ address: '192.0.2.53' }],
    });
  });
});
