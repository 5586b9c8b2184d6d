/** Registries for tests: keys and signatures made in memory, in the form of OpenSSH. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  contentDigest,
  encodeChange,
  encodeStatement,
  type Keyset,
  type ModuleChange,
  type ModuleName,
  type Release,
  type Sha256Hex,
} from '@mlld/format';

export const registryName = 'registry.example.org';

export function sha256(data: Uint8Array | string): Sha256Hex {
  return createHash('sha256').update(data).digest('hex') as Sha256Hex;
}

export interface Signer {
  readonly key: string;
  sign(text: string, namespace: string): string;
}

const field = (data: Buffer | string): Buffer => {
  const bytes = Buffer.from(data as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** The Ed25519 key of a name: always the same one, and so are its signatures. */
export function signer(name: string): Signer {
  const seed = createHash('sha256').update(`key of ${name}`).digest();
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const blob = Buffer.concat([field('ssh-ed25519'), field(Buffer.from(jwk.x ?? '', 'base64url'))]);
  return {
    key: `ssh-ed25519 ${blob.toString('base64')} ${name}@example.org`,
    sign(text, namespace) {
      const hash = createHash('sha512').update(text).digest();
      const head = [field(namespace), field(''), field('sha512')];
      const raw = sign(null, Buffer.concat([Buffer.from('SSHSIG'), ...head, field(hash)]), privateKey);
      const signature = field(Buffer.concat([field('ssh-ed25519'), field(raw)]));
      const envelope = Buffer.concat([
        Buffer.from('SSHSIG\0\0\0\x01', 'latin1'),
        field(blob),
        ...head,
        signature,
      ]);
      const lines = envelope.toString('base64').match(/.{1,70}/g) ?? [];
      return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
    },
  };
}

/** Files by their path in a repository. */
export type Files = Map<string, string>;

export interface ReleaseSpec {
  readonly name: string;
  readonly version: string;
  /** Text of the one file of the module. */
  readonly text?: string;
  readonly imports?: Readonly<Record<string, string>>;
  /** Minutes after the beginning. */
  readonly minute?: number;
  readonly license?: string;
  readonly base?: string;
  /** Members that are to be otherwise. */
  readonly change?: (release: Release) => object;
  readonly signer?: Signer;
}

export function minute(n: number): string {
  return new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString();
}

export function registryFile(extra: object = {}): [string, string] {
  const info = { v: 1, name: registryName, title: 'Example', zone: registryName, ...extra };
  return ['registry.json', `${JSON.stringify(info, null, 2)}\n`];
}

export function keysetFiles(author: string, keys: readonly string[] = [author], n = 1, by = keys): Files {
  const keyset = {
    type: 'keyset',
    v: 1,
    registry: registryName,
    author,
    n,
    threshold: 1,
    keys: keys.map((name) => ({ key: signer(name).key })),
    anchors: { github: { id: 1000 + author.length, login: author } },
    createdAt: minute(0),
  };
  const text = encodeStatement(keyset as unknown as Keyset);
  const file = `authors/${author}/keyset/${n}.json`;
  return new Map([
    [file, text],
    [`${file}.sig`, by.map((name) => signer(name).sign(text, 'mlld-keyset@v1')).join('')],
  ]);
}

export function moduleText(name: string, version: string): string {
  return `exe @greet(@who) = \`Hello @who from ${name} ${version}!\`\nexport { @greet }\n`;
}

export function releaseFiles(spec: ReleaseSpec): Files {
  const { name, version, imports = {}, license = 'CC0' } = spec;
  const author = name.slice(1, name.indexOf('/'));
  const short = name.slice(name.indexOf('/') + 1);
  const text = spec.text ?? moduleText(name, version);
  const hash = sha256(text);
  const base = spec.base ?? `https://example.org/${author}/${'a'.repeat(40)}/${version}/`;
  const files = [{ path: `${short}.mld`, size: Buffer.byteLength(text), sha256: hash }];
  const release: Release = {
    type: 'release',
    v: 1,
    registry: registryName,
    name: name as ModuleName,
    version,
    kind: 'module',
    about: `What ${name} is good for`,
    files,
    digest: contentDigest(files, sha256),
    entry: `${short}.mld`,
    source: { type: 'url', url: `${base}${short}.mld`, contentHash: hash },
    sources: [base],
    imports: new Map(Object.entries(imports)) as unknown as Release['imports'],
    exports: [{ name: 'greet', kind: 'exe', params: [{ name: 'who' }], about: 'Greets' }],
    needs: [],
    dependencies: {},
    license,
    keywords: ['greet', 'demo'],
    repo: `https://example.org/${author}/repo`,
    publishedAt: minute(spec.minute ?? 1),
    publishedBy: 1000,
  };
  const statement = encodeStatement({ ...release, ...spec.change?.(release) } as Release);
  const file = `modules/${author}/${short}/${version}.json`;
  return new Map([
    [file, statement],
    [`${file}.sig`, (spec.signer ?? signer(author)).sign(statement, 'mlld-release@v1')],
  ]);
}

