// How tests wait: for a state of the API by watching it, for anything else by trying again. Every wait has a deadline, and its failure
// says what was seen last.
import { get as httpGet } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Kind } from '../../src/api/kind.ts'
import type { HttpClient } from '../../src/client/http.ts'
import { type Change, Informer } from '../../src/client/informer.ts'
import type { KubeObject } from '../../src/meta/object-meta.ts'
import { systemClock } from '../../src/platform/clock.ts'

export interface Selection {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** Resolves with the objects as soon as they are as wanted. */
export async function untilObjects<O extends KubeObject>(
  client: HttpClient,
  kind: Kind<O>,
  selection: Selection,
  what: string,
  condition: (objects: readonly O[]) => boolean,
  timeoutMs = 30_000,
): Promise<readonly O[]> {
  const watch = watchObjects(client, kind, selection)
  const reached = Promise.withResolvers<readonly O[]>()
  const look = () => {
    if (watch.informer.hasSynced && condition(watch.informer.list())) reached.resolve(watch.informer.list())
  }
  watch.informer.onProgress(look)
  // The first list is told of before it counts as synced.
  void watch.informer.synced().then(look)
  const late = setTimeout(() => {
    const seen = watch.informer.hasSynced ? watch.informer.list().map(describe).join('\n  ') : watch.failure()
    reached.reject(new Error(`${what}: not after ${timeoutMs / 1000} s; last seen:\n  ${seen || 'nothing'}`))
  }, timeoutMs)
  try {
    return await reached.promise
  } finally {
    clearTimeout(late)
    await watch.stop()
  }
}

/** Watches a collection until stopped; `onChange` sees every change from then on, after everything that is there. */
export function watchObjects<O extends KubeObject>(
  client: HttpClient,
  kind: Kind<O>,
  selection: Selection,
  onChange: (changes: readonly Change<O>[], all: readonly O[]) => void = () => {},
) {
  let failure = 'the API server did not answer'
  const onError = (error: Error) => {
    failure = error.message
  }
  const informer = new Informer<O>({ ...selection, client, kind, clock: systemClock, random: Math.random, onError })
  informer.onChange(changes => onChange(changes, informer.list()))
  const stopping = new AbortController()
  const running = informer.run(stopping.signal)
  return {
    informer,
    failure: () => failure,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** For what cannot be watched: tries until it does not fail. Answers its result. */
export async function eventually<T>(what: string, attempt: () => T | Promise<T>, timeoutMs = 15_000): Promise<T> {
  for (const end = Date.now() + timeoutMs; ; await delay(100)) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() >= end)
        throw new Error(`${what}: not after ${timeoutMs / 1000} s; the last attempt: ${messageOf(error)}`, { cause: error })
    }
  }
}

export interface WebAnswer {
  readonly status: number
  readonly body: string
}

/** One request by a connection of its own. */
export function curl(url: string, timeoutMs = 3_000): Promise<WebAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, response => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString() }))
      response.on('error', reject)
    })
    request.on('error', error => reject(new Error(`${url}: ${messageOf(error)}`)))
  })
}

function describe(object: KubeObject): string {
  const { metadata } = object
  const deleted = metadata.deletionTimestamp === undefined ? '' : ' (being deleted)'
  return `${metadata.name}${deleted}: ${JSON.stringify('status' in object ? object.status : object)}`
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
