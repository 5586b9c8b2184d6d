/**
 * A bundle (docs/spec/call.md §2): a module and all that it imports, in one file that runs without a registry. Each module in it
 * is held against its content digest when the bundle is read, and the bundle against the digest that whoever opens it expects.
 */
import { createHash } from 'node:crypto';
import {
  contentDigest,
  decode as d,
  type JsonObject,
  parseJson,
  parseModuleName,
  parsePath,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';

export interface BundleModule {
  /** `@alice/strings` */
  readonly name: string;
  readonly version: string;
  readonly digest: Sha256Hex;
  /** Identity of the registry that it came from; empty for a module that was at hand. */
  readonly registry: string;
  /** Evidence level, 0 to 4, when the bundle was made. */
  readonly evidence: number;
  /** What it declares that its code needs. */
  readonly needs: readonly string[];
  readonly entry: string;
  /** Module name -> version, for what it imports. */
  readonly imports: ReadonlyMap<string, string>;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export interface Bundle {
  /** The module that is called; it stands first. */
  readonly main: BundleModule;
  readonly modules: ReadonlyMap<string, BundleModule>;
}

/** File name ending of a bundle. */
export const bundleEnding = '.mldbundle';

/** Bytes of a bundle, and modules in it. */
export const bundleLimits = { bytes: 64 * 1024 * 1024, modules: 500, needs: 100 } as const;

export const moduleKey = ({ name, version }: Pick<BundleModule, 'name' | 'version'>): string =>
  `${name}@${version}`;

export function sha256(data: string | Uint8Array): Sha256Hex {
  return createHash('sha256').update(data).digest('hex') as Sha256Hex;
}

/** What the files say, as `docs/spec/digests.md` §1 counts it. */
export function digestOf(files: ReadonlyMap<string, Uint8Array>): Sha256Hex {
  return contentDigest(
    [...files].map(([path, bytes]) => ({ path: parsePath(path), sha256: sha256(bytes) })),
    sha256,
  );
}

/** The same modules give the same bytes. */
export function encodeBundle({ main, modules }: Bundle): string {
  const rest = [...modules.values()].filter((one) => one !== main);
  rest.sort((a, b) => (moduleKey(a) < moduleKey(b) ? -1 : 1));
  const document = {
    v: 1,
    main: moduleKey(main),
    modules: [main, ...rest].map((one) => ({
      name: one.name,
      version: one.version,
      digest: one.digest,
      registry: one.registry,
      evidence: one.evidence,
      needs: [...one.needs].sort(),
      entry: one.entry,
      imports: Object.fromEntries([...one.imports].sort()),
      files: Object.fromEntries(
        [...one.files]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([file, bytes]) => [file, Buffer.from(bytes).toString('base64')]),
      ),
    })),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

const base64: d.Decoder<Uint8Array> = (value, path) => {
  const text = d.text(bundleLimits.bytes)(value, path);
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw d.badShape(path, 'base64', value);
  return bytes;
};

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION, HASH_MISMATCH */
export function parseBundle(input: Uint8Array, where: string): Bundle {
  const document = d.object(parseJson(input, { where, maxBytes: bundleLimits.bytes }), '$');
  if (document.v !== 1) {
    throw new RegistryError('UNSUPPORTED_VERSION', `${where}: wanted a bundle of version 1`, {
      hint: 'Make it anew with mlld export.',
    });
  }
  d.onlyMembers(document, ['v', 'main', 'modules'], '$');
  const list = d.array(moduleOf, bundleLimits.modules)(document.modules, '$.modules');
  const modules = new Map(list.map((one) => [moduleKey(one), one]));
  const main = modules.get(d.string(document.main, '$.main'));
  if (main === undefined) throw d.badShape('$.main', 'one of the modules', document.main);
  return { main, modules };
}

const moduleOf: d.Decoder<BundleModule> = (value, path) => {
  const one: JsonObject = d.object(value, path);
  d.onlyMembers(
    one,
    ['name', 'version', 'digest', 'registry', 'evidence', 'needs', 'entry', 'imports', 'files'],
    path,
  );
  const short = d.text(300);
  const files = new Map(
    Object.entries(d.object(one.files, `${path}.files`)).map(([file, text]) => [
      parsePath(file) as string,
      base64(text, `${path}.files`),
    ]),
  );
  const imports = Object.entries(d.object(one.imports, `${path}.imports`)).map(
    ([name, version]) => [parseModuleName(name) as string, short(version, path)] as const,
  );
  const module: BundleModule = {
    name: parseModuleName(d.string(one.name, `${path}.name`)),
    version: short(one.version, `${path}.version`),
    digest: d.string(one.digest, `${path}.digest`) as Sha256Hex,
    registry: short(one.registry, `${path}.registry`),
    evidence: d.integer(0, 4)(one.evidence, `${path}.evidence`),
    needs: d.array(short, bundleLimits.needs)(one.needs, `${path}.needs`),
    entry: d.string(one.entry, `${path}.entry`),
    imports: new Map(imports),
    files,
  };
  if (!files.has(module.entry)) throw d.badShape(`${path}.entry`, 'one of the files', one.entry);
  const found = digestOf(files);
  if (found === module.digest) return module;
  throw new RegistryError(
    'HASH_MISMATCH',
    `${moduleKey(module)}: wanted files of digest ${module.digest}, found ${found}`,
    {
      hint: 'The bundle was changed after it was made. Make it anew with mlld export.',
    },
  );
};
