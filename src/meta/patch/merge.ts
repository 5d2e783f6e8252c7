// JSON Merge Patch (RFC 7386): members replace members, null removes, lists are replaced whole.
import { deepEqual } from '../deep-equal.ts'

/** The target is not changed; what the patch leaves alone is shared. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const out: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key]
    else put(out, key, applyMergePatch(Object.hasOwn(out, key) ? out[key] : undefined, value))
  }
  return out
}

/** The patch that turns one object into the other. What has nulls in it has no exact patch. */
export function diffMergePatch(from: Json, to: Json): Json {
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key) || to[key] === undefined) put(patch, key, null)
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined) continue
    const before = Object.hasOwn(from, key) ? from[key] : undefined
    if (isObject(before) && isObject(value)) {
      const inner = diffMergePatch(before, value)
      if (Object.keys(inner).length > 0) put(patch, key, inner)
    } else if (!deepEqual(before, value)) put(patch, key, value)
  }
  return patch
}

type Json = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
/** Also for the key `__proto__`, which plain assignment takes for the prototype. */
function put(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}
