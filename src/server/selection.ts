// Which objects of a resource a list, watch or deletecollection means: one predicate made of its selectors.
import { checkFieldLabels, exactField, parseFieldSelector } from '../meta/field-selector.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { parseSelector } from '../meta/selector.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Call } from './call.ts'
import type { Resource } from './resource.ts'

export interface Selection {
  readonly namespace: string | undefined
  /** Undefined: everything. */
  readonly matches: ((object: KubeObject) => boolean) | undefined
}

export function selectionOf(call: Call): Selection {
  const { info, query, resource } = call
  const tests: ((object: KubeObject) => boolean)[] = []
  let namespace = info.namespace || undefined

  const labels = query.get('labelSelector')
  if (labels) {
    const parsed = parseSelector(labels)
    if (!parsed.ok) throw StatusError.badRequest(parsed.error)
    tests.push(object => parsed.selector.matches(object.metadata.labels))
  }
  const fields = query.get('fieldSelector')
  if (fields) {
    const selector = parseFieldSelector(fields)
    const everywhere = ['metadata.name', ...(resource.kind.namespaced ? ['metadata.namespace'] : [])]
    checkFieldLabels(selector, [...everywhere, ...resource.kind.selectableFields])
    // One namespace's range is all that needs reading then.
    if (resource.kind.namespaced) namespace ??= exactField(selector, 'metadata.namespace') || undefined
    tests.push(object => selector.matches(field => fieldOf(resource, object, field)))
  }
  if (info.name) tests.push(object => object.metadata.name === info.name)
  return { namespace, matches: tests.length === 0 ? undefined : object => tests.every(test => test(object)) }
}

function fieldOf(resource: Resource, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name
  if (field === 'metadata.namespace') return object.metadata.namespace ?? ''
  return resource.kind.selectField(object, field)
}
