import {
  type GrantRequest,
  type Host,
  type ImportRequest,
  MlldError,
  nodeHost,
  type Origin,
  runProcess,
} from '../src/index.ts';

/** Modules in memory: `name` -> source. Names that begin with `@` are modules of a registry, at version 1.0.0. */
export interface Modules {
  readonly [name: string]: string;
}

export interface MemoryHost extends Host {
  readonly printed: () => string;
  readonly errors: () => string;
  readonly resolved: ImportRequest[];
  readonly asked: GrantRequest[];
}

/** A host whose modules stand in memory, and that answers every request for a permission with `granted`. */
export function memoryHost(modules: Modules, granted = false, overrides: Partial<Host> = {}): MemoryHost {
  let out = '';
  let err = '';
  const resolved: ImportRequest[] = [];
  const asked: GrantRequest[] = [];
  const origin = (name: string): Origin | null =>
    name.startsWith('@') ? { name, version: '1.0.0', digest: `sha256:${name}` } : null;
  return {
    // What modules do is the test's own: it runs as it is.
    ...nodeHost({ root: import.meta.dirname, launch: runProcess }),
    resolveImport: async (request) => {
      resolved.push(request);
      const source = modules[request.ref];
      if (source === undefined) throw new MlldError('IMPORT_FAILED', `no module ${request.ref}`);
      return { source, file: `${request.ref}.mld`, origin: origin(request.ref) };
    },
    writeOut: (text) => {
      out += text;
    },
    writeErr: (text) => {
      err += text;
    },
    grant: async (request) => {
      asked.push(request);
      return granted;
    },
    ...overrides,
    printed: () => out,
    errors: () => err,
    resolved,
    asked,
  };
}
