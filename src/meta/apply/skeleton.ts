// What upstream's built-in objects have before anything is set: Go's structs that are not pointers are always there, and so are required lists
// and maps, as null. Who sets a field within them does not come to own them.
import type { SchemaNode } from '../../schema/schema.ts'

export interface Skeleton {
  readonly [field: string]: Skeleton
}

const none: Skeleton = Object.freeze({})

/** The fields that are structs, wherever they stand beneath the root through structs alone. */
const structs = new Set([
  'metadata',
  'spec',
  'status',
  'template',
  'jobTemplate',
  'strategy',
  'updateStrategy',
  'involvedObject',
  'regarding',
  'source',
  'deprecatedSource',
  'loadBalancer',
  'nodeInfo',
  'daemonEndpoints',
  'kubeletEndpoint',
  'scaleTargetRef',
  'priorityLevelConfiguration',
  'devices',
  'pool',
  'names',
])
/** And what is one, or none, in one definition alone. */
const structsOf = new Map([
  ['io.k8s.api.core.v1.PersistentVolumeClaimSpec.resources', true],
  ['io.k8s.api.core.v1.ReplicationControllerSpec.template', false],
])
const known = new WeakMap<SchemaNode, Skeleton>()

/** Of the root node of a kind. */
export function skeletonOf(node: SchemaNode): Skeleton {
  let skeleton = known.get(node)
  if (!skeleton) {
    // Custom objects begin as nothing but that they are objects.
    skeleton = node.type === 'object' && node.custom ? { metadata: none } : grow(node, new Set())
    known.set(node, skeleton)
  }
  return skeleton
}

function grow(node: SchemaNode, within: ReadonlySet<SchemaNode>): Skeleton {
  if (node.type !== 'object' || within.has(node)) return none
  const inner = new Set(within).add(node)
  const out: Record<string, Skeleton> = {}
  for (const [key, field] of Object.entries(node.fields)) {
    if (field.node.type === 'object') {
      if (structsOf.get(`${node.name}.${key}`) ?? structs.has(key)) out[key] = grow(field.node, inner)
    } else if (field.required && (field.node.type === 'array' || field.node.type === 'map')) out[key] = none
  }
  return out
}
