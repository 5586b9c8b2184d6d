/** The rules of a `server.json`, one function for each of its shapes; what is wrong is gathered, not thrown. */
import type { Json, JsonObject } from './json.ts';
import type { McpServerIssue } from './mcp-server-json.ts';

type Rule = (value: Json, at: Place) => void;

class Place {
  readonly path: string;
  readonly issues: McpServerIssue[];
  constructor(path: string, issues: McpServerIssue[]) {
    this.path = path;
    this.issues = issues;
  }
  member(name: string): Place {
    return new Place(`${this.path}.${name}`, this.issues);
  }
  item(i: number): Place {
    return new Place(`${this.path}[${i}]`, this.issues);
  }
  schema(message: string): void {
    this.issues.push({ type: 'schema', path: this.path, message });
  }
  semantic(message: string): void {
    this.issues.push({ type: 'semantic', path: this.path, message });
  }
}

export function inspectServer(value: Json): McpServerIssue[] {
  const issues: McpServerIssue[] = [];
  server(value, new Place('$', issues));
  return issues;
}

// ---- shapes

interface Shape {
  readonly required: readonly string[];
  readonly members: Readonly<Record<string, Rule>>;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Unknown members are allowed, as the schema allows them. */
function shape({ required, members }: Shape, also?: (value: JsonObject, at: Place) => void): Rule {
  return (value, at) => {
    if (!isObject(value)) return at.schema('wanted an object');
    for (const name of required) {
      if (!Object.hasOwn(value, name)) at.schema(`wanted the member ${name}`);
    }
    for (const [name, rule] of Object.entries(members)) {
      if (Object.hasOwn(value, name)) rule(value[name]!, at.member(name));
    }
    also?.(value, at);
  };
}

function text(least: number, most: number, pattern?: RegExp): Rule {
  return (value, at) => {
    if (typeof value !== 'string') return at.schema('wanted a text');
    const length = [...value].length;
    if (length < least || length > most) at.schema(`wanted ${least} to ${most} characters, found ${length}`);
    if (pattern !== undefined && !pattern.test(value)) at.schema(`'${value}' does not match ${pattern}`);
  };
}

const anyText = text(0, 100_000);
const flag: Rule = (value, at) => {
  if (typeof value !== 'boolean') at.schema('wanted true or false');
};

function oneOf(...allowed: readonly string[]): Rule {
  return (value, at) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      at.schema(`wanted one of ${allowed.join(', ')}`);
  };
}

function list(item: Rule): Rule {
  return (value, at) => {
    if (!Array.isArray(value)) return at.schema('wanted a list');
    if (value.length > 200) return at.schema(`wanted at most 200 entries, found ${value.length}`);
    for (const [i, one] of value.entries()) item(one as Json, at.item(i));
  };
}

const table =
  (item: Rule): Rule =>
  (value, at) => {
    if (!isObject(value)) return at.schema('wanted an object');
    for (const [name, one] of Object.entries(value)) item(one, at.member(name));
  };

const all =
  (...rules: readonly Rule[]): Rule =>
  (value, at) => {
    for (const rule of rules) rule(value, at);
  };

const uri: Rule = (value, at) => {
  if (typeof value !== 'string' || !/^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/.test(value)) at.schema('wanted a URI');
};

const secureUrl: Rule = (value, at) => {
  if (typeof value !== 'string') return;
  if (!URL.canParse(value) || new URL(value).protocol !== 'https:') at.semantic('wanted an https: URL');
};

// ---- versions

/** What looks like a range is none of a version: the official registry's patterns, in one. */
const ranges: readonly RegExp[] = [
  /^\s*(?:\^|~|>=|<=|>|<|=)\s*v?\d+(?:\.(?:\d+|[xX*])){0,3}/,
  /^\s*v?\d+(?:\.\d+){0,3}\s+-\s+v?\d/,
  /\|\|/,
  /^\s*(?:v?\d+|[xX*])(?:\.(?:\d+|[xX*]))*\.[xX*](?:\.|\s*$)/,
  /^\s*[xX*]\s*$/,
];

const version: Rule = (value, at) => {
  if (typeof value !== 'string') return;
  if (value === 'latest') at.semantic("'latest' is no version");
  else if (ranges.some((range) => range.test(value))) at.semantic(`'${value}' is a range, not a version`);
};

