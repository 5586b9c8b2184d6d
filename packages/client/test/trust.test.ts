import { encodeIndex, encodeProof, type IndexVersion, layout, parseIndex, parseProof } from '@mlld/format';
import { describe, expect, it } from 'vitest';
import { errorOf, project } from './fixture/project.ts';
import { type Distribution, distribution, keysetText, serve, sha256 } from './fixture/registry.ts';
import { makeKey } from './fixture/sign.ts';

const evil = 'var @evil = 1\n';
const base = () =>
  distribution([
    { ref: '@mallory/m@1.0.0', files: evil },
    { ref: '@alice/a@1.0.0' },
    { ref: '@alice/a@1.1.0', needs: ['sh'] },
    { ref: '@alice/other@1.0.0' },
  ]);

/** Changes the index line of a version, as a lying mirror would. */
function tamper({ files }: Distribution, ref: string, change: (line: IndexVersion) => IndexVersion): void {
  const name = ref.slice(0, ref.indexOf('@', 1)) as never;
  const index = parseIndex(files.get(layout.index(name))!);
  const versions = index.versions.map((line) =>
    `${line.name}@${line.version}` === ref ? change(line) : line,
  );
  files.set(layout.index(name), Buffer.from(encodeIndex({ ...index, versions })));
}

const line = (made: Distribution, ref: string) => made.lines.get(ref)!;

const attacks: readonly (readonly [string, string, (made: Distribution) => void])[] = [
  [
    'an extraneous dependency',
    'WRONG_SUBJECT',
    (made) =>
      tamper(made, '@alice/a@1.0.0', (one) => ({ ...one, imports: new Map([['@mallory/m' as never, '*']]) })),
  ],
  [
    'other bytes under the signed digest',
    'WRONG_SUBJECT',
    (made) => {
      made.files.set(layout.blob(sha256(evil)), Buffer.from(evil));
      tamper(made, '@alice/a@1.0.0', (one) => ({
        ...one,
        files: [{ path: 'index.mld', size: evil.length, sha256: sha256(evil) }],
      }));
    },
  ],
  [
    'other bytes with their own digest',
    'HASH_MISMATCH',
    (made) =>
      tamper(made, '@alice/a@1.0.0', (one) => ({
        ...line(made, '@mallory/m@1.0.0'),
        name: one.name,
        statement: one.statement!,
      })),
  ],
  [
    'fewer needs than were signed',
    'WRONG_SUBJECT',
    (made) => tamper(made, '@alice/a@1.1.0', (one) => ({ ...one, needs: [] })),
  ],
  [
    'the proof of another module of the author',
    'WRONG_SUBJECT',
    (made) =>
      tamper(made, '@alice/a@1.0.0', (one) => ({
        ...one,
        statement: line(made, '@alice/other@1.0.0').statement!,
      })),
  ],
  [
    'the proof of another version',
    'WRONG_SUBJECT',
    (made) =>
      tamper(made, '@alice/a@1.0.0', (one) => ({
        ...one,
        statement: line(made, '@alice/a@1.1.0').statement!,
      })),
  ],
  [
    'a statement signed by a stranger',
    'UNKNOWN_KEY',
    (made) => {
      const at = layout.proof(line(made, '@alice/a@1.0.0').statement!);
      const stranger = makeKey();
      const keysets = [
        keysetText({ registry: made.name, author: 'alice', n: 1, keys: [stranger], signer: stranger }),
      ];
      made.files.set(at, Buffer.from(encodeProof({ ...parseProof(made.files.get(at)!), keysets })));
    },
  ],
  [
    'a statement with one byte changed',
    'HASH_MISMATCH',
    (made) => {
      const at = layout.proof(line(made, '@alice/a@1.0.0').statement!);
      const proof = parseProof(made.files.get(at)!);
      made.files.set(
        at,
        Buffer.from(encodeProof({ ...proof, statement: proof.statement.replace('About', 'Abuot') })),
      );
    },
  ],
  [
    'a proof that is gone',
    'FILE_NOT_FOUND',
    (made) => made.files.delete(layout.proof(line(made, '@alice/a@1.0.0').statement!)),
  ],
  [
    'an index file of another module',
    'WRONG_SUBJECT',
    (made) =>
      made.files.set(
        layout.index('@alice/a' as never),
        made.files.get(layout.index('@alice/other' as never))!,
      ),
  ],
];

