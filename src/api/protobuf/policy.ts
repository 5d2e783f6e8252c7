import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.policy.v1': {
    Eviction: 'metadata= deleteOptions',
  },
}
