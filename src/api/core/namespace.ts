import { invalidValue } from '../../meta/field-error.ts'
import { atomicList, defaulted, describe, type Infer, listMap, object, patch, required, string, time } from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, allVerbs, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { validateFinalizer } from '../validate-metadata.ts'
import { checkLabelName } from '../validate-name.ts'
import { type Errors, must } from '../validation.ts'

const core = (name: string) => `io.k8s.api.core.v1.${name}`

export const namespaceCondition = object(core('NamespaceCondition'), '', {
  lastTransitionTime: time('When the status last changed.'),
  message: string('What it means, for people.'),
  reason: string('Why, in one word for programs.'),
  status: required(string('True, False or Unknown.')),
  type: required(string('Which condition this is.')),
})
export type NamespaceCondition = Infer<typeof namespaceCondition>

export const namespaceSpec = object(core('NamespaceSpec'), '', {
  finalizers: describe('Who has to let go before the namespace is removed.', atomicList(string())),
})
export type NamespaceSpec = Infer<typeof namespaceSpec>

export const namespaceStatus = object(core('NamespaceStatus'), '', {
  conditions: describe('What stands in the way of its removal.', patch('merge', 'type', listMap(['type'], namespaceCondition))),
  phase: defaulted(string('Active, or Terminating once it has been deleted.'), 'Active'),
})
export type NamespaceStatus = Infer<typeof namespaceStatus>

const fields = {
  spec: describe('How the namespace is to behave.', defaulted(namespaceSpec, {})),
  status: describe('Where the namespace is in its life.', defaulted(namespaceStatus, {})),
}
export type Namespace = ClusterObject<typeof fields>

/** So that namespaces can be selected by name. */
function complete(ns: Namespace): Namespace {
  const { metadata } = ns
  if (!metadata.name) return ns
  const labels = withFields<Readonly<Record<string, string>>>(metadata.labels ?? {}, { 'kubernetes.io/metadata.name': metadata.name })
  return withFields(ns, { metadata: withFields(metadata, { labels }) })
}

/** The namespace's controller has to empty it before it goes. The name may be known only now. */
function onCreate(ns: Namespace): Namespace {
  const { finalizers = [] } = ns.spec
  return complete(finalizers.includes('kubernetes') ? ns : { ...ns, spec: { ...ns.spec, finalizers: [...finalizers, 'kubernetes'] } })
}

function validateStatus({ metadata, status }: Namespace): Errors {
  const phase = metadata.deletionTimestamp ? 'Terminating' : 'Active'
  const detail = `may only be '${phase}' if \`deletionTimestamp\` is ${metadata.deletionTimestamp ? 'not ' : ''}empty`
  return must(status.phase === phase, () => invalidValue('status.Phase', status.phase, detail))
}

const columns: readonly Column<Namespace>[] = [
  nameColumn,
  text('Status', 'Whether it is in use or going.', ns => ns.status.phase),
  ageColumn,
]

export const Namespace: Kind<Namespace> = clusterKind({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  definition: 'io.k8s.api.core.v1.Namespace',
  doc: 'A space for names, and for the rights and limits of those who share a cluster.',
  hasStatus: true,
  // Each namespace is deleted by name.
  verbs: allVerbs.filter(verb => verb !== 'deletecollection'),
  fields,
  onUpdate: (next, previous) => withFields(next, { spec: withFields(next.spec, { finalizers: previous.spec.finalizers }) }),
  validate: (ns, previous) =>
    (ns.spec.finalizers ?? []).flatMap((finalizer, i) =>
      validateFinalizer(finalizer, previous ? `spec.finalizers[${i}]` : 'spec.finalizers'),
    ),
  validateStatus,
  columns,
  selectableFields: { 'status.phase': ns => ns.status.phase },
  checkName: checkLabelName,
  complete,
  onCreate,
})
