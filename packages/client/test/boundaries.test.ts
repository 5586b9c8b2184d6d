import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const read = (file: string) => readFileSync(path.join(src, file), 'utf8');
const files = (readdirSync(src, { recursive: true }) as string[]).filter((file) => file.endsWith('.ts'));

/** Modules that a file loads at once; `import type` and `import()` load nothing. */
function loads(file: string): string[] {
  return [...read(file).matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '([^']+)';/gms)].map(
    (match) => match[1]!,
  );
}

it('only node/ reaches files, the network and DNS', () => {
  const offenders = files
    .filter((file) => !file.startsWith('node'))
    .filter((file) => /from 'node:(?:fs|http|https|http2|net|tls|dns|dgram|child_process)/.test(read(file)));
  expect(offenders).toEqual([]);
});

it('a locked and cached import loads neither network nor resolver', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const one of loads(file)) if (one.startsWith('.')) visit(path.join(path.dirname(file), one));
  };
  visit('client.ts');
  expect([...seen].sort()).toEqual([
    'client.ts',
    'config/paths.ts',
    'lock/locked.ts',
    'node/crypto.ts',
    'node/files.ts',
    'node/index.ts',
    'node/tick.ts',
    'ops.ts',
  ]);
  const outside = [...seen].flatMap(loads).filter((one) => !one.startsWith('.'));
  expect([...new Set(outside)].sort()).toEqual(['@mlld/format', 'node:fs', 'node:os', 'node:path']);
});
