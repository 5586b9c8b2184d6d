/** Good values of each format, for round trips. */
import fc from 'fast-check';
import {
  type Artifact,
  type Author,
  type IndexHeader,
  type IndexVersion,
  isTag,
  isVersion,
  type Keyset,
  type LegacyEntry,
  type Lock,
  type LockedMcp,
  type LockedModule,
  type ModuleName,
  moduleKinds,
  moduleName,
  type ProofBundle,
  parsePath,
  parsePaths,
  type Release,
  type Sha256Hex,
} from '../src/index.ts';

const passes = (run: () => unknown): boolean => {
  try {
    run();
    return true;
  } catch {
    return false;
  }
};

/** Builds an object whose members may be missing, but are never undefined. */
function record<T>(
  model: { [K in keyof T]-?: fc.Arbitrary<T[K]> },
  optional: (keyof T)[] = [],
): fc.Arbitrary<T> {
  const requiredKeys = Object.keys(model).filter((key) => !optional.includes(key as keyof T));
  return fc.record(model as Record<string, fc.Arbitrary<unknown>>, { requiredKeys }) as fc.Arbitrary<T>;
}

/** Well-formed text of any code points; half of them ASCII, control characters among them. */
export const anyUnicode = (maxLength = 30) =>
  fc
    .array(
      fc.oneof(
        fc.nat(0x7f),
        fc.nat(0x10ffff).filter((point) => point < 0xd800 || point > 0xdfff),
      ),
      { maxLength: Math.floor(maxLength / 2) },
    )
    .map((points) => String.fromCodePoint(...points));

export const anyLabel = fc
  .string({ unit: fc.constantFrom(...'abcdexyz019-'), minLength: 1, maxLength: 10 })
  .filter((text) => /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text));
export const anyAuthor = anyLabel.filter(
  (text) => !/^(?:con|prn|aux|nul|com\d|lpt\d)$/.test(text),
) as fc.Arbitrary<Author>;
export const anyModuleName: fc.Arbitrary<ModuleName> = fc
  .tuple(anyAuthor, anyAuthor)
  .map(([author, name]) => moduleName(author, name));
