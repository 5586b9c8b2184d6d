/** The registry as an MCP server: tools that find and check modules (docs/spec/mcp-api.md §7). They read; none of them changes anything. */
import {
  formatRef,
  type JsonObject,
  moduleKinds,
  parseModuleName,
  parseRef,
  RegistryError,
} from '@mlld/format';
import {
  auditOutput,
  docsOutput,
  infoOutput,
  object,
  planOutput,
  ref,
  refs,
  searchOutput,
  similarOutput,
  text,
  verifyOutput,
  versionsOutput,
} from './registry-schemas.ts';
import type { CallOptions, Served, ServedResource, ServedResult, ServedTool } from './tool.ts';
import { framed, untrustedNotice } from './untrusted.ts';

/** A structured result, of the shape that the tool's schema says. */
export type Shaped = Readonly<Record<string, unknown>>;

/** What answers the tools: a client of a registry. References are checked before they get here. */
export interface RegistryDesk {
  readonly search: (
    query: string,
    options: { readonly limit: number; readonly kind: string | undefined },
  ) => Promise<Shaped>;
  readonly info: (ref: string) => Promise<Shaped>;
  readonly docs: (ref: string, exported: string | undefined) => Promise<Shaped>;
  readonly versions: (name: string) => Promise<Shaped>;
  readonly similar: (name: string) => Promise<Shaped>;
  /** Without references: what this project has locked. */
  readonly audit: (refs: readonly string[] | undefined) => Promise<Shaped>;
  readonly verify: (ref: string) => Promise<Shaped>;
  readonly plan: (refs: readonly string[]) => Promise<Shaped>;
  /** The documentation of a module as its author wrote it. */
  readonly markdown: (ref: string) => Promise<{ readonly of: string; readonly text: string }>;
}

export interface RegistryServerOptions {
  readonly version: string;
  /** Whether the project that the server runs in may be told about: over stdio its user is who asks. */
  readonly ownProject: boolean;
}

export function serveRegistry(desk: RegistryDesk, options: RegistryServerOptions): Served {
  return {
    name: 'mlld-registry',
    title: 'mlld registry',
    version: options.version,
    instructions: [
      'Finds and checks modules of the mlld language, MCP servers, themes and templates in a registry that need not be believed: what it says is verified here.',
      'Start with search, look at info and docs, then verify and audit before you recommend anything. install_plan tells what an installation would bring and ask for; it installs nothing, and neither should you without asking the user.',
      untrustedNotice,
    ].join('\n'),
    tools: toolsOf(desk, options),
    resources: [documentation(desk)],
  };
}

const hints = { readOnlyHint: true, idempotentHint: true, openWorldHint: true } as const;

interface ToolSpec {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: JsonObject;
  readonly output: JsonObject;
  readonly answer: (args: Args, options: CallOptions) => Promise<Shaped>;
}

function toolsOf(desk: RegistryDesk, { ownProject }: RegistryServerOptions): ServedTool[] {
  return [...finding(desk), ...checking(desk, ownProject)].map(
    ({ answer, ...spec }): ServedTool => ({
      ...spec,
      hints,
      call: async (args, options) => resultOf(spec.name, await answer(argsOf(args), options)),
    }),
  );
}

function finding(desk: RegistryDesk): ToolSpec[] {
  return [
    {
      name: 'search',
      title: 'Search modules',
      description:
        'Finds modules by words, names, exported symbols and properties. Properties in the query: author: kind: needs: tag: licence: exports: depends: score:>70 updated:<6m is:signed. A minus leaves out.',
      input: object(
        {
          query: text('What to look for: split text, or padStart, or json -schema needs:js', 500),
          limit: { type: 'integer', minimum: 1, maximum: 50, description: 'How many modules (10)' },
          kind: { enum: [...moduleKinds], description: 'Only modules of this kind' },
        },
        ['query'],
      ),
      output: searchOutput,
      answer: (args) =>
        desk.search(args.text('query'), { limit: args.number('limit') ?? 10, kind: args.maybe('kind') }),
    },
    {
      name: 'info',
      title: 'About a module',
      description:
        'What the registry says about a module: versions, needs, exports, who signed it, its trust score, advisories.',
      input: object({ module: ref }),
      output: infoOutput,
      answer: (args) => desk.info(args.ref('module')),
    },
    {
      name: 'docs',
      title: 'Documentation of a module',
      description:
        'How a module is used: each export with its signature, description and examples, as its author wrote them.',
      input: object({ module: ref, export: text('Only this export', 100) }, ['module']),
      output: docsOutput,
      answer: (args) => desk.docs(args.ref('module'), args.maybe('export')),
    },
    {
      name: 'versions',
      title: 'Versions of a module',
      description:
        'All versions of a module, the newest first, with what each needs and whether it was withdrawn.',
      input: object({ module: text('@author/name') }),
      output: versionsOutput,
      answer: (args) => desk.versions(parseModuleName(args.text('module'))),
    },
    {
      name: 'similar',
      title: 'Modules like this one',
      description: 'Modules that are about the same things as another one: alternatives.',
      input: object({ module: text('@author/name') }),
      output: similarOutput,
      answer: (args) => desk.similar(parseModuleName(args.text('module'))),
    },
  ];
}

