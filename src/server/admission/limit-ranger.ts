// LimitRanger: pods get the requests and limits that the limit ranges of their namespace give to those that say nothing, and pods and
// claims stay within what these ranges allow.
import type { Container } from '../../api/core/container.ts'
import { LimitRange, type LimitRangeItem } from '../../api/core/limit-range.ts'
import { PersistentVolumeClaim as ClaimKind, type PersistentVolumeClaim } from '../../api/core/persistent-volume-claim.ts'
import { type Pod, Pod as PodKind } from '../../api/core/pod.ts'
import { amountsOf, podLimits, podRequests, type ResourceAmounts } from '../../api/core/pod-resources.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import type { Amounts } from '../../api/core/resource-amounts.ts'
import { mapShared, withFields, withMissing } from '../../api/sharing.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { compareQuantity, formatQuantity, type Quantity } from '../../meta/quantity.ts'
import { StatusError } from '../../meta/status-error.ts'
import { deriveSpec } from '../shared-specs.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const annotation = 'kubernetes.io/limit-ranger'

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  mutate(request, storage) {
    const { call, object } = request
    if (!asksForPod(request)) return object
    return storage.all(LimitRange, call.info.namespace).reduce(withDefaults, object as Pod)
  },
  /** A claim is looked at again where it asks for another amount. */
  validate(request, storage) {
    const { call, subresource, object, previous } = request
    const { kind } = call.resource
    if (!object || !((kind === ClaimKind && subresource === '') || asksForPod(request))) return
    if (previous?.metadata.deletionTimestamp) return
    for (const { spec } of storage.all(LimitRange, call.info.namespace)) {
      const wrong = [...new Set((spec.limits ?? []).flatMap(item => complaints(item, kind === PodKind, object, previous)))]
      if (wrong.length > 0)
        throw StatusError.forbidden(call.resource, object.metadata.name, wrong.length === 1 ? `${wrong[0]}` : `[${wrong.join(', ')}]`)
    }
  },
}

/** What containers ask for changes by a resize alone, so other changes of pods are not looked at. */
function asksForPod({ operation, call, subresource }: AdmissionRequest): boolean {
  if (call.resource.kind !== PodKind) return false
  return subresource === '' ? operation === 'CREATE' : subresource === 'resize' && operation === 'UPDATE'
}

