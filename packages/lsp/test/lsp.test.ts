/** A real client, over the real streams of the built command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bareEnvironment, makeTempDir, runCli, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  CodeActionRequest,
  CompletionRequest,
  createMessageConnection,
  DefinitionRequest,
  DidCloseTextDocumentNotification,
  DocumentFormattingRequest,
  DocumentSymbolRequest,
  HoverRequest,
  type Location,
  type MessageConnection,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
  SignatureHelpRequest,
  StreamMessageReader,
  StreamMessageWriter,
  type TextEdit,
} from 'vscode-languageserver-protocol/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { distribution, writeDistribution } from '../../client/test/fixture/registry.ts';
import { type Client, type Open, startClient } from './client.ts';

const command = fileURLToPath(new URL('../../cli/dist/bundle/mlld.cjs', import.meta.url));

const strings = `---
name: strings
author: alice
about: Small work on texts
---
# @alice/strings

## \`twice(text, by)\`

Says it again.

\`\`\`mlld-run
exe @twice(text: string, by?) = \`@text@text\`
exe @quiet(text) = \`@text\`
var @version = "1"
export { @twice, @quiet, @version }
\`\`\`
`;

let desk: TempDir;
let client: Client;

function environment() {
  return bareEnvironment({
    HOME: desk.path,
    MLLD_DNS: 'off',
    MLLD_REGISTRY: path.join(desk.path, 'registry'),
  });
}

function connect(child: ChildProcess): MessageConnection {
  return createMessageConnection(
    new StreamMessageReader(child.stdout!),
    new StreamMessageWriter(child.stdin!),
  );
}

beforeAll(async () => {
  desk = await makeTempDir('mlld-lsp-');
  const registry = path.join(desk.path, 'registry');
  const files = { 'strings.mld.md': strings };
  writeDistribution(distribution([{ ref: '@alice/strings@1.2.0', files, signed: true }]), registry);
  const project = path.join(desk.path, 'project');
  mkdirSync(project);
  writeFileSync(
    path.join(project, 'lib.mld'),
    '>> Greets.\nexe @hello(name) = `Hello @name`\nexport { @hello }\n',
  );
  const env = { HOME: desk.path, MLLD_DNS: 'off', MLLD_REGISTRY: registry };
  writeFileSync(path.join(project, 'mlld-lock.json'), '{"lockfileVersion":1,"modules":{}}');
  const added = await runCli(['add', '@alice/strings'], { cwd: project, env });
  expect([added.code, added.stderr]).toEqual([0, expect.anything()]);
  const child = spawn(process.execPath, [command, 'lsp', '--stdio'], { env: environment(), cwd: desk.path });
  client = await startClient(connect(child), { child, folder: desk.path });
});
afterAll(async () => {
  await client.close();
  await desk.remove();
});

/** The text after the edits. */
const edited = ({ uri, text }: Open, edits: readonly TextEdit[]) =>
  TextDocument.applyEdits(TextDocument.create(uri, 'mlld', 1, text), [...edits]);

const at = ({ uri, position }: Open) => ({ textDocument: { uri }, position });

async function labels(open: Open): Promise<string[]> {
  const answer = await client.connection.sendRequest(CompletionRequest.type, at(open));
  return (answer !== null && !Array.isArray(answer) ? answer.items : []).map(({ label }) => label);
}

