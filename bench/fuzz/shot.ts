// What a shot is, and how a body becomes one: as JSON, as YAML, as a message, whole or broken.
import type { Kind } from '../../src/api/kind.ts'
import { encodeObject } from '../../src/server/protobuf-answer.ts'
import type { Definitions } from './definitions.ts'
import { contentTypeOf, type Headers, headersOf, protobuf } from './headers.ts'
import type { Objects } from './objects.ts'
import type { Patch } from './patches.ts'
import type { Random } from './random.ts'
import { queryOf } from './targets.ts'
import { garbled } from './words.ts'

export interface Shot {
  readonly method: string
  readonly target: string
  readonly headers: Headers
  readonly body?: string | Buffer
  /** Its connection may be closed for it: it gets one of its own. */
  readonly isRough?: boolean
  /** The client leaves after as long. */
  readonly lifeMs?: number
}

export interface Supplies {
  readonly kinds: readonly Kind[]
  readonly objects: Objects
  readonly definitions: Definitions
}

/** Where a request waits for something, it waits no longer than this. */
export function withTimes(query: URLSearchParams): URLSearchParams {
  query.set('timeoutSeconds', '1')
  return query
}

/** With a body in JSON, YAML or as a message, whole or broken. */
export function shotOf(random: Random, method: string, path: string, [type, value]: Patch, query = queryOf(random, 0.2)): Shot {
  const target = `${path}?${withTimes(query)}`
  const headers = headersOf(random)
  const message = type === 'application/json' && random.chance(0.15) ? messageOf(random, value) : undefined
  if (message) return { method, target, headers: { ...headers, 'content-type': contentTypeOf(random, protobuf) }, body: message }
  const text = JSON.stringify(value) ?? ''
  const body = random.chance(0.06) ? garbled(random, text) : text
  const contentType = contentTypeOf(random, type === 'application/json' && random.chance(0.05) ? 'application/yaml' : type)
  return { method, target, headers: { ...headers, 'content-type': contentType }, body: random.chance(0.01) ? `k8s\0${body}` : body }
}

/** The object as a message, with some bytes changed now and then; undefined where it cannot be one. */
function messageOf(random: Random, value: unknown): Buffer | undefined {
  let message: Buffer | undefined
  try {
    message = encodeObject(value as object)
  } catch {
    return undefined // What does not fit the schema has no message.
  }
  for (let i = random.chance(0.4) ? 1 + random.below(6) : 0; message && i > 0; i--) {
    message.writeUInt8(random.below(256), random.below(message.length))
  }
  return message && random.chance(0.05) ? message.subarray(0, random.below(message.length)) : message
}
