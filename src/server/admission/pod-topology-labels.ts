// PodTopologyLabels: a pod is labelled with the zone and the region of its node, when it is bound or where it names its node from the start.
import type { Binding } from '../../api/core/binding.ts'
import { Node } from '../../api/core/node.ts'
import { type Pod, Pod as PodKind } from '../../api/core/pod.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import type { Storage } from '../storage.ts'
import type { AdmissionPlugin, Mutation } from './admission.ts'

const keys = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'] as const

export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  mutate(request, storage) {
    const { object } = request
    const name = nodeOf(request)
    const labels = name ? topologyOf(storage, name) : undefined
    return labels ? { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } } : object
  },
}

function nodeOf({ operation, call, subresource, object }: Mutation): string | undefined {
  if (operation !== 'CREATE' || call.resource.kind !== PodKind) return undefined
  if (subresource === '') return (object as Pod).spec.nodeName
  if (subresource !== 'binding') return undefined
  const { target } = object as KubeObject as Binding
  return target?.kind === 'Node' ? target.name : undefined
}

/** Undefined where the node says nothing, or is not there. */
function topologyOf(storage: Storage, name: string): Readonly<Record<string, string>> | undefined {
  const labels = storage.find(Node, undefined, name)?.metadata.labels
  const found = keys.flatMap(key => {
    const value = labels?.[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  return found.length > 0 ? Object.fromEntries(found) : undefined
}