/** The digest that a release of these files states. */
export function readStatementDigest(
  files: ReadonlyMap<string, string>,
  name: string,
  version: string,
): Sha256Hex {
  const text = files.get(`modules/${name.slice(1)}/${version}.json`) ?? '{}';
  return (JSON.parse(text) as { digest: Sha256Hex }).digest;
}

export function metadataFile(name: string, owners: readonly string[]): Files {
  const [author = '', short = ''] = name.slice(1).split('/');
  const text = { name: short, author, about: `What ${name} is good for`, owners, maintainers: [] };
  return new Map([[`modules/${author}/${short}/metadata.json`, `${JSON.stringify(text, null, 2)}\n`]]);
}

export type ChangeSpec = { readonly type: ModuleChange['type']; readonly minute?: number } & Readonly<
  Record<string, unknown>
>;

export function changeFiles(name: string, n: number, { minute: at = 5, type, ...spec }: ChangeSpec): Files {
  const by = (spec.by as string | undefined) ?? name.slice(1, name.indexOf('/'));
  const change = { type, v: 1, registry: registryName, name, n, by, at: minute(at), ...spec };
  const text = encodeChange(change as unknown as ModuleChange);
  const file = `modules/${name.slice(1)}/changes/${n}.json`;
  return new Map([
    [file, text],
    [`${file}.sig`, signer(by).sign(text, `mlld-${type}@v1`)],
  ]);
}

export function merge(...parts: readonly ReadonlyMap<string, string>[]): Files {
  return new Map(parts.flatMap((part) => [...part]));
}

export function writeFiles(folder: string, files: ReadonlyMap<string, string | Uint8Array | null>): void {
  for (const [file, content] of files) {
    const target = path.join(folder, file);
    if (content === null) rmSync(target, { force: true, recursive: true });
    else {
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
    }
  }
}

/** Every file below a folder, as `path → bytes in base64`. */
export function readTree(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    found.set(path.relative(folder, file), readFileSync(file).toString('latin1'));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A registry of alice and bob: three modules, one of which imports the others. */
export function smallRegistry(extra: object = {}): Files {
  return merge(
    new Map([registryFile(extra)]),
    keysetFiles('alice'),
    keysetFiles('bob'),
    metadataFile('@alice/strings', ['alice']),
    releaseFiles({ name: '@alice/strings', version: '1.0.0', minute: 1 }),
    releaseFiles({ name: '@alice/strings', version: '1.1.0', minute: 2 }),
    releaseFiles({
      name: '@bob/lists',
      version: '0.3.0',
      minute: 3,
      imports: { '@alice/strings': '^1.0.0' },
    }),
    releaseFiles({ name: '@alice/strings', version: '1.2.0', minute: 4 }),
    releaseFiles({
      name: '@alice/report',
      version: '2.0.0',
      minute: 6,
      imports: { '@bob/lists': '^0.3.0', '@alice/strings': '~1.1.0' },
    }),
  );
}

/** Answers every URL of the sources that `releaseFiles` names. */
export function sourceFetch(asked: string[] = [], wrong?: (url: string) => Response | undefined) {
  return async (url: string): Promise<Response> => {
    asked.push(url);
    const other = wrong?.(url);
    if (other !== undefined) return other;
    const [, author, version, short] =
      /^https:\/\/example\.org\/([^/]+)\/a{40}\/([^/]+)\/([^/]+)\.mld$/.exec(url) ?? [];
    if (author === undefined) return new Response('none', { status: 404 });
    return new Response(moduleText(`@${author}/${short}`, version ?? ''));
  };
}