// ---- inputs and transports

const inputMembers: Readonly<Record<string, Rule>> = {
  description: anyText,
  isRequired: flag,
  format: oneOf('string', 'number', 'boolean', 'filepath'),
  value: anyText,
  isSecret: flag,
  default: anyText,
  placeholder: anyText,
  choices: list(anyText),
};

function ofInput(value: JsonObject, at: Place): void {
  const { choices, value: fixed, default: preset } = value;
  if (!Array.isArray(choices)) return;
  if (choices.length === 0) at.semantic('choices is empty');
  for (const one of [fixed, preset]) {
    if (typeof one === 'string' && !/[{}]/.test(one) && !choices.includes(one))
      at.semantic(`'${one}' is none of the choices`);
  }
}

const input = shape({ required: [], members: inputMembers }, ofInput);
const variableMembers = { ...inputMembers, variables: table(input) };
const namedInput = shape(
  { required: ['name'], members: { ...variableMembers, name: anyText } },
  (value, at) => {
    ofInput(value, at);
    if (value.name === '') at.semantic('the name is empty');
  },
);

const argument: Rule = (value, at) => {
  if (!isObject(value)) return at.schema('wanted an object');
  if (value.type === 'named') return named(value, at);
  if (value.type === 'positional') return positional(value, at);
  at.member('type').schema('wanted one of positional, named');
};

const named = shape(
  { required: ['type', 'name'], members: { ...variableMembers, isRepeated: flag, name: anyText } },
  (value, at) => {
    ofInput(value, at);
    const { name } = value;
    if (typeof name !== 'string') return;
    if (name === '' || /[<>\s$]/.test(name))
      at.member('name').semantic(`'${name}' has a space or one of < > $`);
    for (const one of ['value', 'default']) {
      const given = value[one];
      if (typeof given === 'string' && name !== '' && given.startsWith(name))
        at.member(one).semantic(`begins with the argument's own name ${name}`);
    }
  },
);

const positional = shape(
  { required: ['type'], members: { ...variableMembers, isRepeated: flag, valueHint: anyText } },
  (value, at) => {
    ofInput(value, at);
    if (value.valueHint === undefined && value.value === undefined)
      at.schema('wanted the member valueHint or value');
  },
);

const webUrl = text(1, 2000, /^https?:\/\/[^\s]+$/);

function transport(remote: boolean): Rule {
  const web = shape(
    {
      required: ['type', 'url'],
      members: {
        url: webUrl,
        headers: list(namedInput),
        ...(remote ? { variables: table(input) } : {}),
      },
    },
    (value, at) => {
      if (remote) checkUrl(value, at);
    },
  );
  return (value, at) => {
    if (!isObject(value)) return at.schema('wanted an object');
    const { type } = value;
    if (type === 'streamable-http' || type === 'sse') return web(value, at);
    if (type !== 'stdio' || remote)
      at.member('type').schema(`wanted ${remote ? '' : 'stdio, '}streamable-http or sse`);
  };
}

/** With its variables filled in, a remote's URL is one, and each variable is known. */
function checkUrl(value: JsonObject, at: Place): void {
  const { url } = value;
  if (typeof url !== 'string') return;
  const known = isObject(value.variables) ? Object.keys(value.variables) : [];
  for (const [, name = ''] of url.matchAll(/\{([^{}]*)\}/g)) {
    if (!known.includes(name)) at.member('url').semantic(`{${name}} is none of variables`);
  }
  if (!URL.canParse(url.replaceAll(/\{[^{}]*\}/g, 'x'))) at.member('url').semantic('is no URL');
}

// ---- packages

const pack = shape(
  {
    required: ['registryType', 'identifier', 'transport'],
    members: {
      registryType: text(1, 100),
      identifier: text(1, 2000),
      version: all(text(1, 255), version),
      registryBaseUrl: uri,
      fileSha256: text(64, 64, /^[a-f0-9]{64}$/),
      runtimeHint: anyText,
      transport: transport(false),
      runtimeArguments: list(argument),
      packageArguments: list(argument),
      environmentVariables: list(namedInput),
    },
  },
  ofPackage,
);

