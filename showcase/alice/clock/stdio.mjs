/** MCP over stdio, as much of it as a server of tools, prompts and resources needs (protocol 2025-06-18). No packages. */
import { createInterface } from 'node:readline';

/** `run` of a tool gives a text, or an object as structured content; what it throws is told to the caller. */
export function serve({ name, version, instructions, tools = [], prompts = [], resources = [] }) {
  const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const find = (list, key, value) => {
    const found = list.find((one) => one[key] === value);
    if (found === undefined) throw Object.assign(new Error(`there is no ${value}`), { code: -32602 });
    return found;
  };
  const listed = (list) => list.map(({ run, ...definition }) => definition);
  const methods = {
    initialize: ({ protocolVersion }) => ({
      protocolVersion: ['2025-03-26', '2025-06-18'].includes(protocolVersion) ? protocolVersion : '2025-06-18',
      capabilities: {
        tools: {},
        ...(prompts.length > 0 ? { prompts: {} } : {}),
        ...(resources.length > 0 ? { resources: {} } : {}),
      },
      serverInfo: { name, version },
      ...(instructions === undefined ? {} : { instructions }),
    }),
    ping: () => ({}),
    'tools/list': () => ({ tools: listed(tools) }),
    'prompts/list': () => ({ prompts: listed(prompts) }),
    'resources/list': () => ({ resources: listed(resources) }),
    'resources/templates/list': () => ({ resourceTemplates: [] }),
    'tools/call': async ({ name, arguments: given = {} }) => {
      const tool = find(tools, 'name', name);
      try {
        const result = await tool.run(given);
        if (typeof result === 'string') return { content: [{ type: 'text', text: result }] };
        return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result };
      } catch (error) {
        return { content: [{ type: 'text', text: String(error?.message ?? error) }], isError: true };
      }
    },
    'prompts/get': async ({ name, arguments: given = {} }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: await find(prompts, 'name', name).run(given) } }],
    }),
    'resources/read': async ({ uri }) => {
      const { mimeType, run } = find(resources, 'uri', uri);
      return { contents: [{ uri, mimeType, text: await run() }] };
    },
  };
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line.trim() === '') return;
    const { id, method, params = {} } = JSON.parse(line);
    if (id === undefined) return;
    const answer = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (answer === undefined) return send({ id, error: { code: -32601, message: `no method ${method}` } });
    try {
      send({ id, result: await answer(params) });
    } catch (error) {
      send({ id, error: { code: error.code ?? -32603, message: error.message } });
    }
  });
}
