import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { run } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

async function outcome(lib: string, granted: boolean): Promise<{ result: unknown; asked: string[] }> {
  const host = memoryHost({ '@a/lib': lib }, granted);
  const source = 'import { f } from @a/lib\nshow @f("x")\nshow @f("y")';
  const result = await run(source, { file: 'main.mld', host }).then(
    () => host.printed(),
    (error: unknown) => (error as { code?: unknown }).code,
  );
  return { result, asked: host.asked.map(({ need, module }) => `${module.name} ${need}`) };
}

const code = {
  sh: 'exe @f(x) = sh { echo "$x" }',
  cmd: 'exe @f(x) = cmd { echo @x }',
  node: 'exe @f(x) = node { return x }',
  nested: 'exe @inner(x) = sh { echo "$x" }\nexe @f(x) = [ let @r = @inner(@x)\n => @r ]',
  piped: 'exe @f(x) = @x | cmd { cat }',
};

// docs/spec/language.md §6.5
describe('permissions of imported modules', () => {
  it.each(Object.entries(code))('refuses %s that is not declared, without asking', async (_, source) => {
    expect(await outcome(source, true)).toEqual({ result: 'NEED_NOT_DECLARED', asked: [] });
  });

  it.each([
    ['sh', 'needs { sh }'],
    ['cmd', 'needs { cmd: [echo] }'],
    ['cmd', 'needs { sh }'],
    ['node', 'needs { node: [] }'],
    ['nested', 'needs { sh }'],
    ['piped', 'needs { cmd }'],
    ['sh', '---\nneeds: ["sh"]\n---'],
  ] as const)('asks once for %s with %s', async (kind, needs) => {
    const source = `${needs}\n${code[kind]}`;
    expect(await outcome(source, true)).toMatchObject({
      result: 'x\ny\n',
      asked: [expect.stringMatching(/^@a\/lib /)],
    });
    expect(await outcome(source, false)).toMatchObject({ result: 'NEED_NOT_GRANTED' });
  });

  it('does not lend a permission to another module', async () => {
    const host = memoryHost(
      { '@a/lib': 'needs { sh }\nexe @f(g) = @g("x")', '@b/other': 'exe @g(x) = sh { echo "$x" }' },
      true,
    );
    const source = 'import { f } from @a/lib\nimport { g } from @b/other\nshow @f(@g)';
    await expect(run(source, { file: 'main.mld', host })).rejects.toMatchObject({
      code: 'NEED_NOT_DECLARED',
    });
  });

  it('refuses files that are not declared', async () => {
    const source = 'exe @f(x) = <package.json>.name';
    expect((await outcome(source, true)).result).toBe('NEED_NOT_DECLARED');
  });

  it('keeps secrets from processes unless they are granted', async () => {
    const lib =
      'needs { sh }\nauth @key = "SECRET_KEY"\nexe @f(x) = sh { echo "[$SECRET_KEY]" } using auth:key\nexe @g() = sh { echo "[$SECRET_KEY]" }';
    const env = (name: string): string => `value of ${name}`;
    const refuse = memoryHost({ '@a/lib': lib }, false, { env, grant: async ({ need }) => need === 'sh' });
    await expect(
      run('import { f } from @a/lib\nshow @f(1)', { file: 'm.mld', host: refuse }),
    ).rejects.toMatchObject({ code: 'NEED_NOT_GRANTED' });
    const allow = memoryHost({ '@a/lib': lib }, true, { env });
    await run('import { f, g } from @a/lib\nshow @f(1)\nshow @g()', { file: 'm.mld', host: allow });
    expect(allow.printed()).toBe('[value of SECRET_KEY]\n[]\n');
  });

  it('refuses the program itself where the run does not allow it', async () => {
    const host = memoryHost({});
    await expect(
      run('run sh { echo x }', { file: 'm.mld', host, allowOwnCode: false }),
    ).rejects.toMatchObject({ code: 'NEED_NOT_GRANTED' });
  });

  it('gives an imported module none of the environment', async () => {
    vi.stubEnv('LANG_TEST_SECRET', 'leak');
    onTestFinished(() => void vi.unstubAllEnvs());
    const host = memoryHost(
      {
        '@a/lib':
          'needs { sh, node }\nexe @f() = sh { echo "[$LANG_TEST_SECRET]" }\nexe @g() = node { return process.env.LANG_TEST_SECRET ?? "none" }',
      },
      true,
    );
    await run('import { f, g } from @a/lib\nshow @f()\nshow @g()\nshow sh { echo "[$LANG_TEST_SECRET]" }', {
      file: 'm.mld',
      host,
    });
    expect(host.printed()).toBe('[]\nnone\n[leak]\n');
  });

  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable, not ours.
  it.each(['$(touch hacked)', '`id`', '"; exit 1; "', "' || true '", '-n', '\\', '${HOME}', 'a\nb'])(
    'passes %j to every runner as it is',
    async (text) => {
      const source = `var @t = ${JSON.stringify(text).replaceAll('$', '$')}\nexe @s(x) = sh { printf '%s' "$x" }\nexe @c(x) = cmd { printf %s @x }\nexe @n(x) = node { return x }\nexe @j(x) = js { return x }\nshow [@s(@t), @c(@t), @n(@t), @j(@t)] | @json`;
      const host = memoryHost({});
      await run(source, { file: 'm.mld', host });
      const [first, ...rest] = JSON.parse(host.printed()) as string[];
      expect(first).toBe(text);
      expect(rest).toEqual([text, text, text]);
    },
  );
});