function ofPackage(value: JsonObject, at: Place): void {
  const { registryType: kind, identifier } = value;
  if (typeof identifier !== 'string' || typeof kind !== 'string') return;
  if (/\s/.test(identifier)) at.member('identifier').semantic('has a space');
  if (['npm', 'pypi', 'nuget', 'mlld'].includes(kind)) ofNamed(value, { kind, identifier }, at);
  if (kind === 'mcpb') ofBundle(value, identifier, at);
  if (kind === 'oci' && (value.version !== undefined || !/[:@]/.test(identifier.split('/').at(-1) ?? '')))
    at.semantic('an image of oci has its tag or digest in the identifier, and no version');
}

function ofNamed(
  { version: wanted, fileSha256 }: JsonObject,
  { kind, identifier }: { readonly kind: string; readonly identifier: string },
  at: Place,
): void {
  if (wanted === undefined) at.semantic(`a package of ${kind} has a version`);
  if (fileSha256 !== undefined && kind !== 'mlld') at.semantic(`a package of ${kind} has no fileSha256`);
  if (/^https?:/.test(identifier)) at.member('identifier').semantic('is a URL, wanted a name');
}

function ofBundle({ fileSha256 }: JsonObject, identifier: string, at: Place): void {
  if (fileSha256 === undefined) at.semantic('a package of mcpb has a fileSha256');
  if (!URL.canParse(identifier) || new URL(identifier).protocol !== 'https:')
    at.member('identifier').semantic('wanted the https: URL of the bundle');
}

// ---- the whole

const mimeTypes = ['image/png', 'image/jpeg', 'image/jpg', 'image/svg+xml', 'image/webp'];
const icon = shape({
  required: ['src'],
  members: {
    src: all(text(1, 255), uri, secureUrl),
    mimeType: oneOf(...mimeTypes),
    sizes: list(text(1, 50, /^(?:\d+x\d+|any)$/)),
    theme: oneOf('light', 'dark'),
  },
});

const repository = shape(
  { required: ['url', 'source'], members: { url: uri, source: anyText, id: anyText, subfolder: anyText } },
  ({ url, source, subfolder }, at) => {
    const hosts = new Map([
      ['github', 'github.com'],
      ['gitlab', 'gitlab.com'],
    ]);
    const host = typeof source === 'string' ? hosts.get(source) : undefined;
    if (host !== undefined && typeof url === 'string') {
      const good = new RegExp(`^https://(?:www\\.)?${host.replace('.', '\\.')}/[\\w.-]+/[\\w./-]+?/?$`);
      if (!good.test(url)) at.member('url').semantic(`wanted https://${host}/<owner>/<repository>`);
    }
    if (
      typeof subfolder === 'string' &&
      (/^\/|\\|\/$|\/\/|\s/.test(subfolder) || subfolder.split('/').some((part) => /^\.{0,2}$/.test(part)))
    )
      at.member('subfolder').semantic('is no clean relative path');
  },
);

const publisher = 'io.modelcontextprotocol.registry/publisher-provided';
const meta: Rule = (value, at) => {
  if (!isObject(value)) return at.schema('wanted an object');
  const provided = value[publisher];
  if (provided === undefined) return;
  if (!isObject(provided)) return at.member(publisher).schema('wanted an object');
  const bytes = new TextEncoder().encode(JSON.stringify(provided)).length;
  if (bytes > 4096) at.member(publisher).semantic(`wanted at most 4096 bytes, found ${bytes}`);
};

const server = shape(
  {
    required: ['name', 'description', 'version'],
    members: {
      $schema: uri,
      name: text(3, 200, /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
      title: text(1, 100),
      description: text(1, 100),
      version: all(text(1, 255), version),
      websiteUrl: all(uri, secureUrl),
      repository,
      icons: list(icon),
      packages: list(pack),
      remotes: list(transport(true)),
      _meta: meta,
    },
  },
  ({ name }, at) => {
    if (typeof name !== 'string') return;
    for (const part of name.split('/')) {
      if (part !== '' && !/^[a-zA-Z0-9](?:.*[a-zA-Z0-9])?$/.test(part))
        at.member('name').semantic(`'${part}' does not begin and end with a letter or digit`);
    }
  },
);
