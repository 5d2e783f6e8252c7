import { checkDns1123Label } from '../../meta/names.ts'
import { atomic, atomicList, describe, type Infer, map, object, quantity, required, string } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { toleration } from '../core/affinity.ts'
import { validateTolerations } from '../core/validate-affinity.ts'
import { validateContainerResources } from '../core/validate-resources.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { type Errors, immutable, labels, shaped, when } from '../validation.ts'
import { deprecatedNodeLabel } from '../warnings.ts'

const node = (name: string) => `io.k8s.api.node.v1.${name}`

export const overhead = object(node('Overhead'), 'What a pod costs besides its containers.', {
  podFixed: map(quantity(), 'The amount of each resource that every pod costs.'),
})

export const scheduling = object(node('Scheduling'), 'The nodes that can run pods of a class.', {
  nodeSelector: describe("Labels that such nodes have, besides those of the pod's own selector.", atomic(map(string()))),
  tolerations: describe('Taints of such nodes that the pods put up with, besides those they do anyway.', atomicList(toleration)),
})
export type Scheduling = Infer<typeof scheduling>

const fields = {
  handler: describe("The name that the nodes' container runtime knows the class by. It cannot be changed.", required(string())),
  overhead: describe('What a pod of the class costs besides its containers.', overhead),
  scheduling: describe('The nodes that can run such pods; every node when absent.', scheduling),
}
export type RuntimeClass = ClusterObject<typeof fields>

function validate({ handler = '', overhead, scheduling }: RuntimeClass, previous: RuntimeClass | undefined): Errors {
  return [
    ...shaped(handler, 'handler', checkDns1123Label),
    ...when(overhead, ({ podFixed }) => validateContainerResources(podFixed && { limits: podFixed }, new Set(), 'overhead')),
    ...when(scheduling, ({ nodeSelector, tolerations }) => [
      ...labels(nodeSelector, 'scheduling.nodeSelector'),
      ...validateTolerations(tolerations, 'scheduling.tolerations'),
    ]),
    ...(previous ? immutable(handler, previous.handler, 'handler') : []),
  ]
}

const columns: readonly Column<RuntimeClass>[] = [
  nameColumn,
  text('Handler', "The name that the nodes' container runtime knows it by.", o => o.handler),
  ageColumn,
]

export const RuntimeClass: Kind<RuntimeClass> = clusterKind({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  definition: node('RuntimeClass'),
  doc: 'A way in which nodes can run the containers of a pod.',
  createsOnUpdate: true,
  updatesNeedVersion: true,
  fields,
  columns,
  validate,
  warnings: ({ scheduling }) =>
    Object.keys(scheduling?.nodeSelector ?? {}).flatMap(key => {
      const message = deprecatedNodeLabel(key)
      return message === undefined ? [] : [`scheduling.nodeSelector: ${message}`]
    }),
})
