import type { ModuleRow } from './view.ts';

/** Whether no list leads to a module by itself: who looks for it finds it. */
export function isDoubtful({
  advisories,
  deprecated,
  yanked,
  checked,
}: Pick<ModuleRow, 'advisories' | 'deprecated' | 'yanked' | 'checked'>): boolean {
  return advisories.length > 0 || deprecated || yanked || checked === 'mismatch';
}
