/** Puts an entry into a client's file: as a whole or not at all, and never over what somebody else wrote unless asked. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { limits, RegistryError } from '@mlld/format';
import type { ClientSpec } from './client.ts';
import { appendItem, readJsonc, setMember } from './jsonc.ts';
import { type ClientEntry, freshFile } from './write-entry.ts';

export interface MergeOptions {
  /** Replaces an entry of the same name that says something else. */
  readonly replace?: boolean;
}

export type MergeOutcome = 'created' | 'added' | 'replaced' | 'unchanged';

/** @throws RegistryError VERSION_CONFLICT (an entry of that name is there), BAD_JSON, BAD_SHAPE, TOO_LARGE, IO */
export async function mergeInto(
  file: string,
  spec: { readonly client: ClientSpec; readonly entry: ClientEntry },
  options: MergeOptions = {},
): Promise<MergeOutcome> {
  const target = await realpath(file).catch(() => file);
  const before = await readText(target);
  if (before === undefined || before.trim() === '') {
    await replaceFile(target, { text: freshFile(spec.client, spec.entry), before });
    return 'created';
  }
  const { text, outcome } = merged(before, { ...spec, where: file }, options);
  if (outcome !== 'unchanged') await replaceFile(target, { text, before });
  return outcome;
}

interface MergeSpec {
  readonly client: ClientSpec;
  readonly entry: ClientEntry;
  readonly where: string;
}

/** The text of a file with the entry in it. */
export function merged(
  before: string,
  { client, entry, where }: MergeSpec,
  { replace = false }: MergeOptions,
): { readonly text: string; readonly outcome: MergeOutcome } {
  const { comments, member } = client;
  const there = readJsonc(before, { where, comments });
  const known = there.members.get(member)?.members.get(entry.name);
  const isSame =
    known !== undefined && isDeepStrictEqual(known.value, JSON.parse(JSON.stringify(entry.entry)));
  if (known !== undefined && !isSame && !replace)
    throw new RegistryError('VERSION_CONFLICT', `${where} has another server called '${entry.name}'`, {
      hint: 'Name this one otherwise (--name), or replace that one (--replace).',
    });
  let text = isSame
    ? before
    : setMember(before, [member, entry.name], { value: entry.entry, where, comments });
  const ids = new Set((there.members.get('inputs')?.items ?? []).map((one) => one.members.get('id')?.value));
  for (const input of entry.inputs)
    if (!ids.has(input.id)) text = appendItem(text, 'inputs', { value: input, where, comments });
  if (text === before) return { text, outcome: 'unchanged' };
  readJsonc(text, { where, comments });
  return { text, outcome: known === undefined ? 'added' : 'replaced' };
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > limits.mcpClientConfigBytes)
      throw new RegistryError('TOO_LARGE', `${file} has more than ${limits.mcpClientConfigBytes} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A new file beside the old one, then in its place: with its mode, and only if nobody wrote to it meanwhile. */
async function replaceFile(
  file: string,
  { text, before }: { readonly text: string; readonly before: string | undefined },
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const mode = before === undefined ? 0o600 : (await stat(file)).mode & 0o777;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    if ((await readText(file)) !== before)
      throw new RegistryError('IO', `${file} was changed by another program meanwhile`, {
        hint: 'Run the command again.',
      });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
