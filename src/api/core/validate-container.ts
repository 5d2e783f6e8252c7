// Containers of the three sorts: ordinary ones, init containers with sidecars among them, and ephemeral ones.
import { duplicateValue, type FieldError, forbiddenValue, invalidValue, notFoundValue, requiredValue } from '../../meta/field-error.ts'
import { checkPortName } from '../../meta/names.ts'
import { type Errors, each, label, must, named, portNumber, shaped, supported, together, unique, uniqueNames } from '../validation.ts'
import type { Container, ContainerPort, EphemeralContainer, VolumeMount } from './container.ts'
import { isSidecar } from './container-roles.ts'
import type { PodSpec } from './pod-spec.ts'
import { validateEnv, validateEnvFrom } from './validate-env.ts'
import { validateLifecycle, validateLivenessProbe, validateReadinessProbe } from './validate-probe.ts'
import { validateResources } from './validate-resources.ts'
import { validateSecurityContext } from './validate-security-context.ts'
import { descendingPath } from './validate-volume.ts'

/** What the rules of a container need to know of its pod. */
interface Surroundings {
  readonly volumeNames: ReadonlySet<string>
  readonly claimNames: ReadonlySet<string>
  readonly graceSeconds: number
  readonly hostUsers: boolean
}

export function validateAllContainers(spec: PodSpec, field: string): Errors {
  const pod: Surroundings = {
    volumeNames: new Set(spec.volumes?.map(v => v.name)),
    claimNames: new Set(spec.resourceClaims?.map(c => c.name)),
    graceSeconds: spec.terminationGracePeriodSeconds,
    hostUsers: spec.hostUsers !== false,
  }
  return together(
    validateContainers(spec.containers, pod, `${field}.containers`),
    validateInitContainers(spec, pod, `${field}.initContainers`),
    validateEphemeralContainers(spec, pod, `${field}.ephemeralContainers`),
    validateHostNetworkPorts(spec, field),
  )
}

function validateContainers(containers: readonly Container[], pod: Surroundings, field: string): Errors {
  if (containers.length === 0) return [requiredValue(field)]
  return together(
    each(containers, field, (container, at) =>
      together(validateShared(container, pod, at), validateRestart(container, at), validateHooks(container, pod, at)),
    ),
    uniqueNames(containers, field),
    validateHostPorts(containers, field),
  )
}

function validateHooks(container: Container, { graceSeconds }: Surroundings, field: string): Errors {
  return together(
    validateLifecycle(container.lifecycle, graceSeconds, `${field}.lifecycle`),
    validateLivenessProbe(container.livenessProbe, graceSeconds, `${field}.livenessProbe`),
    validateReadinessProbe(container.readinessProbe, graceSeconds, `${field}.readinessProbe`),
    validateLivenessProbe(container.startupProbe, graceSeconds, `${field}.startupProbe`),
  )
}

/** What only long-running containers have. */
const hooks = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function validateInitContainers({ initContainers = [], containers }: PodSpec, pod: Surroundings, field: string): Errors {
  const isTaken = (name: string, before: number) =>
    containers.some(c => c.name === name) || initContainers.slice(0, before).some(c => c.name === name)
  return together(
    each(initContainers, field, (container, at, i) =>
      together(
        validateShared(container, pod, at),
        validateRestart(container, at),
        must(!container.name || !isTaken(container.name, i), () => duplicateValue(`${at}.name`, container.name)),
        isSidecar(container)
          ? validateHooks(container, pod, at)
          : hooks
              .filter(hook => container[hook] !== undefined)
              .map(hook => forbiddenValue(`${at}.${hook}`, 'may not be set for init containers without restartPolicy=Always')),
        must(isSidecar(container) || !container.resizePolicy?.length, () =>
          invalidValue(`${at}.resizePolicy`, container.resizePolicy, 'must not be set for init containers'),
        ),
        validateHostPorts([container], field),
      ),
    ),
  )
}

