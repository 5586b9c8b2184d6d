/** What a client makes of recovered keys: it waits as the policy says, and goes by what it has seen itself (docs/spec/statements.md §6.5). */

import { build } from '@mlld/builder';
import { nodeOps } from '@mlld/client';
import { encodeStatement, type Keyset, type Policy } from '@mlld/format';
import { expect, test } from 'vitest';
import { logKey, policyFiles } from '../../builder/test/log-registry.ts';
import {
  type Files,
  keysetFiles,
  merge,
  minute,
  releaseFiles,
  signer,
  smallRegistry,
  sourceFetch,
  writeFiles,
} from '../../builder/test/registry.ts';
import { errorOf, project, tempFolder } from '../../client/test/fixture/project.ts';

const hour = 3_600_000;
const day = 24 * hour;
const began = Date.parse(minute(0));
const quorum = ['quorum1', 'quorum2'];

const roles: Policy['roles'] = new Map([
  ['root', { keys: [signer('root').key], threshold: 1 }],
  ['recovery', { keys: quorum.map((name) => signer(name).key), threshold: 2 }],
]);

/** Keyset 2 of alice, by the quorum, and a release by its key; both claim a time. */
function takenOver(at: number): Files {
  const createdAt = new Date(at).toISOString();
  const text = [...keysetFiles('alice', ['fresh'], 2).values()][0]!;
  const keyset: Keyset = { ...JSON.parse(text), createdAt, recovery: { policy: 1, reason: 'Lost' } };
  const statement = encodeStatement(keyset);
  const file = 'authors/alice/keyset/2.json';
  const signatures = quorum.map((name) => signer(name).sign(statement, 'mlld-keyset@v1')).join('');
  const release = releaseFiles({
    name: '@alice/strings',
    version: '9.0.0',
    signer: signer('fresh'),
    change: (one) => ({ ...one, publishedAt: createdAt }),
  });
  return merge(
    new Map([
      [file, statement],
      [`${file}.sig`, signatures],
    ]),
    release,
  );
}

function registry() {
  const [repo, out] = [tempFolder(), tempFolder()];
  writeFiles(repo, merge(smallRegistry({ fileSources: true }), policyFiles({ roles })));
  const publish = async (files: Files = new Map(), begin = false) => {
    writeFiles(repo, files);
    await build(repo, { out, fetch: sourceFetch(), log: { key: logKey.pem, begin } });
  };
  return { out, publish };
}

const at = (ms: number) => ({ ops: { ...nodeOps(), now: () => ms } });

test('waits for the delay of the policy, and takes it then', async () => {
  const { out, publish } = registry();
  await publish(new Map(), true);
  await publish(takenOver(began + day));
  const add = (ms: number) => () => project({ registry: out }).client(at(ms)).add(['@alice/strings@9.0.0']);
  expect((await errorOf(add(began + day + 167 * hour))).code).toBe('RECOVERY_PENDING');
  expect((await add(began + day + 168 * hour)()).added).toEqual(['@alice/strings@9.0.0']);
});

test('is not deceived by one that is dated back: it knows when the log did not have it', async () => {
  const { out, publish } = registry();
  await publish(new Map(), true);
  const user = project({ registry: out });
  const seen = began + 20 * day;
  await user.client(at(seen)).info('@bob/lists');
  await publish(takenOver(began + day));
  const add = (ms: number) => () => user.client(at(ms)).add(['@alice/strings@9.0.0']);
  expect((await errorOf(add(seen + hour))).code).toBe('RECOVERY_PENDING');
  expect((await add(seen + 169 * hour)()).added).toEqual(['@alice/strings@9.0.0']);
});