export const anyVersion = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.option(fc.stringMatching(/^[a-z]{1,5}(?:\.\d{1,3})?$/)))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre === null ? '' : `-${pre}`}`)
  .filter((text) => isVersion(text));
export const anyTag = anyLabel.filter(isTag);
export const anyPath = fc
  .array(fc.string({ unit: fc.constantFrom(...'abcXYZ019_.@+-'), minLength: 1, maxLength: 8 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => parts.join('/'))
  .filter((path) => passes(() => parsePath(path)));
export const anyPaths = fc
  .uniqueArray(anyPath, { minLength: 1, maxLength: 5 })
  .filter((paths) => passes(() => parsePaths(paths)));
export const anyHash = fc
  .tuple(fc.nat(0xffff), fc.nat(0xffff))
  .map(
    ([a, b]) => a.toString(16).padStart(32, '0') + b.toString(16).padStart(32, 'f'),
  ) as fc.Arbitrary<Sha256Hex>;
export const anyInstant = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString());
export const anyRegistry = fc.constantFrom('registry.example.org', 'modules.example.com', 'a.b');
/** Text as people write it: any characters of Unicode but control characters. */
export const anyText = (maxLength = 30) =>
  fc
    .string({ unit: 'grapheme', maxLength })
    .filter((text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(text) && text.length <= maxLength);
export const anyBase = fc
  .tuple(
    fc.constantFrom('https://example.org/', 'http://127.0.0.1:8080/', 'file:///srv/modules/', 'ipfs://bafy/'),
    anyPath,
  )
  .map(([base, path]) => `${base}${path}/`);
export const anyRange = fc.oneof(
  anyVersion,
  anyVersion.map((v) => `^${v}`),
  fc.constantFrom('latest', '*', '>=1.0.0 <2.0.0'),
);
export const anyImports = fc
  .array(fc.tuple(anyModuleName, anyRange), { maxLength: 4 })
  .map((entries) => new Map(entries));
const anyNeeds = fc.uniqueArray(fc.constantFrom('js', 'node', 'sh', 'cmd', 'py', 'network'));
const anyKind = fc.constantFrom(...moduleKinds);

export const anyRelease: fc.Arbitrary<Release> = anyPaths.chain((paths) =>
  record<Release>(
    {
      type: fc.constant('release'),
      v: fc.constant(1),
      registry: anyRegistry,
      name: anyModuleName,
      version: anyVersion,
      kind: anyKind,
      about: anyText(),
      files: fc.tuple(
        ...paths.map((path) => fc.record({ path: fc.constant(path), size: fc.nat(1e6), sha256: anyHash })),
      ),
      digest: anyHash,
      entry: fc.constantFrom(...paths),
      source: fc.record({
        type: fc.constant('directory' as const),
        baseUrl: anyBase,
        files: fc.constant(paths),
        entryPoint: fc.constantFrom(...paths),
        contentHash: anyHash,
      }),
      sources: fc.array(anyBase, { maxLength: 3 }),
      imports: anyImports,
      exports: fc.array(
        record<Release['exports'][number]>(
          {
            name: anyLabel,
            kind: fc.constantFrom('exe', 'var'),
            params: fc.array(
              record<{ name: string; type?: string }>({ name: anyLabel, type: anyLabel }, ['type']),
            ),
            about: anyText(),
          },
          ['params', 'about'],
        ),
        { maxLength: 3 },
      ),
      needs: anyNeeds,
      dependencies: fc.constantFrom({}, { node: ['pg'] }),
      license: fc.constantFrom('CC0', 'MIT'),
      mlldVersion: fc.constant('>=2.0.0'),
      keywords: fc.array(anyLabel, { maxLength: 3 }),
      repo: fc.constant('https://github.com/alice/mods'),
      bugs: fc.constant('https://github.com/alice/mods/issues'),
      homepage: fc.constant('https://example.org/'),
      publishedAt: anyInstant,
      publishedBy: fc.integer({ min: 1, max: 1e9 }),
    },
    ['mlldVersion', 'repo', 'bugs', 'homepage', 'publishedBy'],
  ),
);

const anyKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(
    (raw) =>
      `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), raw]).toString('base64')}`,
  );

export const anyKeyset: fc.Arbitrary<Keyset> = fc
  .uniqueArray(anyKey, { minLength: 1, maxLength: 4 })
  .chain((keys) =>
    record<Keyset>(
      {
        type: fc.constant('keyset'),
        v: fc.constant(1),
        registry: anyRegistry,
        author: anyAuthor,
        n: fc.integer({ min: 1, max: 1000 }),
        threshold: fc.integer({ min: 1, max: keys.length }),
        keys: fc.constant(keys.map((key, i) => ({ key: i % 2 === 0 ? key : `${key} alice@example.org` }))),
        anchors: record<Keyset['anchors']>(
          { github: fc.record({ id: fc.integer({ min: 1, max: 1e9 }), login: anyAuthor }), dns: anyRegistry },
          ['github', 'dns'],
        ),
        createdAt: anyInstant,
        recovery: fc.record({ policy: fc.integer({ min: 1, max: 1000 }), reason: anyText(1000) }),
      },
      ['recovery'],
    ),
  )
  // Keyset 1 replaces no keys.
  .map(({ recovery, ...keyset }) =>
    keyset.n === 1 || recovery === undefined ? keyset : { ...keyset, recovery },
  );

const anySigned = fc.record({
  statement: anyUnicode(),
  signatures: fc.array(anyUnicode(), { maxLength: 3 }),
});
export const anyProof: fc.Arbitrary<ProofBundle> = fc
  .tuple(
    anySigned,
    fc.array(anySigned, { maxLength: 3 }),
    fc.option(fc.record({ index: fc.nat(1e9), proof: anyUnicode() }), { nil: undefined }),
  )
  .map(([release, keysets, log]) => ({ v: 1, ...release, keysets, ...(log === undefined ? {} : { log }) }));

const anyArtifact: fc.Arbitrary<Artifact> = fc.tuple(anyPaths, fc.boolean()).chain(([paths, hashed]) =>
  record<Artifact>(
    {
      name: anyModuleName,
      version: anyVersion,
      digest: anyHash,
      contentHash: anyHash,
      shape: fc.constantFrom('file', 'directory'),
      entry: fc.constantFrom(...paths),
      files: fc.tuple(
        ...paths.map((path) =>
          record<Artifact['files'][number]>(
            { path: fc.constant(path), size: fc.nat(1e6), sha256: anyHash },
            hashed ? ['size'] : ['size', 'sha256'],
          ),
        ),
      ),
      sources: fc.array(anyBase, { maxLength: 2 }),
      statement: anyHash,
    },
    hashed ? ['contentHash', 'statement'] : ['statement'],
  ).map((artifact) => {
    if (hashed) return artifact;
    const { digest: _digest, ...unhashed } = artifact;
    return unhashed;
  }),
);

const anyIndexVersion: fc.Arbitrary<IndexVersion> = fc
  .tuple(
    anyArtifact,
    record<Omit<IndexVersion, keyof Artifact>>(
      {
        v: fc.constant(1),
        kind: anyKind,
        imports: anyImports,
        closure: fc.array(anyArtifact, { maxLength: 2 }),
        needs: anyNeeds,
        license: fc.constant('CC0'),
        mlldVersion: fc.constant('>=2.0.0'),
        exports: fc.array(anyLabel, { maxLength: 3 }),
        publishedAt: anyInstant,
        evidence: fc.constantFrom(0, 1, 2, 3, 4),
        checked: record<IndexVersion['checked']>(
          {
            state: fc.constantFrom('match', 'mismatch', 'unreachable', 'unchecked'),
            found: anyHash,
            reason: anyText(),
          },
          ['found', 'reason'],
        ),
      },
      ['mlldVersion', 'exports', 'publishedAt'],
    ),
  )
  // What is signed names its statement (index.md §2.4).
  .filter(([artifact, rest]) => rest.evidence < 2 || artifact.statement !== undefined)
  .map(([artifact, rest]) => ({ ...artifact, ...rest }));

const anyHeader: fc.Arbitrary<IndexHeader> = record<IndexHeader>(
  {
    v: fc.constant(1),
    name: anyModuleName,
    about: anyText(),
    tags: fc.array(fc.tuple(anyTag, anyVersion), { maxLength: 3 }).map((tags) => new Map(tags)),
    owners: fc.array(anyAuthor, { maxLength: 3 }),
    yanked: fc.array(fc.tuple(anyVersion, anyText()), { maxLength: 2 }).map((all) => new Map(all)),
    deprecated: record<{ message: string; replacedBy?: ModuleName }>(
      { message: anyText(), replacedBy: anyModuleName },
      ['replacedBy'],
    ),
    advisories: fc.array(fc.constantFrom('MLLD-2026-0001', 'MLLD-2026-0002'), { maxLength: 2 }),
    community: record<NonNullable<IndexHeader['community']>>({
      sha256: anyHash,
      reviews: fc.nat(),
      stars: fc.nat(),
      liked: fc.nat(),
      judged: fc.array(
        fc.record({ version: anyVersion, positive: fc.nat(), negative: fc.nat(), reviewers: fc.nat() }),
        { maxLength: 2 },
      ),
      at: anyInstant,
    }),
    standing: record<NonNullable<IndexHeader['standing']>>({ distance: fc.nat(6), banned: fc.boolean() }, [
      'distance',
    ]),
    score: record<NonNullable<IndexHeader['score']>>({
      version: anyVersion,
      value: fc.nat(100),
      insufficient: fc.boolean(),
      at: anyInstant,
    }),
  },
  ['deprecated', 'community', 'standing', 'score'],
);

export const anyIndex = fc
  .tuple(anyHeader, fc.uniqueArray(anyIndexVersion, { maxLength: 4, selector: (line) => line.version }))
  .map(([header, versions]) => ({
    header,
    versions: versions.map((line) => ({ ...line, name: header.name })),
    skipped: [],
  }));

const anyLocked: fc.Arbitrary<LockedModule> = anyPaths.chain((paths) =>
  record<LockedModule>(
    {
      name: anyModuleName,
      wanted: anyRange,
      version: anyVersion,
      registry: anyRegistry,
      entry: fc.constant(paths[0]!),
      files: fc
        .tuple(...paths.map(() => anyHash))
        .map((hashes) => new Map(paths.map((path, i) => [path, hashes[i]!]))),
      digest: anyHash,
      sources: fc.array(anyBase, { maxLength: 2 }),
      imports: fc.array(fc.tuple(anyModuleName, anyVersion), { maxLength: 3 }).map((all) => new Map(all)),
      evidence: fc.constantFrom(0, 1, 2, 3, 4),
      statement: anyHash,
      needs: anyNeeds,
      granted: anyNeeds,
      capabilities: anyNeeds,
      mcp: record<LockedMcp>(
        {
          granted: anyNeeds,
          config: fc.array(fc.tuple(anyRange, anyRange), { maxLength: 2 }).map((all) => new Map(all)),
          surface: anyHash,
        },
        ['surface'],
      ),
      fetchedAt: anyInstant,
    },
    ['digest', 'statement', 'capabilities', 'mcp'],
  ),
);

const anyLegacy: fc.Arbitrary<LegacyEntry> = record<LegacyEntry>(
  { wanted: anyRange, version: anyVersion, entrySha256: anyHash },
  ['version', 'entrySha256'],
);

export const anyLock: fc.Arbitrary<Lock> = fc
  .record({
    modules: fc.array(fc.tuple(anyLocked, fc.boolean()), { maxLength: 5 }),
    legacy: fc.array(fc.tuple(anyModuleName, anyLegacy), { maxLength: 2 }),
    authors: fc.array(
      fc.tuple(anyAuthor, fc.record({ keyset: fc.integer({ min: 1, max: 1000 }), sha256: anyHash })),
      {
        maxLength: 2,
      },
    ),
    createdAt: anyInstant,
    updatedAt: anyInstant,
  })
  .map(({ modules, legacy, authors, ...rest }) => {
    const locked = new Map(
      modules.map(([one, beside]) => [beside ? `${one.name}@${one.version}` : one.name, one]),
    );
    const old = new Map(legacy.filter(([name]) => !locked.has(name)));
    return { modules: locked, legacy: old, authors: new Map(authors), ...rest };
  });
