// Containers of the three sorts: ordinary ones, init containers with sidecars among them, and ephemeral ones.
import {
  duplicateValue,
  forbiddenValue,
  invalidValue,
  notFoundValue,
  requiredValue,
  tooMany,
  unsupportedValue,
} from '../../meta/field-error.ts'
import { checkPortName } from '../../meta/names.ts'
import { type Errors, each, label, must, named, portNumber, shaped, supported, together, unique } from '../validation.ts'
import type { Container, ContainerPort, EphemeralContainer } from './container.ts'
import { isSidecar } from './container-roles.ts'
import type { AnyContainer } from './each-container.ts'
import type { PodSpec } from './pod-spec.ts'
import { validateEnv, validateEnvFrom } from './validate-env.ts'
import { validateDevices, validateMounts } from './validate-mount.ts'
import { validateLifecycle, validateLivenessProbe, validateReadinessProbe } from './validate-probe.ts'
import { validateContainerResources } from './validate-resources.ts'
import { validateSecurityContext } from './validate-security-context.ts'
import { soundVolumes } from './validate-volume.ts'
import type { Volume } from './volume.ts'

/** What the rules of a container need to know of its pod. */
interface Surroundings {
  readonly volumes: ReadonlyMap<string, Volume>
  readonly claimNames: ReadonlySet<string>
  readonly spec: PodSpec
}

export function validateAllContainers(spec: PodSpec, field: string): Errors {
  const pod: Surroundings = {
    volumes: soundVolumes(spec.volumes),
    claimNames: new Set(spec.resourceClaims?.map(c => c.name).filter(name => name)),
    spec,
  }
  return together(
    validateContainers(spec.containers, pod, `${field}.containers`),
    validateInitContainers(spec, pod, `${field}.initContainers`),
    validateEphemeralContainers(spec, pod, `${field}.ephemeralContainers`),
  )
}

function validateContainers(containers: readonly Container[], pod: Surroundings, field: string): Errors {
  if (containers.length === 0) return [requiredValue(field)]
  const names = new Set<string>()
  return together(
    each(containers, field, (container, at) =>
      together(
        validateShared(container, pod, at),
        validateNewName(container.name, names, at),
        validateHooks(container, pod, at),
        validateRestart(container, at),
      ),
    ),
    validateHostPorts(containers, field),
  )
}

/** A name that none of the containers before has; it is known from now on. */
function validateNewName(name: string | undefined, names: Set<string>, field: string): Errors {
  if (name && names.has(name)) return [duplicateValue(`${field}.name`, name)]
  if (name) names.add(name)
  return []
}

function validateHooks(container: Container, { spec }: Surroundings, field: string): Errors {
  const graceSeconds = spec.terminationGracePeriodSeconds
  return together(
    validateLifecycle(container.lifecycle, graceSeconds, spec.os?.name, `${field}.lifecycle`),
    validateLivenessProbe(container.livenessProbe, graceSeconds, `${field}.livenessProbe`),
    validateReadinessProbe(container.readinessProbe, graceSeconds, `${field}.readinessProbe`),
    validateLivenessProbe(container.startupProbe, graceSeconds, `${field}.startupProbe`),
  )
}

/** What only long-running containers have. */
const hooks = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const

