import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RegistryError } from '@mlld/format';
import packet from 'dns-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { nodeOps, type Ops, type TxtQuestion } from '../src/index.ts';
import { errorOf, project } from './fixture/project.ts';
import { distribution, serve, sha256 } from './fixture/registry.ts';

const text = 'export { @hi }\n';
const zone = 'registry.test';

/** DNS that answers from a table; what is not in it does not exist. */
function dnsOf(table: Readonly<Record<string, readonly (readonly string[])[] | Error>>) {
  const asked: string[] = [];
  const txt: Ops['txt'] = async ({ name }: TxtQuestion) => {
    asked.push(name);
    const found = table[name] ?? [];
    if (found instanceof Error) throw found;
    return [...found];
  };
  return { asked, ops: { ...nodeOps(), txt } as Ops };
}

const gist = () => serve(new Map([['raw/strings.mld', Buffer.from(text)]]));
const failure = new RegistryError('DNS_FAILED', 'TXT: ESERVFAIL');

describe('a registry that is DNS alone (resolve.md §4.4)', () => {
  it('gist → TXT → cache → import, and offline from then on', async () => {
    const source = await gist();
    const { ops } = dnsOf({
      'strings.alice.registry.test': [
        [`v=mlld1;ver=1.2.0;sha256=${sha256(text)};url=${source.base}raw/strings.mld`],
      ],
    });
    const my = project({ ops, zone, dns: 'system' });
    const found = await my.client().resolveImport('@alice/strings@^1.0.0');
    expect(found).toMatchObject({ source: text, evidence: 0, registry: zone });
    const locked = my.lock().modules.get('@alice/strings');
    expect(locked).toMatchObject({ version: '1.2.0', entry: 'strings.mld', sources: [`${source.base}raw/`] });
    await source.close();
    expect(
      (await my.client({ ops: nodeOps(), offline: true }).resolveImport('@alice/strings@^1.0.0')).source,
    ).toBe(text);
  });

  it('joins the strings of one record, and never those of two', async () => {
    const source = await gist();
    const record = `v=mlld1;ver=1.0.0;sha256=${sha256(text)};url=${source.base}raw/strings.mld`;
    const { ops } = dnsOf({
      'strings.alice.registry.test': [
        [record.slice(0, 50), record.slice(50)],
        ['v=spf1 -all'],
        ['v=mlld1;url='],
      ],
    });
    const my = project({ ops, zone, dns: 'system' });
    expect((await my.client().resolveImport('@alice/strings')).source).toBe(text);
    expect(my.warnings.join()).toContain('the record is not used');
  });

  it('takes the form of 2025 where it can mean one module only', async () => {
    const source = await gist();
    const record = [[`v=mlld1;url=${source.base}raw/strings.mld`]];
    const { ops, asked } = dnsOf({
      'alice-strings.registry.test': record,
      'alice-my-strings.registry.test': record,
    });
    const my = project({ ops, zone, dns: 'system' });
    expect((await my.client().resolveImport('@alice/strings')).source).toBe(text);
    expect((await errorOf(() => my.client().resolveImport('@alice/my-strings'))).code).toBe(
      'MODULE_NOT_FOUND',
    );
    expect(asked).not.toContain('alice-my-strings.registry.test');
  });

  it('holds on to what it saw first', async () => {
    const source = await gist();
    const record = [[`v=mlld1;url=${source.base}raw/strings.mld`]];
    const { ops } = dnsOf({ 'strings.alice.registry.test': record });
    const my = project({ ops, zone, dns: 'system' });
    await my.client().resolveImport('@alice/strings');
    source.handler = (_request, response) => {
      response.writeHead(200).end('export { @evil }\n');
      return true;
    };
    const error = await errorOf(() =>
      my.client({ cacheDir: `${my.cacheDir}-fresh` }).resolveImport('@alice/strings'),
    );
    expect(error.code).toBe('HASH_MISMATCH');
  });

  it('refuses what lies, contradicts itself, or is silent', async () => {
    const source = await gist();
    const url = `${source.base}raw/strings.mld`;
    const resolve = async (records: readonly (readonly string[])[] | Error) => {
      const { ops } = dnsOf({ 'strings.alice.registry.test': records });
      return (
        await errorOf(() => project({ ops, zone, dns: 'system' }).client().resolveImport('@alice/strings'))
      ).code;
    };
    expect(await resolve([[`v=mlld1;sha256=${'0'.repeat(64)};url=${url}`]])).toBe('HASH_MISMATCH');
    expect(
      await resolve([
        [`v=mlld1;sha256=${sha256('a')};url=${url}`],
        [`v=mlld1;sha256=${sha256('b')};url=${url}`],
      ]),
    ).toBe('HASH_MISMATCH');
    expect(await resolve([[`v=mlld1;url=${source.base}gone.mld`]])).toBe('UNREACHABLE');
    expect(await resolve([['v=mlld1;url=http://93.184.216.34/strings.mld']])).toBe('UNREACHABLE');
    expect(await resolve([['v=mlld1;url=https://example.org/?file=x']])).toBe('BAD_DNS_RECORD');
    expect(await resolve([])).toBe('MODULE_NOT_FOUND');
    expect(await resolve(failure)).toBe('DNS_FAILED');
  });

  it('is not what a registry becomes when someone silences DNS', async () => {
    const source = await gist();
    const { ops } = dnsOf({
      '_registry.registry.test': failure,
      'strings.alice.registry.test': [[`v=mlld1;url=${source.base}raw/strings.mld`]],
    });
    const my = project({ ops, zone, dns: 'system' });
    expect((await errorOf(() => my.client().resolveImport('@alice/strings'))).code).toBe('DNS_FAILED');
  });
});

