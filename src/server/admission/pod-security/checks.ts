// The checks of the Pod Security Standards, each from the version on in which it came. Names, reasons and details are those of
// Kubernetes' pod-security-admission, as people search for them.
import type { Container } from '../../../api/core/container.ts'
import type { PodSpec } from '../../../api/core/pod-spec.ts'
import type { Volume } from '../../../api/core/volume.ts'
import type { Level } from './levels.ts'

export interface CheckedPod {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

export interface Violation {
  readonly reason: string
  readonly detail: string
}

export interface Check {
  readonly id: string
  readonly level: Exclude<Level, 'privileged'>
  /** The first minor version that has it. */
  readonly since: number
  /** A check of the baseline that this one is stricter than. */
  readonly replaces?: string
  run(pod: CheckedPod, minor: number): Violation | undefined
}

/** In the order in which violations are told. */
export const checks: readonly Check[] = [
  { id: 'appArmorProfile', level: 'baseline', since: 0, run: appArmorProfile },
  { id: 'capabilities_baseline', level: 'baseline', since: 0, run: addedCapabilities },
  { id: 'hostNamespaces', level: 'baseline', since: 0, run: hostNamespaces },
  { id: 'hostPathVolumes', level: 'baseline', since: 0, run: hostPathVolumes },
  { id: 'hostPorts', level: 'baseline', since: 0, run: hostPorts },
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', since: 34, run: hostProbes },
  { id: 'privileged', level: 'baseline', since: 0, run: privileged },
  { id: 'procMount', level: 'baseline', since: 0, run: procMount },
  { id: 'seLinuxOptions', level: 'baseline', since: 0, run: seLinuxOptions },
  { id: 'seccompProfile_baseline', level: 'baseline', since: 0, run: seccompUnconfined },
  { id: 'sysctls', level: 'baseline', since: 0, run: sysctls },
  { id: 'windowsHostProcess', level: 'baseline', since: 0, run: windowsHostProcess },
  { id: 'allowPrivilegeEscalation', level: 'restricted', since: 8, run: allowPrivilegeEscalation },
  { id: 'capabilities_restricted', level: 'restricted', since: 22, replaces: 'capabilities_baseline', run: unrestrictedCapabilities },
  { id: 'restrictedVolumes', level: 'restricted', since: 0, replaces: 'hostPathVolumes', run: restrictedVolumes },
  { id: 'runAsNonRoot', level: 'restricted', since: 0, run: runAsNonRoot },
  { id: 'runAsUser', level: 'restricted', since: 23, run: runAsUser },
  { id: 'seccompProfile_restricted', level: 'restricted', since: 19, replaces: 'seccompProfile_baseline', run: seccompMissing },
]

/** Containers of all sorts, with what the checks look at. */
type AnyContainer = Pick<
  Container,
  'name' | 'securityContext' | 'ports' | 'livenessProbe' | 'readinessProbe' | 'startupProbe' | 'lifecycle'
>

function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): readonly AnyContainer[] {
  return [...initContainers, ...containers, ...(ephemeralContainers as readonly AnyContainer[])]
}

function quoted(names: readonly string[]): string {
  return names.map(name => JSON.stringify(name)).join(', ')
}

/** `container "a"`, `containers "a", "b"`. */
function many(word: string, names: readonly string[]): string {
  return `${word}${names.length === 1 ? '' : 's'} ${quoted(names)}`
}

function unlike(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}

/** The containers of which something holds, as a violation tells of them. */
function badContainers(spec: PodSpec, isBad: (container: AnyContainer) => boolean, reason: string, rule: string): Violation | undefined {
  const bad = containersOf(spec).filter(isBad)
  return bad.length === 0
    ? undefined
    : {
        reason,
        detail: `${many(
          'container',
          bad.map(c => c.name),
        )} ${rule}`,
      }
}

/** A value that the pod and each container may set on their own. */
interface Setter<V> {
  readonly who: string | undefined
  readonly value: V
}

