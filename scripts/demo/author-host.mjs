// A web server of the authors: modules lie where their authors put them, not in the registry.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';

/** Serves the files of a folder on any free loopback port. */
export async function startAuthorHost(folder) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    const name = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const file = path.join(folder, name);
    const inside = file.startsWith(folder + path.sep) && statSync(file, { throwIfNoEntry: false })?.isFile();
    if (!inside) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    return createReadStream(file).pipe(response);
  });
  await new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    requests: () => requests,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
