// What a command is: a value from which parsing, help and completion follow. The words are those a user types, such as `create cluster`.
import type { Context } from '../cluster/lifecycle.ts'
import type { Phases, Progress } from '../cluster/phases.ts'
import type { User } from './invoking-user.ts'

/** Where a command runs: the only way in which it meets the world. */
export interface Cli extends Context {
  readonly version: string
  readonly env: NodeJS.ProcessEnv
  readonly user: User
  readonly progress: Progress
  readonly phases: Phases
  readonly signal: AbortSignal
  out(line: string): void
  /** For people, beside the command's answer. */
  note(line: string): void
}

export interface Flag<T> {
  readonly help: string
  readonly short?: string
  /** What stands for its value; a flag without one is a switch. */
  readonly placeholder?: string
  readonly default: T
  /** As help shows it; left out where there is nothing to show. */
  readonly defaultText?: string
  /** Fails with a `RangeError` whose message says what is wrong with the value. */
  parse(text: string): T
}

export interface Argument {
  readonly name: string
  readonly help: string
  readonly required: boolean
  readonly many?: boolean
}

export type Flags = Readonly<Record<string, Flag<unknown>>>
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

export interface Command<F extends Flags = Flags> {
  readonly words: readonly string[]
  readonly aliases?: readonly string[]
  readonly summary: string
  readonly arguments: readonly Argument[]
  readonly flags: F
  run(cli: Cli, flags: FlagValues<F>, args: readonly string[]): Promise<void>
}

export function command<F extends Flags>(definition: Command<F>): Command {
  return definition
}
