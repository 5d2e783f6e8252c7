import { atomic, defaulted, type Infer, object, quantity, required, string } from '../../schema/schema.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const objectFieldSelector = atomic(
  object(core('ObjectFieldSelector'), '', {
    apiVersion: defaulted(string(), 'v1'),
    fieldPath: required(string()),
  }),
)
export type ObjectFieldSelector = Infer<typeof objectFieldSelector>

export const resourceFieldSelector = atomic(
  object(core('ResourceFieldSelector'), '', {
    containerName: string(),
    divisor: defaulted(quantity(), '0'),
    resource: required(string()),
  }),
)
export type ResourceFieldSelector = Infer<typeof resourceFieldSelector>
