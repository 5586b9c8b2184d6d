import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  isVersion,
  limits,
  type McpServerJson,
  mcpFiles,
  moduleName,
  parseServerJson,
  printable,
  RegistryError,
} from '@mlld/format';
import { knownLogin } from '@mlld/publish';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: [{ name: 'server.json' }, { name: 'folder', optional: true }],
  flags: {
    author: { type: 'string', value: 'name', about: 'Whose module it is (default: who is logged in)' },
    name: { type: 'string', value: 'name', about: 'What the module is called (default: as the server)' },
    license: { type: 'string', value: 'spdx', about: 'Licence of the module (default: CC0)' },
  },
  details: `
Makes a module of the kind mcp-server from the server.json of a server that you publish elsewhere. It writes a folder with
module.yml, server.json and README.md; nothing is downloaded or started. mlld mcp test --write then runs the server in the sandbox
and writes what it lists, and mlld publish publishes it.

  mlld mcp import server.json
  mlld mcp import server.json weather --author alice`,
  async run({ args, flags, cwd, env, report }) {
    const file = path.resolve(cwd, args[0] ?? '');
    const server = readServer(file, args[0] ?? '');
    const author = flags.author ?? (await knownLogin(env))?.toLowerCase();
    if (author === undefined)
      throw new RegistryError('USAGE', 'wanted the author of the module', {
        hint: 'mlld mcp import server.json --author alice, or log in first: mlld login.',
      });
    const name = moduleName(author, flags.name ?? shortNameOf(server));
    const folder = path.resolve(cwd, args[1] ?? name.slice(name.indexOf('/') + 1));
    const files = filesOf(server, {
      name,
      author,
      license: flags.license ?? 'CC0',
      text: readFileSync(file, 'utf8'),
    });
    await writeFolder(folder, files);
    const shown = path.relative(cwd, folder) || '.';
    if (flags.json) return report.json({ name, folder, files: [...files.keys()] });
    report.print(`${name} in ${shown}: ${[...files.keys()].join(', ')}`);
    report.print(`Next: mlld mcp test ${shown} --write, then mlld check ${shown}.`);
  },
});

function readServer(file: string, shown: string): McpServerJson {
  if (!existsSync(file)) throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(shown)}'`);
  const bytes = readFileSync(file);
  if (bytes.length > limits.mcpServerJsonBytes)
    throw new RegistryError(
      'TOO_LARGE',
      `${printable(shown)} has more than ${limits.mcpServerJsonBytes} bytes`,
    );
  return parseServerJson(bytes, { where: printable(shown) });
}

/** `airtable-mcp-server` of `io.github.alice/Airtable_MCP.Server`. */
function shortNameOf({ name }: McpServerJson): string {
  return name
    .slice(name.indexOf('/') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
}

interface Naming {
  readonly name: string;
  readonly author: string;
  readonly license: string;
  readonly text: string;
}

function filesOf(
  server: McpServerJson,
  { name, author, license, text }: Naming,
): ReadonlyMap<string, string> {
  if (!isVersion(server.version))
    throw new RegistryError(
      'BAD_VERSION',
      `server.json: a module's version is of three numbers, found '${printable(server.version)}'`,
      { hint: 'Write one such as 1.2.0 into server.json.' },
    );
  const about = printable(server.description, limits.aboutChars);
  const lines = [
    `name: ${name.slice(name.indexOf('/') + 1)}`,
    `author: ${author}`,
    `version: ${server.version}`,
    `about: ${JSON.stringify(about)}`,
    `license: ${JSON.stringify(license)}`,
    'keywords: [mcp]',
    'kind: mcp-server',
    `entry: ${mcpFiles.manifest}`,
  ];
  const title = printable(server.title ?? name, 100);
  return new Map([
    ['module.yml', `${lines.join('\n')}\n`],
    [mcpFiles.server, text],
    ['README.md', `# ${title}\n\n## tldr\n\n${about}\n\n\`\`\`sh\nmlld mcp install ${name}\n\`\`\`\n`],
  ]);
}

async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  if (existsSync(folder) && (await readdir(folder)).length > 0)
    throw new RegistryError('IO', `'${printable(folder)}' is not empty`, {
      hint: 'Name another folder as the last argument.',
    });
  await mkdir(folder, { recursive: true });
  for (const [file, text] of files) await writeFile(path.join(folder, file), text, { flag: 'wx' });
}
