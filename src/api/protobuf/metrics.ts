import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.metrics.pkg.apis.metrics.v1beta1': {
    ContainerMetrics: 'name= usage',
    NodeMetrics: 'metadata= timestamp= window= usage',
    PodMetrics: 'metadata= timestamp= window= containers',
  },
}
