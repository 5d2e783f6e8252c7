import { deepEqual } from '../../meta/deep-equal.ts'
import { duplicateValue, type FieldError, invalidValue, unsupportedValue } from '../../meta/field-error.ts'
import {
  always,
  atomicList,
  boolean,
  defaulted,
  describe,
  type Infer,
  int64,
  object,
  oneOf,
  required,
  set,
  string,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { type Errors, immutable, must, together, when } from '../validation.ts'

const storage = (name: string) => `io.k8s.api.storage.v1.${name}`

export const tokenRequest = object(storage('TokenRequest'), 'A token of pods that a driver wants.', {
  audience: required(string("Whom the token is for; the API server's own audience when empty.")),
  expirationSeconds: int64('How long it is good.'),
})
export type TokenRequest = Infer<typeof tokenRequest>

export const csiDriverSpec = object(storage('CSIDriverSpec'), 'How Kubernetes is to deal with a driver.', {
  attachRequired: defaulted(boolean('Whether volumes are attached to nodes before they are mounted; cannot change.'), true),
  fsGroupPolicy: defaulted(
    oneOf(
      ['ReadWriteOnceWithFSType', 'File', 'None'],
      'Whether ownership of files is made to fit pods: ReadWriteOnceWithFSType (where it makes sense), File (always) or None.',
    ),
    'ReadWriteOnceWithFSType',
  ),
  nodeAllocatableUpdatePeriodSeconds: int64('How often the number of volumes that a node can have is asked for; never when absent.'),
  podInfoOnMount: defaulted(boolean('Whether the driver is told for which pod it mounts.'), false),
  preventPodSchedulingIfMissing: boolean('Whether pods keep off nodes that lack the driver. An alpha feature, which is off.'),
  requiresRepublish: defaulted(boolean('Whether the driver is called again and again while a volume is mounted.'), false),
  seLinuxMount: defaulted(boolean('Whether volumes can be mounted with an SELinux context.'), false),
  serviceAccountTokenInSecrets: boolean('Whether tokens come among the secrets of a mount, and not in its context.'),
  storageCapacity: defaulted(boolean('Whether pods are placed with regard to the storage that is left.'), false),
  tokenRequests: describe('Tokens of pods that the driver gets when it mounts.', atomicList(tokenRequest)),
  volumeLifecycleModes: describe(
    'What volumes it can have: Persistent, and Ephemeral ones that come and go with pods; cannot change.',
    set(string()),
  ),
})
export type CSIDriverSpec = Infer<typeof csiDriverSpec>

const fields = { spec: describe('How Kubernetes is to deal with it.', always(csiDriverSpec, {})) }
export type CSIDriver = ClusterObject<typeof fields>

function complete(driver: CSIDriver): CSIDriver {
  if (driver.spec.volumeLifecycleModes?.length) return driver
  return { ...driver, spec: { ...driver.spec, volumeLifecycleModes: ['Persistent'] } }
}

/** What an alpha feature adds is dropped from all but those that have it. */
function withoutAlpha(next: CSIDriver, previous: CSIDriver | undefined): CSIDriver {
  if (previous?.spec.preventPodSchedulingIfMissing !== undefined) return next
  return withFields(next, { spec: withFields(next.spec, { preventPodSchedulingIfMissing: undefined }) })
}

/** The generation counts changes from the first one on: a new driver has none. */
function onUpdate(wanted: CSIDriver, previous: CSIDriver): CSIDriver {
  const next = withoutAlpha(wanted, previous)
  if (deepEqual(next.spec, previous.spec)) return next
  return { ...next, metadata: { ...next.metadata, generation: (previous.metadata.generation ?? 0) + 1 } }
}

function validate({ spec }: CSIDriver, previous: CSIDriver | undefined): Errors {
  const period = spec.nodeAllocatableUpdatePeriodSeconds
  const inSecrets = spec.serviceAccountTokenInSecrets
  return together(
    validateTokens(spec.tokenRequests ?? [], 'spec.tokenRequests'),
    (spec.volumeLifecycleModes ?? [])
      .filter(mode => mode !== 'Persistent' && mode !== 'Ephemeral')
      .map(mode => unsupportedValue('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral'])),
    must(period === undefined || period >= 10, () =>
      invalidValue('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds'),
    ),
    must(inSecrets === undefined || Boolean(spec.tokenRequests?.length), () =>
      invalidValue(
        'spec.serviceAccountTokenInSecrets',
        inSecrets,
        'serviceAccountTokenInSecrets is set but no tokenRequests are specified',
      ),
    ),
    // Upstream's own spelling of the first path.
    when(previous, ({ spec: before }) =>
      together(
        immutable(spec.attachRequired, before.attachRequired, 'spec.attachedRequired'),
        immutable(spec.volumeLifecycleModes, before.volumeLifecycleModes, 'spec.volumeLifecycleModes'),
      ),
    ),
  )
}

const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32

function validateTokens(requests: readonly TokenRequest[], field: string): readonly FieldError[] {
  const known = new Set<string>()
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const at = `${field}[${i}]`
    if (known.has(audience)) return [duplicateValue(`${at}.audience`, audience)]
    known.add(audience)
    return when(seconds, seconds =>
      together(
        must(seconds >= minTokenSeconds, () =>
          invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
        ),
        must(seconds <= maxTokenSeconds, () =>
          invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'),
        ),
      ),
    )
  })
}

function flag(
  name: string,
  doc: string,
  field: 'attachRequired' | 'podInfoOnMount' | 'storageCapacity' | 'requiresRepublish',
): Column<CSIDriver> {
  return { name, type: 'boolean', doc, cell: o => o.spec[field] }
}

const columns: readonly Column<CSIDriver>[] = [
  nameColumn,
  flag('AttachRequired', 'Whether volumes are attached before they are mounted.', 'attachRequired'),
  flag('PodInfoOnMount', 'Whether the driver is told for which pod it mounts.', 'podInfoOnMount'),
  flag('StorageCapacity', 'Whether pods are placed with regard to the storage that is left.', 'storageCapacity'),
  text('TokenRequests', 'Audiences of the tokens that it gets.', o => o.spec.tokenRequests?.map(t => t.audience).join(',') ?? '<unset>'),
  flag('RequiresRepublish', 'Whether it is called again while a volume is mounted.', 'requiresRepublish'),
  text('Modes', 'What volumes it can have.', o => o.spec.volumeLifecycleModes?.join(',') || '<none>'),
  ageColumn,
]

export const CSIDriver: Kind<CSIDriver> = clusterKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  plural: 'csidrivers',
  definition: 'io.k8s.api.storage.v1.CSIDriver',
  doc: 'A driver of volumes that is in the cluster, and how Kubernetes is to deal with it.',
  updatesNeedVersion: true,
  fields,
  validate,
  columns,
  complete,
  onCreate: driver => withoutAlpha(driver, undefined),
  onUpdate,
})
