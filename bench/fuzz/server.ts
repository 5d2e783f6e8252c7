// The server under fire, seen from outside: how it is, what it logs, and whether it is still there.
import { type ChildProcess, fork } from 'node:child_process'
import { resolve } from 'node:path'
import type { Identity } from '../../test/testkit/api-requests.ts'

export interface Figures {
  readonly heapMiB: number
  readonly rssMiB: number
  /** The longest that nobody was answered, since the last time it was asked for. */
  readonly longestTurnMs: number
}

/** What the process says. */
export type Told =
  | { readonly type: 'ready'; readonly url: string; readonly identity: Identity }
  | { readonly type: 'error'; readonly message: string; readonly fields: Readonly<Record<string, unknown>>; readonly error: string }
  | ({ readonly type: 'figures' } & Figures)

/** What it is asked; its memory only after a collection. */
export interface Asked {
  readonly type: 'figures' | 'memory' | 'stop'
}

export interface FuzzedServer {
  readonly url: string
  readonly identity: Identity
  readonly isUp: boolean
  figures(type: 'figures' | 'memory'): Promise<Figures>
  /** Resolves when the process has ended. */
  stop(): Promise<void>
}

/** `onFinding` is told of errors in the log, and of an end that nobody asked for. */
export async function startServer(onFinding: (text: string) => void): Promise<FuzzedServer> {
  const child = fork(resolve(import.meta.dirname, 'server-process.ts'), {
    execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  })
  let isStopping = false
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  child.once('exit', (code, signal) => {
    if (!isStopping) onFinding(`the server's process has ended: ${signal ?? code}`)
  })
  child.on('message', (told: Told) => {
    if (told.type === 'error') onFinding(`logged: ${told.message} ${JSON.stringify(told.fields)} ${told.error}`)
  })
  const { url, identity } = await next(child, 'ready')
  return {
    url,
    identity,
    get isUp() {
      return child.connected && child.exitCode === null && child.signalCode === null
    },
    async figures(type) {
      child.send({ type } satisfies Asked)
      return next(child, 'figures')
    },
    async stop() {
      isStopping = true
      if (child.connected) child.send({ type: 'stop' } satisfies Asked)
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(timer)
    },
  }
}

function next<T extends Told['type']>(child: ChildProcess, type: T): Promise<Extract<Told, { type: T }>> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the server has ended'))
    const onMessage = (told: Told) => {
      if (told.type !== type) return
      child.off('message', onMessage).off('exit', onExit)
      resolve(told as Extract<Told, { type: T }>)
    }
    child.on('message', onMessage).once('exit', onExit)
    if (child.exitCode !== null || child.signalCode !== null) onExit()
  })
}
