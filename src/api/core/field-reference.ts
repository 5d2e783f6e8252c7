import { atomic, defaulted, type Infer, object, quantity, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const objectFieldSelector = atomic(
  object(core('ObjectFieldSelector'), '', {
    apiVersion: defaulted(string('The version that the path is written for.'), 'v1'),
    fieldPath: required(string('Path of the field, such as `metadata.name`.')),
  }),
)
export type ObjectFieldSelector = Infer<typeof objectFieldSelector>

export const resourceFieldSelector = atomic(
  object(core('ResourceFieldSelector'), '', {
    containerName: string('The container; needed in volumes only.'),
    divisor: defaulted(quantity('The unit that the value is shown in.'), '0'),
    resource: required(string('The resource, such as `limits.cpu`.')),
  }),
)
export type ResourceFieldSelector = Infer<typeof resourceFieldSelector>