function validateInitContainers({ initContainers, containers }: PodSpec, pod: Surroundings, field: string): Errors {
  const names = new Set(containers.map(container => container.name))
  return each(initContainers, field, (container, at) =>
    together(
      validateShared(container, pod, at),
      validateRestart(container, at),
      validateNewName(container.name, names, at),
      validateHostPorts([container], field),
      isSidecar(container)
        ? validateHooks(container, pod, at)
        : hooks
            .filter(hook => container[hook] !== undefined)
            .map(hook => forbiddenValue(`${at}.${hook}`, 'may not be set for init containers without restartPolicy=Always')),
      each(isSidecar(container) ? [] : container.resizePolicy, `${at}.resizePolicy`, ({ restartPolicy }, policy) =>
        must(restartPolicy !== 'RestartContainer', () =>
          invalidValue(`${policy}.restartPolicy`, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers"),
        ),
      ),
    ),
  )
}

const notForEphemeral = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

function validateEphemeralContainers(spec: PodSpec, pod: Surroundings, field: string): Errors {
  const { ephemeralContainers, initContainers = [], containers } = spec
  const others: ReadonlySet<string> = new Set([...containers, ...initContainers].map(container => container.name))
  const names = new Set(others)
  const only = 'cannot be set for an Ephemeral Container'
  return each(ephemeralContainers, field, (container, at) =>
    together(
      validateShared(container, pod, at),
      validateImageSpace(container, at),
      validateNewName(container.name, names, at),
      must(!container.targetContainerName || others.has(container.targetContainerName), () =>
        notFoundValue(`${at}.targetContainerName`, container.targetContainerName),
      ),
      notForEphemeral.filter(name => isSet(container, name)).map(name => forbiddenValue(`${at}.${name}`, only)),
      each(container.volumeMounts, `${at}.volumeMounts`, (mount, at) =>
        (['subPath', 'subPathExpr'] as const).filter(name => mount[name]).map(name => forbiddenValue(`${at}.${name}`, only)),
      ),
    ),
  )
}

/** Every container has resources, if only empty ones. */
function isSet(container: EphemeralContainer, name: (typeof notForEphemeral)[number]): boolean {
  return name === 'resources' ? Object.keys(container.resources).length > 0 : container[name] !== undefined
}

/** Templates may have blanks around an image, which stand for one to be filled in; pods may not. */
export function validateImageSpace({ image = '' }: AnyContainer, field: string): Errors {
  return must(image === image.trim(), () => invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace'))
}

function validateShared(container: AnyContainer, { volumes, claimNames, spec }: Surroundings, field: string): Errors {
  return together(
    container.name ? label(container.name, `${field}.name`) : [requiredValue(`${field}.name`)],
    named(container.image, `${field}.image`),
    validatePorts(container.ports, `${field}.ports`),
    validateEnv(container.env, `${field}.env`),
    validateEnvFrom(container.envFrom, `${field}.envFrom`),
    validateMounts(container, volumes, field),
    validateDevices(container, volumes, field),
    validateContainerResources(container.resources, claimNames, `${field}.resources`),
    validateResizePolicy(container, spec.restartPolicy, `${field}.resizePolicy`),
    validateSecurityContext(container.securityContext, spec.hostUsers !== false, `${field}.securityContext`),
  )
}

const maxRules = 20
const maxExitCodes = 255

function validateRestart({ restartPolicy, restartPolicyRules: rules = [] }: Container, field: string): Errors {
  const list = `${field}.restartPolicyRules`
  return together(
    supported(restartPolicy, `${field}.restartPolicy`, ['Always', 'OnFailure', 'Never']),
    must(rules.length === 0 || restartPolicy !== undefined, () =>
      requiredValue(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'),
    ),
    must(rules.length <= maxRules, () => tooMany(list, rules.length, maxRules)),
    each(rules, list, ({ action, exitCodes }, at) => {
      const { operator, values = [] } = exitCodes ?? {}
      return together(
        supported(action ?? '', `${at}.action`, ['Restart', 'RestartAllContainers']),
        exitCodes === undefined
          ? [requiredValue(`${at}.exitCodes`, 'must be specified')]
          : supported(operator ?? '', `${at}.exitCodes.operator`, ['In', 'NotIn']),
        must(values.length <= maxExitCodes, () => tooMany(`${at}.exitCodes.values`, values.length, maxExitCodes)),
      )
    }),
  )
}

/** Upstream says of the list what is wrong with an item. */
function validateResizePolicy({ resizePolicy }: AnyContainer, podPolicy: PodSpec['restartPolicy'], field: string): Errors {
  const oneOf = (value: string, values: readonly string[]) => {
    if (!value) return [requiredValue(field)]
    return must(values.includes(value), () => unsupportedValue(field, value, values))
  }
  const names = new Set<string>()
  return each(resizePolicy, field, ({ resourceName, restartPolicy }, at) => {
    const isRepeated = names.has(resourceName)
    names.add(resourceName)
    return together(
      must(!isRepeated, () => duplicateValue(at, resourceName)),
      oneOf(resourceName, ['cpu', 'memory']),
      oneOf(restartPolicy, ['NotRequired', 'RestartContainer']),
      must(podPolicy !== 'Never' || restartPolicy === 'NotRequired', () =>
        invalidValue(field, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"),
      ),
    )
  })
}

function validatePorts(ports: readonly ContainerPort[] | undefined, field: string): Errors {
  const names = new Set<string>()
  return each(ports, field, ({ name, containerPort, hostPort }, at) => {
    const shape = name ? shaped(name, `${at}.name`, checkPortName) : []
    return together(
      shape.length > 0 ? shape : validateNewName(name, names, at),
      containerPort ? portNumber(containerPort, `${at}.containerPort`) : [requiredValue(`${at}.containerPort`)],
      hostPort ? portNumber(hostPort, `${at}.hostPort`) : [],
    )
  })
}

/** A port of a host is given to one container only. */
function validateHostPorts(containers: readonly Container[], field: string): Errors {
  const ports = containers.flatMap((container, i) =>
    (container.ports ?? []).map((port, j) => ({ port, at: `${field}[${i}].ports[${j}].hostPort` })),
  )
  const keyOf = ({ port }: (typeof ports)[number]) => (port.hostPort ? `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}` : undefined)
  return unique(ports, keyOf, entry => duplicateValue(entry.at, keyOf(entry)))
}
