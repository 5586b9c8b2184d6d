// A server on this machine that speaks `POST /v1/embeddings`. Its vectors are no model's: counts of the letter triples of a text,
// hashed to 256 places. It shows that the protocol works, and what likeness of spelling alone gives.
import { createServer } from 'node:http';

const dims = 256;

export async function startStub() {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (request.method !== 'POST' || request.url !== '/v1/embeddings') return response.writeHead(404).end();
    const { input, model } = JSON.parse(body);
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) }));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ object: 'list', data, model, usage: { prompt_tokens: 0, total_tokens: 0 } }),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}/v1`;
  return { url, stop: () => new Promise((resolve) => server.close(resolve)) };
}

function vectorOf(text) {
  const vector = new Array(dims).fill(0);
  for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? [])
    for (let i = -1; i < word.length - 1; i++) {
      const triple = `${word[i] ?? ' '}${word[i + 1]}${word[i + 2] ?? ' '}`;
      let hash = 7;
      for (const char of triple) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
      vector[hash % dims] += hash & 256 ? 1 : -1;
    }
  const length = Math.hypot(...vector) || 1;
  return vector.map((one) => Number((one / length).toFixed(6)));
}
