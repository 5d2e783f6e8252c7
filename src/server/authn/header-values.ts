// Headers that name users, groups and extras. A name that has a comma in it is one name, so values are taken as they came.
import { headerLines } from '../../base/upgrade/upgrade.ts'

/** By names in lower case. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>

/** Node's own record joins several values to one text. */
export function valuesOf(rawHeaders: readonly string[]): HeaderValues {
  const values = new Map<string, string[]>()
  for (const [name, value] of headerLines(rawHeaders)) {
    const key = name.toLowerCase()
    const list = values.get(key)
    if (list) list.push(value)
    else values.set(key, [value])
  }
  return values
}

/** Values by what follows a prefix in the name, unescaped; undefined when there are none. */
export function extrasOf(values: HeaderValues, prefix: string): Readonly<Record<string, readonly string[]>> | undefined {
  const extras = [...values].flatMap(([name, list]) => (name.startsWith(prefix) ? [[unescaped(name.slice(prefix.length)), list]] : []))
  return extras.length > 0 ? Object.fromEntries(extras) : undefined
}

/** What is not escaped well is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
