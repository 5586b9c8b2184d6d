import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Host } from '../src/index.ts';
import { run } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

const read = 'exe @f() = sh { echo "[$TEA_PORT][$TEA_TOKEN]" }';
const program = 'import { f } from @a/lib\nshow @f()\nshow @f()';

async function outcome(lib: string, grant: Host['grant'], more: Partial<Host> = {}) {
  const host = memoryHost({ '@a/lib': lib }, true, grant === undefined ? more : { grant, ...more });
  const result = await run(program, { file: 'main.mld', host }).then(
    () => host.printed(),
    (error: unknown) => (error as { code?: unknown }).code,
  );
  return { result, asked: host.asked.map(({ need, detail }) => (need === 'env' ? `env: ${detail}` : need)) };
}

// docs/spec/language.md §6.6
describe('the environment of an imported module', () => {
  afterEach(() => vi.unstubAllEnvs());
  const set = (): void => {
    vi.stubEnv('TEA_PORT', '8080');
    vi.stubEnv('TEA_TOKEN', 'secret');
  };

  it('is plain unless it is declared', async () => {
    set();
    expect(await outcome(`needs { sh }\n${read}`, undefined)).toEqual({
      result: '[][]\n[][]\n',
      asked: ['sh'],
    });
  });

  it('is never the whole one: the user names what a module gets that names nothing', async () => {
    set();
    for (const needs of ['env', 'env: ["*"]']) {
      const lib = `needs { sh, ${needs} }\n${read}`;
      expect((await outcome(lib, undefined)).result).toBe('NEED_NOT_GRANTED');
      expect(await outcome(lib, undefined, { envNames: ['TEA_PORT'] })).toEqual({
        result: '[8080][]\n[8080][]\n',
        asked: ['sh', 'env: TEA_PORT'],
      });
    }
  });

  it('holds the variables that are listed, and no others', async () => {
    set();
    expect(await outcome(`needs { sh, env: [TEA_PORT, TEA_NONE] }\n${read}`, undefined)).toEqual({
      result: '[8080][]\n[8080][]\n',
      asked: ['sh', 'env: TEA_PORT, TEA_NONE'],
    });
  });

  it('is not read if the user says no', async () => {
    set();
    const lib = `needs { sh, env: [TEA_PORT] }\n${read}`;
    expect((await outcome(lib, async ({ need }) => need !== 'env')).result).toBe('NEED_NOT_GRANTED');
  });
});
