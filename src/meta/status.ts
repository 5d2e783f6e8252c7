import { atomicList, boolean, describe, type Infer, int32, int64, object, string } from '../schema/schema.ts'
import { listMeta } from './object-meta.ts'

const meta = (name: string) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`

export const preconditions = object(meta('Preconditions'), '', {
  resourceVersion: string('The version it must have.'),
  uid: string('The identity it must have.'),
})
export type Preconditions = Infer<typeof preconditions>

export const deleteOptions = object(meta('DeleteOptions'), '', {
  apiVersion: string("Version of the options' schema."),
  dryRun: describe('`All` for a trial that changes nothing.', atomicList(string())),
  gracePeriodSeconds: int64('Seconds that the object may take to end; its own default when absent, 0 for at once.'),
  ignoreStoreReadErrorWithClusterBreakingPotential: boolean('Deletes what can no longer be read, whatever that breaks.'),
  kind: string('Kind of the options.'),
  orphanDependents: boolean('No longer used; see propagationPolicy.'),
  preconditions: describe('What the object must be to be deleted.', preconditions),
  propagationPolicy: string('What becomes of dependents: Orphan, Background or Foreground.'),
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
