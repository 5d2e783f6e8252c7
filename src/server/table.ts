// What `kubectl get` shows: rows of cells that the kinds' columns compute, beside the object's metadata.
import type { Column } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { Resource } from './resource.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly include: IncludeObject
  readonly now: number
  /** Later tables of a watch leave the definitions out. */
  readonly withDefinitions: boolean
}

export function table(resource: Resource, objects: readonly KubeObject[], metadata: object, options: TableOptions): object {
  const { columns } = resource.kind
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.withDefinitions ? columns.map(definition) : [],
    rows: objects.map(object => ({
      cells: columns.map(column => column.cell(object, options.now)),
      object: options.include === 'None' ? null : options.include === 'Object' ? object : partialMetadata(object),
    })),
  }
}

function definition(column: Column<KubeObject>): object {
  return { name: column.name, type: column.type, format: column.format ?? '', description: column.doc, priority: column.priority ?? 0 }
}

export function partialMetadata(object: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}
