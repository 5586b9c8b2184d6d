/** Whatever a registry, DNS or a disk says: an error of ours, or a result that holds; never anything else. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRegistryError, layout } from '@mlld/format';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nodeOps, type Ops } from '../src/index.ts';
import { project } from './fixture/project.ts';
import { distribution, sha256 } from './fixture/registry.ts';

const made = distribution([
  { ref: '@bob/b@1.0.0', files: 'b\n' },
  {
    ref: '@alice/a@1.0.0',
    files: { 'index.mld': 'a\n', 'lib/x.mld': 'x\n' },
    imports: { '@bob/b': '^1.0.0' },
  },
]);

/** HTTP from memory: hundreds of runs without a socket. */
function opsOf(files: ReadonlyMap<string, Buffer>, txt: Ops['txt'] = async () => []): Ops {
  return {
    ...nodeOps(),
    txt,
    http: async ({ url }) => {
      const body = files.get(url.pathname.slice(1));
      return { status: body === undefined ? 404 : 200, body: body ?? new Uint8Array(), address: '127.0.0.1' };
    },
  };
}

const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat', 'drop'),
  text: fc.constantFrom(
    '"',
    '{',
    ']',
    '\\',
    '\u0000',
    '__proto__',
    '../',
    '9007199254740993',
    '@',
    '\n',
    '1e999',
    'null',
    '\ud800',
  ),
});

function mutate(bytes: Buffer, { at, kind, text }: { at: number; kind: string; text: string }): Buffer {
  const i = bytes.length === 0 ? 0 : at % bytes.length;
  const [head, tail] = [bytes.subarray(0, i), bytes.subarray(i)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([head, Buffer.from([(tail[0] ?? 0) ^ (1 << (at % 8))]), tail.subarray(1)]);
    case 'cut':
      return head;
    case 'insert':
      return Buffer.concat([head, Buffer.from(text), tail]);
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, 30), tail]);
    default:
      return Buffer.concat([head, tail.subarray(1 + (at % 20))]);
  }
}

const allowed = async (run: () => Promise<unknown>): Promise<boolean> => {
  try {
    await run();
    return true;
  } catch (error) {
    if (!isRegistryError(error) || error.code === 'INTERNAL') throw error;
    return false;
  }
};

it('a distribution with any file damaged gives the author’s bytes, or an error', async () => {
  const paths = [...made.files.keys()].filter((at) => at !== layout.names);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      async (at, mutations) => {
        const files = new Map(made.files);
        files.set(at, mutations.reduce(mutate, made.files.get(at)!));
        const my = project({ registry: 'http://registry.example.org/', ops: opsOf(files) });
        if (!(await allowed(() => my.client().add(['@alice/a@1.0.0'])))) return;
        for (const [name, text] of [
          ['@alice/a', 'a\n'],
          ['@bob/b', 'b\n'],
        ] as const) {
          const locked = [...my.lock().modules.values()].find((one) => one.name === name);
          expect(locked?.files.get('index.mld')).toBe(sha256(text));
          expect(locked?.evidence).toBe(2);
        }
      },
    ),
    { numRuns: 50 },
  );
});

it('a damaged lock file is an error, or still gives only bytes of its hashes', async () => {
  const my = project({ registry: 'http://registry.example.org/', ops: opsOf(made.files) });
  await my.client().add(['@alice/a']);
  const good = Buffer.from(my.lockText());
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      writeFileSync(path.join(my.root, 'mlld-lock.json'), mutations.reduce(mutate, good));
      await allowed(async () => my.client().resolveLocked('@alice/a'));
      await allowed(() => my.client({ offline: true, frozen: true }).install());
    }),
    { numRuns: 50 },
  );
});

it('any DNS answer at all', async () => {
  const record = `v=mlld1;ver=1.0.0;sha256=${sha256('a\n')};url=http://127.0.0.1/index.mld`;
  const strings = fc.array(
    fc.array(
      fc.oneof(
        fc.string(),
        mutation.map((one) => mutate(Buffer.from(record), one).toString('latin1')),
      ),
      { maxLength: 3 },
    ),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(strings, strings, async (registry, module) => {
      const txt: Ops['txt'] = async ({ name }) => (name.startsWith('_registry.') ? registry : module);
      const my = project({
        zone: 'registry.test',
        dns: 'system',
        ops: opsOf(new Map([['index.mld', Buffer.from('a\n')]]), txt),
      });
      if (await allowed(() => my.client().resolveImport('@alice/a')))
        expect(my.lock().modules.get('@alice/a')?.registry).toBe('registry.test');
    }),
    { numRuns: 60 },
  );
});