describe('a registry with an index and DNS (resolve.md §4)', () => {
  const made = () => distribution([{ ref: '@alice/strings@1.0.0', files: text }], { blobs: false });

  it('is found by its zone, and its module in the place that DNS hints', async () => {
    const [served, source] = [
      await serve(made().files),
      await serve(new Map([['raw/index.mld', Buffer.from(text)]])),
    ];
    const { ops } = dnsOf({
      '_registry.registry.test': [[`v=mlldr1;url=${served.base}`]],
      'strings.alice.registry.test': [
        [`v=mlld1;ver=1.0.0;sha256=${sha256(text)};url=${source.base}raw/index.mld`],
      ],
    });
    const my = project({ ops, zone, dns: 'system' });
    const report = await my.client().add(['@alice/strings']);
    expect(report.modules[0]).toMatchObject({ from: `${source.base}raw/index.mld` });
    expect(report.modules[0]?.entry.evidence).toBe(2);
    expect(source.log).toEqual(['raw/index.mld']);
  });

  it.each([
    ['fails', failure],
    ['lies about the hash', [[`v=mlld1;ver=1.0.0;sha256=${'1'.repeat(64)};url=http://127.0.0.1:9/x.mld`]]],
    ['lies about the version', [[`v=mlld1;ver=9.9.9;url=http://127.0.0.1:9/x.mld`]]],
    ['talks nonsense', [['v=mlld1;;;=;url=\u0000'], ['x'.repeat(5000)], []]],
    [
      'floods',
      Array.from({ length: 500 }, (_, i) => [
        `v=mlld1;sha256=${sha256(String(i))};url=http://127.0.0.1:9/x.mld`,
      ]),
    ],
  ])('does not care that DNS %s', async (_what, answer) => {
    const registry = distribution([{ ref: '@alice/strings@1.0.0', files: text }]);
    const { ops } = dnsOf({ 'strings.alice.registry.test': answer as never });
    const my = project({ registry: (await serve(registry.files)).base, ops, zone, dns: 'system' });
    const report = await my.client().add(['@alice/strings']);
    expect(report.added).toEqual(['@alice/strings@1.0.0']);
  });

  it('does not wait for DNS that says nothing', async () => {
    const registry = distribution([{ ref: '@alice/strings@1.0.0', files: text }]);
    const ops: Ops = { ...nodeOps(), txt: () => new Promise(() => {}) };
    const my = project({ registry: (await serve(registry.files)).base, ops, zone, dns: 'system' });
    expect((await my.client().add(['@alice/strings'])).added).toHaveLength(1);
  });
});

describe('DNS over HTTPS (RFC 8484)', () => {
  async function resolver(answer: (question: string) => Buffer | number) {
    const server = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://localhost').searchParams.get('dns') ?? '';
      const { id, questions } = packet.decode(Buffer.from(query, 'base64url'));
      expect(id).toBe(0);
      const found = answer(questions?.[0]?.name ?? '');
      if (typeof found === 'number') response.writeHead(found).end();
      else response.writeHead(200, { 'content-type': 'application/dns-message' }).end(found);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`;
  }

  const reply = (name: string, strings: readonly string[]) =>
    packet.encode({
      type: 'response',
      id: 0,
      answers: [{ type: 'TXT', name, ttl: 300, data: [...strings] }],
    });

  it('brings the same records, long ones too', async () => {
    const source = await gist();
    const record = `v=mlld1;ver=1.0.0;sha256=${sha256(text)};x=${'y'.repeat(300)};url=${source.base}raw/strings.mld`;
    const dns = await resolver((name) =>
      name === 'strings.alice.registry.test'
        ? reply(name, [record.slice(0, 255), record.slice(255)])
        : packet.encode({ type: 'response', id: 0, flags: 3 }),
    );
    const my = project({ zone, dns });
    expect((await my.client().resolveImport('@alice/strings')).source).toBe(text);
    expect(my.requests.some(({ kind, outcome }) => kind === 'dns' && outcome === 'NOERROR')).toBe(true);
  });

  it.each([
    ['a server error', 500],
    ['nonsense', Buffer.from('nonsense')],
    ['SERVFAIL', packet.encode({ type: 'response', id: 0, flags: 2 })],
    ['a cut answer', packet.encode({ type: 'response', id: 0, flags: packet.TRUNCATED_RESPONSE })],
  ])('says DNS_FAILED for %s', async (_what, answer) => {
    const my = project({ zone, dns: await resolver(() => answer) });
    expect(['DNS_FAILED', 'HTTP_STATUS']).toContain(
      (await errorOf(() => my.client().resolveImport('@alice/strings'))).code,
    );
  });
});
