// `/containerLogs/{namespace}/{pod}/{container}`: what `kubectl logs` reads.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { isNoEntry } from '../host.ts'
import { type LogOptions, readLog } from '../logs/read.ts'
import { ServedError, type ServedPods } from '../served-pods.ts'

export async function serveLogs(
  pods: ServedPods,
  [namespace = '', pod = '', container = '']: readonly string[],
  query: URLSearchParams,
  now: number,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const source = pods.logs(namespace, pod, container, isTrue(query.get('previous')))
  const pieces = readLog(source, logOptions(query, now, gone.signal))
  // The first piece tells whether there is a log at all; after it the answer has begun.
  const first = await pieces.next().catch((error: unknown) => {
    if (isNoEntry(error)) throw new ServedError(500, `failed to open log file ${JSON.stringify(source.path)}: no such file or directory`)
    throw error
  })
  response.writeHead(200, { 'Content-Type': 'text/plain' })
  response.flushHeaders()
  try {
    for (let piece = first; !piece.done && !gone.signal.aborted; piece = await pieces.next())
      if (!response.write(piece.value)) await once(response, 'drain', { signal: gone.signal }).catch(() => {})
  } finally {
    // Closes the file also when the client left before its end.
    await pieces.return(undefined)
  }
  response.end()
}

export function logOptions(query: URLSearchParams, now: number, signal: AbortSignal): LogOptions {
  const number = (name: string) => (query.get(name) === null ? undefined : Number(query.get(name)))
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const sinceMs = sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined
  const tailLines = number('tailLines')
  const limitBytes = number('limitBytes')
  const stream = query.get('stream')?.toLowerCase()
  return {
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...((stream === 'stdout' || stream === 'stderr') && { stream }),
    signal,
  }
}

export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1'
}
