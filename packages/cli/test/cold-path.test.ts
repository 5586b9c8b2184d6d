/** What a locked and cached program loads: each thing more is waited for at every run. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '@mlld/testing';
import { expect, test } from 'vitest';
import { tempFolder } from '../../client/test/fixture/project.ts';
import { distribution, writeDistribution } from '../../client/test/fixture/registry.ts';

const hook = `process.once('exit', () => {
  const builtins = process.moduleLoadList.map((one) => one.replace('NativeModule ', ''));
  const dear = /^(?:child_process|dgram|dns|http|https|http2|tls|readline|v8|worker_threads|zlib)$/;
  const packages = Object.keys(require.cache).filter((file) => file.includes('node_modules'));
  process.stderr.write(JSON.stringify([...packages, ...builtins.filter((one) => dear.test(one))]));
});`;

test('a locked program loads no package, no network and no processes', async () => {
  const [cwd, registry, home] = [tempFolder(), tempFolder(), tempFolder()];
  writeDistribution(distribution([{ ref: '@alice/strings@1.0.0' }]), registry);
  writeFileSync(path.join(cwd, 'p.mld'), 'import { who } from @alice/strings\nshow @who\n');
  writeFileSync(path.join(cwd, 'hook.cjs'), hook);
  const env = { HOME: home, MLLD_DNS: 'off', MLLD_REGISTRY: registry };
  expect(await runCli(['run', 'p.mld'], { cwd, env })).toMatchObject({ code: 0 });
  rmSync(registry, { recursive: true });
  const locked = await runCli(['run', 'p.mld'], {
    cwd,
    env: { ...env, NODE_OPTIONS: `--require ${path.join(cwd, 'hook.cjs')}` },
  });
  expect(locked).toEqual({ code: 0, stdout: '@alice/strings@1.0.0\n', stderr: '[]' });
});
