// Changing immutable values without needless copies: where nothing changes, the same value comes back, so that
// `===` tells whether anything did.

/** The list with every item mapped; the same list when every item stayed the same. */
export function mapShared<T>(items: readonly T[], change: (item: T, index: number) => T): readonly T[] {
  let changed = false
  const mapped = items.map((item, index) => {
    const next = change(item, index)
    if (next !== item) changed = true
    return next
  })
  return changed ? mapped : items
}

/** The object with these fields set; the same object when all of them are already so. `undefined` removes a field. */
export function withFields<T extends object>(object: T, fields: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const names = Object.keys(fields) as (keyof T)[]
  if (names.every(name => object[name] === fields[name])) return object
  const next = { ...object, ...fields }
  for (const name of names) if (fields[name] === undefined) delete next[name]
  return next
}

/** The map with the entries of `fallback` that it lacks; the same map when it lacks none. */
export function withMissing<V>(
  map: Readonly<Record<string, V>> | undefined,
  fallback: Readonly<Record<string, V>>,
): Readonly<Record<string, V>> {
  const missing = Object.entries(fallback).filter(([key]) => map === undefined || !Object.hasOwn(map, key))
  return missing.length === 0 && map !== undefined ? map : { ...map, ...Object.fromEntries(missing) }
}
