import { printable, RegistryError } from '@mlld/format';
import { commonFlags, defineCommand, type Flags } from '../command.ts';
import { commands } from './index.ts';

export const command = defineCommand({
  args: [{ name: 'bash|zsh|fish' }],
  flags: {},
  details: `
bash: mlld completion bash >> ~/.bashrc
zsh:  mlld completion zsh > "\${fpath[1]}/_mlld"
fish: mlld completion fish > ~/.config/fish/completions/mlld.fish`,
  async run({ args, report }) {
    const shell = args[0] ?? '';
    const scripts: Readonly<Record<string, (table: CommandTable) => string>> = { bash, zsh, fish };
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (script === undefined)
      throw new RegistryError('USAGE', `wanted bash, zsh or fish, found '${printable(shell)}'`);
    report.write(script(await commandTable()));
  },
});

interface CommandRow {
  readonly summary: string;
  readonly flags: readonly string[];
  /** Flags that take one of a few words, with those words. */
  readonly choices: ReadonlyMap<string, readonly string[]>;
}
type CommandTable = ReadonlyMap<string, CommandRow>;

async function commandTable(): Promise<CommandTable> {
  const table = new Map<string, CommandRow>();
  for (const [name, entry] of commands) {
    const { command: loaded } = await entry.load();
    const specs: Flags = { ...loaded.flags, ...commonFlags };
    const flags = Object.keys(specs).map((flag) => `--${flag}`);
    const choices = Object.entries(specs).flatMap(([flag, spec]) =>
      spec.choices === undefined ? [] : [[`--${flag}`, spec.choices] as const],
    );
    table.set(name, { summary: entry.summary, flags, choices: new Map(choices) });
  }
  return table;
}

/** By the first word of a command and a flag, as they stand on the line: the words that may follow. */
function choicesOf(table: CommandTable): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [name, { choices }] of table)
    for (const [flag, words] of choices) {
      const key = `${name.split(' ')[0]} ${flag}`;
      found.set(key, [...new Set([...(found.get(key) ?? []), ...words])]);
    }
  return found;
}

function firstWords(table: CommandTable): string[] {
  return [...new Set([...table.keys()].map((name) => name.split(' ')[0] ?? ''))];
}

function secondWords(table: CommandTable, first: string): string[] {
  return [...table.keys()]
    .filter((name) => name.startsWith(`${first} `))
    .map((name) => name.slice(first.length + 1));
}

function bash(table: CommandTable): string {
  const cases = [...table].map(([name, row]) => `    "${name}") words="${row.flags.join(' ')}" ;;`);
  const seconds = firstWords(table)
    .filter((first) => secondWords(table, first).length > 0)
    .map((first) => `    "${first}") words="$words ${secondWords(table, first).join(' ')}" ;;`);
  return `_mlld() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${firstWords(table).join(' ')}" -- "$cur")); return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${[...choicesOf(table)].map(([key, choices]) => `    "${key}") COMPREPLY=($(compgen -W "${choices.join(' ')}" -- "$cur")); return ;;`).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${[...table]
  .filter(([name]) => !name.includes(' '))
  .map(([name, row]) => `    "${name}") words="${row.flags.join(' ')}" ;;`)
  .join('\n')}
  esac
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${cases.filter((line) => /^ {4}"[^"]* /.test(line)).join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then case "\${COMP_WORDS[1]}" in
${seconds.join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur") $(compgen -f -- "$cur"))
}
complete -F _mlld mlld
`;
}

function zsh(table: CommandTable): string {
  const quote = (text: string) => text.replace(/'/g, `'\\''`).replace(/:/g, '\\:');
  const first = firstWords(table).map(
    (name) => `    '${name}:${quote(table.get(name)?.summary ?? `${secondWords(table, name).join(', ')}`)}'`,
  );
  const cases = firstWords(table).map((name) => {
    const flags = new Set(
      [...table]
        .filter(([full]) => full === name || full.startsWith(`${name} `))
        .flatMap(([, row]) => row.flags),
    );
    return `    ${name}) compadd -- ${[...secondWords(table, name), ...flags].join(' ')}; _files ;;`;
  });
  return `#compdef mlld
_mlld() {
  local -a list
  list=(
${first.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe 'command' list; return; fi
  case "$words[2] $words[CURRENT-1]" in
${[...choicesOf(table)].map(([key, choices]) => `    '${key}') compadd -- ${choices.join(' ')}; return ;;`).join('\n')}
  esac
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _mlld mlld
`;
}

function fish(table: CommandTable): string {
  const quote = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const lines = firstWords(table).map(
    (name) =>
      `complete -c mlld -n __fish_use_subcommand -a ${name} -d ${quote(table.get(name)?.summary ?? '')}`,
  );
  for (const [name, row] of table) {
    const [first = '', second] = name.split(' ');
    if (second)
      lines.push(
        `complete -c mlld -n '__fish_seen_subcommand_from ${first}' -a ${second} -d ${quote(row.summary)}`,
      );
    for (const flag of row.flags) {
      const choices = row.choices.get(flag);
      const values = choices === undefined ? '' : ` -x -a '${choices.join(' ')}'`;
      lines.push(
        `complete -c mlld -n '__fish_seen_subcommand_from ${second ?? first}' -l ${flag.slice(2)}${values}`,
      );
    }
  }
  return `${[...new Set(lines)].join('\n')}\n`;
}
