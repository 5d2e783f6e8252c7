// Makes the command line from the list of commands: commander parses it and prints help, the values say what there is.
import { Argument as CommanderArgument, CommanderError, InvalidArgumentError, Option, Command as Parser } from 'commander'
import type { Cli, Command, Flag } from './command.ts'
import { exitCodes, explain, Interrupted } from './failure.ts'

export interface Output {
  out(text: string): void
  err(text: string): void
}

const groups: Readonly<Record<string, string>> = {
  create: 'create one of [cluster]',
  delete: 'delete one of [cluster]',
  get: 'get one of [clusters, nodes, kubeconfig]',
  export: 'export one of [kubeconfig, logs]',
  load: 'load images into nodes',
}

/** Parses and runs. Answers the exit code. */
export async function runProgram(commands: readonly Command[], words: readonly string[], cli: Cli, output: Output): Promise<number> {
  const program = makeProgram(commands, cli, output)
  try {
    await program.parseAsync([...words], { from: 'user' })
    return 0
  } catch (error) {
    // Its message is out already; asking for help or the version is no failure.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
    const { lines, exitCode } = explain(
      cli.signal.aborted && !(error instanceof Interrupted) ? new Interrupted() : error,
      cli.env['COXSWAIN_DEBUG'] === '1',
    )
    output.err(`${lines.join('\n')}\n`)
    return exitCode
  }
}

export function makeProgram(commands: readonly Command[], cli: Cli, output: Output): Parser {
  const root = parser([], output)
    .description('A complete Kubernetes on this machine.')
    .version(cli.version, '--version', 'print the version')
  const parents = new Map<string, Parser>()
  const parentOf = (word: string): Parser => {
    const known = parents.get(word)
    if (known !== undefined) return known
    const made = parser([word], output).description(groups[word] ?? word)
    parents.set(word, made)
    root.addCommand(made)
    return made
  }
  for (const command of commands) {
    const [first = '', second] = command.words
    const parent = second === undefined ? root : parentOf(first)
    parent.addCommand(makeCommand(command, cli, output))
  }
  return root
}

function makeCommand(command: Command, cli: Cli, output: Output): Parser {
  const made = parser(command.words, output).description(command.summary)
  for (const alias of command.aliases ?? []) made.alias(alias)
  for (const { name, help, required, many } of command.arguments) {
    const shown = many ? `${name}...` : name
    made.addArgument(new CommanderArgument(required ? `<${shown}>` : `[${shown}]`, help))
  }
  for (const [name, flag] of Object.entries(command.flags)) made.addOption(option(name, flag))
  return made.action(async (...all: unknown[]) => {
    const args = all
      .slice(0, command.arguments.length)
      .flat()
      .filter(each => typeof each === 'string')
    const given = made.opts()
    const values = Object.entries(command.flags).map(([name, flag]) => [name, given[name] ?? flag.default])
    await command.run(cli, Object.fromEntries(values), args)
  })
}

function parser(words: readonly string[], output: Output): Parser {
  return new Parser(words.at(-1) ?? 'cox')
    .exitOverride()
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .showHelpAfterError(`fix: see ${['cox', ...words].join(' ')} --help`)
    .configureOutput({ writeOut: output.out, writeErr: output.err })
}

function option(name: string, flag: Flag<unknown>): Option {
  const long = `--${kebab(name)}`
  const value = flag.placeholder === undefined ? '' : ` <${flag.placeholder}>`
  const shown = flag.defaultText === undefined ? flag.help : `${flag.help} (default ${flag.defaultText})`
  return new Option(`${flag.short === undefined ? '' : `-${flag.short}, `}${long}${value}`, shown).argParser(text => {
    try {
      return flag.parse(text)
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message)
      throw error
    }
  })
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
