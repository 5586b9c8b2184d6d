import { nodeOps } from '@mlld/client';
import { limits, parseDnsSetting, printable, RegistryError } from '@mlld/format';
import {
  type ChangeKeysOptions,
  changeKeys,
  listKeys,
  type ResolveTxt,
  signKeyset,
  systemTxt,
  type WantedChange,
} from '@mlld/publish';
import { type ArgSpec, type Context, defineCommand, type Flags } from '../command.ts';
import { showKeys, showKeysResult } from '../keys-report.ts';
import { terminalUi } from '../publish-ui.ts';

const where = {
  registry: { type: 'string', value: 'folder|git URL', about: 'Commit straight to this registry repository' },
  to: { type: 'string', value: 'owner/repository', about: 'Ask this repository on GitHub by pull request' },
} as const satisfies Flags;
const author = {
  author: { type: 'string', value: 'name', about: 'Whose keys (default: your GitHub login)' },
} as const satisfies Flags;
const signing = {
  key: {
    type: 'string',
    multiple: true,
    value: 'file',
    about: 'SSH key to sign with; again for more (also: MLLD_SIGNING_KEY)',
  },
  yes: { type: 'boolean', short: 'y', about: 'Do not ask' },
} as const satisfies Flags;
const changing = {
  ...where,
  ...author,
  ...signing,
  out: { type: 'string', value: 'file', about: 'Where a keyset goes that others have to sign' },
  'dry-run': { type: 'boolean', about: 'Show the new keyset, and stop' },
  dns: { type: 'string', value: 'name', about: 'Anchor on this DNS name too (TXT record at _mlld.<name>)' },
  'no-dns': { type: 'boolean', about: 'Drop the DNS name' },
} as const satisfies Flags;
const threshold = {
  threshold: { type: 'string', value: 'number', about: 'How many keys must sign the next change of keys' },
} as const satisfies Flags;

const keysArg: ArgSpec = { name: 'key.pub', rest: true };
const details = {
  init: `
Registers your keyset in a registry: the SSH keys that sign what you publish. Without arguments, the key that 'mlld publish'
would choose. At least one of them must be among the SSH keys of your GitHub account.

  mlld keys init
  mlld keys init laptop.pub desktop.pub phone.pub --threshold 2`,
  add: `
Adds keys, by their .pub files. Keys that you have already sign the change.

  mlld keys add ~/.ssh/id_ed25519_desktop.pub
  mlld keys add bob.pub --threshold 2 --key ~/.ssh/id_ed25519`,
  revoke: `
Takes keys away, by fingerprint or .pub file: they sign nothing new. What they signed before stays valid.

  mlld keys revoke SHA256:7aDSsVb6TPB1S8KLdsUDYtW5TGww5onnSUgD0YVZ/5A`,
  rotate: `
Replaces all of your keys. The old ones sign the change.

  mlld keys rotate new.pub --key ~/.ssh/id_ed25519`,
};

/** A command that changes keys: what differs is the kind, the arguments and the flags. */
function changeCommand(kind: 'init' | 'add' | 'revoke' | 'rotate') {
  const arg: ArgSpec = kind === 'init' ? { ...keysArg, optional: true } : keysArg;
  return defineCommand({
    args: [kind === 'revoke' ? { name: 'fingerprint|key.pub', rest: true } : arg],
    flags: { ...changing, ...threshold },
    details: details[kind],
    run: (context) =>
      runChange(context, { kind, keys: context.args, threshold: numberOf(context.flags.threshold) }),
  });
}

export const init = changeCommand('init');
export const add = changeCommand('add');
export const revoke = changeCommand('revoke');
export const rotate = changeCommand('rotate');

export const recover = defineCommand({
  args: [keysArg],
  flags: {
    ...changing,
    ...threshold,
    reason: { type: 'string', value: 'text', about: 'Why: it is public, and what the author will read' },
  },
  details: `
Gives an author who has lost their keys new ones, by the registry's quorum: the keys of the role "recovery" of its newest
policy, or of its root. It is logged, and takes effect after the policy's delay; until then the old keys go on, and can cancel
it with 'mlld keys cancel'. Co-holders sign the file with 'mlld keys sign'.

  mlld keys recover new.pub --author alice --reason 'Lost with the laptop; spoke to her on the phone.'`,
  run: (context) => {
    const { reason, author: whose } = context.flags;
    if (whose === undefined) throw new RegistryError('USAGE', 'wanted --author: whose keys are lost?');
    return runChange(context, {
      kind: 'recover',
      keys: context.args,
      threshold: numberOf(context.flags.threshold),
      reason,
    });
  },
});

