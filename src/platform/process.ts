// Child processes: `run` for a command whose answer is awaited, `startDaemon` for one that outlives us. A daemon is known by its pid
// together with its start time from /proc, so that a record read back from a file is never mistaken for a later process of that pid.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** A command that could not be started, that ended with another code than 0, or that was cut off (`exitCode` is then undefined). */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly command: string
  readonly exitCode: number | undefined
  readonly stderr: string

  constructor(command: string, exitCode: number | undefined, stderr: string, why: string) {
    // A script among the arguments would bury the rest of the message.
    super(`${command.split('\n', 1)[0]}: ${why}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`}`)
    this.command = command
    this.exitCode = exitCode
    this.stderr = stderr
  }
}

export interface RunOptions {
  readonly input?: string | NodeJS.ReadableStream
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
}

/** Runs a command to its end and answers its stdout. Fails with `CommandError`; an aborted or late command is killed. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const line = [command, ...args].join(' ')
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' })
    const out: Buffer[] = []
    const err: Buffer[] = []
    let cut: string | undefined
    const cutOff = (why: string) => {
      cut = why
      child.kill('SIGKILL')
    }
    const onAbort = () => cutOff('aborted')
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => cutOff(`no end after ${options.timeoutMs} ms`), options.timeoutMs)
    options.signal?.addEventListener('abort', onAbort, { once: true })
    if (options.signal?.aborted) onAbort()
    const fail = (code: number | undefined, why: string) => reject(new CommandError(line, code, Buffer.concat(err).toString(), why))
    const settle = () => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
    }
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.on('error', error => {
      settle()
      fail(undefined, error.message)
    })
    child.on('close', (code, signal) => {
      settle()
      if (cut !== undefined) fail(undefined, cut)
      else if (code !== 0) fail(code ?? undefined, signal === null ? `exit code ${code}` : `killed by ${signal}`)
      else resolve(Buffer.concat(out).toString())
    })
    feed(child, options.input, cutOff)
  })
}

/** A command that ends without reading all of its input is no failure of its own: its exit code tells. */
function feed(child: ChildProcess, input: RunOptions['input'], cutOff: (why: string) => void): void {
  const stdin = child.stdin
  if (stdin === null) return
  stdin.on('error', () => {})
  if (input === undefined || typeof input === 'string') stdin.end(input)
  else input.on('error', error => cutOff(`its input: ${error.message}`)).pipe(stdin)
}

/** Whose fields go into a pid file. `startTime` is in clock ticks since boot (field 22 of /proc/PID/stat). */
export interface DaemonRecord {
  readonly pid: number
  readonly startTime: number
}

export interface DaemonOptions {
  readonly cmd: string
  readonly args: readonly string[]
  /** Takes stdout and stderr, appended. */
  readonly logFile: string
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** Starts a process in a session of its own that lives on when we end. */
export async function startDaemon(options: DaemonOptions): Promise<DaemonRecord> {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a')
  try {
    const child = spawn(options.cmd, options.args, {
      cwd: options.cwd ?? '/',
      env: options.env ?? process.env,
      detached: true,
      stdio: ['ignore', log, log],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', error => reject(new CommandError([options.cmd, ...options.args].join(' '), undefined, '', error.message)))
    })
    child.unref()
    const pid = child.pid ?? 0
    // Gone already: no process has start time 0, so the record reads as dead.
    return { pid, startTime: readProcess(pid)?.startTime ?? 0 }
  } finally {
    closeSync(log)
  }
}

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** One letter, as in proc(5); `Z` is a zombie. */
  readonly state: string
  readonly startTime: number
}

/** What /proc tells about a process; undefined when there is none. */
export function readProcess(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** A line of /proc/PID/stat. The command's name may hold spaces and parentheses, so fields are counted from the last one on. */
export function parseStat(line: string): ProcessStat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  const [state, parent] = fields
  const startTime = fields[19]
  if (state === undefined || parent === undefined || startTime === undefined) return undefined
  return { pid: Number.parseInt(line, 10), parent: Number(parent), state, startTime: Number(startTime) }
}

export function isAlive(record: DaemonRecord): boolean {
  const found = readProcess(record.pid)
  return found !== undefined && found.startTime === record.startTime && found.state !== 'Z'
}

/** Asks the process to end, and kills it when it has not after `graceMs`. Returns when it is gone. */
export async function terminate(record: DaemonRecord, graceMs: number): Promise<void> {
  if (!signalProcess(record, 'SIGTERM')) return
  if (await isGoneWithin(record, graceMs)) return
  signalProcess(record, 'SIGKILL')
  await isGoneWithin(record, 10_000)
}

function signalProcess(record: DaemonRecord, signal: NodeJS.Signals): boolean {
  if (!isAlive(record)) return false
  try {
    return process.kill(record.pid, signal)
  } catch {
    return false
  }
}

async function isGoneWithin(record: DaemonRecord, timeoutMs: number): Promise<boolean> {
  for (const end = Date.now() + timeoutMs; isAlive(record); await delay(5)) if (Date.now() >= end) return false
  return true
}

/** Clock ticks a second, as every Linux port that Node.js runs on reports them to programs. */
const ticksPerSecond = 100

/** The wall clock of a start time in ticks since boot; exact to the second. */
export function startedAtMs(startTime: number): number {
  const [, bootSeconds = '0'] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1')) ?? []
  return (Number(bootSeconds) + startTime / ticksPerSecond) * 1000
}
