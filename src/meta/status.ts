import { atomicList, boolean, type Infer, int32, int64, object, string } from '../schema/schema.ts'
import { listMeta } from './object-meta.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const preconditions = object(meta('Preconditions'), '', {
  resourceVersion: string(),
  uid: string(),
})
export type Preconditions = Infer<typeof preconditions>

export const deleteOptions = object(meta('DeleteOptions'), '', {
  apiVersion: string(),
  dryRun: atomicList(string()),
  gracePeriodSeconds: int64(),
  ignoreStoreReadErrorWithClusterBreakingPotential: boolean(),
  kind: string(),
  orphanDependents: boolean(),
  preconditions: preconditions,
  propagationPolicy: string(),
})
export type DeleteOptions = Infer<typeof deleteOptions>

export const statusCause = object(meta('StatusCause'), '', {
  field: string(),
  message: string(),
  reason: string(),
})
export type StatusCause = Infer<typeof statusCause>

export const statusDetails = object(meta('StatusDetails'), '', {
  causes: atomicList(statusCause),
  group: string(),
  kind: string(),
  name: string(),
  retryAfterSeconds: int32(),
  uid: string(),
})
export type StatusDetails = Infer<typeof statusDetails>

export const status = object(meta('Status'), '', {
  apiVersion: string(),
  code: int32(),
  details: statusDetails,
  kind: string(),
  message: string(),
  metadata: listMeta,
  reason: string(),
  status: string(),
})
export type Status = Infer<typeof status>
