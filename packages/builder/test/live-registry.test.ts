/** The registry that mlld uses today, as its repository is; and, with a mirror of the repository of its sources, those too. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseIndex } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { check } from '../src/index.ts';
import { build } from './core.ts';

const shared = (file: string) => fileURLToPath(new URL(`../../../../${file}`, import.meta.url));
const live = shared('shared/data/mlld-registry');
const mirror = shared('.mirror/mlld-lang+modules/repo');

test.skipIf(!existsSync(live))(
  'it builds as it is: 21 modules, 53 releases, three shapes of sources',
  async () => {
    const dir = await tempDir();
    const report = await build(live, { out: dir.join('out'), offline: true });
    expect(report).toMatchObject({ modules: 21, releases: 53, findings: [], checked: { unchecked: 53 } });
    expect(check(live).findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const ours = JSON.parse(readFileSync(dir.join('out/modules.json'), 'utf8')).modules;
    const theirs = JSON.parse(readFileSync(`${live}/modules.json`, 'utf8')).modules;
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    for (const [name, entry] of Object.entries<{ source: Record<string, string> } & Record<string, unknown>>(
      theirs,
    )) {
      const { about, version, needs, license, source, availableVersions, tags, owners } = ours[name];
      const { contentHash, ...where } = source;
      expect({ about, version, needs, license, availableVersions, tags, owners }).toEqual({
        about: entry.about,
        version: entry.version,
        needs: entry.needs,
        license: entry.license,
        availableVersions: entry.availableVersions,
        tags: entry.tags,
        owners: entry.owners,
      });
      const { contentHash: stated, ...there } = entry.source;
      expect([where, contentHash]).toEqual([there, stated?.replace('sha256:', '')]);
    }
  },
);

test.skipIf(!existsSync(live) || !existsSync(mirror))(
  '50 of its releases are what was published, one is not, two are gone',
  async () => {
    const dir = await tempDir();
    const fetch = async (url: string) => {
      const [, commit, file] =
        /^https:\/\/raw\.githubusercontent\.com\/mlld-lang\/modules\/([0-9a-f]{40})\/(.+)$/.exec(url) ?? [];
      if (commit === undefined) return new Response('', { status: 404 });
      try {
        return new Response(
          execFileSync('git', ['-C', mirror, 'cat-file', 'blob', `${commit}:${file}`], {
            stdio: ['ignore', 'pipe', 'ignore'],
          }),
        );
      } catch {
        return new Response('', { status: 404 });
      }
    };
    const report = await build(live, { out: dir.join('out'), fetch });
    expect(report.checked).toEqual({ match: 50, mismatch: 1, unreachable: 2, unchecked: 0 });
    const [wrong] = parseIndex(readFileSync(dir.join('out/index/mlld/duckduckgo'))).versions;
    expect(wrong?.checked).toMatchObject({
      state: 'mismatch',
      found: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const [string] = parseIndex(readFileSync(dir.join('out/index/mlld/string'))).versions;
    expect(string?.exports).toContain('length');
    expect(readFileSync(dir.join('out/m/mlld/string.mld.md'), 'utf8')).toContain('export {');
  },
);
