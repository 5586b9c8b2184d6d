import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { limits, printable, RegistryError } from '@mlld/format';
import { previewHtml, previewSvg, previewTerminal, sample, type Variant, variantsOf } from '@mlld/theme';
import { clientFlags, defineCommand } from '../../command.ts';
import { openTheme } from './source.ts';

export const command = defineCommand({
  args: [{ name: 'theme', optional: true }],
  flags: {
    ...clientFlags,
    html: { type: 'string', value: 'file', about: 'Write a page' },
    svg: {
      type: 'string',
      value: 'file',
      about: 'Write a picture, of the first variant or the one of --variant',
    },
    variant: { type: 'string', value: 'name', about: 'One variant alone: dark, light, or its name' },
    code: {
      type: 'string',
      value: 'file',
      about: 'Show this program (default: a short one that has a bit of everything)',
    },
  },
  details: `
Shows a theme on mlld code: in this terminal, as a page, as a picture.

  mlld theme preview @themes/lantern
  mlld theme preview . --html preview.html --svg preview.svg --variant light`,
  async run(context) {
    const { flags, cwd, report } = context;
    const { theme } = await openTheme(context);
    const variants = chosen(variantsOf(theme), flags.variant);
    const [first] = variants;
    const code = flags.code === undefined ? sample : readCode(path.resolve(cwd, flags.code));
    const written: string[] = [];
    const write = (file: string, content: string) => {
      writeFileSync(path.resolve(cwd, file), content);
      written.push(file);
    };
    if (flags.html !== undefined) write(flags.html, previewHtml(variants, code));
    if (flags.svg !== undefined && first !== undefined) write(flags.svg, previewSvg(first, code));
    if (flags.json)
      return report.json({ theme: theme.name, variants: variants.map(({ name }) => name), written });
    for (const file of written) report.print(`${file} written`);
    if (written.length > 0) return;
    for (const variant of variants) {
      report.print(variant.name);
      // Colours that are the matter itself: asked for no colours, the code alone is shown.
      const isPlain =
        flags['no-color'] || context.env.NO_COLOR !== undefined || process.stdout.isTTY !== true;
      report.print(isPlain ? code : previewTerminal(variant, safe(code)));
    }
  },
});

/** Text of a file, on a terminal: nothing of it is a control sequence. */
const safe = (code: string): string => code.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');

function readCode(file: string): string {
  const bytes = readFileSync(file);
  if (bytes.length > limits.fileBytes)
    throw new RegistryError('TOO_LARGE', `${file}: wanted at most ${limits.fileBytes} bytes`);
  return bytes.toString('utf8');
}

function chosen(variants: readonly Variant[], name: string | undefined): readonly Variant[] {
  if (name === undefined) return variants;
  const found = variants.filter((one) => one.mode === name || one.slug === name || one.name === name);
  if (found.length > 0) return found;
  throw new RegistryError('USAGE', `there is no variant '${printable(name)}'`, {
    hint: `There are: ${variants.map((one) => one.slug).join(', ')}.`,
  });
}
