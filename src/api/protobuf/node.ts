import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.node.v1': {
    Overhead: 'podFixed',
    RuntimeClass: 'metadata= handler= overhead scheduling',
    Scheduling: 'nodeSelector tolerations',
  },
}
