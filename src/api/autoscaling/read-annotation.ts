// What stands in an annotation as JSON, by its schema.
import { canonicalQuantity } from '../../meta/quantity.ts'
import { decode } from '../../schema/decode.ts'
import type { Presence, Schema } from '../../schema/schema.ts'

/** Undefined where there is nothing that can be read. `arrange` puts the JSON into the form of the schema first. */
export function readAnnotation<T>(
  schema: Schema<T, Presence>,
  text: string | undefined,
  arrange = (value: unknown): unknown => value,
): T | undefined {
  const json = text === undefined ? undefined : parse(text)
  if (json === undefined || json === null) return undefined
  const { value, errors } = decode(schema.node, arrange(json), canonicalQuantity)
  return errors.length > 0 ? undefined : (value as T)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
