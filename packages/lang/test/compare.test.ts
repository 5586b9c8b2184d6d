import { expect, it } from 'vitest';
import { analyse, compareExports } from '../src/index.ts';

async function changes(before: string, after: string): Promise<string[]> {
  const [old, now] = await Promise.all([analyse(before), analyse(after)]);
  return compareExports(old.exports, now.exports).map(
    ({ kind, breaking, name }) => `${breaking ? '!' : ''}${kind} ${name}`,
  );
}

it.each([
  ['exe @f(a) = "x"', 'exe @f(a) = "y"', []],
  ['exe @f(a) = "x"\nexe @g() = "x"', 'exe @f(a) = "x"', ['!export-removed g']],
  ['exe @f(a, b) = "x"', 'exe @f(a) = "x"', ['!parameter-removed f']],
  ['exe @f(a) = "x"', 'exe @f(b) = "x"', ['!parameter-renamed f']],
  ['exe @f(a, b) = "x"', 'exe @f(b, a) = "x"', ['!parameter-renamed f', '!parameter-renamed f']],
  ['exe @f(a) = "x"', 'exe @f(a, b) = "x"', ['!required-parameter-added f']],
  ['exe @f(a) = "x"', 'exe @f(a, b?) = "x"', ['optional-parameter-added f']],
  ['exe @f(a: string) = "x"', 'exe @f(a: number) = "x"', ['!parameter-type-changed f']],
  ['exe @f(a) = "x"', 'exe @f(a: number) = "x"', []],
  ['exe @f() = "x"', 'var @f = "x"', ['!export-kind-changed f']],
  ['exe @f() = "x"', 'exe @f() = "x"\nexe @g() = "x"', ['export-added g']],
  [
    'exe @f() = "x"\nexe @g() = "x"',
    'exe @h() = "x"\nexe @g() = "x"',
    ['!export-removed f', 'export-added h'],
  ],
])('from %j to %j', async (before, after, expected) => {
  expect(await changes(before, after)).toEqual(expected);
});
