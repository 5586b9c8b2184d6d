import type { Program } from './ast.ts';

/** Runners that a program's own code uses. `js` is pure and needs no permission. */
export function usedNeeds(program: Program): string[] {
  const found = new Set<string>();
  const queue: unknown[] = [...program.body];
  while (queue.length > 0) {
    const node = queue.pop();
    if (typeof node !== 'object' || node === null) continue;
    if (Array.isArray(node)) {
      for (const item of node) queue.push(item);
      continue;
    }
    const { kind, language } = node as { kind?: unknown; language?: unknown };
    if (kind === 'code') found.add(String(language));
    else if (kind === 'command') found.add('cmd');
    for (const value of Object.values(node)) if (typeof value === 'object') queue.push(value);
  }
  return [...found].sort();
}
