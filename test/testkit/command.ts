// Commands that tests run as a user would: to their end, on a terminal, or beside the test while it goes on.
import { type ChildProcess, spawn } from 'node:child_process'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs?: number
  readonly cwd?: string
}

/** Words as a shell would see them, but for quotes: those who need blanks within a word give a list. */
export type Words = string | readonly string[]

export const words = (line: Words): readonly string[] => (typeof line === 'string' ? line.trim().split(/\s+/) : line)

/** Runs a command to its end, whatever that is. One that takes too long is killed, which fails with what it said so far. */
export function execute(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { timeoutMs = 60_000 } = options
  return new Promise((resolve, reject) => {
    const child = start(command, args, options)
    const said = listen(child)
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('error', error => {
      clearTimeout(late)
      reject(error)
    })
    child.on('close', code => {
      clearTimeout(late)
      const line = [command, ...args].join(' ')
      if (isLate) reject(new Error(`${line}: no end after ${timeoutMs} ms; it said: ${said.stdout()}${said.stderr()}`))
      else resolve({ code: code ?? -1, stdout: said.stdout(), stderr: said.stderr() })
    })
    child.stdin?.end(options.input ?? '')
  })
}

/** Like `execute`, for commands that must succeed. Answers stdout. */
export async function succeed(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await execute(command, args, options)
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')}: exit code ${code}: ${stderr}${stdout}`)
  return stdout
}

/** Runs a command on a pseudo terminal, with the input typed in. Answers what the terminal shows, with plain line ends. */
export async function onTerminal(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const quoted = [command, ...args].map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
  const result = await execute('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], options)
  return { ...result, stdout: result.stdout.replaceAll('\r\n', '\n') }
}

/** A command that goes on beside the test, which ends it. */
export class Background {
  readonly #child: ChildProcess
  readonly #line: string
  readonly #said: ReturnType<typeof listen>
  readonly #ended: Promise<number>

  constructor(command: string, args: readonly string[], options: CommandOptions = {}) {
    this.#line = [command, ...args].join(' ')
    this.#child = start(command, args, options)
    this.#said = listen(this.#child)
    this.#ended = new Promise(resolve => this.#child.on('close', code => resolve(code ?? -1)))
    this.#child.on('error', () => {})
  }

  get stdout(): string {
    return this.#said.stdout()
  }

  /** Resolves with the match when it has been said on stdout or stderr. */
  async says(pattern: RegExp, timeoutMs = 15_000): Promise<RegExpExecArray> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => late.reject(new Error(`${this.#line} did not say ${pattern} within ${timeoutMs} ms; ${this.#all()}`)),
      timeoutMs,
    )
    const gone = this.#ended.then(code => {
      const found = pattern.exec(this.#said.stdout() + this.#said.stderr())
      if (found === null) throw new Error(`${this.#line} ended with ${code} without saying ${pattern}; ${this.#all()}`)
      return found
    })
    gone.catch(() => {})
    try {
      for (;;) {
        const more = this.#said.more()
        const found = pattern.exec(this.#said.stdout() + this.#said.stderr())
        if (found !== null) return found
        const ended = await Promise.race([more, gone, late.promise])
        if (ended !== undefined) return ended
      }
    } finally {
      clearTimeout(timer)
    }
  }

  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** The exit code, once it has ended by itself. */
  async ended(timeoutMs = 15_000): Promise<number> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`${this.#line} goes on after ${timeoutMs} ms; ${this.#all()}`)), timeoutMs)
    try {
      return await Promise.race([this.#ended, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), 2_000)
    await this.#ended
    clearTimeout(kill)
  }

  #all(): string {
    return `it said: ${this.#said.stdout()}${this.#said.stderr()}`
  }
}

function start(command: string, args: readonly string[], { env = process.env, cwd }: CommandOptions): ChildProcess {
  const child = spawn(command, args, { env, cwd, stdio: 'pipe' })
  // One that ends without reading its input is judged by its exit code.
  child.stdin.on('error', () => {})
  return child
}

function listen(child: ChildProcess) {
  const out: Buffer[] = []
  const err: Buffer[] = []
  let next = Promise.withResolvers<undefined>()
  const hear = (pieces: Buffer[]) => (piece: Buffer) => {
    pieces.push(piece)
    next.resolve(undefined)
    next = Promise.withResolvers()
  }
  child.stdout?.on('data', hear(out))
  child.stderr?.on('data', hear(err))
  return {
    stdout: () => Buffer.concat(out).toString(),
    stderr: () => Buffer.concat(err).toString(),
    /** Resolves when more has been said. */
    more: () => next.promise,
  }
}
