import path from 'node:path';
import { findSandbox } from '@mlld/sandbox';
import { afterEach, describe, expect, it } from 'vitest';
import { assertSameForAll, observe } from '../src/observe.ts';
import type { Endpoint } from '../src/run/connect.ts';
import { openSession, type Session, type SessionOptions } from '../src/run/session.ts';
import { endpointOf } from '../src/run/start.ts';
import { codeOf, messageOf } from './codes.ts';

const here = import.meta.dirname;
const folder = path.join(here, 'servers');
const noSandbox = findSandbox().tools === undefined;

function hostile(attack: string, granted: readonly string[] = [], env = {}): Endpoint {
  return endpointOf({
    manifest: {
      artefact: {
        kind: 'files',
        tree: '' as never,
        command: ['node', '{artefact}/hostile.mjs', attack, path.join(here, 'codes.ts')],
      },
      permissions: {
        hosts: [],
        folders: [],
        environment: [{ name: 'GIVEN', secret: false, required: false }],
        commands: [],
      },
    },
    server: {
      name: 'org.example/hostile',
      description: 'Attacks',
      version: '1.0.0',
      packages: [
        {
          registryType: 'mlld',
          identifier: '@mallory/hostile',
          version: '1.0.0',
          transport: { type: 'stdio' },
          environmentVariables: [{ name: 'GIVEN' }],
        },
      ],
    },
    locked: { granted, config: new Map() },
    folder,
    project: here,
    env,
  });
}

const sessions: Session[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((one) => one.close()));
});
const known = { era: 'legacy', protocolVersion: '2025-06-18' } as const;
let honest: Awaited<ReturnType<typeof observe>> | undefined;
async function session(attack: string, more: Partial<SessionOptions> = {}): Promise<Session> {
  honest ??= await observe(hostile('none'));
  const listing = { instructions: honest.instructions, definitions: honest.definitions };
  const one = openSession({
    name: '@mallory/hostile@1.0.0',
    endpoint: async () => hostile(attack),
    known,
    approved: { listing, surface: honest.surface },
    ...more,
  });
  sessions.push(one);
  return one;
}
const echo = (one: Session, text = 'a') => one.call('echo', { text }, { timeoutMs: 10_000 });

describe.skipIf(noSandbox)('a server that lists other things than were approved', () => {
  it('threat 27: an honest server is used', async () => {
    const one = await session('none');
    expect(await echo(one, 'again')).toMatchObject({ content: [{ type: 'text', text: 'again' }] });
  });

  it.each([
    ['description', /~ tool echo\n\s+description: "Says it again" → "Says it again\. Before/],
    ['schema', /! tool echo \(widened\)\n\s+inputSchema\.properties\.path: \(nothing\) →/],
    ['wider', /! tool echo \(widened\)\n\s+inputSchema\.properties\.text\.maxLength: 100 → \(nothing\)/],
    ['annotation', /! tool echo \(widened\)\n\s+annotations\.readOnlyHint: true → false/],
    ['title', /title: \(nothing\) → "Something else"/],
    ['meta', /_meta: \(nothing\) →/],
    ['new', /\+ tool delete_all/],
    ['gone', /- tool count/],
    ['renamed', /\+ tool echo2\n\s+is echo under another name/],
    ['instructions', /~ instructions/],
    ['page2', /\+ tool hidden_on_page_2/],
  ])('threat 27: %s is blocked before the first call, with what differs', async (attack, diff) => {
    const one = await session(attack);
    const failed = await echo(one).catch((error: unknown) => error);
    expect(codeOf(failed)).toBe('MCP_SURFACE_CHANGED');
    expect(messageOf(failed)).toMatch(diff);
  });

  it.each([
    ['lookalike', /'ech0' and 'echo' look alike|'echo' and 'ech0' look alike/],
    ['cyrillic', /another name than letters/],
    ['ansi', /U\+001B/],
    ['bidi', /U\+202E/],
    ['tags', /U\+E0049/],
    ['duplicate', /'description' stands twice/],
    ['endless', /more than 64 pages/],
  ])('%s: nobody is asked to approve that', async (attack, problem) => {
    const one = await session(attack, { approved: undefined });
    const failed = await echo(one).catch((error: unknown) => error);
    expect(codeOf(failed)).toBe('MCP_BAD_LISTING');
    expect(messageOf(failed)).toMatch(problem);
  });

  it.each([
    ['session', {}],
    ['quiet', { relistMs: 0 }],
  ])(
    'changed after the first call (%s): the next is blocked, and so are all after it',
    async (attack, more) => {
      const one = await session(attack, more);
      await echo(one);
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (let i = 0; i < 2; i++) {
        const failed = await echo(one).catch((error: unknown) => error);
        expect(codeOf(failed)).toBe('MCP_SURFACE_CHANGED');
        expect(messageOf(failed)).toMatch(/\+ tool late/);
      }
    },
  );

  it('another listing for another client: found when it is observed', async () => {
    const cloaked = hostile('cloak');
    const seen = await observe(cloaked);
    const failed = await assertSameForAll(cloaked, seen).catch((error: unknown) => error);
    expect(codeOf(failed)).toBe('MCP_BAD_LISTING');
    expect(messageOf(failed)).toMatch(/\+ tool exfiltrate/);
    await assertSameForAll(hostile('none'), await observe(hostile('none')));
  });
});

describe.skipIf(noSandbox)('a server that misbehaves', () => {
  it.each([
    ['exit', 'MCP_SERVER_FAILED', /ended with status 3/],
    ['noise', 'MCP_SERVER_FAILED', /what is no message: 'this is no message'/],
    ['flood', 'TOO_LARGE', /more than 16777216 bytes/],
  ])('%s: %s, and the next call starts it again', async (attack, code, message) => {
    const one = await session(attack);
    for (let i = 0; i < 2; i++) {
      const failed = await echo(one).catch((error: unknown) => error);
      expect(codeOf(failed)).toBe(code);
      expect(messageOf(failed)).toMatch(message);
    }
  });

  it('and answers nothing: the call ends when its time is over, and can be cancelled', async () => {
    const one = await session('hang');
    await one.listing();
    const slow = one.call('echo', { text: 'a' }, { timeoutMs: 100 }).catch((error: unknown) => error);
    expect(codeOf(await slow)).toBe('TIMEOUT');
    const stop = new AbortController();
    const cancelled = one
      .call('echo', { text: 'a' }, { signal: stop.signal })
      .catch((error: unknown) => error);
    stop.abort();
    expect(codeOf(await cancelled)).toBe('CANCELLED');
  });

  it('reaches nothing but what it was given', async () => {
    const secrets = { GIVEN: 'yes', GITHUB_TOKEN: 'no' };
    for (const [granted, names] of [
      [['env:GIVEN'], ['GIVEN']],
      [[], []],
    ] as const) {
      const one = openSession({
        name: 'probe',
        endpoint: async () => hostile('probe', granted, secrets),
        known,
        approved: undefined,
      });
      sessions.push(one);
      const { content } = await echo(one);
      const { reached, env } = JSON.parse((content[0] as { text: string }).text);
      expect(reached).toEqual([]);
      expect(env.filter((name: string) => !base.includes(name))).toEqual(names);
    }
  });
});

/** What every sandbox has. */
const base = ['HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR', 'TZ', 'USER'];
