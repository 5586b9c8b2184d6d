// A resident program, for one benchmark: imports a module and everything below it, each time as if for the first time.
import { createClient } from '@mlld/client';

process.on('message', async ({ cwd, settings, ref }) => {
  const requests = [];
  const start = performance.now();
  const client = createClient({ cwd, ...settings, env: {}, onRequest: ({ kind }) => requests.push(kind) });
  try {
    let levels = 0;
    let found = await client.resolveImport(ref);
    for (let below = importOf(found.source); below !== undefined; below = importOf(found.source)) {
      found = await client.resolveImport(below, { from: found.origin });
      levels++;
    }
    process.send({ ms: performance.now() - start, levels, requests: requests.length });
  } catch (error) {
    process.send({ error: `${error.code}: ${error.message}` });
  } finally {
    client.close();
  }
});

/** The module that a generated module imports; its documentation shows imports as well, of itself, after this one. */
function importOf(source) {
  return /^import \{[^}]*\bas @dep0 \} from (\S+)$/m.exec(source)?.[1];
}
