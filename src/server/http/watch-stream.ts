// The writing end of a watch: events queue up and leave as one write a turn. A reader that falls too far behind is cut off, so that
// it costs neither memory nor other watchers' time; it resumes from its last version.
import type { Writable } from 'node:stream'
import type { WatchItem, WatchSink } from '../call.ts'
import { type Join, joinAlone, type WatchTurns } from './watch-turns.ts'

/** What may wait for a slow reader, in the queue and in the stream together. */
const defaultMaxPendingBytes = 32 * 1024 * 1024
/** How long a watch that has ended waits for its reader to take the last of it. */
const lastWordsMs = 5_000

export function watchStream(
  output: Writable,
  turns: WatchTurns,
  render: (items: readonly WatchItem[]) => Buffer,
  errorFrame: (error: unknown) => Buffer,
  maxPendingBytes = defaultMaxPendingBytes,
): WatchSink {
  /** The state that a watch begins with is no backlog, however large it is. */
  let startBytes: number | undefined
  let pending: Buffer[] = []
  let pendingBytes = 0
  let ended = false
  let draining = false
  const isTooFarBehind = () => startBytes !== undefined && pendingBytes + output.writableLength > startBytes + maxPendingBytes

  const flush = (join: Join) => {
    if (pending.length === 0 || output.destroyed || draining) return
    const joined = join(pending)
    pending = []
    pendingBytes = 0
    if (!output.write(joined)) {
      draining = true
      output.once('drain', () => {
        draining = false
        if (pending.length > 0) turns.ask(flush)
      })
    }
  }
  return {
    write(items) {
      const bytes = render(items)
      pending.push(bytes)
      pendingBytes += bytes.length
      if (!draining) turns.ask(flush)
      startBytes ??= pendingBytes
      return !isTooFarBehind()
    },
    end(error): void {
      if (ended) return
      ended = true
      if (isTooFarBehind()) {
        output.destroy()
        return
      }
      if (error !== undefined) pending.push(errorFrame(error))
      if (pending.length > 0 && !output.destroyed) output.write(joinAlone(pending))
      pending = []
      output.end()
      const cancel = turns.clock.after(lastWordsMs, () => output.destroy())
      output.once('close', cancel)
    },
  }
}
