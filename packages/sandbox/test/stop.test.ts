import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findSandbox, runSandboxed } from '../src/index.ts';

/** Whether a process with this word in its command line is left. */
function isLeft(word: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(word);
      } catch {
        return false;
      }
    });
}

test.skipIf(findSandbox().missing !== undefined)(
  'nothing is left of what is ended, at whatever moment of its start',
  async () => {
    const word = `stop-test-${process.pid}`;
    for (let timeout = 0; timeout < 60; timeout += 3) {
      const command = ['sh', '-c', `sleep 600 & sleep 600; echo ${word}`];
      const { stopped } = await runSandboxed({ command, policy: {}, timeout, maxOutput: 1000 });
      expect(stopped).toBe('time');
    }
    expect(isLeft(word)).toBe(false);
  },
);
