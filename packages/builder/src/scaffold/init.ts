/** A registry repository that is ready to be put on GitHub or to be used from a folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  encodeRegistryInfo,
  layout,
  parseRegistryInfo,
  RegistryError,
  type RegistryInfo,
} from '@mlld/format';

export interface InitOptions {
  /** Identity: a DNS name that the operator controls. Never changes. */
  readonly name: string;
  readonly title?: string | undefined;
  readonly zone?: string | undefined;
  /** Where the distribution will be published. */
  readonly url?: string | undefined;
  /** Web page of the repository, `https://github.com/<owner>/<repo>`. */
  readonly repository?: string | undefined;
  /** Allow releases whose sources are `file:` URLs. */
  readonly fileSources?: boolean | undefined;
  /** Mail address for questions of conduct. */
  readonly contact?: string | undefined;
}

export interface InitReport {
  readonly info: RegistryInfo;
  /** Paths that were written, sorted. */
  readonly files: readonly string[];
}

const cliVersion = '0.1.0';

/** Writes the scaffold. @throws RegistryError USAGE for a folder that holds anything but a new git repository; BAD_NAME */
export function initRegistry(folder: string, options: InitOptions): InitReport {
  const inTheWay = existsSync(folder) ? readdirSync(folder).filter((name) => name !== '.git') : [];
  if (inTheWay.length > 0) {
    throw new RegistryError(
      'USAGE',
      `${folder}: the folder is not empty (${inTheWay.slice(0, 3).join(', ')})`,
      {
        hint: 'Choose a new folder.',
      },
    );
  }
  const { contact, name, title = `Modules of ${name}`, ...rest } = options;
  const info = parseRegistryInfo(JSON.stringify({ v: 1, title, name, ...rest }));
  const values = valuesOf(info, contact);
  const templates = templatesDir();
  const files: string[] = [];
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text, { flag: 'wx' });
    files.push(file);
  };
  for (const template of listFiles(templates)) {
    const text = readFileSync(path.join(templates, template), 'utf8');
    write(
      template.replace(/^(?=git(?:hub\/|attributes$|ignore$))/, '.'),
      text.replace(/%\{(\w+)\}/g, (_all, key: string) => values.get(key) ?? ''),
    );
  }
  write(layout.registry, encodeRegistryInfo(info));
  for (const name of ['modules', 'authors']) write(`${name}/.gitkeep`, '');
  return { info, files: files.sort() };
}

function valuesOf(info: RegistryInfo, contact: string | undefined): ReadonlyMap<string, string> {
  const owner = /^https:\/\/github\.com\/([^/]+)\//.exec(`${info.repository ?? ''}/`)?.[1];
  return new Map([
    ['name', info.name],
    ['title', info.title],
    ['registryFlag', info.url === undefined ? '' : ` --registry ${info.url}`],
    ['contact', contact === undefined ? ' in private' : `: ${contact}`],
    ['codeowners', owner === undefined ? '# * @the-maintainers' : `* @${owner}`],
    ['cliVersion', cliVersion],
  ]);
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)).replaceAll(path.sep, '/'),
    )
    .sort();
}

/** The folder of the templates: this file may be the source, the compiled package, or a chunk of the command's bundle. */
export function templatesDir(): string {
  let at = path.dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 8; up++) {
    for (const inside of ['', 'builder', 'node_modules/@mlld/builder']) {
      const found = path.join(at, inside, 'templates/registry');
      if (existsSync(path.join(found, 'CONTRIBUTING.md'))) return found;
    }
    at = path.dirname(at);
  }
  throw new RegistryError('INTERNAL', 'the templates of @mlld/builder are not installed');
}
