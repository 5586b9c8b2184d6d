import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import {
  layout,
  type ModuleName,
  parseIndex,
  parseStatistics,
  parseStatisticsData,
  signatureNamespace,
} from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  build,
  check,
  closedDay,
  daysToClose,
  type InstallTable,
  ingest,
  installTable,
  openDays,
  outputs,
  writeClosed,
} from '../src/index.ts';
import { formatOf, logFormats } from '../src/stats/formats.ts';
import { combined, writers } from './access-log-lines.ts';
import { logKey, policyFiles, readLog } from './log-registry.ts';
import { merge, readTree, registryName, signer, smallRegistry, sourceFetch, writeFiles } from './registry.ts';

const name = '@alice/strings' as ModuleName;
const now = Date.parse('2026-03-20T00:00:00Z');

let dir: TempDir;
let table: InstallTable;
/** Paths that install 1.2.0 and 1.1.0 of @alice/strings. */
let paths: { readonly blob: string; readonly proof: string; readonly old: string };
let run = 0;

const buildIt = (out: string, full = false) =>
  build(dir.join('repository'), {
    out: dir.join(out),
    outputs,
    full,
    log: { key: logKey.pem, begin: !existsSync(dir.join(out, 'head')) },
    fetch: sourceFetch(),
  });

beforeAll(async () => {
  dir = await makeTempDir();
  writeFiles(
    dir.join('repository'),
    merge(
      smallRegistry({ url: 'https://registry.example.org/r/' }),
      policyFiles({
        roles: new Map([
          ['root', { keys: [signer('root').key], threshold: 1 }],
          ['statistics', { keys: [signer('counter').key], threshold: 1 }],
        ]),
      }),
    ),
  );
  await buildIt('dist');
  table = installTable(dir.join('dist'), '/r/');
  const { versions } = parseIndex(readFileSync(dir.join('dist', layout.index(name))));
  const of = (version: string) => versions.find((one) => one.version === version)!;
  paths = {
    blob: `/r/${layout.blob(of('1.2.0').files[0]!.sha256!)}`,
    proof: `/r/${layout.proof(of('1.2.0').statement!)}`,
    old: `/r/m/alice/strings@1.1.0.mld`,
  };
});

afterAll(() => dir.remove());

function desk() {
  const folder = `run-${++run}`;
  const days = openDays(dir.join(folder));
  const read = async (
    text: string | Buffer,
    options: { file?: string; source?: string; days?: typeof days } = {},
  ) => {
    const log = dir.join(options.file ?? `log-${folder}`);
    writeFileSync(log, text);
    return ingest({
      logs: [log],
      repository: dir.join('repository'),
      source: options.source ?? 'main',
      table,
      days: options.days ?? days,
      now,
    });
  };
  const close = (day = '2026-03-01', source = 'main') =>
    closedDay(days.open(day), {
      registry: registryName,
      source,
      by: 'alice' as never,
      at: '2026-03-04T00:00:00Z',
    });
  const lines = (day?: string) =>
    [...parseStatisticsData(close(day).data)].map((one) => Object.values(one).join(' '));
  return { days, read, close, lines };
}

