import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { MlldError, nodeHost, run } from '../src/index.ts';

const root = path.join(import.meta.dirname, '../testdata');
/** `MLLD_UPDATE=1` writes what the programs print now; the diff is to be read. */
const update = process.env.MLLD_UPDATE !== undefined;

function cases(folder: string): string[] {
  return readdirSync(path.join(root, folder)).filter((name) => /\.mld(?:\.md)?$/.test(name));
}

async function runFile(file: string): Promise<{ printed: string; error: MlldError | undefined }> {
  let printed = '';
  const host = nodeHost({
    root: path.dirname(file),
    overrides: {
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
      stdin: async () => '{ "piped": "through" }',
    },
  });
  try {
    await run(readFileSync(file, 'utf8'), { file, host });
    return { printed, error: undefined };
  } catch (error) {
    if (error instanceof MlldError) return { printed, error };
    throw error;
  }
}

/** Compares with the file beside the case, or writes it. */
function compare(file: string, ending: string, actual: string): void {
  const expected = file.replace(/\.mld(?:\.md)?$/, ending);
  if (update) writeFileSync(expected, actual);
  expect(actual).toBe(readFileSync(expected, 'utf8'));
}

// docs/spec/language.md §§1, 2, 5, 6: each file is a case, what it prints stands beside it.
it.each(cases('run'))('prints what it should: %s', async (name) => {
  const file = path.join(root, 'run', name);
  const { printed, error } = await runFile(file);
  expect(error).toBeUndefined();
  compare(file, '.out', printed);
});

// docs/spec/language.md §9: code, place, frame and hint of each error.
it.each(cases('errors'))('fails as it should: %s', async (name) => {
  const file = path.join(root, 'errors', name);
  const { error } = await runFile(file);
  const { code, message, position, frame, hint } = error!;
  const shown = [`${code} ${position?.line}:${position?.column}`, message, frame, hint ?? ''].join('\n');
  compare(file, '.err', `${shown.replaceAll(`${root}/errors/`, '')}\n`);
});
