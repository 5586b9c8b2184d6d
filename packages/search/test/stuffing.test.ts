import fc from 'fast-check';
import { expect, test } from 'vitest';
import { open, record } from './fixture/index-files.ts';

// docs/spec/threats.md: who repeats a word has said it once.
test('a keyword that stands many times moves nobody up', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 2, max: 20 }), fc.boolean(), async (times, first) => {
      const honest = record('@alice/one', { about: 'Dates for people', keywords: ['dates'] });
      const stuffed = record('@bob/two', {
        about: 'Dates for people',
        keywords: Array.from({ length: times }, () => 'dates'),
      });
      const base = first ? [stuffed, honest] : [honest, stuffed];
      const { hits } = await (await open({ base })).search('dates', { limit: 10 });
      const [a, b] = ['@alice/one', '@bob/two'].map(
        (name) => hits.find((hit) => hit.record.name === name)!.why.score,
      );
      expect(b).toBeLessThanOrEqual(a!);
    }),
  );
});
