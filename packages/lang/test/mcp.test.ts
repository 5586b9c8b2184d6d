import { expect, it } from 'vitest';
import {
  analyse,
  type McpArguments,
  type McpContent,
  type McpHost,
  type McpRequest,
  type McpServer,
  run,
} from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

const plain: McpContent = {
  type: 'text',
  text: undefined,
  data: undefined,
  mimeType: undefined,
  uri: undefined,
};
const text = (value: string): McpContent => ({ ...plain, text: value });

interface Asked {
  readonly connects: McpRequest[];
  readonly calls: { readonly tool: string; readonly args: McpArguments }[];
  closed: number;
}

/** A server in memory, that notes what it is asked. */
function fakeServers(): { mcp: McpHost; asked: Asked } {
  const asked: Asked = { connects: [], calls: [], closed: 0 };
  const parameter = (name: string, required = true) => ({ name, type: 'string', required });
  const server = (name: string): McpServer => ({
    name,
    tools: [
      {
        name: 'create_issue',
        description: 'Opens one',
        parameters: [parameter('title'), parameter('body', false)],
      },
      { name: 'get-sum', description: undefined, parameters: [parameter('a'), parameter('b')] },
      { name: 'fail', description: undefined, parameters: [] },
      { name: 'crash', description: undefined, parameters: [] },
      { name: 'shape', description: undefined, parameters: [] },
      { name: 'picture', description: undefined, parameters: [] },
      { name: 'resource', description: undefined, parameters: [] },
    ],
    call: async (tool, args) => {
      asked.calls.push({ tool, args });
      if (tool === 'crash') throw new Error('the pipe is closed');
      if (tool === 'fail')
        return { content: [text('no such repository')], structured: undefined, isError: true };
      if (tool === 'shape') return { content: [text('flat')], structured: { sides: 3 }, isError: false };
      if (tool === 'picture') {
        const image: McpContent = { ...plain, type: 'image', data: 'AAAA', mimeType: 'image/png' };
        return { content: [text('see'), image], structured: undefined, isError: false };
      }
      const answer =
        tool === 'get-sum' ? String(Number(args.a) + Number(args.b)) : JSON.stringify({ tool, ...args });
      return { content: [text(answer)], structured: undefined, isError: false };
    },
    resource: async (uri) => ({
      contents: [{ uri, mimeType: 'text/plain', text: `text of ${uri}`, blob: undefined }],
    }),
    prompt: async (prompt, args) => ({
      description: prompt,
      messages: [
        { role: 'user', content: text(`about ${args.topic}`) },
        { role: 'assistant', content: text('yes') },
      ],
    }),
    close: async () => {
      asked.closed++;
    },
  });
  const mcp: McpHost = {
    connect: async (request) => {
      asked.connects.push(request);
      return server(request.ref);
    },
  };
  return { mcp, asked };
}

async function runWith(source: string, modules: Record<string, string> = {}) {
  const { mcp, asked } = fakeServers();
  const host = memoryHost(modules, false, { mcp });
  const error = await run(source, { file: 'main.mld', host }).then(
    () => undefined,
    (failure: { code: string; message: string; position?: { line: number } }) => failure,
  );
  return { printed: host.printed(), asked, error };
}

// docs/spec/language.md §12.1
it.each([
  ['import mcp github from @tools/github-mcp', 'github', 'registry'],
  ['@import mcp github from @tools/github-mcp', 'github', 'registry'],
  ['import mcp @github from @tools/github-mcp@^1 (1h) <trust verify>', 'github', 'registry'],
  ['import mcp @tools/github-mcp as @github', 'github', 'registry'],
  ['import mcp @tools/github', 'github', 'registry'],
  ['import tools from mcp "node server.js --quiet" as @github', 'github', 'command'],
  ['import tools from mcp @tools/github-mcp as @github', 'github', 'registry'],
  ['import mcp github from "./tools.mld"', 'github', 'local'],
  ['var @github = mcp "node server.js"', 'github', 'command'],
  ['var tools @github = mcp @tools/github-mcp', 'github', 'registry'],
  ['var @spec = "node server.js"\nvar @github = mcp @spec', 'github', 'command'],
])('binds a server: %s', async (line, name, kind) => {
  const { printed, asked, error } = await runWith(
    `${line}\n@mcp issue = ${name}.create_issue({ title: "x" })\nshow @issue.title\nshow @${name}.get-sum(1, 2)`,
  );
  expect(error).toBeUndefined();
  expect(printed).toBe('x\n3\n');
  expect(asked.connects).toHaveLength(1);
  expect(asked.connects[0]!.kind).toBe(kind);
  expect(asked.closed).toBe(1);
});

it.each([
  'import tools { @create_issue, @getSum as @sum } from mcp "node server.js"',
  'import mcp { create_issue, getSum as sum } from @tools/github-mcp',
])('binds tools: %s', async (line) => {
  const { printed, asked } = await runWith(
    `${line}\nshow @create_issue("a", "b").body\nshow @sum({ a: 2, b: 3 })`,
  );
  expect(printed).toBe('b\n5\n');
  expect(asked.calls[0]).toEqual({ tool: 'create_issue', args: { title: 'a', body: 'b' } });
});

