import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { serve } from './stdio.mjs';

/** In the project's folder, which is where the server runs; nothing else of it is touched. */
const folder = path.resolve('notes');
const title = { type: 'string', description: 'Letters, digits and hyphens', pattern: '^[a-z0-9][a-z0-9-]{0,60}$' };

function fileOf(name) {
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9-]{0,60}$/.test(name))
    throw new Error('title: wanted small letters, digits and hyphens');
  return path.join(folder, `${name}.md`);
}

function titles() {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
    .sort();
}

const all = () => titles().map((name) => ({ title: name, text: readFileSync(fileOf(name), 'utf8') }));

serve({
  name: 'notes',
  version: '1.0.0',
  tools: [
    {
      name: 'write_note',
      description: 'Writes a note; one of the same title is replaced',
      inputSchema: {
        type: 'object',
        properties: { title, text: { type: 'string', maxLength: 100000 } },
        required: ['title', 'text'],
        additionalProperties: false,
      },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
      run: ({ title, text }) => {
        const file = fileOf(title);
        mkdirSync(folder, { recursive: true });
        writeFileSync(file, String(text));
        return `wrote ${title}`;
      },
    },
    {
      name: 'list_notes',
      description: 'The titles of all notes',
      inputSchema: { type: 'object', properties: {}, additionalProperties: false },
      annotations: { readOnlyHint: true },
      run: () => ({ titles: titles() }),
    },
    {
      name: 'find_notes',
      description: 'The notes that hold a text, whatever its case',
      inputSchema: {
        type: 'object',
        properties: { text: { type: 'string', maxLength: 200 } },
        required: ['text'],
        additionalProperties: false,
      },
      annotations: { readOnlyHint: true },
      run: ({ text }) => ({
        notes: all().filter((note) => note.text.toLowerCase().includes(String(text).toLowerCase())),
      }),
    },
  ],
  resources: [
    {
      uri: 'notes://all',
      name: 'all notes',
      mimeType: 'text/markdown',
      run: () => all().map(({ title, text }) => `# ${title}\n\n${text}`).join('\n\n'),
    },
  ],
  prompts: [
    {
      name: 'sum_up',
      description: 'Asks for what the notes have in common',
      arguments: [{ name: 'language', description: 'In which language', required: false }],
      run: ({ language = 'English' }) => `Sum up these notes in ${language}:\n\n${all().map(({ text }) => text).join('\n---\n')}`,
    },
  ],
});
