import type { ExportInfo } from './analyse.ts';

/** What changed for those who import a module. */
export interface ExportChange {
  readonly kind:
    | 'export-removed'
    | 'export-kind-changed'
    | 'parameter-removed'
    | 'parameter-renamed'
    | 'parameter-type-changed'
    | 'required-parameter-added'
    | 'export-added'
    | 'optional-parameter-added';
  readonly breaking: boolean;
  readonly name: string;
  readonly message: string;
}

type Exports = readonly Pick<ExportInfo, 'name' | 'kind' | 'parameters'>[];

/** The changes from one version's exports to the next's, breaking ones first. */
export function compareExports(before: Exports, after: Exports): ExportChange[] {
  const now = new Map(after.map((item) => [item.name, item]));
  const known = new Set(before.map((item) => item.name));
  const changes: ExportChange[] = [];
  for (const old of before) {
    const current = now.get(old.name);
    if (current === undefined) {
      changes.push(breaking('export-removed', old.name, `'@${old.name}' is no longer exported`));
    } else if (current.kind !== old.kind) {
      const message = `'@${old.name}' was ${article(old.kind)} and is now ${article(current.kind)}`;
      changes.push(breaking('export-kind-changed', old.name, message));
    } else changes.push(...compareParameters(old, current));
  }
  for (const { name } of after) {
    if (!known.has(name)) {
      changes.push({ kind: 'export-added', breaking: false, name, message: `'@${name}' is new` });
    }
  }
  return changes.sort((a, b) => Number(b.breaking) - Number(a.breaking));
}

function article(kind: ExportInfo['kind']): string {
  return kind === 'exe' ? 'a function' : 'a value';
}

function breaking(kind: ExportChange['kind'], name: string, message: string): ExportChange {
  return { kind, breaking: true, name, message };
}

/** Arguments are passed by place: what counts is the name, type and need of each place. */
function compareParameters(old: Exports[number], now: Exports[number]): ExportChange[] {
  const { name } = old;
  const changes: ExportChange[] = [];
  for (const [index, was] of old.parameters.entries()) {
    const is = now.parameters[index];
    if (is === undefined) {
      changes.push(breaking('parameter-removed', name, `'@${name}' has no parameter '${was.name}' any more`));
    } else if (is.name !== was.name) {
      const message = `parameter ${index + 1} of '@${name}' was '${was.name}' and is now '${is.name}'`;
      changes.push(breaking('parameter-renamed', name, message));
    } else if (is.type !== was.type && is.type !== undefined && was.type !== undefined) {
      const message = `parameter '${is.name}' of '@${name}' was ${was.type} and is now ${is.type}`;
      changes.push(breaking('parameter-type-changed', name, message));
    }
  }
  for (const added of now.parameters.slice(old.parameters.length)) {
    if (added.optional) {
      const message = `'@${name}' has a new optional parameter '${added.name}'`;
      changes.push({ kind: 'optional-parameter-added', breaking: false, name, message });
    } else {
      const message = `'@${name}' has a new parameter '${added.name}' that callers do not pass`;
      changes.push(breaking('required-parameter-added', name, message));
    }
  }
  return changes;
}