function settersOf<V>(
  { securityContext: ofPod, ...spec }: PodSpec,
  read: (context: NonNullable<PodSpec['securityContext']> | NonNullable<Container['securityContext']>) => V | undefined,
): Setter<V>[] {
  const found: Setter<V>[] = []
  const podValue = ofPod && read(ofPod)
  if (podValue !== undefined) found.push({ who: undefined, value: podValue })
  for (const { name, securityContext } of containersOf(spec as PodSpec)) {
    const value = securityContext && read(securityContext)
    if (value !== undefined) found.push({ who: name, value })
  }
  return found
}

/** `pod and containers "a", "b"`. */
function whoSet(setters: readonly Setter<unknown>[]): string {
  const containers = setters.flatMap(s => s.who ?? [])
  return [
    ...(setters.some(s => s.who === undefined) ? ['pod'] : []),
    ...(containers.length > 0 ? [many('container', containers)] : []),
  ].join(' and ')
}

const armorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'

function appArmorProfile({ spec, annotations }: CheckedPod): Violation | undefined {
  const bad = settersOf(spec, context => context.appArmorProfile?.type).filter(s => s.value !== 'RuntimeDefault' && s.value !== 'Localhost')
  const values = unlike(bad.map(s => JSON.stringify(s.value)))
  const old = Object.entries(annotations)
    .filter(
      ([key, value]) => key.startsWith(armorAnnotation) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const details = [
    ...(bad.length > 0 ? [`${whoSet(bad)} must not set AppArmor profile type to ${values.join(', ')}`] : []),
    ...(old.length > 0 ? [`annotation${old.length === 1 ? '' : 's'} ${old.join(', ')}`] : []),
  ]
  if (details.length === 0) return undefined
  return { reason: `forbidden AppArmor profile${values.length + old.length === 1 ? '' : 's'}`, detail: details.join(' and ') }
}

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

function addedCapabilities({ spec }: CheckedPod): Violation | undefined {
  const added = (c: AnyContainer) => (c.securityContext?.capabilities?.add ?? []).filter(name => !defaultCapabilities.has(name))
  const names = unlike(containersOf(spec).flatMap(added))
  const rule = `must not include ${quoted(names)} in securityContext.capabilities.add`
  return badContainers(spec, c => added(c).length > 0, 'non-default capabilities', rule)
}

function hostNamespaces({ spec }: CheckedPod): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(name => spec[name]).map(name => `${name}=true`)
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') }
}

function hostPathVolumes({ spec }: CheckedPod): Violation | undefined {
  const names = (spec.volumes ?? []).filter(v => v.hostPath).map(v => v.name)
  return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: many('volume', names) }
}

function hostPorts({ spec }: CheckedPod): Violation | undefined {
  const portsOf = (c: AnyContainer) => (c.ports ?? []).flatMap(p => p.hostPort || [])
  const ports = unlike(containersOf(spec).flatMap(portsOf).map(String))
  const bad = containersOf(spec).filter(c => portsOf(c).length > 0)
  if (bad.length === 0) return undefined
  const verb = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'hostPort',
    detail: `${many(
      'container',
      bad.map(c => c.name),
    )} ${verb} hostPort${ports.length === 1 ? '' : 's'} ${ports.join(', ')}`,
  }
}

