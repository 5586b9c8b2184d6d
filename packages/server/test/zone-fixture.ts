/** A zone with records of each kind that is served, written by hand, and one that the builder wrote. */
import { zoneFile } from '@mlld/builder';
import { encodeTxt, type ModuleTxt, type Sha256Hex, txtStrings } from '@mlld/format';

export const origin = 'modules.example.org';

const long: ModuleTxt = {
  kind: 'module',
  version: '1.0.0',
  sha256: 'c0ffee'.repeat(10).concat('beef') as Sha256Hex,
  url: `https://gist.example.org/alice/${'x'.repeat(600)}/long.mld`,
};

/** The same TXT records in a zone file as the builder writes it. */
export function builtZone(): string {
  return zoneFile({
    zone: origin,
    records: [...texts].flatMap(([name, records]) => records.map((text) => `${name} ${text}`)),
    newest: '2026-01-02T03:04:05.000Z',
    nameServers: ['ns1.example.org', 'ns2.example.org'],
    hostmaster: 'alice.example@example.org',
  });
}

/** Texts of TXT records by name. */
export const texts: ReadonlyMap<string, readonly string[]> = new Map([
  [`_registry.${origin}`, ['v=mlldr1;url=https://modules.example.org/']],
  [
    `strings.alice.${origin}`,
    [`v=mlld1;ver=1.2.0;sha256=${'ab'.repeat(32)};url=https://gist.example.org/alice/strings.mld`],
  ],
  [`long.alice.${origin}`, [encodeTxt(long)]],
  [
    `many.alice.${origin}`,
    Array.from(
      { length: 12 },
      (_, i) => `v=mlld1;url=https://mirror-${i}.example.org/${'m'.repeat(150)}.mld`,
    ),
  ],
]);

function quoted(text: string): string {
  return txtStrings(text)
    .map((one) => `"${one}"`)
    .join(' ');
}

export const zoneText = `; A registry's zone.
$ORIGIN ${origin}.
$TTL 300
@ IN SOA ns1 hostmaster.example.org. (
    2026010201 ; serial
    3600       ; refresh
    600 604800 60 )
  IN NS ns1
ns1 3600 IN A 192.0.2.1
    3600 IN AAAA 2001:db8::1
${[...texts].map(([name, records]) => records.map((text) => `${name}. TXT ${quoted(text)}\n`).join('')).join('')}
; An author who answers for himself.
bob NS ns.bob
ns.bob A 192.0.2.53
`;
