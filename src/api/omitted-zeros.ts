// Which fields are absent when they have the zero of their type, as upstream's are that have `omitempty` and are no pointers: the marks of
// the field tables tell of scalars; lists and maps are, where the schema does not require them.
import { parseRow } from '../schema/protobuf.ts'
import type { ObjectNode } from '../schema/schema.ts'
import { protobufFields } from './protobuf-fields.ts'

/** Optional lists that are kept when they are empty. Upstream writes them, or tells them from none while it looks at what is sent. */
const keptWhenEmpty: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.autoscaling.v2.HPAScalingRules': ['policies'],
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerStatus': ['currentMetrics'],
  'io.k8s.api.discovery.v1.EndpointSlice': ['ports'],
  'io.k8s.api.rbac.v1.ClusterRole': ['rules'],
  'io.k8s.api.rbac.v1.Role': ['rules'],
  'io.k8s.api.resource.v1.ResourceSliceSpec': ['devices', 'sharedCounters'],
  'io.k8s.api.storage.v1.CSINodeDriver': ['topologyKeys'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionStatus': ['conditions', 'storedVersions'],
  // To send none is a wish: to forget them.
  'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta': ['managedFields'],
}

const known = new WeakMap<ObjectNode, ReadonlySet<string>>()

export function omitsZero(node: ObjectNode, field: string): boolean {
  let fields = known.get(node)
  if (!fields) {
    fields = omittedFields(node)
    known.set(node, fields)
  }
  return fields.has(field)
}

function omittedFields(node: ObjectNode): ReadonlySet<string> {
  const scalars = markedFields(node.name)
  const kept = keptWhenEmpty[node.name] ?? []
  const names = Object.entries(node.fields).flatMap(
    ([
      name,
      {
        node: { type, ...of },
        required,
      },
    ]) => {
      const isList = type === 'array' || type === 'map' || ('format' in of && of.format === 'byte')
      return (isList ? !required && !kept.includes(name) : scalars.has(name)) ? [name] : []
    },
  )
  return new Set(names)
}

function markedFields(definition: string): ReadonlySet<string> {
  const dot = definition.lastIndexOf('.')
  const family = definition.slice(0, dot)
  const row = protobufFields[family]?.[definition.slice(dot + 1)] ?? ''
  const names = parseRow(row).flatMap(entry =>
    'inlined' in entry ? [...markedFields(`${family}.${entry.inlined}`)] : entry.omitsZero ? [entry.name] : [],
  )
  return new Set(names)
}
