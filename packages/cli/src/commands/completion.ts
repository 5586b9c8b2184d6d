import { printable, RegistryError } from '@mlld/format';
import { defineCommand } from '../command.ts';
import { candidates } from '../complete.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

export const command = defineCommand({
  args: [
    { name: 'shell', choices: shells },
    { name: 'word', optional: true, rest: true },
  ],
  flags: {},
  details: `
bash: mlld completion bash >> ~/.bashrc
zsh:  mlld completion zsh > "\${fpath[1]}/_mlld"
fish: mlld completion fish > ~/.config/fish/completions/mlld.fish

Commands, flags and what they take, and the modules of the project. The scripts ask \`mlld completion words -- <words>\`, which prints what
may stand in the place of the last word, each with what it is about.`,
  async run({ args: [wanted = '', ...words], report, flags, cwd }) {
    if (wanted === 'words') {
      const found = await candidates(words, cwd);
      if (flags.json) return report.json(found);
      return report.write(found.map(({ word, about }) => `${word}\t${about}\n`).join(''));
    }
    const shell = shells.find((one) => one === wanted);
    if (shell === undefined)
      throw new RegistryError('USAGE', `wanted bash, zsh or fish, found '${printable(wanted)}'`);
    report.write(scripts[shell]);
  },
});

const ask = 'mlld completion words --';

/** Bash ends words at `@` and `=` too: what it takes for earlier words is cut off from what was found. */
const bash = `_mlld() {
  local line="\${COMP_LINE:0:COMP_POINT}" IFS=$'\\n'
  local typed="\${line##*[[:space:]]}" words
  IFS=$' \\t\\n' read -ra words <<< "$line"
  [ -n "$typed" ] && unset "words[\${#words[@]}-1]"
  COMPREPLY=($(${ask} "\${words[@]:1}" "$typed" 2>/dev/null | cut -f1))
  local last="\${COMP_WORDS[COMP_CWORD]}"
  case "$last" in [@=:]) last= ;; esac
  COMPREPLY=("\${COMPREPLY[@]#"\${typed%"$last"}"}")
}
complete -o default -F _mlld mlld
`;

const zsh = `#compdef mlld
_mlld() {
  local -a found
  local line about
  for line in "\${(@f)$(${ask} "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    about="\${line#*$'\\t'}"
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}\${about:+:$about}")
  done
  if (( $#found )); then _describe -V mlld found; else _files; fi
}
if [[ $funcstack[1] == _mlld ]]; then _mlld "$@"; else compdef _mlld mlld; fi
`;

const fish = `function __mlld_words
  set -l typed (commandline -ct)
  set -l words (commandline -opc)
  set -l found (${ask} $words[2..] "$typed" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$typed"
  end
end
complete -c mlld -f -k -a '(__mlld_words)'
`;

const scripts = { bash, zsh, fish };
