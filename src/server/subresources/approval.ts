// `approval` and the like: the same object, of which one part is written (`Kind.parts`).
import type { Kind } from '../../api/kind.ts'
import { statusOf } from './status.ts'
import type { Subresource } from './subresource.ts'

export function partsOf(kind: Kind): readonly Subresource[] {
  return Object.keys(kind.parts ?? {}).map(name => ({ ...statusOf(kind), name }))
}