describe('access logs', () => {
  test.each(logFormats)('of %s are told from others and read, also gzipped', async (format) => {
    const write = writers[format];
    const { read, close } = desk();
    const head =
      format === 'cloudfront'
        ? '#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent)\n'
        : '';
    const requests = Array.from({ length: 7 }, (_, i) =>
      write({ path: paths.blob, address: `192.0.2.${i}`, agent: 'mlld (ci)' }),
    );
    const found = await read(gzipSync(`${head}${requests.join('\r\n')}\r\n`));
    expect(found.logs[0]).toMatchObject({ format, cut: false });
    expect(found).toMatchObject({ installs: 7, fresh: 7, days: ['2026-03-01'] });
    expect(parseStatistics(close().statement).total).toEqual({ people: 0, ci: 5, robots: 0 });
    expect(formatOf([write({ path: '/r/' })])).toBe(format);
  });

  test('with hostile lines lose those lines, by reason, and nothing else', async () => {
    const { read } = desk();
    const good = combined({ path: paths.blob });
    const bad = [
      'x'.repeat(200_000),
      '{"'.repeat(3000),
      good.replace('192.0.2.1', '999.1.1.1').trim(),
      good.replace('/2026:', '/0000:').trim(),
      good.replace('Mar', 'Xxx').trim(),
      `${'a '.repeat(15_000)}[01/Mar/2026:00:00:00 +0000] "`,
      `1.1.1.1 - - [01/Mar/2026:00:00:00 +0000] "${'\\"'.repeat(20_000)}`,
      good.replace(/ "-" "mlld"/, '').trim(),
      good.replace('GET /', 'GET').replace(' HTTP/1.1', '').trim(),
      '\u0000\u001b[31m\ud800',
      combined({ path: paths.blob, at: '2026-04-20T00:00:00Z' }).trim(),
    ];
    const found = await read(
      `${good}${bad.join('\n')}\n\n${combined({ path: paths.blob, address: '2001:db8::1' })}`,
    );
    expect(found).toMatchObject({
      lines: 14,
      installs: 2,
      unread: { long: 1, address: 1, time: 3, agent: 1, other: 1 },
    });
    expect(found.unread.form).toBe(4);
    const cut = gzipSync(good.repeat(3000)).subarray(0, -20);
    expect((await read(cut)).logs[0]).toMatchObject({ cut: true });
    await expect(read('nothing\nthat is known\n')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('counting', () => {
  test('takes one address once a day for each version, and once for the module', async () => {
    const { read, lines } = desk();
    const people = Array.from({ length: 10 }, (_, i) => `198.51.100.${i}`);
    const log = combined(
      ...people.flatMap((address) => [
        { address, path: paths.blob },
        { address, path: `${paths.blob}?again` },
        { address, path: paths.proof },
        { address, path: paths.old },
      ]),
      ...people.slice(0, 6).map((address) => ({ address, path: paths.blob, agent: 'Googlebot/2.1' })),
      ...people.map((address) => ({ address, path: paths.blob, agent: 'Mozilla/5.0 (X11)' })),
      ...people.map((address) => ({ address, path: paths.blob, status: 304 })),
      ...people.map((address) => ({ address, path: paths.blob, method: 'HEAD' })),
      ...people.map((address) => ({ address, path: paths.blob.replace('/r/', '/other/') })),
      ...people.map((address) => ({ address, path: '/r/m/alice/strings@9.9.9.mld' })),
      { address: '192.0.2.1', path: '/r/m/bob/lists.mld' },
    );
    expect(await read(log)).toMatchObject({ installs: 47, fresh: 27, browsers: 10 });
    expect(lines()).toEqual([
      '@alice/strings * 10 0 5',
      '@alice/strings 1.1.0 10 0 0',
      '@alice/strings 1.2.0 10 0 5',
      '@bob/lists * <5 0 0',
      '@bob/lists 0.3.0 <5 0 0',
    ]);
    // Again, in another order, in two halves: nothing is counted twice.
    const half = log.split('\n').reverse().join('\n');
    expect(await read(half)).toMatchObject({ installs: 47, fresh: 0 });
    expect(lines()[0]).toBe('@alice/strings * 10 0 5');
  });

  test('keeps no address, and nothing that survives the day', async () => {
    const { read, days } = desk();
    const twice = combined({ path: paths.blob }, { path: paths.blob, at: '2026-03-02T12:00:00Z' });
    await read(twice);
    const [first, second] = ['2026-03-01', '2026-03-02'].map((day) =>
      readFileSync(dir.join(`run-${run}`, `${day}.open`), 'utf8'),
    );
    expect(`${first}${second}`).not.toContain('192.0.2.1');
    const hash = (text = '') => text.split('\n')[2]?.split(' ')[0];
    expect(hash(first)).not.toBe(hash(second));
    days.forget('2026-03-01');
    expect(days.list()).toEqual(['2026-03-02']);
  });

  test('closes a day that is over, once, and counts nothing that comes later', async () => {
    const { read, days, close } = desk();
    await read(combined({ path: paths.blob }));
    const place = { repository: dir.join('closing'), source: 'main', waitHours: 48 };
    const due = (at: string) => daysToClose(days, { ...place, now: Date.parse(at) }).due;
    expect([due('2026-03-03T23:59:59Z'), due('2026-03-04T00:00:00Z')]).toEqual([[], ['2026-03-01']]);
    const closed = close();
    writeClosed(closed, { repository: place.repository, signatures: 'signed', days });
    expect(daysToClose(days, { ...place, now }).due).toEqual([]);
    const late = await ingest({
      logs: [dir.join(`log-run-${run}`)],
      repository: place.repository,
      source: 'main',
      table,
      days,
      now,
    });
    expect(late).toMatchObject({ installs: 0, late: 1, days: [] });
  });
});

test('what was signed is logged, published and added up; a build step by step gives what one at once does', async () => {
  const repository = dir.join('repository');
  const sign = (text: string, by = 'counter') => signer(by).sign(text, signatureNamespace('statistics'));
  for (const [day, addresses, source] of [
    ['2026-03-01', 12, 'main'],
    ['2026-03-03', 30, 'main'],
    ['2026-03-01', 8, 'cdn'],
  ] as const) {
    const { read, close, days } = desk();
    const from = Array.from({ length: addresses }, (_, i) => ({
      at: `${day}T10:00:00Z`,
      address: `203.0.113.${i}`,
      path: paths.blob,
    }));
    await read(combined(...from), { source });
    const closed = close(day, source);
    writeClosed(closed, { repository, signatures: sign(closed.statement), days });
    await buildIt('dist');
  }
  const all = JSON.parse(readFileSync(dir.join('dist', layout.installsOfAll), 'utf8'));
  expect(all).toMatchObject({
    newest: '2026-03-03',
    sources: { main: 'alice', cdn: 'alice' },
    days: { '2026-03-01': [20, 0, 0], '2026-03-03': [30, 0, 0] },
    weeks: { '2026-02-23': [20, 0, 0], '2026-03-02': [30, 0, 0] },
    counted: { '2026-02-23': 1, '2026-03-02': 1 },
  });
  const own = JSON.parse(readFileSync(dir.join('dist', layout.installs(name)), 'utf8'));
  // Of a module, up to the end of the week.
  expect(own.newest).toBe('2026-03-01');
  expect(own.versions).toEqual({ '2026-03-01': { '1.2.0': 20 } });
  const logged = readLog(dir.join('dist')).entries.map(
    (entry) => (JSON.parse(entry.toString()) as { type: string }).type,
  );
  expect(logged.filter((type) => type === 'statistics')).toHaveLength(3);
  expect((await check(repository)).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  await buildIt('again', true);
  const part = (out: string) =>
    [...readTree(dir.join(out))].filter(([file]) => /^(?:statistics|installs)\//.test(file));
  expect(part('again')).toEqual(part('dist'));

  // Counts of others, or other counts, are nobody's.
  const file = dir.join('repository', layout.statisticsData('main', '2026-03-03', 1));
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replaceAll('30', '35'));
  const findings = async () =>
    (await check(repository)).findings.map(({ rule, file: of }) => `${rule} ${of}`);
  expect(await findings()).toContain('statement/subject statistics/main/2026-03-03/1.json');
  writeFileSync(file, text);
  const statement = layout.statistics('main', '2026-03-03', 1);
  writeFileSync(
    dir.join('repository', layout.signature(statement)),
    sign(readFileSync(dir.join('repository', statement), 'utf8'), 'alice'),
  );
  expect(await findings()).toContain(`statement/valid ${statement}`);
});