describe('diagnostics', () => {
  test('have the code, the place, the hint, and a quick fix', async () => {
    const open = await client.open(
      'a.mld',
      'var @greeting = "😀"\nshow `😀😀 @greeting`\nshow "😀" + @greting\n',
    );
    const [one, ...more] = await client.diagnostics(open.uri);
    expect(more).toEqual([]);
    expect(one).toMatchObject({
      code: 'UNKNOWN_NAME',
      source: 'mlld',
      severity: 1,
      range: { start: { line: 2, character: 13 }, end: { line: 2, character: 20 } },
    });
    expect(one?.message).toContain("Did you mean '@greeting'?");
    const actions = await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: open.uri },
      range: one!.range,
      context: { diagnostics: [one!] },
    });
    const edits = actions?.flatMap((action) =>
      'edit' in action ? (action.edit?.changes?.[open.uri] ?? []) : [],
    );
    expect(edited(open, edits ?? [])).toContain('show "😀" + @greeting\n');
  });

  test('tell of imports that are not there, and of names that a module does not export', async () => {
    const { uri } = await client.open(
      'b.mld',
      'import { @helo } from "./lib.mld"\nimport { @x } from "./gone.mld"\nimport { @twise } from @alice/strings\nshow @helo(@x, @twise)\n',
    );
    expect((await client.diagnostics(uri)).map(({ code, range }) => [code, range.start.line])).toEqual([
      ['UNKNOWN_EXPORT', 0],
      ['IMPORT_FAILED', 1],
      ['UNKNOWN_EXPORT', 2],
    ]);
  });

  test('of a module hold the rules of mlld check, with what --fix would do', async () => {
    const text =
      '---\nname: own\nauthor: alice\nversion: 1.0.0\nabout: Mine\nlicense: CC0\n---\nexe @f(a) = sh { echo "$a" }\n';
    writeFileSync(path.join(desk.path, 'project', 'own.mld'), text);
    const open = await client.open('own.mld', text);
    const found = await client.diagnostics(open.uri);
    expect(found.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['code/needs-missing', 'code/exports']),
    );
    const range = { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } };
    const context = { diagnostics: [] };
    const actions = await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri: open.uri },
      range,
      context,
    });
    const edits = actions?.flatMap((action) =>
      'edit' in action ? (action.edit?.changes?.[open.uri] ?? []) : [],
    );
    expect(edited(open, edits ?? [])).toContain('export { @f }');
  });

  test('follow each change, and end with the document', async () => {
    const open = await client.open('c.mld', 'show "a');
    expect((await client.diagnostics(open.uri))[0]?.code).toBe('UNCLOSED');
    const end = { line: 0, character: 7 };
    await client.change(open.uri, 2, [{ range: { start: end, end }, text: '😀"\n' }]);
    expect(await client.diagnostics(open.uri)).toEqual([]);
    await client.change(open.uri, 3, [
      { range: { start: { line: 0, character: 9 }, end: { line: 0, character: 10 } }, text: '' },
    ]);
    expect((await client.diagnostics(open.uri))[0]?.code).toBe('UNCLOSED');
    await client.change(open.uri, 4, [{ text: 'x'.repeat(3_000_000) }]);
    expect((await client.diagnostics(open.uri))[0]?.code).toBe('SOURCE_TOO_LONG');
    await client.change(open.uri, 5, [{ text: '`'.repeat(50_000) + '[('.repeat(50_000) }]);
    expect((await client.diagnostics(open.uri)).length).toBeGreaterThan(0);
    await client.connection.sendNotification(DidCloseTextDocumentNotification.type, {
      textDocument: { uri: open.uri },
    });
  });
});

describe('completion', () => {
  test('of modules knows the cache, and the exports of what is there', async () => {
    expect(await labels(await client.open('d1.mld', 'import { @twice } from @ali|'))).toEqual([
      '@alice/strings',
    ]);
    expect(await labels(await client.open('d2.mld', 'import { @t| } from @alice/strings\n'))).toEqual([
      'twice',
      'quiet',
      'version',
    ]);
    expect(await labels(await client.open('d3.mld', 'import { @| } from "./lib.mld"\n'))).toEqual(['hello']);
    expect(await labels(await client.open('d4.mld', 'import @alice/strings as @s\nshow @s.|'))).toEqual([
      'twice',
      'quiet',
      'version',
    ]);
  });

  test('of names knows what is visible, also in a function that is not whole', async () => {
    const whole = await client.open(
      'e1.mld',
      'var @a1 = 1\nexe @f(p1) = [\n  let @l1 = 2\n  show `😀 @|`\n  let @l2 = 3\n]\n',
    );
    const names = await labels(whole);
    expect(names).toEqual(expect.arrayContaining(['a1', 'f', 'p1', 'l1', 'now', 'upper']));
    expect(names).not.toContain('l2');
    const broken = await labels(
      await client.open('e2.mld', 'exe @f(p1, p2: string) = [\n  let @l1 = {\n  show @|\n'),
    );
    expect(broken).toEqual(expect.arrayContaining(['p1', 'p2', 'l1']));
  });

  test('of fields knows objects and methods; of lines, directives; of prose, nothing', async () => {
    const fields = await labels(
      await client.open('f1.mld', 'var @o = { "a": { "b": 1 }, c: 2 }\nshow @o.a.|\n'),
    );
    expect(fields).toContain('b');
    expect(fields).toContain('slice');
    expect(fields).not.toContain('c');
    expect(await labels(await client.open('f2.mld', 'sh|'))).toContain('show');
    expect(await labels(await client.open('f3.mld.md', '# Title\n\nmail me@|\n'))).toEqual([]);
    expect(
      await labels(await client.open('f4.mld.md', '# T\n\n```mlld-run\nvar @a1 = 1\nshow @|\n```\n')),
    ).toContain('a1');
    expect(await labels(await client.open('f5.mld', 'var @a1 = 1\nexport { @| }\n'))).toEqual(['a1']);
  });
});