function hostProbes({ spec }: CheckedPod): Violation | undefined {
  const hostsOf = (c: AnyContainer) =>
    [c.livenessProbe, c.readinessProbe, c.startupProbe, c.lifecycle?.postStart, c.lifecycle?.preStop]
      .flatMap(handler => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .flatMap(host => host || [])
  const hosts = unlike(containersOf(spec).flatMap(hostsOf))
  const bad = containersOf(spec).filter(c => hostsOf(c).length > 0)
  if (bad.length === 0) return undefined
  const verb = bad.length === 1 ? 'uses' : 'use'
  const what = `probe or lifecycle host${hosts.length === 1 ? '' : 's'} ${quoted(hosts)}`
  return {
    reason: 'probe or lifecycle host',
    detail: `${many(
      'container',
      bad.map(c => c.name),
    )} ${verb} ${what}`,
  }
}

function privileged({ spec }: CheckedPod): Violation | undefined {
  return badContainers(spec, c => c.securityContext?.privileged === true, 'privileged', 'must not set securityContext.privileged=true')
}

/** In a user namespace an unmasked /proc shows nothing of the host. */
function procMount({ spec }: CheckedPod, minor: number): Violation | undefined {
  if (minor >= 35 && spec.hostUsers === false) return undefined
  const isBad = (value: string | undefined) => value !== undefined && value !== 'Default'
  const values = unlike(
    containersOf(spec)
      .flatMap(c => c.securityContext?.procMount ?? [])
      .filter(isBad),
  )
  return badContainers(
    spec,
    c => isBad(c.securityContext?.procMount),
    'procMount',
    `must not set securityContext.procMount to ${quoted(values)}`,
  )
}

function seLinuxOptions({ spec }: CheckedPod, minor: number): Violation | undefined {
  const types = ['', 'container_t', 'container_init_t', 'container_kvm_t', ...(minor >= 31 ? ['container_engine_t'] : [])]
  const bad = settersOf(spec, context => context.seLinuxOptions).filter(
    ({ value }) => !types.includes(value.type ?? '') || value.user || value.role,
  )
  if (bad.length === 0) return undefined
  const badTypes = unlike(bad.flatMap(({ value }) => (types.includes(value.type ?? '') ? [] : [value.type ?? ''])))
  const faults = [
    ...(badTypes.length > 0 ? [`type${badTypes.length === 1 ? '' : 's'} ${quoted(badTypes)}`] : []),
    ...(bad.some(({ value }) => value.user) ? ['user may not be set'] : []),
    ...(bad.some(({ value }) => value.role) ? ['role may not be set'] : []),
  ]
  return { reason: 'seLinuxOptions', detail: `${whoSet(bad)} set forbidden securityContext.seLinuxOptions: ${faults.join('; ')}` }
}

function seccompUnconfined({ spec, annotations }: CheckedPod, minor: number): Violation | undefined {
  if (minor < 19) return seccompAnnotations(annotations)
  const bad = settersOf(spec, context => context.seccompProfile?.type).filter(s => s.value !== 'RuntimeDefault' && s.value !== 'Localhost')
  if (bad.length === 0) return undefined
  const values = unlike(bad.map(s => s.value))
  return { reason: 'seccompProfile', detail: `${whoSet(bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}` }
}

/** Before 1.19, profiles were annotations. */
function seccompAnnotations(annotations: CheckedPod['annotations']): Violation | undefined {
  const isKey = (key: string) =>
    key === 'seccomp.security.alpha.kubernetes.io/pod' || key.startsWith('container.seccomp.security.alpha.kubernetes.io/')
  const bad = Object.entries(annotations)
    .filter(
      ([key, value]) =>
        isKey(key) && value !== '' && value !== 'runtime/default' && value !== 'docker/default' && !value.startsWith('localhost/'),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  return bad.length === 0
    ? undefined
    : { reason: 'seccompProfile', detail: `forbidden annotation${bad.length === 1 ? '' : 's'} ${bad.join(', ')}` }
}

/** Parameters that concern the pod's own namespaces alone, and the version that first took them for safe. */
const safeSysctls: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
}

function sysctls({ spec }: CheckedPod, minor: number): Violation | undefined {
  const names = (spec.securityContext?.sysctls ?? []).map(s => s.name ?? '')
  const bad = names.filter(name => (Object.hasOwn(safeSysctls, name) ? (safeSysctls[name] ?? 0) : Number.POSITIVE_INFINITY) > minor)
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
}

function windowsHostProcess({ spec }: CheckedPod): Violation | undefined {
  const bad = settersOf(spec, context => context.windowsOptions?.hostProcess).filter(s => s.value)
  return bad.length === 0
    ? undefined
    : { reason: 'hostProcess', detail: `${whoSet(bad)} must not set securityContext.windowsOptions.hostProcess=true` }
}

function isWindows(spec: PodSpec, minor: number): boolean {
  return minor >= 25 && spec.os?.name === 'windows'
}

function allowPrivilegeEscalation({ spec }: CheckedPod, minor: number): Violation | undefined {
  if (isWindows(spec, minor)) return undefined
  return badContainers(
    spec,
    c => c.securityContext?.allowPrivilegeEscalation !== false,
    'allowPrivilegeEscalation != false',
    'must set securityContext.allowPrivilegeEscalation=false',
  )
}

function unrestrictedCapabilities({ spec }: CheckedPod, minor: number): Violation | undefined {
  if (isWindows(spec, minor)) return undefined
  const keepsSome = containersOf(spec).filter(c => !c.securityContext?.capabilities?.drop?.includes('ALL'))
  const added = (c: AnyContainer) => (c.securityContext?.capabilities?.add ?? []).filter(name => name !== 'NET_BIND_SERVICE')
  const adds = containersOf(spec).filter(c => added(c).length > 0)
  const details = [
    ...(keepsSome.length > 0
      ? [
          `${many(
            'container',
            keepsSome.map(c => c.name),
          )} must set securityContext.capabilities.drop=["ALL"]`,
        ]
      : []),
    ...(adds.length > 0
      ? [
          `${many(
            'container',
            adds.map(c => c.name),
          )} must not include ${quoted(unlike(adds.flatMap(added)))} in securityContext.capabilities.add`,
        ]
      : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const unrestrictedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

function restrictedVolumes({ spec }: CheckedPod): Violation | undefined {
  const typeOf = (volume: Volume) => Object.keys(volume).find(key => key !== 'name' && volume[key as keyof Volume] !== undefined)
  const bad = (spec.volumes ?? []).flatMap(volume => {
    const type = typeOf(volume)
    return type !== undefined && !unrestrictedVolumes.includes(type) ? [{ name: volume.name, type }] : []
  })
  if (bad.length === 0) return undefined
  const types = unlike(bad.map(v => v.type))
  const verb = bad.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${many(
      'volume',
      bad.map(v => v.name),
    )} ${verb} restricted volume type${types.length === 1 ? '' : 's'} ${quoted(types)}`,
  }
}

function runAsNonRoot({ spec }: CheckedPod, minor: number): Violation | undefined {
  if (minor >= 35 && spec.hostUsers === false) return undefined
  const reason = 'runAsNonRoot != true'
  const ofPod = spec.securityContext?.runAsNonRoot
  const roots = containersOf(spec).filter(c => c.securityContext?.runAsNonRoot === false)
  const silent = ofPod === true ? [] : containersOf(spec).filter(c => c.securityContext?.runAsNonRoot === undefined)
  if (ofPod === false || roots.length > 0) {
    const who = [
      ...(ofPod === false ? ['pod'] : []),
      ...(roots.length > 0
        ? [
            many(
              'container',
              roots.map(c => c.name),
            ),
          ]
        : []),
    ]
    // A pod that says false while each container says true is in order.
    if (roots.length > 0 || silent.length > 0)
      return { reason, detail: `${who.join(' and ')} must not set securityContext.runAsNonRoot=false` }
    return undefined
  }
  return silent.length === 0
    ? undefined
    : {
        reason,
        detail: `pod or ${many(
          'container',
          silent.map(c => c.name),
        )} must set securityContext.runAsNonRoot=true`,
      }
}

function runAsUser({ spec }: CheckedPod, minor: number): Violation | undefined {
  if (minor >= 35 && spec.hostUsers === false) return undefined
  const bad = settersOf(spec, context => context.runAsUser).filter(s => s.value === 0)
  return bad.length === 0 ? undefined : { reason: 'runAsUser=0', detail: `${whoSet(bad)} must not set runAsUser=0` }
}

function seccompMissing(pod: CheckedPod, minor: number): Violation | undefined {
  const { spec } = pod
  if (isWindows(spec, minor)) return undefined
  const unconfined = seccompUnconfined(pod, minor)
  const silent = spec.securityContext?.seccompProfile?.type ? [] : containersOf(spec).filter(c => !c.securityContext?.seccompProfile?.type)
  if (unconfined || silent.length === 0) return unconfined
  const who = `pod or ${many(
    'container',
    silent.map(c => c.name),
  )}`
  return { reason: 'seccompProfile', detail: `${who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` }
}
