// Specs that came before, as they stand in the text of a body. A body whose spec is one of them is neither parsed nor decoded there
// again: its text is cut out, and what the text meant the last time is put in its place.
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { keepDerived } from './shared-specs.ts'

interface KnownSpec {
  readonly kind: Kind
  /** Compact JSON of an object, so no other object begins with it. */
  readonly text: string
  /** Decoded and complete. */
  readonly spec: object
}

/** As many templates as are usually at work at once; the one met last comes first. */
const maxKnown = 32
const known: KnownSpec[] = []

const member = '"spec":'
/** Stands in a text where its spec was. */
const placeholder = '(the spec)'

/** A body with a known spec: the value of its text, but for the spec. */
export interface Recognized {
  readonly value: object
  readonly spec: object
}

export function recognizeSpec(kind: Kind, text: string): Recognized | undefined {
  const at = text.indexOf(member) + member.length
  if (at < member.length) return undefined
  const place = known.findIndex(k => k.kind === kind && text.startsWith(k.text, at))
  const found = known[place]
  if (!found) return undefined
  if (place > 0) known.unshift(...known.splice(place, 1))
  const short = `${text.slice(0, at)}"${placeholder}"${text.slice(at + found.text.length)}`
  const value = parsedText(short)
  return value?.spec === placeholder && hasOnePlaceholder(short, value) ? { value, spec: found.spec } : undefined
}

/**
 * Whether the text says everything once, and has a placeholder in no other place: what was cut out may have been the spec of
 * something within the object. A text that is longer than its own value has spaces in it, or a field twice.
 */
function hasOnePlaceholder(text: string, value: object): boolean {
  const plain = JSON.stringify(value)
  return plain.length === text.length && plain.indexOf(placeholder) === plain.lastIndexOf(placeholder)
}

function parsedText(text: string): { readonly spec?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined // The whole text is parsed again by the reader that says what is wrong with it.
  }
}

/** To be called with what was read without any finding. */
export function rememberSpec(kind: Kind, text: string, value: unknown, { spec }: KubeObject & { readonly spec?: object }): void {
  const plain = JSON.stringify((value as { readonly spec?: object }).spec)
  if (!spec || !plain?.startsWith('{') || !text.startsWith(plain, text.indexOf(member) + member.length)) return
  keepDerived(spec)
  known.unshift({ kind, text: plain, spec })
  known.length = Math.min(known.length, maxKnown)
}