const notForEphemeral = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy'] as const

function validateEphemeralContainers(spec: PodSpec, pod: Surroundings, field: string): Errors {
  const { ephemeralContainers, initContainers = [], containers } = spec
  const others = new Set([...containers, ...initContainers].map(c => c.name))
  return together(
    each(ephemeralContainers, field, (container, at) =>
      together(
        validateShared(container, pod, at),
        must(!others.has(container.name), () => duplicateValue(`${at}.name`, container.name)),
        must(!container.targetContainerName || others.has(container.targetContainerName), () =>
          notFoundValue(`${at}.targetContainerName`, container.targetContainerName),
        ),
        notForEphemeral
          .filter(name => container[name] !== undefined)
          .map(name => forbiddenValue(`${at}.${name}`, 'cannot be set for an Ephemeral Container')),
        must(Object.keys(container.resources).length === 0, () =>
          forbiddenValue(`${at}.resources`, 'cannot be set for an Ephemeral Container'),
        ),
        (container.volumeMounts ?? []).flatMap((mount, i) =>
          must(!mount.subPath, () => forbiddenValue(`${at}.volumeMounts[${i}].subPath`, 'cannot be set for an Ephemeral Container')),
        ),
      ),
    ),
    uniqueNames(ephemeralContainers, field),
  )
}

function validateShared(container: Container | EphemeralContainer, pod: Surroundings, field: string): Errors {
  return together(
    container.name ? label(container.name, `${field}.name`) : [requiredValue(`${field}.name`)],
    named(container.image, `${field}.image`),
    validatePorts(container.ports, `${field}.ports`),
    validateEnv(container.env, `${field}.env`),
    validateEnvFrom(container.envFrom, `${field}.envFrom`),
    validateMounts(container, pod.volumeNames, field),
    validateResources(container.resources, pod.claimNames, `${field}.resources`),
    validateResizePolicy(container, `${field}.resizePolicy`),
    validateSecurityContext(container.securityContext, pod.hostUsers, `${field}.securityContext`),
  )
}

const restartPolicies = ['Always', 'OnFailure', 'Never']

