/** `mlld new`: the files of a module that passes `mlld check` from its first minute. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  kindFacts,
  type ModuleKind,
  type ModuleName,
  moduleKinds,
  moduleName,
  printable,
  RegistryError,
} from '@mlld/format';
import { starter } from '@mlld/theme';
import { newServer } from './new-server.ts';

export interface NewModuleOptions {
  /** The folder to make; it may be there if it is empty. */
  readonly dir: string;
  readonly author: string;
  readonly about?: string | undefined;
}

export interface NewModule {
  readonly name: ModuleName;
  readonly dir: string;
  readonly files: readonly string[];
}

export function parseKind(text: string): ModuleKind {
  const kind = moduleKinds.find((one) => one === text);
  if (kind !== undefined) return kind;
  throw new RegistryError('USAGE', `'${printable(text)}' is no kind of module`, {
    hint: `One of: ${moduleKinds.join(', ')}.`,
  });
}

/** Writes a new module. Never overwrites a file. @throws RegistryError BAD_NAME, IO */
export async function newModule(
  kind: ModuleKind,
  name: string,
  options: NewModuleOptions,
): Promise<NewModule> {
  const full = moduleName(options.author, name);
  const dir = path.resolve(options.dir);
  if (existsSync(dir) && (await readdir(dir)).length > 0) {
    throw new RegistryError('IO', `'${printable(options.dir)}' is not empty`, {
      hint: 'Name another folder as the last argument.',
    });
  }
  const files = { ...common(kind, full, options), ...KINDS[kind](full, options.about ?? ABOUT[kind]) };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true });
    await writeFile(path.join(dir, file), text, { flag: 'wx' });
  }
  return { name: full, dir, files: Object.keys(files).sort() };
}

type Files = Readonly<Record<string, string>>;

function common(kind: ModuleKind, full: ModuleName, { author, about }: NewModuleOptions): Files {
  const lines = [
    `name: ${full.slice(author.length + 2)}`,
    `author: ${author}`,
    'version: 0.1.0',
    `about: ${JSON.stringify(about ?? ABOUT[kind])}`,
    'license: CC0',
    'keywords: [example]',
    ...(kind === 'module' ? [] : [`kind: ${kind}`]),
    `entry: ${kindFacts[kind].entry}`,
    ...(kind === 'mcp-server' ? ['mcp:', '  run: [node, server.mjs]'] : []),
  ];
  return { 'module.yml': `${lines.join('\n')}\n` };
}

const ABOUT: Readonly<Record<ModuleKind, string>> = {
  module: 'Greets people',
  'mcp-server': 'A tool that greets people',
  theme: 'A dark and a light theme for mlld',
  template: 'The start of a new project',
};

const KINDS: Readonly<Record<ModuleKind, (name: ModuleName, about: string) => Files>> = {
  module: (name) => ({
    'index.mld': `export { @greet }

exe @greet(name) = \`Hello @name!\`
`,
    'index.test.mld': `import { @greet } from "./index.mld"

var @test_greet = @greet("World") == "Hello World!"
`,
    'README.md': `# ${name}

## tldr

\`\`\`mlld
import { @greet } from ${name}
show @greet("World")
\`\`\`
\`\`\`output
Hello World!
\`\`\`

## docs

### \`greet(name)\`

A friendly greeting for \`name\`.

\`\`\`mlld
import { @greet } from ${name}
show @greet("Bob")
\`\`\`
\`\`\`output
Hello Bob!
\`\`\`
`,
  }),
  'mcp-server': (name, about) => newServer(name, about),
  theme: (name) => ({
    'theme.json': starter(titleOf(name)),
    'README.md': `# ${name}\n\nA dark and a light theme for mlld. Look at it with \`mlld theme preview\`.\n`,
  }),
  template: (name) => ({
    'template.yml': `type: template
v: 1
prompts:
  - { name: who, ask: Who is greeted?, default: World }
  - { name: tests, kind: confirm, ask: Start with a test?, default: true }
files:
  - { match: main.test.mld, when: tests }
next:
  - cd {{project}}
  - mlld run main.mld
`,
    'files/main.mld': 'var @who = "{{who}}"\nshow `Hello @who!`\n',
    'files/main.test.mld': 'var @test_who = "{{who}}" != ""\n',
    'files/README.md': '# {{project | title}}\n\nRun it with `mlld run main.mld`.\n',
    'README.md': `# ${name}\n\nThe start of a new project: try it with \`mlld create my-project --template .\`.\n`,
  }),
};

const titleOf = (name: ModuleName): string =>
  name
    .replace(/^.*\//, '')
    .split('-')
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join(' ');