function withDefaults(pod: Pod, { metadata, spec: { limits = [] } }: LimitRange): Pod {
  const item = limits.find(({ type }) => type === 'Container')
  const added = item ? describeDefaults(pod.spec, item) : []
  if (!item || added.length === 0) return pod
  const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${added.join('; ')}` }
  const spec = deriveSpec(pod.spec, `limits ${metadata.uid} ${metadata.resourceVersion}`, spec => fill(spec, item))
  return { ...pod, metadata: { ...pod.metadata, annotations }, spec }
}

function fill(spec: PodSpec, item: LimitRangeItem): PodSpec {
  const each = <C extends Container>(container: C): C => withFields<Container>(container, { resources: filled(container, item) }) as C
  return withFields(spec, {
    containers: mapShared(spec.containers, each),
    initContainers: spec.initContainers && mapShared(spec.initContainers, each),
  })
}

function filled({ resources }: Container, { default: limits, defaultRequest: requests }: LimitRangeItem): Container['resources'] {
  return withFields(resources ?? {}, { limits: completed(resources?.limits, limits), requests: completed(resources?.requests, requests) })
}

function completed(own: Amounts | undefined, given: Amounts | undefined): Amounts | undefined {
  return given && Object.keys(given).length > 0 ? withMissing(own, given) : own
}

/** `cpu, memory request for container web`. */
function describeDefaults({ containers, initContainers = [] }: PodSpec, item: LimitRangeItem): string[] {
  const describe = (word: string) => (container: Container) =>
    (['request', 'limit'] as const).flatMap(what => {
      const own = what === 'request' ? container.resources?.requests : container.resources?.limits
      const given = what === 'request' ? item.defaultRequest : item.default
      const names = Object.keys(given ?? {}).filter(name => own?.[name] === undefined)
      return names.length > 0 ? [`${names.sort().join(', ')} ${what} for ${word} ${container.name}`] : []
    })
  return [...containers.flatMap(describe('container')), ...initContainers.flatMap(describe('init container'))]
}

/** What somebody asks for, as one sort of limit looks at it. `limits` undefined: there is no such thing, as for claims. */
interface Asked {
  readonly requests: ResourceAmounts
  readonly limits: ResourceAmounts | undefined
}

function complaints(item: LimitRangeItem, isPod: boolean, object: KubeObject, previous: KubeObject | undefined): string[] {
  if (!isPod) return item.type === 'PersistentVolumeClaim' ? complaintsOfClaim(item, object as PersistentVolumeClaim, previous) : []
  const { spec } = object as Pod
  if (item.type === 'Container') return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(c => beyond(item, askedBy(c)))
  if (item.type !== 'Pod') return []
  // The cost of running the pod at all is not what its author asks for.
  const bare = withFields(spec, { overhead: undefined })
  return beyond(item, { requests: podRequests(bare), limits: podLimits(bare) })
}

function askedBy({ resources }: Container): Asked {
  return { requests: amountsOf(resources?.requests), limits: amountsOf(resources?.limits) }
}

function complaintsOfClaim(item: LimitRangeItem, claim: PersistentVolumeClaim, previous: KubeObject | undefined): string[] {
  const requests = amountsOf(claim.spec.resources.requests)
  const before = amountsOf((previous as PersistentVolumeClaim | undefined)?.spec.resources.requests)
  const isNew = (name: string) => {
    const [now, old] = [requests.get(name), before.get(name)]
    return !now || !old || compareQuantity(now, old) !== 0
  }
  return beyond(item, { requests, limits: undefined }, isNew)
}

function beyond(item: LimitRangeItem, asked: Asked, isNew: (name: string) => boolean = () => true): string[] {
  const { type, min, max, maxLimitRequestRatio } = item
  const check = (
    amounts: LimitRangeItem['min'],
    judge: (type: string, name: string, bound: Quantity, asked: Asked) => string | undefined,
  ) =>
    [...amountsOf(amounts)]
      .filter(([name]) => isNew(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, bound]) => judge(type, name, bound, asked) ?? [])
  return [...check(min, belowLeast), ...check(max, aboveMost), ...(asked.limits ? check(maxLimitRequestRatio, aboveRatio) : [])]
}

function belowLeast(type: string, name: string, least: Quantity, { requests, limits }: Asked): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${formatQuantity(least)}`
  const [request, limit] = [requests.get(name), limits?.get(name)]
  if (!request) return `${rule}.  No request is specified`
  if (compareQuantity(request, least) < 0) return `${rule}, but request is ${formatQuantity(request)}`
  return limit && compareQuantity(limit, least) < 0 ? `${rule}, but limit is ${formatQuantity(limit)}` : undefined
}

function aboveMost(type: string, name: string, most: Quantity, { requests, limits }: Asked): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${formatQuantity(most)}`
  const [request, limit] = [requests.get(name), limits?.get(name)]
  if (limits ? !limit : !request) return `${rule}.  No ${limits ? 'limit' : 'request'} is specified`
  if (limit && compareQuantity(limit, most) > 0) return `${rule}, but limit is ${formatQuantity(limit)}`
  return request && compareQuantity(request, most) > 0 ? `${rule}, but request is ${formatQuantity(request)}` : undefined
}

function aboveRatio(type: string, name: string, ratio: Quantity, { requests, limits }: Asked): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${formatQuantity(ratio)}`
  const [request, limit] = [requests.get(name), limits?.get(name)]
  if (!request || request.nanos === 0n) return `${rule}, but no request is specified or request is 0`
  if (!limit || limit.nanos === 0n) return `${rule}, but no limit is specified or limit is 0`
  if (limit.nanos * 1_000_000_000n <= request.nanos * ratio.nanos) return undefined
  return `${rule}, but provided ratio is ${(Number(limit.nanos) / Number(request.nanos)).toFixed(6)}`
}
