/** `search/manifest`: the one file of the index that changes in place (search.md §7.1). Deflated JSON. */
import { decode as d, type JsonObject, layout, parseJson, RegistryError } from '@mlld/format';
import { type Inflate, inflate } from '../files/bytes.ts';

/** The schema of all files of the index. */
export const indexVersion = 1;

/** Modules in one file of records, and of neighbours. */
export const recordsPerFile = 16;
export const neighboursPerFile = 256;
/** Neighbours that are kept of each module. */
export const similarModules = 6;

export interface BaseInfo {
  /** Follows from its records (§7.1): names its folder. */
  readonly id: string;
  readonly modules: number;
  /** Of each file of words, and of names: a text that is not after its first key, and after the last one before. */
  readonly words: readonly string[];
  readonly names: readonly string[];
  /** Parts of the vocabulary, beside `all`. */
  readonly vocabulary: readonly string[];
  /** [level, ordinal of the first module that has it], highest level first. */
  readonly levels: readonly (readonly [number, number])[];
}

export interface Manifest {
  readonly v: typeof indexVersion;
  readonly base: BaseInfo;
  /** Name of the file of what changed since; absent where nothing did. */
  readonly delta?: string;
  /** Vectors of the modules' texts (§9), and those of the modules of `delta`; absent where there are none. */
  readonly meaning?: { readonly id: string; readonly delta?: string };
  /** Modules that are trending, the first one most: ordinals of the base, then places among what changed since. Absent for none. */
  readonly trending?: readonly number[];
}

/** Digits of a name that is made of a hash. */
export const hashDigits = 16;
const hashName: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!/^[0-9a-f]{16}$/.test(found)) throw d.badShape(path, `${hashDigits} hexadecimal digits`, found);
  return found;
};

const count = d.integer(0, 10_000_000);
const routes = d.array(d.text(200), 1_000_000);

export function encodeManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest)}\n`;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, UNSUPPORTED_VERSION, TOO_LARGE */
export async function parseManifest(bytes: Uint8Array, inflating: Inflate = inflate): Promise<Manifest> {
  const where = layout.searchManifest;
  const text = await inflating(bytes, where);
  const value = d.object(parseJson(text, { where, maxBytes: text.length }), where);
  if (value.v !== indexVersion) {
    throw new RegistryError(
      'UNSUPPORTED_VERSION',
      `${where}: index of schema ${String(value.v)}, this program reads 1`,
      {
        hint: 'Update mlld.',
      },
    );
  }
  return d.compact({
    v: indexVersion,
    base: decodeBase(d.object(value.base, `${where}.base`), `${where}.base`),
    delta: d.optional(hashName)(value.delta, `${where}.delta`),
    meaning: d.optional(decodeMeaning)(value.meaning, `${where}.meaning`),
    trending: d.optional(d.array(count, 100))(value.trending, `${where}.trending`),
  });
}

const decodeMeaning: d.Decoder<NonNullable<Manifest['meaning']>> = (value, $) => {
  const found = d.object(value, $);
  return d.compact({
    id: hashName(found.id, `${$}.id`),
    delta: d.optional(hashName)(found.delta, `${$}.delta`),
  });
};

function decodeBase(value: JsonObject, $: string): BaseInfo {
  const level: d.Decoder<readonly [number, number]> = (one, path) => {
    const pair = d.array(count, 2)(one, path);
    return [pair[0] ?? 0, pair[1] ?? 0];
  };
  return {
    id: hashName(value.id, `${$}.id`),
    modules: count(value.modules, `${$}.modules`),
    words: routes(value.words, `${$}.words`),
    names: routes(value.names, `${$}.names`),
    vocabulary: d.array(d.text(1), 100)(value.vocabulary, `${$}.vocabulary`),
    levels: d.array(level, 64)(value.levels, `${$}.levels`),
  };
}