function checking(desk: RegistryDesk, ownProject: boolean): ToolSpec[] {
  const what = 'Modules to look at, with versions: @alice/strings@1.0.0';
  return [
    {
      name: 'verify',
      title: 'Verify a module',
      description:
        'Verifies a version from nothing, on this machine: the log, the signature of its author, every byte. Says which steps passed.',
      input: object({ module: ref }),
      output: verifyOutput,
      answer: (args) => desk.verify(args.ref('module')),
    },
    {
      name: 'audit',
      title: 'Known vulnerabilities',
      description: `Holds versions against the registry's advisories of vulnerabilities and malware.${ownProject ? ' Without modules: all that this project has locked.' : ''}`,
      input: ownProject
        ? object({ modules: refs(`${what}. Left out: what this project has locked`) }, [])
        : object({ modules: refs(what) }),
      output: auditOutput,
      answer: (args) => desk.audit(args.refs('modules')),
    },
    {
      name: 'install_plan',
      title: 'Plan an installation',
      description:
        'What installing modules would bring: every module of the closure with its version, size and needs, and what the user will be asked to allow. Installs nothing.',
      input: object({ modules: refs('What to install') }),
      output: planOutput,
      answer: (args) => desk.plan(args.refs('modules') ?? []),
    },
  ];
}

interface Args {
  text(name: string): string;
  maybe(name: string): string | undefined;
  number(name: string): number | undefined;
  ref(name: string): string;
  refs(name: string): readonly string[] | undefined;
}

/** Their schema is checked before; what a reference may be is checked here. @throws RegistryError BAD_REF, BAD_NAME, USAGE */
function argsOf(given: Readonly<Record<string, unknown>>): Args {
  const maybe = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === 'string' ? value : undefined;
  };
  const needed = (name: string): string => {
    const value = maybe(name);
    if (value === undefined) throw new RegistryError('USAGE', `wanted ${name}`);
    return value;
  };
  return {
    text: needed,
    maybe,
    number: (name) => (typeof given[name] === 'number' ? given[name] : undefined),
    ref: (name) => formatRef(parseRef(needed(name))),
    refs: (name) => {
      const value = given[name];
      if (!Array.isArray(value)) return undefined;
      return [...new Set(value.map((one) => formatRef(parseRef(String(one)))))];
    },
  };
}

/** For clients that show the model text alone: the same, with what authors wrote named as such. */
function resultOf(tool: string, structured: Shaped): ServedResult {
  const json = JSON.stringify(structured, null, 1);
  const hasUntrusted = json.includes('"untrusted":');
  return {
    text: hasUntrusted ? `${untrustedNotice}\n${framed(json, `the answer of ${tool}`)}` : json,
    structured,
  };
}

function documentation(desk: RegistryDesk): ServedResource {
  return {
    name: 'documentation',
    uri: 'mlld://docs/{module}',
    title: 'Documentation of a module',
    description:
      'The Markdown that documents a module, as its author wrote it. module: alice%2Fstrings, or with a version: alice%2Fstrings%401.0.0',
    mimeType: 'text/markdown',
    read: async (variables) => {
      const asked = (variables.get('module') ?? '').slice(0, 300);
      const wanted = formatRef(parseRef(asked.startsWith('@') ? asked : `@${asked}`));
      const { of, text: markdown } = await desk.markdown(wanted);
      return `${untrustedNotice}\n\n${framed(markdown, `documentation of ${of}`)}\n`;
    },
  };
}
