import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir } from '@mlld/testing';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import { createHighlighterCore } from 'shiki/core';
import { createJavaScriptRegexEngine } from 'shiki/engine/javascript';
import javascript from 'shiki/langs/javascript.mjs';
import { describe, expect, test } from 'vitest';
import {
  buildTheme,
  type Colour,
  checkContrast,
  contrast,
  contrastMessage,
  linesOf,
  parseTheme,
  previewHtml,
  previewSvg,
  previewTerminal,
  sample,
  starter,
  summarise,
  targets,
  tokensOf,
  type Variant,
  variantsOf,
} from '../src/index.ts';

const showcase = fileURLToPath(new URL('../../../showcase/themes', import.meta.url));
const sources = readdirSync(showcase).map(
  (name) => [name, parseTheme(readFileSync(path.join(showcase, name, 'theme.json')))] as const,
);
const info = (name: string) => ({
  author: 'themes',
  name,
  version: '1.0.0',
  about: 'A theme & its "colours"',
  license: 'CC0',
});
const harbour = sources.find(([name]) => name === 'harbour')![1];
const built = (name: string) => {
  const files = buildTheme(sources.find(([one]) => one === name)![1], info(name));
  return new Map(files.map(({ path: file, content }) => [file, content]));
};
const text = (content: string | Uint8Array | undefined): string =>
  typeof content === 'string' ? content : strFromU8(content ?? new Uint8Array());

describe('source', () => {
  const changed = (member: string, to: unknown): string => {
    const value = JSON.parse(starter('Test'));
    const names = member.split('.');
    const last = names.pop() ?? '';
    let at = value;
    for (const name of names) at = at[name];
    at[last] = to;
    return JSON.stringify(value);
  };

  test.each([
    ['a colour that is not in the palette', ['scopes.string', 'pink'], 'pink'],
    ['an unknown scope', ['scopes.strings', 'green'], 'strings'],
    ['an unknown style', ['scopes.string', 'green blink'], 'blink'],
    ['no look for a scope that is wanted', ['scopes.keyword', undefined], 'keyword'],
    ['no background', ['ui.background', undefined], 'background'],
    ['a colour that is none', ['variants.dark.palette.red', 'red'], '#1e88e5'],
    ['a colour that would end a string', ['variants.dark.palette.red', "#12'|q"], '#1e88e5'],
    ['no variants', ['variants', {}], 'dark'],
    ['a name that breaks lines', ['name', "x\n'"], 'name'],
    ['a name without letters', ['name', '...'], 'name'],
    ['an unknown member', ['css', ''], 'css'],
    ['another schema', ['v', 2], 'schema'],
  ] as const)('is refused with %s', (_, [member, value], says) => {
    expect(() => parseTheme(changed(member, value))).toThrow(says);
  });

  test('looks of scopes that are not named follow from others, without their styles', () => {
    const [dark] = variantsOf(parseTheme(starter('Test')));
    expect(dark!.looks.parameter.colour).toBe(dark!.looks.variable.colour);
    expect(dark!.looks.heading).toEqual({ colour: dark!.looks.keyword.colour, styles: [] });
    expect(dark!.looks.strong.styles).toEqual(['bold']);
  });
});

