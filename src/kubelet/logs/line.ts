// One line of a container's log as runtimes write it: `<RFC 3339 time with nanoseconds> <stdout|stderr> <P|F> <text>`.
// `P` marks a piece of a line that goes on in the next record.

export interface LogRecord {
  readonly time: string
  readonly stream: string
  readonly isPartial: boolean
  readonly text: Buffer
}

const space = 0x20

/** `line` comes without its newline. Undefined when it is no record. */
export function parseRecord(line: Buffer): LogRecord | undefined {
  const first = line.indexOf(space)
  const second = first < 0 ? -1 : line.indexOf(space, first + 1)
  if (second < 0) return undefined
  const third = line.indexOf(space, second + 1)
  const end = third < 0 ? line.length : third
  const stream = line.toString('latin1', first + 1, second)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  const tag = line.toString('latin1', second + 1, end).split(':')[0]
  return {
    time: line.toString('latin1', 0, first),
    stream,
    isPartial: tag === 'P',
    text: third < 0 ? Buffer.alloc(0) : line.subarray(third + 1),
  }
}
