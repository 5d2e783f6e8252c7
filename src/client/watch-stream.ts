// The body of a watch: one JSON document a line. Whatever a chunk completes is handed on as one batch.
import type { KubeObject } from '../meta/object-meta.ts'
import { StatusError } from '../meta/status-error.ts'
import type { WatchEvent } from './client.ts'

const newline = 0x0a
const initialEventsEnd = 'k8s.io/initial-events-end'

/** Takes chunks; answers the lines that are complete with them. */
export class LineSplitter {
  #rest: Buffer[] = []

  push(chunk: Buffer): readonly string[] {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const tail = chunk.subarray(start, end)
      const line = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail])
      this.#rest = []
      if (line.length > 0) lines.push(line.toString('utf8'))
      start = end + 1
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start))
    return lines
  }
}

/** Throws the `StatusError` that an ERROR event carries. */
export function parseWatchEvent<O extends KubeObject>(line: string): WatchEvent<O> {
  const { type, object } = parse(line)
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as O }
    case 'BOOKMARK': {
      const { metadata } = object as KubeObject
      return { type, resourceVersion: metadata.resourceVersion, initialEventsEnd: metadata.annotations?.[initialEventsEnd] === 'true' }
    }
    case 'ERROR':
      throw StatusError.fromStatus(object as Parameters<typeof StatusError.fromStatus>[0])
    default:
      throw StatusError.internal(`a watch event of unknown type ${JSON.stringify(type)}`)
  }
}

function parse(line: string): { readonly type: string; readonly object: unknown } {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw StatusError.internal(error)
  }
}
