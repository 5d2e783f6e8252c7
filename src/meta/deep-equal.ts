// Whether two JSON values mean the same to the API: a member that is undefined is absent, and order of members is nothing.

export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))
  }
  return containsAll(a as Json, b as Json, true) && containsAll(b as Json, a as Json, false)
}

type Json = Readonly<Record<string, unknown>>

/** Every member of `a` is in `b`; `deep` compares their values too. */
function containsAll(a: Json, b: Json, deep: boolean): boolean {
  for (const key in a) {
    if (a[key] === undefined) continue
    const other = Object.hasOwn(b, key) ? b[key] : undefined
    if (other === undefined || (deep && !deepEqual(a[key], other))) return false
  }
  return true
}
