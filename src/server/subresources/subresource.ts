// A subresource as data: what it is called, which kind it speaks, and what answers it.
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'

export interface Subresource {
  readonly name: string
  /** The kind that it reads and writes, which may be of another group than its resource. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** As in discovery. A connection (`exec`, ...) is `get` and `create`, as upstream lists it. */
  readonly verbs: readonly string[]
  /** Whether methods without a verb, such as OPTIONS, are carried on too. */
  readonly takesAnyMethod?: boolean
  serve(context: Context, call: Call): Promise<Answer>
}