async function hoverText(open: Open): Promise<string> {
  const answer = await client.connection.sendRequest(HoverRequest.type, at(open));
  return answer === null ? '' : (answer.contents as { value: string }).value;
}

test('hover shows signature, documentation, version and how far it was verified', async () => {
  const program =
    'import { @twice } from @alice/strings\nimport @alice/strings as @s\nimport { @hello } from "./lib.mld"\n';
  const imported = await hoverText(await client.open('g1.mld', `${program}show "😀" + @tw|ice("a")\n`));
  expect(imported).toContain('@twice(text: string, by?)');
  expect(imported).toContain('Says it again.');
  expect(imported).toContain('@alice/strings 1.2.0 · 2 signed by its author');
  expect(await hoverText(await client.open('g2.mld', `${program}show @s.qui|et("a")\n`))).toContain(
    '@quiet(text)',
  );
  expect(await hoverText(await client.open('g3.mld', `${program}show @hel|lo("a")\n`))).toContain('Greets.');
  expect(await hoverText(await client.open('g4.mld', 'import { @twice } from @alice/str|ings\n'))).toContain(
    'Small work on texts',
  );
  expect(await hoverText(await client.open('g5.mld', 'exe @f(name: string) = `@na|me`\n'))).toContain(
    '(parameter of @f) @name: string',
  );
});

async function definitionOf(open: Open): Promise<Location> {
  return (await client.connection.sendRequest(DefinitionRequest.type, at(open))) as Location;
}

test('definitions are found in the document, in files, and in the cache, which nobody can write', async () => {
  const own = await definitionOf(await client.open('h1.mld', 'show "😀" + @a1|\nvar @a1 = 1\n'));
  expect(own.range.start).toEqual({ line: 1, character: 5 });
  const local = await definitionOf(
    await client.open('h2.mld', 'import { @hello } from "./lib.mld"\nshow `😀@hel|lo("a")`\n'),
  );
  expect(local).toMatchObject({
    uri: pathToFileURL(path.join(desk.path, 'project', 'lib.mld')).href,
    range: { start: { line: 1, character: 5 } },
  });
  const cached = await definitionOf(
    await client.open('h3.mld', 'import @alice/strings as @s\nshow @s.qui|et("a")\n'),
  );
  const file = fileURLToPath(cached.uri);
  expect(file).toMatch(/@alice.strings@1\.2\.0.strings\.mld\.md$/);
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines[cached.range.start.line]).toBe('exe @quiet(text) = `@text`');
  expect(statSync(file).mode & 0o222).toBe(0);
});

test('references are found here and where the module is imported', async () => {
  const lib = readFileSync(path.join(desk.path, 'project', 'lib.mld'), 'utf8');
  const user = await client.open('i1.mld', 'import { @hello as @hi } from "./lib.mld"\nshow @hi("a")\n');
  const open = await client.open('lib.mld', lib.replace('@hello', '@hel|lo'));
  const context = { includeDeclaration: true };
  const found = await client.connection.sendRequest(ReferencesRequest.type, { ...at(open), context });
  const places = found?.map(({ uri, range }) => `${path.basename(uri)}:${range.start.line}`);
  expect(places).toEqual(expect.arrayContaining(['lib.mld:1', 'lib.mld:2', 'i1.mld:0', 'i1.mld:1']));
  expect(user.uri).toContain('i1.mld');
});

