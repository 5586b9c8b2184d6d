/**
 * `mcp.json`, the entry of a module of the kind `mcp-server` (docs/spec/mcp.md §3): what exactly runs, what it may do, and what it
 * listed when it ran in a sandbox. A program that imports the server reads this file and starts nothing.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { parsePath } from './path.ts';

export const mcpFiles = { manifest: 'mcp.json', server: 'server.json', tests: 'mcp.test.json' } as const;

export interface McpManifest {
  readonly v: 1;
  /** sha256 of the `server.json` that it was made for. */
  readonly server: Sha256Hex;
  readonly artefact: McpArtefact;
  readonly permissions: McpPermissions;
  /** Absent where nothing of it can be run here. */
  readonly observed?: McpObserved;
}

/**
 * What is run. `tree` is the content digest (digests.md §1) of the unpacked folder; `command` its program and arguments, in which
 * `{artefact}` is that folder. What the user configures stands behind it (server.json).
 */
export type McpArtefact =
  | { readonly kind: 'files'; readonly tree: Sha256Hex; readonly command: readonly string[] }
  | {
      readonly kind: 'npm';
      readonly tree: Sha256Hex;
      readonly command: readonly string[];
      readonly packages: readonly McpNpmPackage[];
    }
  | {
      readonly kind: 'mcpb';
      readonly tree: Sha256Hex;
      readonly command: readonly string[];
      readonly env: ReadonlyMap<string, string>;
      readonly url: string;
      readonly sha256: Sha256Hex;
    }
  | { readonly kind: 'remote'; readonly url: string }
  /** For people: a package that other programs install and run. */
  | { readonly kind: 'command'; readonly registryType: string; readonly command: readonly string[] };

/** A package of the closure. */
export interface McpNpmPackage {
  /** `node_modules/a/node_modules/b` */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** sha512 of the tarball in hex. */
  readonly sha512: string;
}

export interface McpPermissions {
  /** Rules as sandbox.md §4.2 has them. */
  readonly hosts: readonly string[];
  readonly folders: readonly McpFolder[];
  readonly environment: readonly McpVariable[];
  /** Programs of the system that it starts. */
  readonly commands: readonly string[];
}

export interface McpFolder {
  /** `project`, or `{name}` of an input that the user gives. */
  readonly path: string;
  readonly access: 'read' | 'write';
}

export interface McpVariable {
  readonly name: string;
  readonly secret: boolean;
  readonly required: boolean;
}

export type McpEra = 'legacy' | 'modern';

export interface McpObserved {
  /** The client that it was listed to (docs/spec/mcp.md §4.1). */
  readonly profile: string;
  readonly era: McpEra;
  readonly protocolVersion: string;
  /** What the server says it is. */
  readonly implementation: { readonly name: string; readonly version: string };
  /** Milliseconds from the start of the process to the end of the listing. */
  readonly startMs: number;
  readonly capabilities: JsonObject;
  readonly instructions?: string;
  readonly definitions: readonly McpDefinition[];
  /** sha256 over all of it (docs/spec/mcp.md §4.3). */
  readonly surface: Sha256Hex;
}

export const mcpDefinitionKinds = ['tool', 'prompt', 'resource', 'template'] as const;
export type McpDefinitionKind = (typeof mcpDefinitionKinds)[number];

export interface McpDefinition {
  readonly kind: McpDefinitionKind;
  /** The name of a tool or prompt, the URI of a resource, the pattern of a template. */
  readonly name: string;
  /** sha256 of the canonical JSON of `definition`. */
  readonly sha256: Sha256Hex;
  /** As the server lists it, whole. */
  readonly definition: JsonObject;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, UNSUPPORTED_VERSION, TOO_LARGE */
export function parseMcpManifest(
  bytes: Uint8Array | string,
  { where = mcpFiles.manifest }: { readonly where?: string } = {},
): McpManifest {
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.mcpManifestBytes }), `${where}: $`);
  const $ = `${where}: $`;
  d.onlyMembers(value, ['v', 'server', 'artefact', 'permissions', 'observed'], $);
  return d.compact({
    v: d.literal(1)(value.v, `${$}.v`),
    server: d.parsed(parseSha256)(value.server, `${$}.server`),
    artefact: artefact(value.artefact, `${$}.artefact`),
    permissions: permissions(value.permissions, `${$}.permissions`),
    observed: d.optional(observed)(value.observed, `${$}.observed`),
  });
}

/** The bytes of a manifest: two spaces, a final newline. */
export function encodeMcpManifest(manifest: McpManifest): string {
  return `${JSON.stringify(manifest, (_key, one) => (one instanceof Map ? Object.fromEntries(one) : one), 2)}\n`;
}

const words = d.array(d.text(2000), 100);
const command: d.Decoder<string[]> = (value, path) => {
  const found = words(value, path);
  if (found.length === 0) throw d.badShape(path, 'a program and its arguments', found);
  return found;
};
const sha256 = d.parsed(parseSha256);

