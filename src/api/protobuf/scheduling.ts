import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.scheduling.v1': {
    PriorityClass: 'metadata= value= globalDefault~ description~ preemptionPolicy',
  },
}
