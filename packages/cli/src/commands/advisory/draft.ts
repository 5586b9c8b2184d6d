import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { limits, parseRef, printable, RegistryError, type Severity, severities } from '@mlld/format';
import { type AdvisoryDraft, encodeDraft, parseDraft } from '@mlld/publish';
import { defineCommand, type Flags } from '../../command.ts';

const newFlags = {
  title: { type: 'string', value: 'text', about: 'What is wrong, in a line' },
  summary: { type: 'string', value: 'text', about: 'What it means for who uses the module' },
  severity: { type: 'string', value: severities.join('|'), about: 'How bad it is (default: medium)' },
  malware: { type: 'boolean', about: 'The module means harm' },
  range: { type: 'string', multiple: true, value: 'range', about: 'Affected versions; again for more' },
  export: { type: 'string', multiple: true, value: 'name', about: 'Only this export is vulnerable; again' },
  patched: { type: 'string', value: 'version', about: 'A version without it' },
  out: { type: 'string', value: 'file', about: 'Where the draft goes (default: advisory.json)' },
} as const satisfies Flags;

export const create = defineCommand({
  args: [{ name: 'module' }],
  flags: newFlags,
  details: `
Writes a draft of an advisory about a module: a file of yours, to be filled in. Nothing is sent.

  mlld advisory new @alice/strings --range '<1.2.0' --severity high --title 'Names run commands'
  mlld advisory new @alice/strings@1.1.0 --malware`,
  async run({ args, flags, cwd, report }) {
    const { name, selector } = parseRef(args[0] ?? '');
    const ranges =
      flags.range.length > 0 ? flags.range : selector.kind === 'exact' ? [selector.version] : ['*'];
    const draft: AdvisoryDraft = {
      content: {
        malware: flags.malware,
        severity: severityOf(flags.severity ?? (flags.malware ? 'critical' : 'medium')),
        title: flags.title ?? '',
        summary: flags.summary ?? '',
        details: '',
        cwe: [],
        aliases: [],
        affected: [{ name, ranges, digests: [], exports: flags.export }],
        patches: flags.patched === undefined ? [] : [{ name, version: flags.patched }],
        references: [],
        credits: [],
      },
    };
    const file = path.resolve(cwd, flags.out ?? 'advisory.json');
    const text = encodeDraft(draft);
    await writeFile(file, text, { flag: 'wx' }).catch((cause: unknown) => {
      throw new RegistryError('IO', `${printable(file)} is there already, or can't be written`, {
        hint: 'Name another file with --out.',
        cause,
      });
    });
    if (flags.json) return report.json({ file, draft: JSON.parse(text) });
    report.print(`Wrote ${printable(path.relative(cwd, file) || file)}. Fill in what is missing, then:`);
    report.print(`  mlld advisory validate ${printable(path.relative(cwd, file))}`);
    report.print(`  mlld advisory submit ${printable(path.relative(cwd, file))}`);
  },
});

function severityOf(text: string): Severity {
  if (severities.includes(text as Severity)) return text as Severity;
  throw new RegistryError('USAGE', `--severity: wanted ${severities.join(', ')}, found '${printable(text)}'`);
}

export async function readDraftFile(
  name: string,
  cwd: string,
): Promise<{ file: string; draft: AdvisoryDraft }> {
  const file = path.resolve(cwd, name);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new RegistryError('FILE_NOT_FOUND', `there is no draft ${printable(file)}`, {
      hint: 'mlld advisory new @author/module writes one.',
      cause,
    });
  });
  if (bytes.length > limits.statementBytes)
    throw new RegistryError('TOO_LARGE', `${printable(file)}: wanted at most ${limits.statementBytes} bytes`);
  return { file, draft: parseDraft(bytes, path.relative(cwd, file)) };
}

export const validate = defineCommand({
  args: [{ name: 'draft', optional: true }],
  flags: {},
  details: `
Checks a draft: its shape, and that it says what is wrong with which versions of which module.

  mlld advisory validate advisory.json`,
  async run({ args, flags, cwd, report }) {
    const { draft } = await readDraftFile(args[0] ?? 'advisory.json', cwd);
    const { content, embargoUntil } = draft;
    if (flags.json) return report.json({ valid: true, draft });
    report.print(
      `${report.style('green', 'valid')}: ${content.malware ? 'malware' : content.severity}, ${printable(content.title)}`,
    );
    for (const { name, ranges, digests, exports } of content.affected) {
      const only =
        exports.length === 0 ? '' : `, only ${exports.map((one) => `@${printable(one)}`).join(', ')}`;
      report.print(
        `  ${name} ${[...ranges, ...digests].map((one) => printable(one, 70)).join(' || ')}${only}`,
      );
    }
    if (embargoUntil !== undefined)
      report.print(`  under embargo until ${embargoUntil}: it can't be sent before`);
  },
});
