// PodSecurity: what the labels of a namespace enforce of its pods, and warn of in what makes pods.

import { Namespace } from '../../../api/core/namespace.ts'
import { Pod } from '../../../api/core/pod.ts'
import type { PodTemplateSpec } from '../../../api/core/pod-spec.ts'
import { deepEqual } from '../../../meta/deep-equal.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import { StatusError } from '../../../meta/status-error.ts'
import type { Storage } from '../../storage.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import type { CheckedPod } from './checks.ts'
import { describeReasons, describeViolations, violationsOf } from './evaluate.ts'
import { labelErrors, modes, type Policy, policyName, policyOf } from './levels.ts'

/** So many pods of a namespace are looked at when its level rises. */
const maxReviewed = 3000

/** The subresources by which what a pod may do is written. */
const podWrites = new Set(['ephemeralcontainers', 'resize'])

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request, storage) {
    const { operation, object, call, subresource } = request
    if (!object || operation === 'DELETE') return
    const { kind } = call.resource
    if (kind === Namespace) return reviewNamespace(request, storage)
    if (!kind.namespaced || (subresource !== '' && !podWrites.has(subresource))) return
    const template = kind === Pod || subresource !== '' ? undefined : templates[`${kind.group}/${kind.kind}`]
    if (kind !== Pod && !template) return
    const labels = storage.find(Namespace, undefined, call.info.namespace)?.metadata.labels
    if (!labels || !modes.some(mode => policyOf(labels, mode).level !== 'privileged')) return
    if (kind === Pod) reviewPod(request, labels)
    else {
      const pod = template?.(object)
      if (pod) tell(request, { annotations: pod.metadata?.annotations ?? {}, spec: pod.spec as CheckedPod['spec'] }, labels)
    }
  },
}

type Labels = NonNullable<KubeObject['metadata']['labels']>

function reviewPod(request: AdmissionRequest, labels: Labels): void {
  const { call, operation } = request
  const pod = request.object as Pod
  const previous = request.previous as Pod | undefined
  if (operation === 'UPDATE' && previous && !isSignificant(pod, previous)) return
  const checked = checkedPod(pod)
  const enforced = policyOf(labels, 'enforce')
  const found = violationsOf(checked, enforced)
  if (found.length > 0) {
    const why = `violates PodSecurity ${JSON.stringify(policyName(enforced))}: ${describeViolations(found)}`
    throw StatusError.forbidden(call.resource, pod.metadata.name ?? '', why)
  }
  tell(request, checked, labels)
}

/** What passes and should not goes to the user, and into the record of the request. */
function tell({ call }: AdmissionRequest, pod: CheckedPod, labels: Labels): void {
  const would = (policy: Policy) => {
    const found = violationsOf(pod, policy)
    return found.length === 0 ? undefined : `would violate PodSecurity ${JSON.stringify(policyName(policy))}: ${describeViolations(found)}`
  }
  const warning = would(policyOf(labels, 'warn'))
  if (warning) call.warnings.push(warning)
  const recorded = would(policyOf(labels, 'audit'))
  if (recorded) call.annotate?.('pod-security.kubernetes.io/audit-violations', recorded)
}

function checkedPod({ metadata, spec }: Pod): CheckedPod {
  return { annotations: metadata.annotations ?? {}, spec }
}

/** Of a pod that runs, only images and profiles can change what it may do. */
function isSignificant(pod: Pod, previous: Pod): boolean {
  const images = (list: readonly { readonly image?: string | undefined }[] | undefined) => (list ?? []).map(({ image }) => image)
  const { spec } = pod
  if (!deepEqual(images(spec.containers), images(previous.spec.containers))) return true
  if (!deepEqual(images(spec.initContainers), images(previous.spec.initContainers))) return true
  const before = new Map(previous.spec.ephemeralContainers?.map(({ name, image }) => [name, image]))
  if (spec.ephemeralContainers?.some(({ name, image }) => !before.has(name) || before.get(name) !== image)) return true
  const profiles = ({ metadata }: Pod) =>
    JSON.stringify(Object.entries(metadata.annotations ?? {}).filter(([key]) => key.includes('apparmor') || key.includes('seccomp')))
  return profiles(pod) !== profiles(previous)
}

type TemplateOf = (object: KubeObject) => PodTemplateSpec | undefined
type WithTemplate = { readonly spec?: { readonly template?: PodTemplateSpec } }

const ofSpec: TemplateOf = object => (object as WithTemplate).spec?.template

const templates: Readonly<Record<string, TemplateOf>> = {
  '/PodTemplate': object => (object as { readonly template?: PodTemplateSpec }).template,
  '/ReplicationController': ofSpec,
  'apps/ReplicaSet': ofSpec,
  'apps/Deployment': ofSpec,
  'apps/StatefulSet': ofSpec,
  'apps/DaemonSet': ofSpec,
  'batch/Job': ofSpec,
  'batch/CronJob': object => (object as { readonly spec?: { readonly jobTemplate?: WithTemplate } }).spec?.jobTemplate?.spec?.template,
}

/** Labels must say something; pods that a higher level would not have let in are told of. */
function reviewNamespace({ object, previous, call, subresource }: AdmissionRequest, storage: Storage): void {
  if (subresource !== '') return
  const { name, labels } = (object as Namespace).metadata
  const errors = labelErrors(labels)
  if (errors.length > 0) throw StatusError.invalid(Namespace, name ?? '', errors)
  if (!previous) return
  const [next, before] = [policyOf(labels, 'enforce'), policyOf(previous.metadata.labels, 'enforce')]
  if (next.level === 'privileged' || (next.level === before.level && next.minor === before.minor)) return
  const violating = storage
    .all(Pod, name)
    .slice(0, maxReviewed)
    .flatMap(pod => {
      const found = violationsOf(checkedPod(pod), next)
      return found.length === 0 ? [] : [{ name: pod.metadata.name, reasons: describeReasons(found) }]
    })
  if (violating.length === 0) return
  call.warnings.push(
    `existing pods in namespace ${JSON.stringify(name)} violate the new PodSecurity enforce level ${JSON.stringify(policyName(next))}`,
  )
  for (const [reasons, pods] of Map.groupBy(violating, v => v.reasons)) {
    const others = pods.length === 1 ? '' : pods.length === 2 ? ' (and 1 other pod)' : ` (and ${pods.length - 1} other pods)`
    call.warnings.push(`${pods[0]?.name}${others}: ${reasons}`)
  }
}