test('rename changes the name in its scope, in templates too, and says why it does not', async () => {
  const open = await client.open('j1.mld', 'var @who = 1\nexe @f(wh|o) = `😀 @who and 😀@who`\nshow @who\n');
  const prepared = await client.connection.sendRequest(PrepareRenameRequest.type, at(open));
  expect(prepared).toMatchObject({ placeholder: 'who', range: { start: { line: 1, character: 7 } } });
  const answer = await client.connection.sendRequest(RenameRequest.type, { ...at(open), newName: '@name' });
  expect(edited(open, answer?.changes?.[open.uri] ?? [])).toBe(
    'var @who = 1\nexe @f(name) = `😀 @name and 😀@name`\nshow @who\n',
  );
  const code = await client.open('j2.mld', 'exe @f(who|) = js { return who }\n');
  await expect(
    client.connection.sendRequest(RenameRequest.type, { ...at(code), newName: 'name' }),
  ).rejects.toThrow('code of another language');
  const broken = await client.open('j3.mld', 'var @a| = 1\nshow "\n');
  await expect(
    client.connection.sendRequest(RenameRequest.type, { ...at(broken), newName: 'b' }),
  ).rejects.toThrow('line 2');
});

test('signatures are shown while a call is written', async () => {
  const help = async (text: string) => {
    const answer = await client.connection.sendRequest(
      SignatureHelpRequest.type,
      at(await client.open('k.mld', text)),
    );
    return answer && [answer.signatures[0]?.label, answer.activeParameter];
  };
  expect(await help('exe @f(a, b: string) = @a\nshow @f("x, (y", |')).toEqual(['@f(a, b: string)', 1]);
  expect(await help('import @alice/strings as @s\nshow @s.twice(|')).toEqual([
    '@twice(text: string, by?)',
    0,
  ]);
  expect(await help('show 1|')).toBeNull();
});

test('symbols of a document are its functions, variables and imports', async () => {
  const { uri } = await client.open(
    'l.mld',
    'import { @hello } from "./lib.mld"\nvar @a = "😀"; exe @f(x, y?) = @x\n',
  );
  const symbols = await client.connection.sendRequest(DocumentSymbolRequest.type, { textDocument: { uri } });
  expect(symbols?.map(({ name }) => name)).toEqual(['./lib.mld', '@a', '@f']);
});

test('formatting gives the one form, and leaves what has mistakes', async () => {
  const format = async (text: string) => {
    const open = await client.open('o.mld', text);
    const options = { tabSize: 2, insertSpaces: true };
    const edits = await client.connection.sendRequest(DocumentFormattingRequest.type, {
      textDocument: { uri: open.uri },
      options,
    });
    return edited(open, edits ?? []);
  };
  expect(await format('var @a   =   "😀"\n\n\n\nshow   @a\n')).toBe('var @a = "😀"\n\nshow @a\n');
  expect(await format('var @a   =   "\n')).toBe('var @a   =   "\n');
});

test('a request about a document that is not open is answered with nothing', async () => {
  const nowhere = { textDocument: { uri: 'file:///nowhere.mld' }, position: { line: 5, character: 5 } };
  expect(await client.connection.sendRequest(HoverRequest.type, nowhere)).toBeNull();
  const beyond = await client.open('m.mld', 'show 1\n');
  const far = { textDocument: { uri: beyond.uri }, position: { line: 500, character: 5 } };
  expect(await client.connection.sendRequest(DefinitionRequest.type, far)).toBeNull();
});

test('a client at a socket, which can ask for texts, gets the cached source by a URI of ours', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const child = spawn(process.execPath, [command, 'lsp', `--socket=${port}`], {
    env: environment(),
    cwd: desk.path,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const socket = await new Promise<import('node:net').Socket>((resolve) =>
    server.once('connection', resolve),
  );
  const connection = createMessageConnection(
    new StreamMessageReader(socket),
    new StreamMessageWriter(socket),
  );
  const other = await startClient(connection, {
    child,
    folder: desk.path,
    workspace: { textDocumentContent: {} },
  });
  const open = await other.open('n.mld', 'import { @twi|ce } from @alice/strings\n');
  const found = (await connection.sendRequest(DefinitionRequest.type, at(open))) as Location;
  expect(found.uri).toBe('mlld-module:/@alice/strings@1.2.0/strings.mld.md');
  expect(await connection.sendRequest('workspace/textDocumentContent', { uri: found.uri })).toEqual({
    text: strings,
  });
  await other.close();
  server.close();
});
