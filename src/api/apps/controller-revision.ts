import { int64, raw, required } from '../../schema/schema.ts'
import { type Kind, type NamespacedObject, namespacedKind } from '../kind.ts'

const fields = {
  data: raw('', 'io.k8s.apimachinery.pkg.runtime.RawExtension'),
  revision: required(int64()),
}
export type ControllerRevision = NamespacedObject<typeof fields>

export const ControllerRevision: Kind<ControllerRevision> = namespacedKind({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  definition: 'io.k8s.api.apps.v1.ControllerRevision',
  doc: '',
  fields,
})
