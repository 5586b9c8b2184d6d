import module from 'node:module';

/** Lets V8 keep compiled code between runs (Node 22.8 and newer; elsewhere nothing happens). */
export function enableCompileCache(): void {
  const { enableCompileCache: enable } = module as { enableCompileCache?: () => unknown };
  enable?.();
}
