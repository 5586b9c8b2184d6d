/** docs/spec/resolve.md §6.12: a locked module is verified without its registry. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { project } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

async function installed(more: { readonly signed?: boolean } = {}) {
  const made = distribution([
    { ref: '@bob/b@1.0.0' },
    { ref: '@alice/a@1.0.0', files: 'var @x = 1\n', imports: { '@bob/b': '^1.0.0' }, ...more },
  ]);
  const served = await serve(made.files);
  const my = project({ registry: served.base });
  await my.client().add(['@alice/a']);
  served.log.length = 0;
  const line = made.lines.get('@alice/a@1.0.0')!;
  return { served, my, line, at: path.join(my.cacheDir, 'registry.test') };
}

const results = ({ steps }: { steps: readonly { clause: string; result: string }[] }) =>
  steps.map(({ clause, result }) => `${clause} ${result}`);

describe('verify of a locked module', () => {
  it('offline: from the lock file and the cache, and nobody is asked', async () => {
    const { my, served } = await installed();
    const report = await my.client({ offline: true }).verify('@alice/a');
    expect(report.error).toBeUndefined();
    expect(report).toMatchObject({ evidence: 2, from: 'cache', registry: 'registry.test' });
    expect(results(report)).toEqual([
      '6.1 passed',
      '6.2 none',
      '6.3 passed',
      '6.4 passed',
      '6.5 none',
      '6.6 passed',
      '6.7 none',
      '6.8 passed',
      '6.9 passed',
      '6.11 passed',
    ]);
    expect(report.steps[1]?.detail).toBe('not asked: this is offline');
    expect(served.log).toEqual([]);
  });

  it('with a registry that is gone, or with another one that does not have it', async () => {
    const { my, served } = await installed();
    await served.close();
    const gone = await my.client().verify('@alice/a@1.0.0');
    expect(gone).toMatchObject({ evidence: 2, from: 'cache' });
    expect(gone.steps[1]?.detail).toContain('not asked: ');
    const other = await serve(distribution([{ ref: '@eve/e@1.0.0' }], { name: 'other.test' }).files);
    const elsewhere = await my.client({ registry: other.base }).verify('@alice/a');
    expect(elsewhere).toMatchObject({ evidence: 2, registry: 'registry.test' });
  });

  it('claims no signature that it has not seen', async () => {
    const { my, line, at } = await installed();
    rmSync(path.join(at, 'proof', line.statement!));
    const report = await my.client({ offline: true }).verify('@alice/a');
    expect(report).toMatchObject({ evidence: 0 });
    expect(report.steps[2]).toMatchObject({ clause: '6.3', result: 'none' });
    expect(report.steps[2]?.detail).toContain('not in the cache');
  });

  it.each([
    ['needs', (text: string) => text.replace(/"needs": \[\]/, '"needs": ["sh"]'), 'WRONG_SUBJECT', '6.4'],
    ['imports', (text: string) => text.replace('"@bob/b": "1.0.0"', ''), 'WRONG_SUBJECT', '6.4'],
    ['digest', changedDigest, 'HASH_MISMATCH', '6.3'],
    ['statement', withoutStatement, 'EVIDENCE_DOWNGRADE', '6.6'],
  ])('finds a lock file with other %s than the author signed', async (_, change, code, clause) => {
    const { my } = await installed();
    const before = my.lockText();
    const text = change(before);
    expect(text).not.toBe(before);
    writeFileSync(path.join(my.root, 'mlld-lock.json'), text);
    const report = await my.client({ offline: true }).verify('@alice/a');
    expect(report.error?.code).toBe(code);
    expect(report.steps.at(-1)).toMatchObject({ clause, result: 'failed' });
  });

  it('finds a damaged cache', async () => {
    const { my, line, at } = await installed();
    writeFileSync(path.join(at, 'blob/sha256', line.files[0]!.sha256!), 'other');
    expect((await my.client({ offline: true }).verify('@alice/a')).error?.code).toBe('CACHE_CORRUPT');
    writeFileSync(path.join(at, 'proof', line.statement!), 'half');
    expect((await my.client({ offline: true }).verify('@alice/a')).error?.code).toBe('BAD_JSON');
  });

  it('says that an unsigned one is unsigned', async () => {
    const { my } = await installed({ signed: false });
    const report = await my.client({ offline: true }).verify('@alice/a');
    expect(report).toMatchObject({ evidence: 0 });
    expect(report.error).toBeUndefined();
    expect(report.steps[2]).toMatchObject({ clause: '6.3', result: 'none', detail: 'nobody signed it' });
  });
});

interface LockText {
  modules: Record<string, { digest?: string; statement?: string }>;
}

function changed(text: string, change: (entry: LockText['modules'][string]) => void): string {
  const lock = JSON.parse(text) as LockText;
  change(lock.modules['@alice/a']!);
  return JSON.stringify(lock, null, 2);
}

function changedDigest(text: string): string {
  return changed(text, (entry) => {
    entry.digest = '0'.repeat(64);
  });
}

function withoutStatement(text: string): string {
  return changed(text, (entry) => {
    delete entry.statement;
  });
}
