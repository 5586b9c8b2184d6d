import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type AdvisoryState,
  type AdvisoryVote,
  advisoryStates,
  limits,
  parseAdvisoryId,
  printable,
  RegistryError,
} from '@mlld/format';
import {
  type AdvisoryDraft,
  type AdvisoryResult,
  type AdvisoryWord,
  encodeDraft,
  sayAboutAdvisory,
  signAdvisory,
} from '@mlld/publish';
import { type Context, defineCommand, type Flags } from '../../command.ts';
import { terminalUi } from '../../publish-ui.ts';
import { readDraftFile } from './draft.ts';

const where = {
  registry: { type: 'string', value: 'folder|git URL', about: 'Commit straight to this registry repository' },
  to: { type: 'string', value: 'owner/repository', about: 'Ask this repository on GitHub by pull request' },
  author: { type: 'string', value: 'name', about: 'As whom (default: your GitHub login)' },
  key: {
    type: 'string',
    multiple: true,
    value: 'file',
    about: 'SSH key to sign with; again for more (also: MLLD_SIGNING_KEY)',
  },
  yes: { type: 'boolean', short: 'y', about: 'Do not ask' },
  'dry-run': { type: 'boolean', about: 'Show what would be signed, and stop' },
} as const satisfies Flags;

type SayContext = Context<typeof where>;

const submitFlags = {
  ...where,
  state: {
    type: 'string',
    value: advisoryStates.join('|'),
    about: 'reviewing and published are for the advisories role (default: as it is, else reported)',
  },
  out: {
    type: 'string',
    value: 'file',
    about: 'Where a statement goes that others of the role have to sign',
  },
} as const satisfies Flags;

export const submit = defineCommand({
  args: [{ name: 'draft', optional: true }],
  flags: submitFlags,
  details: `
Signs a draft and sends it to a registry: a report, which is public from then on, and warns. Its id is written into the draft;
sent again, it is the next revision. Whoever holds keys of the registry's advisories role reviews and publishes it: community
review takes ${limits.advisoryReviewHours} hours, unless it is critical, malware, or was kept under embargo.

A report that must not be public yet is not sent: hand the draft to the registry's advisories people, who set embargoUntil.

  mlld advisory submit
  mlld advisory submit advisory.json --state published`,
  async run(context) {
    const { args, flags, cwd } = context;
    const { file, draft } = await readDraftFile(args[0] ?? 'advisory.json', cwd);
    assertNoEmbargo(draft);
    const state = stateOf(flags.state);
    const result = await say(context, { kind: 'submit', draft, state }, flags.out);
    if (draft.id === undefined && result.status !== 'dry-run')
      await writeFile(file, encodeDraft({ ...draft, id: result.id }));
    show(context, result);
  },
});

function stateOf(text: string | undefined): AdvisoryState | undefined {
  if (text === undefined || advisoryStates.includes(text as AdvisoryState))
    return text as AdvisoryState | undefined;
  throw new RegistryError(
    'USAGE',
    `--state: wanted ${advisoryStates.join(', ')}, found '${printable(text)}'`,
  );
}

function assertNoEmbargo({ embargoUntil }: AdvisoryDraft): void {
  if (embargoUntil === undefined || Date.parse(embargoUntil) <= Date.now()) return;
  throw new RegistryError(
    'USAGE',
    `this is under embargo until ${embargoUntil}, and what is sent is public`,
    {
      hint: 'Hand the file to the advisories people of the registry, or wait.',
    },
  );
}

async function say(context: SayContext, word: AdvisoryWord, out?: string): Promise<AdvisoryResult> {
  const { flags, cwd, env, report, interactive } = context;
  const { registry, to, author, key, yes } = flags;
  const ui = terminalUi({ report, interactive });
  try {
    const place = { registry, to, author, cwd, env, ui, out };
    return await sayAboutAdvisory({ ...place, signWith: key, yes, dryRun: flags['dry-run'] }, word);
  } finally {
    ui.close();
  }
}

function show({ flags, report }: Pick<SayContext, 'flags' | 'report'>, result: AdvisoryResult): void {
  if (flags.json) {
    report.json(result);
    return;
  }
  const { status, id, n, file, reference, signedBy, signaturesWanted } = result;
  const what = n === undefined ? id : `${id}, number ${n}`;
  if (status === 'unchanged') report.print(`${what}: the registry has it already`);
  else if (status === 'dry-run') report.print(result.statement ?? '');
  else if (status === 'committed') report.print(`${what}: in the registry (${reference})`);
  else if (status === 'proposed') report.print(`${what}: proposed, ${reference}`);
  else {
    report.print(
      `${what}: ${signedBy.length} of ${signaturesWanted} signatures; hand on ${printable(file ?? '')} and its .sig`,
    );
    report.print(`  mlld advisory sign ${printable(path.basename(file ?? ''))}`);
  }
}

export const sign = defineCommand({
  args: [{ name: 'file' }],
  flags: { ...where },
  details: `
Adds your signature to a statement of the advisories role that another holder began. When enough have signed, it is sent.

  mlld advisory sign MLLD-2026-0001-2.json`,
  async run(context) {
    const { args, flags, cwd, env, report, interactive } = context;
    const { registry, to, author, key, yes } = flags;
    const ui = terminalUi({ report, interactive });
    try {
      const place = { registry, to, author, cwd, env, ui };
      show(context, await signAdvisory({ ...place, signWith: key, yes, file: args[0] ?? '' }));
    } finally {
      ui.close();
    }
  },
});

const textFlag = { text: { type: 'string', value: 'text', about: 'Why; public' } } as const satisfies Flags;

function textOf(text: string | undefined): string {
  if (text !== undefined && text.trim() !== '') return text;
  throw new RegistryError('USAGE', 'wanted --text, found nothing', {
    hint: 'Say why, so that others can judge it.',
  });
}

export const withdraw = defineCommand({
  args: [{ name: 'id' }],
  flags: { ...where, ...textFlag },
  details: `
Withdraws an advisory: it stays readable and stops nothing. Who reported it may, until the advisories role has taken it over.

  mlld advisory withdraw MLLD-2026-0001 --text 'It needs a flag that nobody sets.'`,
  async run(context) {
    const id = parseAdvisoryId(context.args[0] ?? '');
    show(context, await say(context, { kind: 'withdraw', id, why: textOf(context.flags.text) }));
  },
});

export const answer = defineCommand({
  args: [{ name: 'id' }],
  flags: { ...where, ...textFlag },
  details: `
Answers an advisory about a module of yours. The answer is shown with it.

  mlld advisory answer MLLD-2026-0001 --text 'Fixed in 1.2.0; it never reached a command.'`,
  async run(context) {
    const id = parseAdvisoryId(context.args[0] ?? '');
    show(context, await say(context, { kind: 'answer', id, text: textOf(context.flags.text) }));
  },
});

function voteCommand(vote: AdvisoryVote['vote']) {
  return defineCommand({
    args: [{ name: 'id' }],
    flags: { ...where, ...textFlag },
    details: `
Says that you have looked at an advisory and ${vote} it. Your newest vote counts; that of who reported it, or owns the module,
does not.

  mlld advisory ${vote} MLLD-2026-0001 --text 'I have tried it with 1.1.0.'`,
    async run(context) {
      const id = parseAdvisoryId(context.args[0] ?? '');
      show(context, await say(context, { kind: 'vote', id, vote, text: textOf(context.flags.text) }));
    },
  });
}

export const confirm = voteCommand('confirm');
export const dispute = voteCommand('dispute');