const artefact: d.Decoder<McpArtefact> = (value, path) => {
  const found = d.object(value, path);
  const kind = d.literal('files', 'npm', 'mcpb', 'remote', 'command')(found.kind, `${path}.kind`);
  const only = (...members: string[]) => d.onlyMembers(found, ['kind', ...members], path);
  if (kind === 'remote') {
    only('url');
    return { kind, url: d.text(2000)(found.url, `${path}.url`) };
  }
  const words = command(found.command, `${path}.command`);
  if (kind === 'command') {
    only('registryType', 'command');
    return { kind, registryType: d.text(100)(found.registryType, `${path}.registryType`), command: words };
  }
  const tree = sha256(found.tree, `${path}.tree`);
  if (kind === 'files') {
    only('tree', 'command');
    return { kind, tree, command: words };
  }
  if (kind === 'npm') {
    only('tree', 'command', 'packages');
    const packages = d.array(npmPackage, limits.mcpPackages)(found.packages, `${path}.packages`);
    return { kind, tree, command: words, packages };
  }
  only('tree', 'command', 'env', 'url', 'sha256');
  return {
    kind,
    tree,
    command: words,
    env: d.map(d.text(2000), 100, variableName)(found.env, `${path}.env`),
    url: d.url(found.url, `${path}.url`),
    sha256: sha256(found.sha256, `${path}.sha256`),
  };
};

const npmPackage: d.Decoder<McpNpmPackage> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['path', 'name', 'version', 'sha512'], path);
  const sha512 = d.string(found.sha512, `${path}.sha512`);
  if (!/^[0-9a-f]{128}$/.test(sha512)) throw d.badShape(`${path}.sha512`, '128 hex digits', sha512);
  const place = d.parsed(parsePath)(found.path, `${path}.path`);
  if (!place.startsWith('node_modules/')) throw d.badShape(`${path}.path`, 'a path in node_modules', place);
  return {
    path: place,
    name: npmName(found.name, `${path}.name`),
    version: d.text(256)(found.version, `${path}.version`),
    sha512,
  };
};

const npmName: d.Decoder<string> = (value, path) => {
  const found = d.text(214)(value, path);
  if (!/^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*$/.test(found))
    throw d.badShape(path, 'the name of an npm package', found);
  return found;
};

export const mcpPermissionsShape = (value: Json | undefined, path: string): McpPermissions =>
  permissions(value, path);

const permissions: d.Decoder<McpPermissions> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['hosts', 'folders', 'environment', 'commands'], path);
  return {
    hosts: d.array(d.text(260), 100)(found.hosts ?? [], `${path}.hosts`),
    folders: d.array(folder, 50)(found.folders ?? [], `${path}.folders`),
    environment: d.array(variable, 100)(found.environment ?? [], `${path}.environment`),
    commands: d.array(d.text(100), 50)(found.commands ?? [], `${path}.commands`),
  };
};

const folder: d.Decoder<McpFolder> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['path', 'access'], path);
  const place = d.text(200)(found.path, `${path}.path`);
  if (place !== 'project' && !/^\{[^{}]+\}$/.test(place))
    throw d.badShape(`${path}.path`, 'project, or {name} of an input', place);
  return { path: place, access: d.literal('read', 'write')(found.access, `${path}.access`) };
};

const variable: d.Decoder<McpVariable> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['name', 'secret', 'required'], path);
  const name = d.string(found.name, `${path}.name`);
  variableName(name);
  return {
    name,
    secret: d.boolean(found.secret, `${path}.secret`),
    required: d.boolean(found.required, `${path}.required`),
  };
};

/** Variables that say which code a program loads, or how it is run, are never given from outside. */
const steering =
  /^(?:LD_|DYLD_|NODE_|PYTHON|PERL|RUBY|BASH_|GIT_|JAVA_|_JAVA|PATH$|HOME$|IFS$|ENV$|SHELLOPTS$)/;

function variableName(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) || steering.test(name))
    throw d.badShape('environment', 'the name of a variable that steers no program', name);
}

const observed: d.Decoder<McpObserved> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, observedMembers, path);
  const implementation = d.object(found.implementation, `${path}.implementation`);
  return d.compact({
    profile: d.text(100)(found.profile, `${path}.profile`),
    era: d.literal('legacy', 'modern')(found.era, `${path}.era`),
    protocolVersion: d.text(50)(found.protocolVersion, `${path}.protocolVersion`),
    implementation: {
      name: d.text(500)(implementation.name, `${path}.implementation.name`),
      version: d.text(500)(implementation.version, `${path}.implementation.version`),
    },
    startMs: d.integer(0)(found.startMs, `${path}.startMs`),
    capabilities: d.object(found.capabilities, `${path}.capabilities`),
    instructions: d.optional(d.text(100_000))(found.instructions, `${path}.instructions`),
    definitions: d.array(definition, 4 * limits.mcpDefinitions)(found.definitions, `${path}.definitions`),
    surface: sha256(found.surface, `${path}.surface`),
  });
};

const observedMembers = [
  'profile',
  'era',
  'protocolVersion',
  'implementation',
  'startMs',
  'capabilities',
  'instructions',
  'definitions',
  'surface',
];

const definition: d.Decoder<McpDefinition> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['kind', 'name', 'sha256', 'definition'], path);
  return {
    kind: d.literal(...mcpDefinitionKinds)(found.kind, `${path}.kind`),
    name: d.text(2000)(found.name, `${path}.name`),
    sha256: sha256(found.sha256, `${path}.sha256`),
    definition: d.object(found.definition, `${path}.definition`),
  };
};
