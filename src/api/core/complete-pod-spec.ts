// The defaults of a pod that depend on more than one field. What a field alone decides stands in the schema.
// A pod template gets fewer of them than a pod: what is left open there is decided when its pods are created.
import { mapShared, withFields, withMissing } from '../sharing.ts'
import type { Container, EphemeralContainer } from './container.ts'
import { defaultPullPolicy } from './image-name.ts'
import type { PodSpec, PodTemplateSpec } from './pod-spec.ts'
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
  return withFields(completed, {
    containers: mapShared(completed.containers, completeContainer),
    initContainers: completed.initContainers && mapShared(completed.initContainers, completeContainer),
    enableServiceLinks: completed.enableServiceLinks ?? true,
  })
}

function completeImage<C extends Container | EphemeralContainer>(container: C): C {
  if (container.imagePullPolicy) return container
  return { ...container, imagePullPolicy: defaultPullPolicy(container.image ?? '') }
}

function completeVolume(volume: Volume): Volume {
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
