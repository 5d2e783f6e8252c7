// Where a kind's objects are found under the API server's URL.
import { apiVersionOf, type Kind } from '../api/kind.ts'
import type { Key } from './client.ts'

type Located = Pick<Kind, 'group' | 'version' | 'plural' | 'namespaced'>

/** All objects of a kind, or those of one namespace. */
export function collectionPath(kind: Located, namespace?: string): string {
  const root = `${kind.group === '' ? '/api' : '/apis'}/${apiVersionOf(kind)}`
  return kind.namespaced && namespace ? `${root}/namespaces/${encodeURIComponent(namespace)}/${kind.plural}` : `${root}/${kind.plural}`
}

export function objectPath(kind: Located, key: Key, subresource?: string): string {
  const path = `${collectionPath(kind, key.namespace)}/${encodeURIComponent(key.name)}`
  return subresource ? `${path}/${subresource}` : path
}
