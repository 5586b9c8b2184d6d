import { nearest, printable, RegistryError } from '@mlld/format';
import {
  ansiThemes,
  type Grammar,
  highlightAnsi,
  highlightHtml,
  markdownGrammar,
  mlldGrammar,
  tokens,
} from '@mlld/lang';
import { defineCommand } from '../command.ts';
import { readSources } from '../sources.ts';

export const command = defineCommand({
  args: [{ name: 'file|-', optional: true }],
  flags: {
    html: { type: 'boolean', about: 'Print HTML: spans with the classes that pages of a registry use' },
    ansi: { type: 'boolean', about: 'Print colours also where the output is no terminal' },
    theme: { type: 'string', value: 'dark|light|mono', about: 'The colours of the terminal (default: dark)' },
    grammar: { type: 'string', value: 'mlld|markdown', about: 'Print the TextMate grammar for editors' },
    'stdin-name': {
      type: 'string',
      value: 'file',
      about: 'The name of what comes on standard input: tells its dialect',
    },
  },
  details: `
Prints a source in colours. What is a keyword or a text, the parser says. \`--html\` gives <span class="t-keyword"> and its like; docs/guides/editors.md
lists the classes. With \`--json\` the tokens themselves.`,
  async run({ args, flags, cwd, report }) {
    if (flags.grammar !== undefined) return report.json(grammarOf(flags.grammar));
    const [source] = readSources(cwd, args.length === 0 ? ['-'] : args);
    if (source === undefined)
      throw new RegistryError('FILE_NOT_FOUND', `there is no mlld source in '${printable(args[0] ?? '-')}'`);
    const file = source.path === undefined ? (flags['stdin-name'] ?? 'stdin.mld') : source.name;
    if (flags.json) {
      report.json({ file: source.name, tokens: tokens(source.text, { file }) });
    } else if (flags.html)
      report.write(`<pre class="mlld"><code>${highlightHtml(source.text, { file })}</code></pre>\n`);
    else if (flags.ansi || report.style('bold', '') !== '') {
      report.write(highlightAnsi(source.text, { file, theme: themeOf(flags.theme ?? 'dark') }));
    } else report.write(source.text);
  },
});

/** @throws RegistryError USAGE */
function grammarOf(name: string): Grammar {
  if (name === 'mlld') return mlldGrammar();
  if (name === 'markdown') return markdownGrammar();
  throw new RegistryError('USAGE', `wanted mlld or markdown, found '${printable(name)}'`);
}

/** @throws RegistryError USAGE */
function themeOf(name: string) {
  const themes = new Map(Object.entries(ansiThemes));
  const theme = themes.get(name);
  if (theme !== undefined) return theme;
  const near = nearest(name, [...themes.keys()])[0];
  throw new RegistryError('USAGE', `there is no theme '${printable(name)}'`, {
    hint: near === undefined ? `One of: ${[...themes.keys()].join(', ')}.` : `Did you mean ${near}?`,
  });
}
