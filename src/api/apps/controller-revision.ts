import { requiredValue } from '../../meta/field-error.ts'
import { controllerOf } from '../../meta/owner-references.ts'
import { describe, int64, raw, required } from '../../schema/schema.ts'
import { count, text } from '../columns.ts'
import { ageColumn, type Column, type Kind, type NamespacedObject, nameColumn, namespacedKind } from '../kind.ts'
import { immutable, must, notNegative } from '../validation.ts'

const fields = {
  data: describe('The state that the revision keeps.', raw('', 'io.k8s.apimachinery.pkg.runtime.RawExtension')),
  revision: required(int64('Its number.')),
}
export type ControllerRevision = NamespacedObject<typeof fields>

function controllerName(revision: ControllerRevision): string {
  const controller = controllerOf(revision)
  if (!controller) return '<none>'
  const slash = controller.apiVersion.indexOf('/')
  const group = slash < 0 ? '' : `.${controller.apiVersion.slice(0, slash)}`
  return `${controller.kind.toLowerCase()}${group}/${controller.name}`
}

const columns: readonly Column<ControllerRevision>[] = [
  nameColumn,
  text('Controller', 'Who keeps this revision.', controllerName),
  count('Revision', 'Number of the revision.', r => r.revision ?? 0),
  ageColumn,
]

export const ControllerRevision: Kind<ControllerRevision> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
  doc: 'A former or current state that a controller can go back to.',
  fields,
  validate: (next, previous) => [
    ...must(next.data !== undefined, () => requiredValue('data', 'data is mandatory')),
    ...notNegative(next.revision, 'revision'),
    ...(previous ? immutable(next.data, previous.data, 'data') : []),
  ],
  columns,
})