// docs/spec/language.md §12.2–4
it('gives values of all kinds of answers', async () => {
  const { printed, error } = await runWith(
    [
      'import mcp x from @tools/x',
      'show `one: @x.createIssue("t")`',
      'show @x["get-sum"](1, 1)',
      'show x.shape().sides',
      'show `@x.shape()`',
      'show @x.picture()[1].mimeType',
      'show x.resource("file:///a.txt").toUpperCase()',
      'var @p = x.prompt("ask", { topic: "bees", n: 1 })',
      'show @p',
      'show @p.messages[1].role',
      'show @p.description',
      'show @x.tools[0].parameters[1].required',
      'show @x["resource"]().tool',
      'for @n in ["a", "b"] => show @x.create_issue(@n).title',
      '@mcp x.create_issue({ title: "alone" })',
    ].join('\n'),
  );
  expect(error).toBeUndefined();
  expect(printed.split('\n')).toEqual([
    'one: {"tool":"create_issue","title":"t"}',
    '2',
    '3',
    'flat',
    'image/png',
    'TEXT OF FILE:///A.TXT',
    'user: about bees',
    '',
    'assistant: yes',
    'assistant',
    'ask',
    'false',
    'resource',
    'a',
    'b',
    '{',
    '  "tool": "create_issue",',
    '  "title": "alone"',
    '}',
    '',
  ]);
});

// docs/spec/language.md §12.3, §12.5, §12.7: each failure has a code and a place.
it.each([
  ['show @x.creat_issue("t")', 'UNKNOWN_EXPORT', "Did you mean 'create_issue'?"],
  ['show @x.create_issue("a", "b", "c")', 'WRONG_TYPE', 'They are: title, body'],
  ['show @x.create_issue({ body: "b" })', 'WRONG_TYPE', 'Write: create_issue({ title: … })'],
  ['show @x.fail()', 'MCP_FAILED', undefined],
  ['show @x.crash()', 'MCP_FAILED', undefined],
  ['show @x.prompt("ask", 3)', 'WRONG_TYPE', undefined],
])('fails with a place: %s', async (line, code, hint) => {
  const { error, asked } = await runWith(`import mcp x from @tools/x\n${line}`);
  expect(error).toMatchObject({ code, position: { line: 2 }, hint });
  expect(asked.closed).toBe(1);
});

it('knows a missing tool when it is imported', async () => {
  const { error } = await runWith('import mcp { nothing } from @tools/x');
  expect(error).toMatchObject({ code: 'UNKNOWN_EXPORT', position: { line: 1, column: 14 } });
});

it('has no servers where the host has none', async () => {
  const host = memoryHost({});
  await expect(run('import mcp x from @tools/x', { file: 'main.mld', host })).rejects.toMatchObject({
    code: 'NOT_SUPPORTED',
    position: { line: 1, column: 19 },
  });
});

// docs/spec/language.md §12.5: importing a module never calls a tool.
it('calls nothing while a module is imported, and what its functions call says who asks', async () => {
  const module = [
    'import mcp x from @tools/x',
    'export { @eager, @open }',
    'var @eager = @x.create_issue("t")',
    'exe @open(title) = @x.create_issue(@title)',
  ].join('\n');
  const modules = { '@alice/m': module };
  const eager = await runWith('import { @eager } from @alice/m\nshow @eager', modules);
  expect(eager.error).toMatchObject({ code: 'IMPORT_EFFECT' });
  expect(eager.asked.calls).toEqual([]);
  const lazy = await runWith('import { @open } from @alice/m\nshow @open("t").title', modules);
  expect(lazy.printed).toBe('t\n');
  expect(lazy.asked.connects[0]!.from.origin?.name).toBe('@alice/m');
  const hidden = { '@alice/m': 'exe @open() = [\n let @s = mcp "sh -c id"\n => @s.tools\n]' };
  const refused = await runWith('import { @open } from @alice/m\nshow @open()', hidden);
  expect(refused.error).toMatchObject({ code: 'NEED_NOT_DECLARED' });
  expect(refused.asked.connects).toEqual([]);
});

// docs/spec/language.md §12.6
it('analyses them as imports of their own kind', async () => {
  const { imports, exports, diagnostics } = await analyse(
    [
      'import mcp github from @tools/github-mcp@^1',
      'import tools { @a, @b as @c } from mcp "node s.js"',
      'var @x = mcp @tools/other',
      'exe @f(n: number) = @github.create_issue(@n)',
      'export { @f }',
    ].join('\n'),
    { file: 'a.mld' },
  );
  expect(diagnostics).toEqual([]);
  expect(imports.map(({ ref, kind, namespace, names }) => [kind, ref, namespace, names.length])).toEqual([
    ['mcp', '@tools/github-mcp@^1', 'github', 0],
    ['mcp', 'node s.js', undefined, 2],
    ['mcp', '@tools/other', 'x', 0],
  ]);
  expect(exports.map(({ name }) => name)).toEqual(['f']);
});
