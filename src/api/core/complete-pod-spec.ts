// The defaults of a pod that depend on more than one field. What a field alone decides stands in the schema.
// A pod template gets fewer of them than a pod: what is left open there is decided when its pods are created.
import { formatQuantity } from '../../meta/quantity.ts'
import { mapShared, withFields, withMissing } from '../sharing.ts'
import type { Container, EphemeralContainer } from './container.ts'
import { defaultPullPolicy } from './image-name.ts'
import { containerTotals, isPodLevelResource } from './pod-resources.ts'
import type { PodSpec, PodTemplateSpec } from './pod-spec.ts'
import type { Amounts } from './resource-amounts.ts'
import { isHugePages } from './resource-names.ts'
import type { Volume } from './volume.ts'

/** Defaults of every pod spec, be it a pod's or a template's. */
export function completePodSpec(spec: PodSpec): PodSpec {
  const account = spec.serviceAccountName || spec.serviceAccount || undefined
  return withFields(spec, {
    containers: mapShared(spec.containers ?? [], completeImage),
    initContainers: spec.initContainers && mapShared(spec.initContainers, completeImage),
    ephemeralContainers: spec.ephemeralContainers && mapShared(spec.ephemeralContainers, completeImage),
    volumes: spec.volumes && mapShared(spec.volumes, completeVolume),
    serviceAccountName: account,
    serviceAccount: account,
  })
}

export function completePodTemplate(template: PodTemplateSpec): PodTemplateSpec {
  return template.spec ? withFields(template, { spec: completePodSpec(template.spec) }) : template
}

/** A spec whose `template` may still be missing: validation says so later. */
export function completeTemplateOf<S extends { readonly template?: PodTemplateSpec | undefined }>(spec: S): S {
  const { template } = spec
  const completed = template && completePodTemplate(template)
  return completed === template ? spec : { ...spec, template: completed }
}

/** Defaults that pods have beyond those of templates. */
export function completeOwnPodSpec(spec: PodSpec): PodSpec {
  const completed = completePodSpec(spec)
  const completeContainer = (container: Container) => completePorts(completeRequests(container), completed.hostNetwork ?? false)
  return completePodResources(
    withFields(completed, {
      containers: mapShared(completed.containers, completeContainer),
      initContainers: completed.initContainers && mapShared(completed.initContainers, completeContainer),
      enableServiceLinks: completed.enableServiceLinks ?? true,
    }),
  )
}

/**
 * Where something is said of the pod as a whole, its containers' huge pages limit it too; and where it is limited, it requests what
 * its containers do together, and of other resources all that it may use.
 */
function completePodResources(spec: PodSpec): PodSpec {
  const { resources } = spec
  const isEmpty = (amounts: Amounts | undefined) => Object.keys(amounts ?? {}).length === 0
  if (!resources || (isEmpty(resources.limits) && isEmpty(resources.requests))) return spec
  const pages = totalsOf(spec, 'limits', name => isHugePages(name) && !Object.hasOwn(resources.requests ?? {}, name))
  const limits = isEmpty(pages) ? resources.limits : withMissing(resources.limits, pages)
  if (!limits || isEmpty(limits)) return spec
  const asked = totalsOf(spec, 'requests', name => isPodLevelResource(name) && !isHugePages(name))
  const allowed = Object.fromEntries(Object.entries(limits).filter(([name]) => isPodLevelResource(name)))
  const missing = { ...allowed, ...asked }
  const requests = isEmpty(missing) ? resources.requests : withMissing(resources.requests, missing)
  return withFields(spec, { resources: withFields(resources, { limits, requests }) })
}

function totalsOf(spec: PodSpec, side: 'requests' | 'limits', isMeant: (name: string) => boolean): Amounts {
  const totals = [...containerTotals(spec, side)].filter(([name]) => isMeant(name))
  return Object.fromEntries(totals.map(([name, amount]) => [name, formatQuantity(amount)]))
}

function completeImage<C extends Container | EphemeralContainer>(container: C): C {
  if (container.imagePullPolicy) return container
  return { ...container, imagePullPolicy: defaultPullPolicy(container.image ?? '') }
}

function completeVolume(volume: Volume): Volume {
  const { image } = volume
  if (image)
    return withFields(volume, { image: withFields(image, { pullPolicy: image.pullPolicy || defaultPullPolicy(image.reference ?? '') }) })
  const hasSource = Object.entries(volume).some(([field, value]) => field !== 'name' && value !== undefined)
  return hasSource ? volume : { ...volume, emptyDir: {} }
}

/** A limit without a request is also the request. */
function completeRequests(container: Container): Container {
  const { resources } = container
  if (!resources?.limits) return container
  const requests = withMissing(resources.requests, resources.limits)
  return withFields(container, { resources: withFields(resources, { requests }) })
}

/** On the host's network, a container's port is the host's port. */
function completePorts(container: Container, hostNetwork: boolean): Container {
  if (!hostNetwork || !container.ports) return container
  return withFields(container, {
    ports: mapShared(container.ports, port => (port.hostPort || !port.containerPort ? port : { ...port, hostPort: port.containerPort })),
  })
}