describe('a lying registry (resolve.md §6)', () => {
  it.each(attacks)('%s: %s', async (_name, code, attack) => {
    const made = base();
    attack(made);
    const served = await serve(made.files);
    const my = project({ registry: served.base });
    const ref = _name.startsWith('fewer') ? '@alice/a@1.1.0' : '@alice/a@1.0.0';
    expect((await errorOf(() => my.client().add([ref]))).code).toBe(code);
    expect(() => my.lock()).toThrow();
  });

  it('a release of another registry is refused, however well it is signed', async () => {
    const made = base();
    made.files.set('registry.json', distribution([], { name: 'other.test' }).files.get('registry.json')!);
    const my = project({ registry: (await serve(made.files)).base });
    expect((await errorOf(() => my.client().add(['@alice/a']))).code).toBe('WRONG_SUBJECT');
  });

  it('what was signed once stays signed (§6.6)', async () => {
    const made = base();
    const served = await serve(made.files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a@1.0.0']);
    tamper(made, '@alice/a@1.1.0', ({ statement: _gone, ...rest }) => ({ ...rest, evidence: 0 }));
    expect((await errorOf(() => my.client().add(['@alice/a@1.1.0']))).code).toBe('EVIDENCE_DOWNGRADE');
  });

  it('a second history of an author’s keys is refused once the first is pinned', async () => {
    const my = project({ registry: (await serve(base().files)).base });
    await my.client().add(['@alice/a@1.0.0']);
    const other = await serve(base().files);
    expect((await errorOf(() => my.client({ registry: other.base }).add(['@alice/a@1.1.0']))).code).toBe(
      'KEYSET_CHANGED',
    );
  });

  it('a module that is locked from one registry is not taken from another', async () => {
    const my = project({ registry: (await serve(base().files)).base });
    await my.client().add(['@alice/a@1.0.0']);
    const other = await serve(distribution([{ ref: '@alice/a@1.1.0' }], { name: 'other.test' }).files);
    expect((await errorOf(() => my.client({ registry: other.base }).add(['@alice/a@1.1.0']))).code).toBe(
      'WRONG_SUBJECT',
    );
  });
});

describe('verify', () => {
  it('shows each step, and the one that fails', async () => {
    const made = base();
    const served = await serve(made.files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a@1.0.0']);
    const good = await my.client().verify('@alice/a');
    expect(good.error).toBeUndefined();
    expect(good.steps.map(({ clause, result }) => `${clause} ${result}`)).toEqual([
      '6.1 passed',
      '6.2 none',
      '6.3 passed',
      '6.4 passed',
      '6.5 none',
      '6.6 passed',
      '6.7 passed',
      '6.8.1 passed',
      '6.8.2 none',
      '6.8.3 none',
      '6.8.4 none',
      '6.8.5 none',
      '6.8.6 none',
      '6.8.7 none',
      '6.9 passed',
      '6.10 none',
      '6.11 passed',
      '6.13 none',
    ]);
    tamper(made, '@alice/a@1.0.0', (one) => ({ ...one, needs: ['sh'] }));
    const bad = await my.client().verify('@alice/a');
    expect(bad.error?.code).toBe('WRONG_SUBJECT');
    expect(bad.steps.at(-1)).toMatchObject({ clause: '6.4', result: 'failed' });
  });
});

describe('yanked and deprecated', () => {
  it('is not taken anew, but stays where it is locked', async () => {
    const modules = [{ ref: '@alice/a@1.0.0' }, { ref: '@alice/a@1.1.0' }];
    const served = await serve(distribution(modules).files);
    const my = project({ registry: served.base });
    await my.client().add(['@alice/a']);
    const yanked = await serve(distribution(modules, { yanked: { '@alice/a@1.1.0': 'leaks' } }).files);
    const again = my.client({ registry: yanked.base });
    expect((await again.resolveImport('@alice/a')).origin.version).toBe('1.1.0');
    await again.install();
    expect(await again.outdated()).toMatchObject([
      { current: '1.1.0', wanted: '1.1.0', latest: '1.0.0', yanked: 'leaks' },
    ]);
    const fresh = project({ registry: yanked.base });
    expect((await errorOf(() => fresh.client().add(['@alice/a@1.1.0']))).code).toBe('YANKED');
    expect((await fresh.client().add(['@alice/a'])).added).toEqual(['@alice/a@1.0.0']);
  });
});

describe('records without per-file hashes', () => {
  const files = { 'index.mld': 'var @x = 1\n', 'module.yml': 'name: a\n', 'README.md': '# a\n' };

  it('are checked as a whole, and locked by file', async () => {
    const source = await serve(
      new Map(Object.entries(files).map(([at, text]) => [`good/${at}`, Buffer.from(text)])),
    );
    const made = distribution([
      { ref: '@alice/a@1.0.0', files, legacy: true, sources: [`${source.base}bad/`, `${source.base}good/`] },
    ]);
    const my = project({ registry: (await serve(made.files)).base });
    await my.client().add(['@alice/a']);
    expect(my.lock().modules.get('@alice/a')?.files.get('module.yml')).toBe(sha256(files['module.yml']));
    expect((await my.client().verify('@alice/a')).error).toBeUndefined();
  });

  it('are refused when the source has other bytes', async () => {
    const changed = { ...files, 'module.yml': 'name: b\n' };
    const source = await serve(new Map(Object.entries(changed).map(([at, text]) => [at, Buffer.from(text)])));
    const made = distribution([{ ref: '@alice/a@1.0.0', files, legacy: true, sources: [source.base] }]);
    const my = project({ registry: (await serve(made.files)).base });
    const error = await errorOf(() => my.client().add(['@alice/a']));
    expect(error.code).toBe('HASH_MISMATCH');
    expect(error.message).toMatch(/wanted contentHash [0-9a-f]{64}, found [0-9a-f]{64}/);
  });
});
