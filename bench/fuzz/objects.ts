// Objects that are right, or nearly: the smallest of each kind, the fully populated ones of the published test data where they lie beside
// the project, and what the server has taken before, so that what is stored grows odder as a run goes on.
import { existsSync, readFileSync } from 'node:fs'
import { apiVersionOf, type Kind, resourceName } from '../../src/api/kind.ts'
import { smallestObjects } from '../../test/testkit/smallest-objects.ts'
import type { Random } from './random.ts'
import { names } from './words.ts'

export type Json = Record<string, unknown>

const published = new URL('../../../shared/specs/testdata-1.36/', import.meta.url)
/** Kept of each kind. */
const keptOfKind = 40
const maxKeptBytes = 20_000

function publishedObject(kind: Kind): Json | undefined {
  const file = new URL(`${kind.group === '' ? 'core' : kind.group}.${kind.version}.${kind.kind}.json`, published)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Json) : undefined
}

function smallestObject(kind: Kind): Json | undefined {
  const smallest = smallestObjects.get(resourceName(kind))
  if (smallest?.apiVersion !== apiVersionOf(kind)) return undefined
  const { apiVersion, name = 'small', rest } = smallest
  return { apiVersion, kind: kind.kind, metadata: { name }, ...rest }
}

export class Objects {
  readonly #right = new Map<Kind, readonly Json[]>()
  readonly #full = new Map<Kind, Json>()
  readonly #taken = new Map<string, string[]>()

  constructor(kinds: readonly Kind[]) {
    for (const kind of kinds) {
      const smallest = smallestObject(kind)
      const full = publishedObject(kind)
      if (full) this.#full.set(kind, full)
      this.#right.set(kind, smallest ? [smallest] : [])
    }
  }

  /** Undefined where there is none. */
  any(random: Random, kind: Kind): Json | undefined {
    const taken = this.#taken.get(idOf(apiVersionOf(kind), kind.kind))
    if (taken && random.chance(0.6)) return JSON.parse(random.pick(taken)) as Json
    const right = this.#right.get(kind) ?? []
    const full = this.#full.get(kind)
    const chosen = full && (right.length === 0 || random.chance(0.15)) ? full : random.pick(right)
    return chosen && (structuredClone(chosen) as Json)
  }

  /** The one in which every field is set. */
  full(kind: Kind): Json | undefined {
    return this.#full.get(kind)
  }

  /** What the server has answered to a write. */
  take(random: Random, text: string): void {
    if (text.length > maxKeptBytes) return
    const object = JSON.parse(text) as Json
    delete object['status']
    object['metadata'] = metadataOf(object['metadata'] as Json)
    const id = idOf(object['apiVersion'], object['kind'])
    const kept = this.#taken.get(id) ?? []
    if (kept.length < keptOfKind) kept.push(JSON.stringify(object))
    else kept[random.below(kept.length)] = JSON.stringify(object)
    this.#taken.set(id, kept)
  }
}

/** Without what is only right for the object that it comes from. */
function metadataOf(metadata: Json): Json {
  const { resourceVersion, uid, managedFields, creationTimestamp, generation, deletionTimestamp, ...rest } = metadata
  return rest
}

function idOf(apiVersion: unknown, kind: unknown): string {
  return `${String(apiVersion)} ${String(kind)}`
}

/** Names that a kind takes and that shots share. */
export function nameFor(random: Random, kind: Kind): string {
  switch (kind.plural) {
    case 'apiservices':
      return random.pick(['v1.small.example.com', 'v1.apps', 'v1beta1.fuzz.example.com'])
    case 'ipaddresses':
      return random.pick(['192.0.2.7', '10.96.0.10', '2001:db8::1'])
    case 'serviceaccounts':
      // Pods need the one that is called `default`.
      return random.pick(['x', 'y'])
    case 'csidrivers':
      return random.pick(['small.example.com', 'x'])
    default:
      return random.pick(names)
  }
}
