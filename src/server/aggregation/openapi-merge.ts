// One OpenAPI description over this server and those behind API services.
import { deepEqual } from '../../meta/deep-equal.ts'
import { etag, type OpenApiDocuments } from '../openapi/documents.ts'
import { encodeGnostic } from '../openapi/gnostic.ts'

export type Documents = Pick<OpenApiDocuments, 'v2' | 'v2Gnostic' | 'v3' | 'v3Index'>
type Json = Readonly<Record<string, unknown>>

/** What another server says of one group version. */
export interface ExtensionDocument {
  /** Such as `apis/metrics.k8s.io/v1beta1`. */
  readonly path: string
  readonly v3: Buffer | undefined
  /** Its whole document; only the paths of the group version are taken. */
  readonly v2: Swagger | undefined
}
export interface Swagger {
  readonly paths?: Json
  readonly definitions?: Json
}

/** A document with what it was made of. */
interface Merged {
  readonly own: Buffer
  readonly of: readonly ExtensionDocument[]
  readonly bytes: Buffer
  gnostic?: Buffer
}

export class MergedDocuments implements Documents {
  readonly #own: Documents
  readonly #extensions: () => readonly ExtensionDocument[]
  #v2: Merged | undefined

  /** `extensions` gives the same list as long as nothing changes. */
  constructor(own: Documents, extensions: () => readonly ExtensionDocument[]) {
    this.#own = own
    this.#extensions = extensions
  }

  v3(path: string): Buffer | undefined {
    return this.#extensions().find(document => document.path === path)?.v3 ?? this.#own.v3(path)
  }

  v3Index(): object {
    const { paths } = this.#own.v3Index() as { readonly paths: Json }
    const others = this.#extensions()
      .filter(({ v3 }) => v3 !== undefined)
      .map(({ path, v3 }) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${etag(v3)}` }])
    return { paths: { ...paths, ...Object.fromEntries(others) } }
  }

  v2(): Buffer {
    return this.#merged()?.bytes ?? this.#own.v2()
  }

  v2Gnostic(): Buffer {
    const merged = this.#merged()
    if (!merged) return this.#own.v2Gnostic()
    merged.gnostic ??= encodeGnostic(JSON.parse(merged.bytes.toString()))
    return merged.gnostic
  }

  /** Undefined where there is nothing to merge. */
  #merged(): Merged | undefined {
    const of = this.#extensions()
    if (!of.some(({ v2 }) => v2 !== undefined)) return undefined
    const own = this.#own.v2()
    if (this.#v2?.own !== own || this.#v2.of !== of) {
      const merged = of.reduce<Swagger>((all, { v2, path }) => (v2 ? mergeSwagger(all, v2, `/${path}/`) : all), JSON.parse(own.toString()))
      this.#v2 = { own, of, bytes: Buffer.from(JSON.stringify(merged)) }
    }
    return this.#v2
  }
}

const refPrefix = '#/definitions/'

/** The first document with the paths of the second that begin with the prefix, and the definitions that those need. */
export function mergeSwagger(all: Swagger, other: Swagger, prefix: string): Swagger {
  const paths = Object.fromEntries(Object.entries(other.paths ?? {}).filter(([path]) => `${path}/`.startsWith(prefix)))
  const needed = reachable(paths, other.definitions ?? {})
  const renamed = new Map(needed.map(name => [name, freeName(name, other.definitions?.[name], all.definitions ?? {})]))
  const definitions = needed.map(name => [renamed.get(name), withRefs(other.definitions?.[name], renamed)])
  return {
    ...all,
    paths: { ...(withRefs(paths, renamed) as Json), ...all.paths },
    definitions: { ...all.definitions, ...Object.fromEntries(definitions) },
  }
}

/** A definition that says something else under the same name gets another one. */
function freeName(name: string, definition: unknown, taken: Json): string {
  let free = name
  for (let i = 2; Object.hasOwn(taken, free) && !deepEqual(taken[free], definition); i++) free = `${name}_v${i}`
  return free
}

function reachable(roots: unknown, definitions: Json): readonly string[] {
  const found = new Set<string>()
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) {
        const name = key === '$ref' && typeof member === 'string' ? member.slice(refPrefix.length) : undefined
        if (name === undefined) visit(member)
        else if (!found.has(name) && Object.hasOwn(definitions, name)) {
          found.add(name)
          visit(definitions[name])
        }
      }
    }
  }
  visit(roots)
  return [...found]
}

function withRefs(value: unknown, renamed: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map(item => withRefs(item, renamed))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (key !== '$ref' || typeof member !== 'string') return [key, withRefs(member, renamed)]
      const name = member.slice(refPrefix.length)
      return [key, `${refPrefix}${renamed.get(name) ?? name}`]
    }),
  )
}
