/** Runs one program of mlld. What it is not given here it can't do: no process, no file, no network. */
import { type Host, run } from '@mlld/lang';
import type { Sources } from './try-sources.ts';

interface Task {
  readonly code: string;
  readonly wasm: WebAssembly.Module;
  readonly files: Sources;
}

const most = 200_000;

addEventListener('message', ({ data }: MessageEvent<Task>) => {
  void runTask(data).then((result) => postMessage(result));
});

async function runTask({ code, wasm, files }: Task): Promise<{ text: string; failed: boolean }> {
  let text = '';
  const write = (part: string) => {
    text += part;
    if (text.length > most) throw new Error('it printed too much');
  };
  const host: Host = {
    resolveImport: async ({ ref, kind, from }) => resolve({ ref, kind, from: from.file }, files),
    writeOut: write,
    writeErr: write,
    compileWasm: async () => wasm,
    limits: {
      programTime: 10_000,
      jsTime: 3000,
      steps: 2_000_000,
      jsMemory: 32 * 1024 * 1024,
      jsHeap: 128 * 1024 * 1024,
    },
  };
  try {
    await run(code, { file: 'example.mld', host, dialect: 'strict', allowOwnCode: false });
    return { text: text === '' ? '(it printed nothing)' : text, failed: false };
  } catch (error) {
    return { text: `${text}${error instanceof Error ? error.message : String(error)}`, failed: true };
  }
}

interface Wanted {
  readonly ref: string;
  readonly kind: string;
  readonly from: string;
}

function resolve({ ref, kind, from }: Wanted, files: Sources) {
  if (kind === 'registry') {
    const name = ref.replace(/^(@[^@]+)@.*$/, '$1');
    const module = files.get(name);
    const source = module?.texts[module.entry];
    if (module === undefined || source === undefined) throw new Error(`${ref} is not at hand in this page`);
    return { source, file: `${name}/${module.entry}`, origin: { name, version: module.version, digest: '' } };
  }
  const [, name, inside] = /^(@[^/]+\/[^/]+)\/(.+)$/.exec(from) ?? [];
  const path = new URL(ref, `file:///${inside ?? ''}`).pathname.slice(1);
  const module = name === undefined ? undefined : files.get(name);
  const source = module?.texts[path];
  if (kind !== 'local' || module === undefined || source === undefined)
    throw new Error(`'${ref}' can't be imported in this page`);
  return {
    source,
    file: `${name}/${path}`,
    origin: { name: name ?? '', version: module.version, digest: '' },
  };
}
