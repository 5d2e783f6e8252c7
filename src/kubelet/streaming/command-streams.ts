// The streams of one exec or attach as the runtime speaks them: SPDY/3.1 with `v4.channel.k8s.io`, one stream a purpose.
import type { Readable, Writable } from 'node:stream'
import type { Connect } from '../../base/connect.ts'
import { UpgradeError } from '../../base/upgrade/upgrade.ts'
import { dialSpdy } from './spdy-client.ts'
import type { SpdyStream } from './spdy-session.ts'

/** What the request asked for. With a terminal, standard error comes on standard output. */
export interface CommandWants {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

export interface CommandStreams {
  readonly stdin?: Writable
  readonly stdout?: Readable
  readonly stderr?: Readable
  /** Takes `{"Width":80,"Height":24}` lines. */
  readonly resize?: Writable
  /** A `Status` in JSON at the end; nothing if the runtime broke off. */
  readonly error: Readable
  /** Ends all of it. The command may go on. */
  close(): void
}

/** Dials the URL that the runtime gave for `exec` or `attach`. Rejects with `UpgradeError` or a connection's error. */
export async function dialCommand(url: string, wants: CommandWants, connect: Connect, signal?: AbortSignal): Promise<CommandStreams> {
  const { session } = await dialSpdy({ url, protocols: ['v4.channel.k8s.io'], connect, ...(signal ? { signal } : {}) })
  const open = (streamType: string, wanted: boolean): SpdyStream | undefined => (wanted ? session.openStream({ streamType }) : undefined)
  const error = session.openStream({ streamType: 'error' })
  const stdin = open('stdin', wants.stdin)
  const stdout = open('stdout', wants.stdout)
  const stderr = open('stderr', wants.stderr && !wants.tty)
  const resize = open('resize', wants.tty)
  // What we never send on is closed towards the runtime, and what it never sends on is let run dry.
  for (const silent of [error, stdout, stderr]) silent?.io.end()
  for (const deaf of [stdin, resize]) deaf?.io.resume()
  try {
    await Promise.all([error, stdin, stdout, stderr, resize].map(stream => stream?.opened))
  } catch (cause) {
    session.close()
    throw new UpgradeError(0, `the runtime refused a stream: ${cause instanceof Error ? cause.message : cause}`)
  }
  return {
    error: error.io,
    ...(stdin ? { stdin: stdin.io } : {}),
    ...(stdout ? { stdout: stdout.io } : {}),
    ...(stderr ? { stderr: stderr.io } : {}),
    ...(resize ? { resize: resize.io } : {}),
    close: () => session.close(),
  }
}