export const cancel = defineCommand({
  args: [],
  flags: changing,
  details: `
Cancels a recovery of your keys that has not taken effect yet, by a keyset that your old keys sign. Do it at once if you did not
ask for one: somebody has convinced the registry that they are you.

  mlld keys cancel`,
  run: (context) => runChange(context, { kind: 'cancel', keys: [] }),
});

const setThreshold = defineCommand({
  args: [{ name: 'number' }],
  flags: changing,
  details: `
Sets how many of your keys must sign a change of keys. One is enough to publish, whatever the threshold.

  mlld keys threshold 2`,
  run: (context) => runChange(context, { kind: 'threshold', keys: [], threshold: numberOf(context.args[0]) }),
});

export { setThreshold as threshold };

export const anchor = defineCommand({
  args: [],
  flags: changing,
  details: `
Ties your keys to your GitHub account, by its number and today's login, and with --dns to a name that you control.

  mlld keys anchor --dns example.org`,
  run: (context) => runChange(context, { kind: 'anchor', keys: [] }),
});

export const sign = defineCommand({
  args: [{ name: 'file' }],
  flags: { ...where, ...signing },
  details: `
Adds your signature to <file>.sig, beside a keyset that another holder began. When enough have signed, it is sent to the
registry if you speak for its author; else hand both files back. Running it again sends it again.

  mlld keys sign alice-keyset-2.json --key ~/.ssh/id_ed25519`,
  async run({ args, flags, cwd, env, report, interactive }) {
    const ui = terminalUi({ report, interactive });
    try {
      const file = args[0] ?? '';
      const { registry, to, key, yes } = flags;
      const result = await signKeyset({ file, cwd, env, ui, registry, to, signWith: key, yes });
      ui.close();
      if (flags.json) report.json(result);
      else showKeysResult(result, report);
    } finally {
      ui.close();
    }
  },
});

export const list = defineCommand({
  args: [{ name: 'author', optional: true }],
  flags: where,
  details: `
Shows the chain of an author's keysets (default: yours), verified: keys, since when, who signed, whose they are.

  mlld keys list alice
  mlld keys list alice --registry ../registry --json`,
  async run({ args, flags, cwd, env, report, interactive }) {
    const ui = terminalUi({ report, interactive });
    try {
      const { registry, to } = flags;
      const listing = await listKeys({ author: args[0], cwd, env, ui, registry, to });
      ui.close();
      if (flags.json) report.json(listing);
      else showKeys(listing, report);
    } finally {
      ui.close();
    }
  },
});

type ChangeContext = Context<typeof changing>;

async function runChange(context: ChangeContext, change: WantedChange): Promise<void> {
  const { flags, cwd, env, report, interactive } = context;
  if (flags.dns !== undefined && flags['no-dns'])
    throw new RegistryError('USAGE', '--dns and --no-dns exclude each other');
  const ui = terminalUi({ report, interactive });
  const options: ChangeKeysOptions = {
    change,
    cwd,
    env,
    ui,
    author: flags.author,
    registry: flags.registry,
    to: flags.to,
    signWith: flags.key,
    out: flags.out,
    yes: flags.yes,
    dryRun: flags['dry-run'],
    dns: flags['no-dns'] ? null : flags.dns,
    resolveTxt: resolverFor(env.MLLD_DNS),
  };
  try {
    const result = await changeKeys(options);
    ui.close();
    if (flags.json) report.json(result);
    else showKeysResult(result, report);
  } finally {
    ui.close();
  }
}

/** As MLLD_DNS says. @throws RegistryError BAD_CONFIG */
function resolverFor(text: string | undefined): ResolveTxt {
  const setting = text ? parseDnsSetting(text) : undefined;
  if (setting === undefined || setting.kind === 'system') return systemTxt;
  if (setting.kind !== 'server') {
    return () =>
      Promise.reject(
        new RegistryError(
          'DNS_FAILED',
          `MLLD_DNS is ${printable(text ?? '')}: the DNS name can't be proved`,
          {
            hint: 'Set it to system, or to a resolver as <address>:<port>.',
          },
        ),
      );
  }
  return async (name) => {
    const ops = nodeOps();
    try {
      const records = await ops.txt({ name, server: setting.address, timeoutMs: limits.dnsMs });
      return records.map((strings) => strings.join(''));
    } finally {
      ops.close();
    }
  };
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new RegistryError('USAGE', `wanted a threshold such as 2, found '${printable(text)}'`);
}