function validateRestart({ restartPolicy, restartPolicyRules: rules }: Container, field: string): Errors {
  return together(
    supported(restartPolicy, `${field}.restartPolicy`, restartPolicies),
    must(!rules?.length || restartPolicy !== undefined, () =>
      requiredValue(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'),
    ),
    each(rules, `${field}.restartPolicyRules`, ({ action, exitCodes }, at) =>
      together(
        supported(action, `${at}.action`, ['Restart', 'RestartAllContainers']),
        exitCodes
          ? supported(exitCodes.operator, `${at}.exitCodes.operator`, ['In', 'NotIn'])
          : [requiredValue(`${at}.exitCodes`, 'must be specified')],
      ),
    ),
  )
}

function validateResizePolicy({ resizePolicy }: Container | EphemeralContainer, field: string): Errors {
  return together(
    each(resizePolicy, field, ({ resourceName, restartPolicy }, at) =>
      together(
        supported(resourceName, `${at}.resourceName`, ['cpu', 'memory']),
        supported(restartPolicy, `${at}.restartPolicy`, ['NotRequired', 'RestartContainer']),
      ),
    ),
    unique(
      resizePolicy,
      p => p.resourceName,
      p => duplicateValue(field, p.resourceName),
    ),
  )
}

function validatePorts(ports: readonly ContainerPort[] | undefined, field: string): Errors {
  return together(
    each(ports, field, ({ name, containerPort, hostPort }, at) =>
      together(
        name ? shaped(name, `${at}.name`, checkPortName) : [],
        containerPort ? portNumber(containerPort, `${at}.containerPort`) : [requiredValue(`${at}.containerPort`)],
        hostPort ? portNumber(hostPort, `${at}.hostPort`) : [],
      ),
    ),
    uniqueNames(ports, field),
  )
}

/** A port of a host is given to one container only. */
function validateHostPorts(containers: readonly Container[], field: string): Errors {
  const ports = containers.flatMap((container, i) =>
    (container.ports ?? []).map((port, j) => ({ port, at: `${field}[${i}].ports[${j}].hostPort` })),
  )
  const keyOf = ({ port }: (typeof ports)[number]) => (port.hostPort ? `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}` : undefined)
  return unique(ports, keyOf, entry => duplicateValue(entry.at, keyOf(entry)))
}

function validateHostNetworkPorts({ hostNetwork, containers, initContainers }: PodSpec, field: string): Errors {
  if (!hostNetwork) return []
  const check = (list: readonly Container[] | undefined, at: string) =>
    each(list, at, (container, at) =>
      each(container.ports, `${at}.ports`, ({ containerPort, hostPort }, at) =>
        must(!hostPort || hostPort === containerPort, () =>
          invalidValue(`${at}.containerPort`, containerPort, 'must match `hostPort` when `hostNetwork` is true'),
        ),
      ),
    )
  return [...check(containers, `${field}.containers`), ...check(initContainers, `${field}.initContainers`)]
}

function validateMounts(container: Container | EphemeralContainer, volumeNames: ReadonlySet<string>, field: string): Errors {
  const devices = container.volumeDevices ?? []
  const deviceNames = new Set(devices.map(d => d.name))
  const devicePaths = new Set(devices.map(d => d.devicePath))
  const at = `${field}.volumeMounts`
  return together(
    each(container.volumeMounts, at, (mount, at) =>
      together(
        named(mount.name, `${at}.name`),
        must(volumeNames.has(mount.name), () => notFoundValue(`${at}.name`, mount.name ?? '')),
        named(mount.mountPath, `${at}.mountPath`),
        must(!deviceNames.has(mount.name), () => invalidValue(`${at}.name`, mount.name, 'must not already exist in volumeDevices')),
        must(!devicePaths.has(mount.mountPath), () =>
          invalidValue(`${at}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'),
        ),
        validateMount(mount, container.securityContext?.privileged ?? false, at),
      ),
    ),
    unique(
      container.volumeMounts,
      m => m.mountPath,
      (m, i) => invalidValue(`${at}[${i}].mountPath`, m.mountPath, 'must be unique'),
    ),
    each(devices, `${field}.volumeDevices`, (device, at) =>
      together(
        named(device.name, `${at}.name`),
        must(volumeNames.has(device.name), () => notFoundValue(`${at}.name`, device.name ?? '')),
        device.devicePath ? [] : [requiredValue(`${at}.devicePath`)],
      ),
    ),
  )
}

function validateMount(mount: VolumeMount, privileged: boolean, field: string): Errors {
  const { subPath, subPathExpr, mountPropagation, recursiveReadOnly, readOnly } = mount
  const errors: FieldError[] = []
  if (subPath) errors.push(...descendingPath(subPath, `${field}.subPath`))
  if (subPathExpr) {
    if (subPath) errors.push(invalidValue(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
    errors.push(...descendingPath(subPathExpr, `${field}.subPathExpr`))
  }
  if (mountPropagation === 'Bidirectional' && !privileged) {
    errors.push(forbiddenValue(`${field}.mountPropagation`, 'Bidirectional mount propagation is available only to privileged containers'))
  }
  if (recursiveReadOnly !== undefined && recursiveReadOnly !== 'Disabled') {
    errors.push(...supported(recursiveReadOnly, `${field}.recursiveReadOnly`, ['Disabled', 'Enabled', 'IfPossible']))
    if (!readOnly) errors.push(forbiddenValue(`${field}.recursiveReadOnly`, 'may only be specified when readOnly is true'))
    if (mountPropagation && mountPropagation !== 'None') {
      errors.push(forbiddenValue(`${field}.recursiveReadOnly`, 'may only be specified when mountPropagation is None or not specified'))
    }
  }
  return errors
}
