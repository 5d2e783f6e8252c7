// Reads container logs: from their end or from a moment on, to the end or following what is written, through rotation.
import type { FileHandle } from 'node:fs/promises'
import { type Clock, sleep } from '../../base/clock.ts'
import { type Files, isNoEntry } from '../host.ts'
import { parseRecord } from './line.ts'

export interface LogOptions {
  readonly follow?: boolean
  readonly tailLines?: number
  readonly sinceMs?: number
  readonly timestamps?: boolean
  readonly limitBytes?: number
  /** Lines of one stream alone. */
  readonly stream?: 'stdout' | 'stderr'
  readonly signal: AbortSignal
}

export interface LogSource {
  readonly files: Files
  readonly clock: Clock
  readonly path: string
  /** Plain text lines, as processes outside containers write: no times, no streams. */
  readonly isPlain?: boolean
  /** While following: whether more can come. */
  isRunning(): boolean
}

const newline = 0x0a
const blockBytes = 64 * 1024
const pollMs = 100

/** The text of the log, in pieces. Ends at the end of the log, or when following, once nothing runs any more or the signal aborts. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<Buffer> {
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  for await (const lines of blocks(source, options)) {
    const text = render(lines, source.isPlain ?? false, options)
    if (text.length === 0) continue
    const piece = text.length > left ? text.subarray(0, left) : text
    left -= piece.length
    yield piece
    if (left <= 0) return
  }
}

/** The last words of a container, for its termination message. */
export async function lastLines(files: Files, path: string, count: number, limitBytes: number): Promise<string> {
  const signal = new AbortController().signal
  const source: LogSource = { files, clock: { now: () => 0, after: () => () => {} }, path, isRunning: () => false }
  const pieces: Buffer[] = []
  for await (const piece of readLog(source, { tailLines: count, signal })) pieces.push(piece)
  const text = Buffer.concat(pieces)
  return text.subarray(Math.max(0, text.length - limitBytes)).toString('utf8')
}

/** Whole lines without their newlines, some at a time. */
async function* blocks({ files, path, clock, isRunning }: LogSource, { follow, tailLines, signal }: LogOptions): AsyncGenerator<Buffer[]> {
  let file = await files.open(path, 'r')
  try {
    let offset = tailLines === undefined ? 0 : await tailOffset(file, tailLines)
    let rest = Buffer.alloc(0)
    for (;;) {
      const wasRunning = isRunning()
      const block = Buffer.allocUnsafe(blockBytes)
      const { bytesRead } = await file.read(block, 0, blockBytes, offset)
      if (bytesRead > 0) {
        offset += bytesRead
        const data = Buffer.concat([rest, block.subarray(0, bytesRead)])
        const lines = splitLines(data)
        rest = lines.pop() ?? Buffer.alloc(0)
        if (lines.length > 0) yield lines
        continue
      }
      if (!follow || signal.aborted || !wasRunning) break
      const next = await rotated(files, path, file)
      if (next) {
        await file.close()
        file = next
        offset = 0
        continue
      }
      if ((await file.stat()).size < offset) offset = 0
      await sleep(clock, pollMs, signal).catch(() => {})
    }
    if (rest.length > 0) yield [rest]
  } finally {
    await file.close()
  }
}

/** The new file of that name, when the one we read was moved away. */
async function rotated(files: Files, path: string, current: FileHandle): Promise<FileHandle | undefined> {
  try {
    const [now, ours] = await Promise.all([files.stat(path), current.stat()])
    return now.ino === ours.ino ? undefined : await files.open(path, 'r')
  } catch (error) {
    if (isNoEntry(error)) return undefined
    throw error
  }
}

/** Where the last `count` lines begin. Looks backwards, so that a long log costs no more than its end. */
async function tailOffset(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat()
  if (count <= 0) return size
  let seen = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - blockBytes)
    const block = Buffer.allocUnsafe(end - start)
    await file.read(block, 0, block.length, start)
    for (let i = block.length - 1; i >= 0; i--) {
      if (block[i] !== newline || start + i === size - 1) continue
      if (++seen === count) return start + i + 1
    }
    end = start
  }
  return 0
}

/** The last piece is what follows the last newline. */
function splitLines(data: Buffer): Buffer<ArrayBuffer>[] {
  const lines: Buffer<ArrayBuffer>[] = []
  let start = 0
  for (let at = data.indexOf(newline); at >= 0; at = data.indexOf(newline, start)) {
    lines.push(Buffer.from(data.subarray(start, at)))
    start = at + 1
  }
  lines.push(Buffer.from(data.subarray(start)))
  return lines
}

const lineEnd = Buffer.from('\n')

function render(lines: readonly Buffer[], isPlain: boolean, { timestamps, sinceMs, stream }: LogOptions): Buffer {
  const parts: Buffer[] = []
  for (const line of lines) {
    const record = isPlain ? undefined : parseRecord(line)
    if (!record) {
      if (isPlain) parts.push(line, lineEnd)
      continue
    }
    if (stream && record.stream !== stream) continue
    if (sinceMs !== undefined && Date.parse(record.time) < sinceMs) continue
    if (timestamps) parts.push(Buffer.from(`${record.time} `))
    parts.push(record.text)
    if (!record.isPartial) parts.push(lineEnd)
  }
  return Buffer.concat(parts)
}
