/**
 * Statements about what changes after a release (docs/spec/statements.md §9): `tag`, `yank`, `deprecate`. They stand one
 * a file, numbered from 1 without gaps, in `modules/<author>/<name>/changes/`; a later one wins over an earlier one. The
 * number is part of what is signed: an old statement can't be put in again to undo a newer one.
 */
import * as d from './decode.ts';
import type { JsonObject } from './json.ts';
import { limits } from './limits.ts';
import {
  type Author,
  isTag,
  type ModuleName,
  parseAuthor,
  parseModuleName,
  parseRegistryName,
} from './name.ts';
import { openStatement, type ParseOptions, versionDecoder } from './statement.ts';

interface ChangeBase {
  readonly v: 1;
  readonly registry: string;
  readonly name: ModuleName;
  /** 1, 2, 3, … within the module. */
  readonly n: number;
  /** The owner whose keyset signs. */
  readonly by: Author;
  readonly at: string;
}

/** Points a tag at a version, or removes it. */
export interface TagChange extends ChangeBase {
  readonly type: 'tag';
  readonly tag: string;
  /** Absent: the tag is removed. */
  readonly version?: string;
}

/** Asks nobody to choose a version any more (what is locked still works), or takes that back. */
export interface YankChange extends ChangeBase {
  readonly type: 'yank';
  readonly version: string;
  readonly yanked: boolean;
  readonly reason: string;
}

/** Says that the whole module is no longer looked after, or takes that back with an empty message. */
export interface DeprecateChange extends ChangeBase {
  readonly type: 'deprecate';
  readonly message: string;
  readonly replacedBy?: ModuleName;
}

export type ModuleChange = TagChange | YankChange | DeprecateChange;

export const changeTypes = ['tag', 'yank', 'deprecate'] as const;

/** Parses the bytes of a change. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseChange(
  bytes: Uint8Array | string,
  { where = 'change' }: ParseOptions = {},
): ModuleChange {
  const { value, type, $ } = openStatement(bytes, changeTypes, where);
  const base: ChangeBase = {
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    n: d.integer(1, limits.changesPerModule)(value.n, `${$}.n`),
    by: d.parsed(parseAuthor)(value.by, `${$}.by`),
    at: d.instant(value.at, `${$}.at`),
  };
  d.onlyMembers(value, [...baseMembers, ...ownMembers[type]], $);
  if (type === 'tag') return tagChange(value, base, $);
  if (type === 'yank') {
    return {
      type,
      ...base,
      version: versionDecoder(value.version, `${$}.version`),
      yanked: d.boolean(value.yanked, `${$}.yanked`),
      reason: d.text(1000)(value.reason, `${$}.reason`),
    };
  }
  return d.compact({
    type,
    ...base,
    message: d.text(1000)(value.message, `${$}.message`),
    replacedBy: d.optional(d.parsed(parseModuleName))(value.replacedBy, `${$}.replacedBy`),
  });
}

/** The bytes of a change as this project writes them. */
export function encodeChange(change: ModuleChange): string {
  return `${JSON.stringify(change, null, 2)}\n`;
}

const baseMembers = ['type', 'v', 'registry', 'name', 'n', 'by', 'at'];
const ownMembers: Readonly<Record<(typeof changeTypes)[number], readonly string[]>> = {
  tag: ['tag', 'version'],
  yank: ['version', 'yanked', 'reason'],
  deprecate: ['message', 'replacedBy'],
};

function tagChange(value: JsonObject, base: ChangeBase, $: string): TagChange {
  const tag = d.string(value.tag, `${$}.tag`);
  if (!isTag(tag)) throw d.badShape(`${$}.tag`, 'a tag of letters, digits and hyphens', tag);
  return d.compact({
    type: 'tag' as const,
    ...base,
    tag,
    version: d.optional(versionDecoder)(value.version, `${$}.version`),
  });
}
