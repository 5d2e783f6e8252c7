import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.autoscaling.v1': {
    Scale: 'metadata= spec= status=',
    ScaleSpec: 'replicas~',
    ScaleStatus: 'replicas= selector~',
  },
}
