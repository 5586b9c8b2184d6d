/** What `mlld create` asks on a terminal. */
import { printable, RegistryError } from '@mlld/format';
import type { Ask } from '@mlld/template';
import { withClient } from './client.ts';
import type { Context, clientFlags, Flags } from './command.ts';

const output = process.stderr;

function given<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new RegistryError('CANCELLED', 'stopped; nothing was written');
  return answer as Exclude<T, symbol>;
}

export const askOnTerminal: Ask = async (prompt, { initial, problem }) => {
  const { confirm, select, text } = await import('@clack/prompts');
  const message = printable(prompt.ask);
  if (prompt.kind === 'confirm')
    return given(await confirm({ message, initialValue: initial === true, output }));
  if (prompt.kind === 'choice') {
    const options = prompt.choices.map(({ value, label }) => ({ value, label: printable(label) }));
    return given(await select<string>({ message, options, initialValue: String(initial ?? ''), output }));
  }
  const suggested = typeof initial === 'string' ? initial : '';
  const answer = await text({
    message,
    placeholder: suggested,
    defaultValue: suggested,
    output,
    validate: (typed) => problem(typed === undefined || typed === '' ? suggested : typed),
  });
  return given(answer);
};

/** The templates of the registry, to choose one. */
export async function chooseTemplate<F extends Flags>(
  context: Context<F & typeof clientFlags>,
): Promise<string> {
  const found = await withClient(context, async (client) => {
    const search = await client.search({});
    return (await search.search('kind:template', { limit: 50 })).hits.map(({ record }) => record);
  });
  if (found.length === 0)
    throw new RegistryError('MODULE_NOT_FOUND', 'the registry has no templates', {
      hint: 'Name a folder that holds one: --template ./my-template',
    });
  const { select } = await import('@clack/prompts');
  const options = found.map(({ name, about }) => ({
    value: name as string,
    label: name,
    hint: printable(about, 80),
  }));
  return given(await select<string>({ message: 'Which template?', options, output }));
}

export async function chooseFolder(): Promise<string> {
  const { text } = await import('@clack/prompts');
  const validate = (typed: string | undefined) => ((typed ?? '').trim() === '' ? 'Wanted a name' : undefined);
  return given(
    await text({ message: 'Into which folder?', placeholder: 'my-project', output, validate }),
  ).trim();
}
