// The writing end of a watch: events queue up and leave as one write a turn. A reader that falls too far behind is cut off, so that
// it costs neither memory nor other watchers' time; it resumes from its last version.
import type { Writable } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import type { WatchItem, WatchSink } from '../call.ts'

/** What may wait for a slow reader, in the queue and in the stream together. */
const defaultMaxPendingBytes = 32 * 1024 * 1024
/** How long a watch that has ended waits for its reader to take the last of it. */
const lastWordsMs = 5_000

export function watchStream(
  output: Writable,
  clock: Clock,
  render: (items: readonly WatchItem[]) => Buffer,
  errorFrame: (error: unknown) => Buffer,
  maxPendingBytes = defaultMaxPendingBytes,
): WatchSink {
  /** The state that a watch begins with is no backlog, however large it is. */
  let startBytes: number | undefined
  let pending: Buffer[] = []
  let pendingBytes = 0
  let scheduled = false
  let ended = false
  let draining = false
  const isTooFarBehind = () => startBytes !== undefined && pendingBytes + output.writableLength > startBytes + maxPendingBytes

  const joined = () => (pending.length === 1 && pending[0] ? pending[0] : Buffer.concat(pending, pendingBytes))
  const schedule = () => {
    if (scheduled || draining) return
    scheduled = true
    setImmediate(flush)
  }
  const flush = () => {
    scheduled = false
    if (pending.length === 0 || output.destroyed || draining) return
    const bytes = joined()
    pending = []
    pendingBytes = 0
    if (output.write(bytes)) return
    draining = true
    output.once('drain', () => {
      draining = false
      if (pending.length > 0) schedule()
    })
  }
  return {
    write(items) {
      const bytes = render(items)
      pending.push(bytes)
      pendingBytes += bytes.length
      schedule()
      startBytes ??= pendingBytes
      return !isTooFarBehind()
    },
    end(error): void {
      if (ended) return
      ended = true
      if (output.destroyed) return
      if (isTooFarBehind()) {
        output.destroy()
        return
      }
      if (pending.length > 0) output.write(joined())
      pending = []
      output.end(error === undefined ? undefined : errorFrame(error))
      const cancel = clock.after(lastWordsMs, () => output.destroy())
      output.once('close', cancel)
    },
  }
}
