import { type Command, command } from '../command.ts'
import { Failure } from '../failure.ts'
import { kebab } from '../program.ts'

/** Completion of words and flags, made from the commands' values. */
export function completion(commands: readonly Command[]): Command {
  return command({
    words: ['completion'],
    summary: 'print a completion script: source <(cox completion bash)',
    arguments: [{ name: 'shell', help: 'bash or zsh', required: true }],
    flags: {},
    async run(cli, _, [shell]) {
      if (shell !== 'bash' && shell !== 'zsh') throw new Failure(`there is no completion for "${shell}"`, 'choose one of: bash, zsh')
      cli.out(`${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${script(commands)}`)
    },
  })
}

/** One case for each beginning of a command: what may come next. */
function script(commands: readonly Command[]): string {
  const choices = new Map<string, Set<string>>()
  const add = (before: string, next: string) => choices.set(before, (choices.get(before) ?? new Set()).add(next))
  for (const { words, flags } of commands) {
    for (const [index, word] of words.entries()) add(words.slice(0, index).join(' '), word)
    for (const flag of Object.keys(flags)) add(words.join(' '), `--${kebab(flag)}`)
  }
  const cases = [...choices].map(([before, next]) => `    "${before}"*) words="${[...next].join(' ')}" ;;`).reverse()
  return `_cox() {
  local words="" before="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case "$before" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _cox cox`
}
