/** «Try it»: an example, to be changed and run in a worker that has no network, no files and a few seconds. */
import { el } from './dom.ts';
import type { Sources } from './try-sources.ts';

/** Set when this is bundled: the names of two files beside this one. */
declare const WORKER_FILE: string;
declare const WASM_FILE: string;

const mostMs = 15_000;

export function start(root: ParentNode = document): void {
  if (typeof Worker === 'undefined' || typeof WebAssembly === 'undefined') return;
  const article = document.querySelector<HTMLElement>('[data-module]');
  const name = article?.dataset.module;
  const version = article?.dataset.version;
  if (name === undefined || version === undefined) return;
  for (const place of root.querySelectorAll<HTMLElement>('[data-example]')) prepare(place, name, version);
}

function prepare(place: HTMLElement, name: string, version: string): void {
  const button = place.querySelector<HTMLButtonElement>('[data-try]');
  const code = place.querySelector('pre code');
  if (button === null || code === null) return;
  button.hidden = false;
  let editor: HTMLTextAreaElement | undefined;
  const output = el('pre', {
    class: 'output tried',
    tabindex: '0',
    role: 'status',
    'aria-label': 'What it printed',
  });
  button.addEventListener('click', async () => {
    if (editor === undefined) {
      const text = code.textContent ?? '';
      editor = el('textarea', {
        'aria-label': 'The example, to be changed',
        spellcheck: 'false',
        rows: String(text.split('\n').length),
      });
      editor.value = text.replace(/\n$/, '');
      code.parentElement?.replaceWith(editor);
      button.before(el('p', { class: 'tried-label' }, 'In this page, now:'), output);
    }
    button.disabled = true;
    output.textContent = 'Running …';
    const result = await runHere({ code: editor.value, name, version }).catch((error: unknown) => ({
      text: error instanceof Error ? error.message : String(error),
      failed: true,
    }));
    output.textContent = result.text;
    output.classList.toggle('step-failed', result.failed);
    output.dataset.done = result.failed ? 'failed' : 'ran';
    button.disabled = false;
  });
}

interface Result {
  readonly text: string;
  readonly failed: boolean;
}

let engine: Promise<WebAssembly.Module> | undefined;
let sources: Promise<Sources> | undefined;

async function runHere({
  code,
  name,
  version,
}: {
  code: string;
  name: string;
  version: string;
}): Promise<Result> {
  engine ??= WebAssembly.compileStreaming(fetch(new URL(WASM_FILE, import.meta.url)));
  sources ??= import('./try-sources.ts').then(({ readSources }) => readSources(name, version));
  const [wasm, files] = await Promise.all([engine, sources]);
  const worker = new Worker(new URL(WORKER_FILE, import.meta.url), { type: 'module', name: 'mlld' });
  try {
    return await new Promise<Result>((resolve) => {
      const timer = setTimeout(
        () => resolve({ text: `It ran longer than ${mostMs / 1000} s and was ended.`, failed: true }),
        mostMs,
      );
      worker.addEventListener('message', ({ data }: MessageEvent<Result>) => {
        clearTimeout(timer);
        resolve(data);
      });
      worker.addEventListener('error', (event) => {
        clearTimeout(timer);
        resolve({ text: event.message || 'the worker could not start', failed: true });
      });
      worker.postMessage({ code, wasm, files });
    });
  } finally {
    worker.terminate();
  }
}
