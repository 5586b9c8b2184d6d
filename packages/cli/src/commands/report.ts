import { parseAuthor, parseModuleName, printable, RegistryError, reportReasons } from '@mlld/format';
import { reportSaying } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { runSaying, sayFlags } from '../say.ts';

export const command = defineCommand({
  args: [{ name: 'module|author' }],
  flags: {
    ...sayFlags,
    reason: { type: 'string', value: reportReasons.join('|'), about: 'What is wrong' },
    text: { type: 'string', value: 'text', about: 'What you saw, and where' },
  },
  details: `
Tells the people of a registry that something is wrong with a module or an author: in public, signed by you. A vulnerability that others
don't know yet is reported by 'mlld advisory new', which can keep it private until it is mended.

  mlld report @alice/strings --reason licence --text "Copied from a book"
  mlld report @mallory --reason spam --text "Forty modules that do nothing"`,
  async run(context) {
    const { flags } = context;
    const about = subjectOf(context.args[0] ?? '');
    const reason = reportReasons.find((one) => one === flags.reason);
    if (reason === undefined)
      throw new RegistryError(
        'USAGE',
        `--reason: wanted one of ${reportReasons.join(', ')}, found ${flags.reason === undefined ? 'nothing' : `'${printable(flags.reason)}'`}`,
      );
    const { text } = flags;
    if (text === undefined || text.trim() === '')
      throw new RegistryError('USAGE', '--text: wanted what is wrong, found nothing');
    await runSaying(context, (speaker) => reportSaying(speaker, { about, reason, text }));
  },
});

function subjectOf(text: string): string {
  return text.includes('/') ? parseModuleName(text) : `@${parseAuthor(text.replace(/^@/, ''))}`;
}
