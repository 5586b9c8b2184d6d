/** Help, made from the declarations of commands and flags. */
import { type Command, commonFlags, type FlagSpec } from './command.ts';
import { aliases, commands } from './commands/index.ts';

export function overview(): string {
  const groups = ['Programs', 'Modules', 'MCP', 'Community', 'Authors', 'Registries', 'Help'] as const;
  const width = Math.max(...[...commands.keys()].map((name) => name.length)) + 2;
  const blocks = groups.map((group) => {
    const lines = [...commands]
      .filter(([, entry]) => entry.group === group)
      .map(([name, entry]) => `  ${name.padEnd(width)}${entry.summary}`);
    return lines.length > 0 ? `${group}:\n${lines.join('\n')}\n` : '';
  });
  return [
    'Usage: mlld <command> [arguments]\n',
    ...blocks.filter(Boolean),
    'mlld <command> --help tells more of one command.\n',
  ].join('\n');
}

export function commandHelp(name: string, command: Command): string {
  const entry = commands.get(name)!;
  const other = [...aliases].filter(([, target]) => target === name).map(([alias]) => alias);
  const parts = [
    `Usage: mlld ${name}${synopsis(command)}`,
    entry.summary + (other.length > 0 ? ` (also: ${other.join(', ')})` : ''),
  ];
  if (command.details) parts.push(command.details.trim());
  parts.push(`Flags:\n${flagLines({ ...command.flags, ...commonFlags }).join('\n')}`);
  return `${parts.join('\n\n')}\n`;
}

function synopsis(command: Command): string {
  const args = command.args.map((arg) => {
    const shown = `<${arg.name}>${arg.rest ? ' ...' : ''}`;
    return arg.optional ? `[${shown}]` : shown;
  });
  return [...args.map((arg) => ` ${arg}`), Object.keys(command.flags).length > 0 ? ' [flags]' : ''].join('');
}

function flagLines(flags: Readonly<Record<string, FlagSpec>>): string[] {
  const shown = Object.entries(flags).map(([name, flag]) => {
    const value = flag.type === 'string' ? ` <${flag.value ?? 'value'}>` : '';
    return [`  ${flag.short ? `-${flag.short}, ` : '    '}--${name}${value}`, flag.about] as const;
  });
  const width = Math.max(...shown.map(([left]) => left.length)) + 2;
  return shown.map(([left, about]) => `${left.padEnd(width)}${about}`);
}
