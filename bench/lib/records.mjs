// A repository of many small version records, as today's registry has them: nobody signed them, so that a hundred thousand are
// written and logged in a minute or two, and the log is as large as one of signed releases.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export function writeRecords(folder, count) {
  for (let i = 0; i < count; i++) {
    const module = path.join(folder, `modules/author-${i % Math.ceil(count / 5)}/module-${i}`);
    mkdirSync(module, { recursive: true });
    const contentHash = createHash('sha256').update(`module ${i}`).digest('hex');
    const record = {
      version: '1.0.0',
      needs: ['js'],
      license: 'CC0',
      source: { type: 'url', url: `https://modules.example.org/${i}.mld`, contentHash },
      publishedAt: new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString(),
    };
    writeFileSync(path.join(module, '1.0.0.json'), `${JSON.stringify(record, null, 2)}\n`);
  }
}
