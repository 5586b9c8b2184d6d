/** Compares any two versions: their facts and the texts of the files that differ. */
import { layout, type ModuleName, pages } from '@mlld/format';
import { diffVersions, type VersionFacts } from '../model/diff.ts';
import { DiffView } from '../pages/diff/view.tsx';
import { readFile } from './root.ts';

export function start(): void {
  const form = document.querySelector<HTMLFormElement>('[data-compare]');
  const place = document.querySelector<HTMLElement>('[data-diff]');
  if (form === null || place === null) return;
  const name = form.dataset.module as ModuleName;
  const selects = [...form.querySelectorAll('select')];
  const show = async () => {
    const address = new URL(location.href);
    const [from, to] = selects.map((select) => address.searchParams.get(select.name));
    if (!from || !to) return;
    for (const select of selects) select.value = address.searchParams.get(select.name) ?? select.value;
    place.dataset.shown = '';
    try {
      place.innerHTML = await compare(name, from, to);
      place.dataset.shown = `${from} ${to}`;
    } catch (error) {
      place.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const address = new URL(location.href);
    for (const select of selects) address.searchParams.set(select.name, select.value);
    history.pushState(null, '', address);
    void show();
  });
  addEventListener('popstate', () => void show());
  void show();
}

/** HTML that the component escaped. */
async function compare(name: ModuleName, from: string, to: string): Promise<string> {
  const [before, after] = await Promise.all([from, to].map((version) => readFacts(name, version)));
  if (before === undefined || after === undefined) throw new Error(`${name} has no page of both versions`);
  const known = new Map(before.files.map(({ path, sha256 }) => [path, sha256]));
  const paths = new Set([...before.files, ...after.files].map(({ path }) => path));
  const now = new Map(after.files.map(({ path, sha256 }) => [path, sha256]));
  const hashes = [...paths].flatMap((path) =>
    known.get(path) === now.get(path) ? [] : [known.get(path), now.get(path)],
  );
  const texts = new Map<string, string>();
  await Promise.all(hashes.map(async (hash) => hash !== undefined && texts.set(hash, await readText(hash))));
  const text = (sha256: string) => (texts.get(sha256) === '\0' ? undefined : texts.get(sha256));
  return DiffView({ diff: diffVersions(before, after, text) }).toString();
}

async function readFacts(name: ModuleName, version: string): Promise<VersionFacts | undefined> {
  if (!/^[0-9A-Za-z.-]{1,64}$/.test(version)) return undefined;
  const bytes = await readFile(pages.facts(name, version));
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as VersionFacts);
}

/** `\0` for what is no text. */
async function readText(sha256: string): Promise<string> {
  const bytes = await readFile(layout.blob(sha256 as Parameters<typeof layout.blob>[0]));
  try {
    return bytes === undefined ? '\0' : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return '\0';
  }
}
