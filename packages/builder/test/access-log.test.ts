/** Lines of access logs and lines of counts, one by one: what is read of them, and from whom. */
import {
  encodeStatisticsData,
  type ModuleName,
  parseStatisticsData,
  roundCount,
  type StatisticsLine,
} from '@mlld/format';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kindOfAgent } from '../src/stats/agent.ts';
import { formatOf, logFormats, parserOf } from '../src/stats/formats.ts';
import { splitLines } from '../src/stats/lines.ts';
import { networkOf } from '../src/stats/request.ts';

test('forms that hosts write beside the usual ones are read as well', () => {
  const agentOf = (format: (typeof logFormats)[number], line: string) => parserOf(format)(line);
  const request = {
    method: 'GET',
    target: '/x',
    status: 200,
    agent: 'mlld',
    address: '192.0.2.7',
    at: Date.parse('2026-03-01T10:00:00Z'),
  };
  const bare = '192.0.2.7 - alice [01/Mar/2026:12:00:00 +0200] "GET /x HTTP/2.0" 200 -';
  expect(agentOf('combined', `${bare} "-" "mlld" "10.0.0.1" rt=0.1`)).toEqual(request);
  expect(agentOf('combined', `registry.example.org ${bare} "-" "mlld"`)).toEqual(request);
  expect(agentOf('fastly', `<134>2026-03-01T10:00:00Z cache-x log[1]: ${bare} "-" "mlld"`)).toEqual(request);
  expect(agentOf('combined', bare)).toMatchObject({ agent: undefined });
  expect(
    agentOf(
      'caddy',
      JSON.stringify({
        ts: '2026/03/01 10:00:00.000',
        request: { remote_ip: '192.0.2.7', method: 'GET', uri: '/x', headers: { 'User-Agent': ['mlld'] } },
        status: 200,
      }),
    ),
  ).toMatchObject({ agent: 'mlld', status: 200 });
  expect(
    agentOf(
      'cloudflare',
      JSON.stringify({
        ClientIP: '192.0.2.7',
        ClientRequestMethod: 'GET',
        ClientRequestPath: '/x',
        ClientRequestUserAgent: 'mlld',
        EdgeResponseStatus: 200,
        EdgeStartTimestamp: '2026-03-01T10:00:00Z',
      }),
    ),
  ).toEqual(request);
  expect(
    agentOf(
      'fastly',
      JSON.stringify({
        time: 1,
        event: {
          time_start: '2026-03-01T10:00:00UTC',
          client_ip: '192.0.2.7',
          request_method: 'GET',
          url: '/x',
          user_agent: 'mlld',
          status: '200',
        },
      }),
    ),
  ).toEqual(request);
  const w3c = parserOf('cloudfront');
  expect(w3c('#Fields: c-ip cs-method date time cs-uri-stem sc-status cs(User-Agent)')).toBeUndefined();
  expect(w3c('192.0.2.7\tGET\t2026-03-01\t10:00:00\t/x\t200\tmlld%2520(ci)')).toEqual({
    ...request,
    agent: 'mlld (ci)',
  });
});

test('logs are split into lines whatever the chunks, and any line may be read by any parser', async () => {
  const split = async (chunks: readonly Buffer[]) => {
    const found: (string | undefined)[] = [];
    for await (const line of splitLines(
      (async function* () {
        yield* chunks;
      })(),
    ))
      found.push(line);
    return found;
  };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string()), fc.integer({ min: 1, max: 20 }), async (texts, size) => {
      const lines = texts.map((text) => text.replace(/[\r\n]/g, ''));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await split(chunks)).toEqual(lines.map((line) => Buffer.from(line).toString()));
    }),
    { numRuns: 50 },
  );
  const parts = fc.constantFrom(
    '192.0.2.1',
    '- -',
    '[01/Mar/2026:12:00:00 +0000]',
    '"GET / HTTP/1.1"',
    '200',
    '1',
    '"-"',
    '"',
    '\\',
    '{',
    '{"request":',
    '}',
    '\t',
    '#Fields: date',
    'null',
    '[]',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(parts).map((list) => list.join(' ')),
      ),
      (line) => {
        for (const format of logFormats) parserOf(format)(line);
        formatOf([line]);
      },
    ),
    { numRuns: 300 },
  );
});

test('counting tells CI, robots and browsers by what they call themselves', () => {
  const kinds = (...agents: string[]) => agents.map(kindOfAgent);
  expect(kinds('mlld', 'node', 'curl/8.5', 'mlld-robotics')).toEqual([
    'people',
    'people',
    'people',
    'people',
  ]);
  expect(kinds('mlld (ci)', 'foo ci/1', 'github-actions')).toEqual(['ci', 'ci', 'ci']);
  expect(kinds('', '-', 'Mozilla/5.0 (compatible; bingbot/2.0)', 'AhrefsSiteAudit')).toEqual([
    'robots',
    'robots',
    'robots',
    'robots',
  ]);
  expect(kinds('Mozilla/5.0 (X11; Linux) Firefox/140')).toEqual([undefined]);
});

test('an IPv6 household is one, and counts are rounded so that few can not be told', () => {
  expect(networkOf('2001:DB8:0:1:aaaa::1')).toBe('2001:db8:0:1::/64');
  expect(networkOf('2001:db8::1:2:3:4:5')).toBe(networkOf('2001:db8:0:1::ffff'));
  expect(['::1', '::ffff:192.0.2.1', '[::1]:443', '192.0.2.1:80', '1.2.3', 'x'].map(networkOf)).toEqual([
    '0:0:0:0::/64',
    '192.0.2.1',
    '0:0:0:0::/64',
    '192.0.2.1',
    undefined,
    undefined,
  ]);
  expect([0, 1, 4, 5, 7, 8, 1002].map(roundCount)).toEqual([0, '<5', '<5', 5, 5, 10, 1000]);
});

test('counts are read as strictly as they are written', () => {
  const count = fc.oneof(
    fc.constant('<5' as const),
    fc.integer({ min: 1, max: 1e6 }).map((n) => n * 5),
  );
  const line: fc.Arbitrary<StatisticsLine> = fc.record({
    name: fc.constantFrom('@alice/strings', '@alice/strings-more', '@bob/a') as fc.Arbitrary<ModuleName>,
    version: fc.constantFrom('*', '1.0.0', '1.0.0-rc.1', '10.0.0'),
    people: count,
    ci: count,
    robots: fc.constant(0),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(line, { selector: ({ name: of, version }) => `${of}\t${version}` }),
      (lines) => {
        const text = encodeStatisticsData(lines);
        expect(encodeStatisticsData([...parseStatisticsData(text)])).toBe(text);
      },
    ),
    { numRuns: 50 },
  );
  const good = '@alice/strings\t*\t5\t0\t0\n';
  for (const bad of [
    good + good,
    good.trim(),
    good.replace('5', '7'),
    good.replace('5', '05'),
    good.replace('5', '0'),
    good.replace('*', 'x'),
    `@bob/a\t*\t5\t0\t0\n${good}`,
    good.replace('\n', '\t1\n'),
    '\n',
  ])
    expect(() => [...parseStatisticsData(bad)], JSON.stringify(bad)).toThrow(
      expect.objectContaining({ code: 'BAD_SHAPE' }),
    );
});