describe('contrast', () => {
  test('is that of WCAG', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
    expect(contrast('#ffffff', '#777777')).toBeCloseTo(4.48, 2);
  });

  test.each(sources)('of %s is what it says', (_, theme) => {
    expect(checkContrast(theme).map(contrastMessage)).toEqual([]);
    for (const variant of variantsOf(theme))
      expect([theme.contrast, 'AAA']).toContain(summarise(variant).level);
  });

  test('one showcase theme is of high contrast, four there are', () => {
    expect(sources.length).toBeGreaterThanOrEqual(4);
    expect(sources.filter(([, { contrast: target }]) => target === 'AAA').length).toBeGreaterThanOrEqual(1);
  });

  test('what is found proposes a colour that does', () => {
    const hex = fc
      .integer({ min: 0, max: 0xffffff })
      .map((n): Colour => `#${n.toString(16).padStart(6, '0')}`);
    fc.assert(
      fc.property(hex, hex, (grey, ground) => {
        const value = JSON.parse(starter('Test'));
        delete value.variants.light;
        Object.assign(value.variants.dark.palette, { grey, ground });
        for (const { found, wanted, proposal, ground: on } of checkContrast(
          parseTheme(JSON.stringify(value)),
        )) {
          expect(found).toBeLessThan(wanted);
          if (proposal !== undefined) expect(contrast(proposal, on)).toBeGreaterThanOrEqual(wanted);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('targets', () => {
  test('a build is the same bytes each time', () => {
    const bytes = () =>
      buildTheme(harbour, info('harbour')).map(({ path: file, content }) => [file, text(content)]);
    const first = bytes();
    expect(bytes()).toEqual(first);
    expect(new Set(first.map(([file]) => file!.split('/')[0]))).toEqual(new Set(targets.map(({ id }) => id)));
  });

  test('the .vsix holds an extension whose manifest is valid', () => {
    const files = built('lantern');
    const zip = unzipSync(files.get('vscode/themes.lantern-1.0.0.vsix') as Uint8Array);
    expect(Object.keys(zip).slice(0, 2)).toEqual(['extension.vsixmanifest', '[Content_Types].xml']);
    const manifest = JSON.parse(strFromU8(zip['extension/package.json']!));
    const schema = JSON.parse(
      readFileSync(new URL('testdata/vscode-extension.schema.json', import.meta.url), 'utf8'),
    );
    const validate = new Ajv2020({ allErrors: true }).compile(schema);
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...manifest, publisher: undefined, contributes: { themes: [{ label: 1 }] } })).toBe(
      false,
    );
    for (const { path: file, uiTheme } of manifest.contributes.themes) {
      const theme = JSON.parse(strFromU8(zip[`extension/${file.slice(2)}`]!));
      expect(uiTheme).toBe(theme.type === 'dark' ? 'hc-black' : 'hc-light');
      for (const colour of Object.values(theme.colors)) expect(colour).toMatch(/^#[0-9a-f]{6}$/);
    }
    expect(strFromU8(zip['extension.vsixmanifest']!)).toContain('A theme &#38; its &#34;colours&#34;');
  });

  test('Shiki colours code with the theme', async () => {
    const variants = sources.flatMap(([name, theme]) => variantsOf(theme).map((one) => [name, one] as const));
    const themes = variants.map(([name, { slug }]) =>
      JSON.parse(text(built(name).get(`shiki/${slug}.json`))),
    );
    const shiki = await createHighlighterCore({
      themes,
      langs: [javascript],
      engine: createJavaScriptRegexEngine(),
    });
    for (const [, { slug, looks, ui }] of variants) {
      const html = shiki
        .codeToHtml('// so\nconst a = "b";', { lang: 'javascript', theme: slug, tokenizeTimeLimit: 0 })
        .toLowerCase();
      for (const colour of [ui.background, looks.comment.colour, looks.keyword.colour, looks.string.colour])
        expect(html).toContain(colour);
    }
    shiki.dispose();
  });

  test("Sublime's variables are all there", () => {
    const scheme = JSON.parse(text(built('ember').get('sublime/ember.sublime-color-scheme')));
    const used = JSON.stringify([scheme.globals, scheme.rules]).matchAll(/var\((\w+)\)/g);
    for (const [, name] of used) expect(scheme.variables).toHaveProperty(name!);
  });

  test('property lists parse, as Python reads them', (context) => {
    const script = 'import plistlib,sys,json; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))';
    const parse = (input: string) => spawnSync('python3', ['-c', script], { input, encoding: 'utf8' });
    if (parse('').error !== undefined) context.skip('python3 is not here');
    const files = built('meadow');
    const theme = parse(text(files.get('textmate/meadow.tmTheme')));
    const [global, first] = JSON.parse(theme.stdout).settings;
    expect(global.settings.background).toBe('#fdfcf7');
    expect(first.scope).toContain('comment');
    const iterm = JSON.parse(parse(text(files.get('terminal/iterm2/meadow.itermcolors'))).stdout);
    expect(iterm['Background Color']['Red Component']).toBeCloseTo(253 / 255, 5);
    expect(Object.keys(iterm).filter((key) => key.startsWith('Ansi')).length).toBe(16);
  });

  test('colours of terminals are complete', () => {
    const files = built('harbour');
    expect(
      text(files.get('terminal/kitty/harbour-dark.conf')).match(/^color\d+ #[0-9a-f]{6}$/gm)?.length,
    ).toBe(16);
    const windows = JSON.parse(text(files.get('terminal/windows-terminal/harbour-dark.json')));
    expect(Object.keys(windows)).toContain('brightPurple');
    expect(text(files.get('terminal/alacritty/harbour-light.toml'))).toMatch(
      /\[colors\.bright\]\nblack = "#/,
    );
  });

  test.for([
    ['vim', ['-u', 'NONE', '-e', '-s']],
    ['nvim', ['-u', 'NONE', '--headless', '-i', 'NONE']],
  ] as const)('%s loads the colour schemes', async ([program, options], context) => {
    const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
    if (version.error !== undefined) context.skip(`${program} is not here`);
    if (program === 'vim' && !version.stdout.includes('+eval')) context.skip('this vim runs no scripts');
    const variants = sources.flatMap(([name, theme]) => variantsOf(theme).map((one) => [name, one] as const));
    expect(await loadedBy([program, ...options], variants)).toEqual(
      variants.map(([, { slug, looks }]) => [slug, looks.comment.colour]),
    );
  });
});

/** What an editor says of each scheme, once it is loaded: its name, and the colour of comments. */
async function loadedBy(
  [program = '', ...options]: readonly string[],
  variants: readonly (readonly [string, Variant])[],
): Promise<string[][]> {
  const dir = await tempDir('mlld-vim-');
  await mkdir(dir.join('colors'), { recursive: true });
  const lines = ['set nocompatible termguicolors', `set runtimepath^=${dir.path}`];
  for (const [name, { slug }] of variants) {
    await writeFile(dir.join(`colors/${slug}.vim`), text(built(name).get(`vim/colors/${slug}.vim`)));
    const said = `[g:colors_name, synIDattr(hlID('Comment'), 'fg#', 'gui')]`;
    lines.push(`colorscheme ${slug}`, `call writefile(${said}, '${dir.join(slug)}')`);
  }
  await writeFile(dir.join('script.vim'), [...lines, 'qall!', ''].join('\n'));
  const env = { ...process.env, HOME: dir.path };
  const ran = spawnSync(program, [...options, '-S', dir.join('script.vim')], {
    encoding: 'utf8',
    timeout: 15_000,
    env,
  });
  expect([ran.status, ran.stderr.trim()]).toEqual([0, '']);
  return variants.map(([, { slug }]) => readFileSync(dir.join(slug), 'utf8').trim().split('\n'));
}

describe('previews', () => {
  test('tokens are the text again, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom('"', '`', '@', 'a', '(', '\\', '\n', '>', '.') }),
        ),
        (code) => {
          expect(
            tokensOf(code)
              .map((one) => one.text)
              .join(''),
          ).toBe(code);
        },
      ),
    );
  });

  test('show a bit of everything, each in its colour', () => {
    const used = new Set(
      linesOf(tokensOf(sample))
        .flat()
        .map(({ scope }) => scope),
    );
    for (const scope of [
      'comment',
      'string',
      'number',
      'keyword',
      'function',
      'variable',
      'property',
      'module',
      'constant',
      'operator',
    ])
      expect([...used]).toContain(scope);
  });

  test('escape the code that they show', () => {
    const [variant] = variantsOf(harbour);
    const code = 'show "<script>alert(1)</script>&" >> </text><b>';
    for (const made of [previewHtml([variant!], code), previewSvg(variant!, code)]) {
      expect(made).not.toMatch(/<script|<b>/);
      expect(made).toContain('&#60;script&#62;');
    }
    expect(previewSvg(variant!, sample)).toContain(variant!.looks.keyword.colour);
    expect(previewTerminal(variant!, 'show 1', 10)).toMatch(
      /^\u001b\[48;2;16;23;31;38;2;191;162;240mshow\u001b\[0m/,
    );
  });
});
