// The kinds that are stored at present. Those of custom resources come and go while the controllers run.
import { type Kind, resourceName } from '../../api/kind.ts'

export interface KindSource {
  /** Every version of every kind that is served, the preferred version of a resource first. Another list after each change. */
  all(): readonly Kind[]
  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void
}

/** For what never changes. */
export function fixedKinds(kinds: readonly Kind[]): KindSource {
  return { all: () => kinds, onChange: () => () => {} }
}

/** One kind for each resource: its versions show the same objects. */
export function preferredKinds(kinds: readonly Kind[]): readonly Kind[] {
  const found = new Map<string, Kind>()
  for (const kind of kinds) if (!found.has(resourceName(kind))) found.set(resourceName(kind), kind)
  return [...found.values()]
}
