// Carries out what the pod machine asks for: one function an action, each against the runtime, the disk or the API. What they learn goes
// into the worker's memory; what goes wrong is thrown as an `OperationError` with the words for the pod's status.
import type { Pod } from '../../api/core/pod.ts'
import type { Service } from '../../api/core/service.ts'
import type { Clock } from '../../base/clock.ts'
import type { Cgroups } from '../cgroups.ts'
import type { KubeletConfig } from '../config.ts'
import { type Host, readTextIfThere } from '../host.ts'
import { credentialsFor, type DockerConfig, secretDockerConfig } from '../images/credentials.ts'
import { type Images, runtimeText } from '../images/images.ts'
import type { PodObjects } from '../objects.ts'
import type { PodSandboxConfig } from '../runtime/cri-config.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { containerMounts } from '../volumes/container-mounts.ts'
import { commonUser, mountVolumes, refreshVolumes, removePodFolder, type VolumeContext } from '../volumes/pod-volumes.ts'
import type { Tokens } from '../volumes/tokens.ts'
import type { Action } from './actions.ts'
import { nextBackoff } from './backoff.ts'
import { containerConfig } from './container-config.ts'
import { type AnyContainer, findContainer } from './containers.ts'
import { makeEnv } from './env.ts'
import { type EventType, fieldPathOf, type PodEvents } from './events.ts'
import { runHook } from './hooks.ts'
import { hostsFile, podResolver, readResolvConf } from './host-files.ts'
import { messageFile, observedContainer, observedSandbox } from './inspect.ts'
import { observedOf, type PodMemory, podIpsOf } from './memory.ts'
import { containerLogPath, identityOf, podFolder, podLogFolder } from './names.ts'
import { latest } from './observed.ts'
import type { Amounts } from './resources.ts'
import { sandboxConfig } from './sandbox-config.ts'
import { rootObjection } from './security.ts'
import { serviceEnv } from './service-env.ts'

export interface OperationDependencies {
  readonly runtime: Runtime
  readonly host: Host
  readonly clock: Clock
  readonly config: KubeletConfig
  readonly images: Images
  readonly objects: PodObjects
  readonly tokens: Tokens
  readonly cgroups: Cgroups
  readonly events: PodEvents
  readonly memoryCapacity: number
  allocatable(): Amounts
  services(): readonly Service[]
  nodeDockerConfigs(): Promise<readonly DockerConfig[]>
}

export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** A preStop hook that used the grace up leaves this much for the signal. */
const leastStopSeconds = 2

export async function perform(
  action: Exclude<Action, { type: 'forget' }>,
  memory: PodMemory,
  signal: AbortSignal,
  deps: OperationDependencies,
): Promise<void> {
  switch (action.type) {
    case 'mountVolumes':
      return mount(memory, deps)
    case 'createSandbox':
      return createSandbox(action, memory, deps)
    case 'stopSandbox':
      await deps.runtime.stopPodSandbox(action.id)
      return inspectSandbox(action.id, memory, deps)
    case 'removeSandbox':
      await deps.runtime.removePodSandbox(action.id)
      memory.sandboxes.delete(action.id)
      for (const { id, sandboxId } of memory.containers.values()) if (sandboxId === action.id) memory.containers.delete(id)
      return
    case 'ensureImage':
      return ensureImage(action.container, memory, signal, deps)
    case 'startContainer':
      return startContainer(action, memory, signal, deps)
    case 'stopContainer':
      return stopContainer(action, memory, signal, deps)
    case 'removeContainer':
      if (await hasStarted(action.id, memory, deps)) return
      await deps.runtime.removeContainer(action.id)
      await removeLog(action.id, memory, deps)
      memory.containers.delete(action.id)
      return
    case 'cleanUp':
      await deps.cgroups.removePod(memory.pod)
      await removePodFolder(deps.host, deps.config.rootDir, memory.pod.metadata.uid)
      memory.volumes = undefined
      memory.cleanedUp = true
  }
}

/** A container taken for half-made may have come up since we looked. */
async function hasStarted(id: string, memory: PodMemory, deps: OperationDependencies): Promise<boolean> {
  const known = memory.containers.get(id)
  if (known?.state !== 'created') return false
  await inspectContainer(id, known.sandboxId, memory, deps)
  return memory.containers.get(id)?.state === 'running'
}

async function mount(memory: PodMemory, deps: OperationDependencies): Promise<void> {
  try {
    memory.volumes = await mountVolumes(memory.pod, await volumeContext(memory, deps))
  } catch (error) {
    deps.events(memory.pod, 'Warning', 'FailedMount', text(error))
    throw new OperationError('FailedMount', text(error), { cause: error })
  }
}

/** Brings files made of objects up to date in the volumes of a running pod. */
export async function refresh(memory: PodMemory, deps: OperationDependencies): Promise<void> {
  await refreshVolumes(memory.pod, await volumeContext(memory, deps))
}

async function volumeContext(memory: PodMemory, deps: OperationDependencies): Promise<VolumeContext> {
  const { pod } = memory
  const [tokens] = await Promise.all([deps.tokens.of(pod), deps.objects.fetched(pod)])
  const { namespace } = pod.metadata
  const isOwned = pod.spec.securityContext.fsGroup !== undefined || commonUser(pod) !== undefined
  return {
    host: deps.host,
    rootDir: deps.config.rootDir,
    now: deps.clock.now(),
    sources: {
      pod,
      podIps: podIpsOf(memory, deps.config.nodeIp),
      nodeIp: deps.config.nodeIp,
      allocatable: deps.allocatable(),
      configMap: name => deps.objects.configMap(namespace, name),
      secret: name => deps.objects.secret(namespace, name),
      token: path => tokens.get(path),
      ...(isOwned && { tokenMode: 0o600 }),
    },
  }
}

type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

async function sandboxConfigOf(pod: Pod, attempt: number, { host, config }: OperationDependencies): Promise<PodSandboxConfig> {
  const node = readResolvConf((await readTextIfThere(host.files, config.resolvConf)) ?? '')
  return sandboxConfig({
    pod,
    attempt,
    resolver: podResolver(pod, node, { dns: config.clusterDns, domain: config.clusterDomain }),
    podLogDir: config.podLogDir,
    cgroupRoot: config.cgroupRoot,
    clusterDomain: config.clusterDomain,
    seccompDir: `${config.rootDir}/seccomp`,
  })
}

async function createSandbox(
  { attempt, replaces }: ActionOf<'createSandbox'>,
  memory: PodMemory,
  deps: OperationDependencies,
): Promise<void> {
  const { runtime, host, config, cgroups } = deps
  const { pod } = memory
  try {
    if (replaces !== undefined) {
      deps.events(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.')
      await runtime.stopPodSandbox(replaces)
    }
    const [wanted] = await Promise.all([
      sandboxConfigOf(pod, attempt, deps),
      cgroups.ensurePod(pod),
      host.files.mkdir(podLogFolder(config.podLogDir, identityOf(pod)), { recursive: true }),
    ])
    const id = await runtime.runPodSandbox(wanted, pod.spec.runtimeClassName ?? '')
    memory.sandboxes.set(id, observedSandbox(await runtime.podSandboxStatus(id)))
  } catch (error) {
    const message = `Failed to create pod sandbox: ${runtimeText(error)}`
    deps.events(pod, 'Warning', 'FailedCreatePodSandBox', message)
    throw new OperationError('FailedCreatePodSandBox', message, { cause: error })
  }
}

async function inspectSandbox(id: string, memory: PodMemory, { runtime }: OperationDependencies): Promise<void> {
  memory.sandboxes.set(id, observedSandbox(await runtime.podSandboxStatus(id)))
}

async function ensureImage(name: string, memory: PodMemory, signal: AbortSignal, deps: OperationDependencies): Promise<void> {
  const { pod } = memory
  const container = containerOf(pod, name)
  const image = container.image ?? ''
  const event = eventsOf(deps, pod, name)
  const credentials = async () => {
    await deps.objects.fetched(pod)
    const secrets = (pod.spec.imagePullSecrets ?? []).flatMap(s => deps.objects.secret(pod.metadata.namespace, s.name ?? '') ?? [])
    return credentialsFor(image, [...secrets.map(secretDockerConfig).filter(c => c !== undefined), ...(await deps.nodeDockerConfigs())])
  }
  const before = memory.images.get(name)
  const outcome = await deps.images.ensure({ image, policy: container.imagePullPolicy ?? 'IfNotPresent', credentials, signal, tell: event })
  if (signal.aborted) return
  if (outcome.ok) {
    memory.present.set(name, outcome.image)
    memory.images.set(name, { state: 'present', ref: outcome.image.ref })
    return
  }
  const now = deps.clock.now()
  const backoff = nextBackoff(before?.state === 'failed' ? before.backoff : undefined, now, now)
  memory.images.set(name, { state: 'failed', reason: outcome.reason, message: outcome.message, atMs: now, backoff })
  event('Warning', 'Failed', `Error: ${outcome.reason}`)
}

async function startContainer(
  action: ActionOf<'startContainer'>,
  memory: PodMemory,
  signal: AbortSignal,
  deps: OperationDependencies,
): Promise<void> {
  const { pod } = memory
  const { runtime, config, clock } = deps
  const container = containerOf(pod, action.container)
  const event = eventsOf(deps, pod, container.name)
  const fail = (reason: string, message: string, cause?: unknown) => {
    event('Warning', 'Failed', `Error: ${message}`)
    return new OperationError(reason, message, { cause })
  }
  if (action.backoff) memory.backoffs.set(container.name, action.backoff)
  memory.images.delete(container.name)
  const wanted = await configure(action, container, memory, deps).catch((error: unknown) => {
    throw fail('CreateContainerConfigError', text(error), error)
  })
  const sandbox = await sandboxConfigOf(pod, memory.sandboxes.get(action.sandboxId)?.attempt ?? 0, deps)
  const id = await runtime.createContainer(action.sandboxId, wanted, sandbox).catch((error: unknown) => {
    throw fail('CreateContainerError', text(error), error)
  })
  event('Normal', 'Created', `Created container: ${container.name}`)
  try {
    await runtime.startContainer(id)
  } catch (error) {
    await inspectContainer(id, action.sandboxId, memory, deps)
    throw fail('RunContainerError', text(error), error)
  }
  event('Normal', 'Started', `Started container ${container.name}`)
  await Promise.all([inspectContainer(id, action.sandboxId, memory, deps), linkLog(id, action, memory, deps)])
  const hook = container.lifecycle?.postStart
  if (!hook) return
  const podIp = podIpsOf(memory, config.nodeIp)[0] ?? ''
  const why = await runHook(hook, 0, { runtime, host: deps.host, clock, container, containerId: id, podIp, signal })
  if (why === undefined) return
  event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${why}`)
  const stop = {
    type: 'stopContainer',
    id,
    container: container.name,
    graceSeconds: pod.spec.terminationGracePeriodSeconds,
    why: 'FailedPostStartHook',
  } as const
  await stopContainer(stop, memory, signal, deps)
  throw new OperationError('PostStartHookError', why)
}

async function configure(action: ActionOf<'startContainer'>, container: AnyContainer, memory: PodMemory, deps: OperationDependencies) {
  const { pod } = memory
  const { host, config, objects } = deps
  const { namespace, uid } = pod.metadata
  const present = memory.present.get(container.name)
  const imageUser = present?.user ?? { username: '' }
  const objection = rootObjection(pod, container, imageUser)
  if (objection !== undefined) throw new OperationError('CreateContainerConfigError', objection)
  await objects.fetched(pod)
  const podIps = podIpsOf(memory, config.nodeIp)
  const made = makeEnv(container, {
    pod,
    podIps,
    nodeIp: config.nodeIp,
    allocatable: deps.allocatable(),
    services: serviceEnv(deps.services(), namespace, pod.spec.enableServiceLinks ?? true),
    configMap: name => objects.configMap(namespace, name),
    secret: name => objects.secret(namespace, name),
  })
  if (!made.ok) throw new OperationError('CreateContainerConfigError', made.error)
  if (made.skipped.length > 0)
    deps.events(
      pod,
      'Warning',
      'InvalidEnvironmentVariableNames',
      `Keys [${made.skipped.join(', ')}] were skipped since they are considered invalid.`,
    )
  const hostsPath = `${podFolder(config.rootDir, uid)}/etc-hosts`
  const messagePath = messageFile(config.rootDir, uid, container.name, action.attempt)
  const nodeHosts = pod.spec.hostNetwork ? ((await readTextIfThere(host.files, '/etc/hosts')) ?? '') : ''
  await host.files.mkdir(messagePath.slice(0, messagePath.lastIndexOf('/')), { recursive: true })
  const [mounts] = await Promise.all([
    containerMounts({ files: host.files, pod, container, volumes: memory.volumes ?? new Map(), env: made.env, hostsPath, messagePath }),
    host.files.writeFile(hostsPath, hostsFile(pod, podIps, config.clusterDomain, nodeHosts)),
    host.files.writeFile(messagePath, '').then(() => host.files.chmod(messagePath, 0o666)),
    host.files.mkdir(`${podLogFolder(config.podLogDir, identityOf(pod))}/${container.name}`, { recursive: true }),
  ])
  const targetName = 'targetContainerName' in container ? container.targetContainerName : undefined
  const target = targetName ? latest(observedOf(memory), targetName) : undefined
  return containerConfig({
    pod,
    container,
    attempt: action.attempt,
    env: made.env,
    mounts,
    devices: [],
    imageRef: present?.ref ?? container.image ?? '',
    imageUser,
    volumeGroups: [],
    seccompDir: `${config.rootDir}/seccomp`,
    memoryCapacity: deps.memoryCapacity,
    isCgroup2: deps.cgroups.isVersion2,
    ...(target && { targetId: target.id }),
  })
}

async function stopContainer(
  action: ActionOf<'stopContainer'>,
  memory: PodMemory,
  signal: AbortSignal,
  deps: OperationDependencies,
): Promise<void> {
  const { runtime, host, clock, config } = deps
  const { pod } = memory
  const container = findContainer(pod.spec, action.container)
  const found = memory.containers.get(action.id)
  const event = eventsOf(deps, pod, action.container)
  event('Normal', 'Killing', action.why ?? `Stopping container ${action.container}`)
  const begunMs = clock.now()
  const hook = container?.lifecycle?.preStop
  let grace = action.graceSeconds
  if (container && hook && found && grace > 0) {
    const podIp = podIpsOf(memory, config.nodeIp)[0] ?? ''
    const timeoutMs = grace * 1000
    const ran = runHook(hook, timeoutMs, { runtime, host, clock, container, containerId: action.id, podIp, signal })
    const why = await withTimeout(ran, timeoutMs, clock)
    if (why !== undefined) event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${why}`)
    grace = Math.max(leastStopSeconds, grace - Math.floor((clock.now() - begunMs) / 1000))
  }
  // A stop that was overtaken leaves the rest to the one with less grace.
  if (signal.aborted) return
  await runtime.stopContainer(action.id, grace)
  if (found) await inspectContainer(action.id, found.sandboxId, memory, deps)
}

async function withTimeout(work: Promise<string | undefined>, timeoutMs: number, clock: Clock): Promise<string | undefined> {
  let cancel = () => {}
  const late = new Promise<string>(resolve => {
    cancel = clock.after(timeoutMs, () => resolve('the hook took longer than the grace period'))
  })
  return Promise.race([work, late]).finally(() => cancel())
}

export async function inspectContainer(
  id: string,
  sandboxId: string,
  memory: PodMemory,
  { runtime, host, config }: OperationDependencies,
): Promise<void> {
  const found = await observedContainer(await runtime.containerStatus(id), sandboxId, host, config.rootDir)
  memory.containers.set(id, found)
}

/** `<pod>_<namespace>_<container>-<id>.log`, where log collectors look. */
function logLink({ metadata }: Pod, container: string, id: string, dir: string): string {
  return `${dir}/${metadata.name}_${metadata.namespace}_${container}-${id}.log`
}

async function linkLog(
  id: string,
  { container, attempt }: ActionOf<'startContainer'>,
  { pod }: PodMemory,
  { host, config }: OperationDependencies,
): Promise<void> {
  const target = `${podLogFolder(config.podLogDir, identityOf(pod))}/${containerLogPath(container, attempt)}`
  const link = logLink(pod, container, id, config.containerLogDir)
  await host.files.mkdir(config.containerLogDir, { recursive: true })
  await host.files.rm(link, { force: true })
  await host.files.symlink(target, link)
}

async function removeLog(id: string, { containers, pod }: PodMemory, { host, config }: OperationDependencies): Promise<void> {
  const found = containers.get(id)
  if (!found) return
  const folder = `${podLogFolder(config.podLogDir, identityOf(pod))}/${found.name}`
  const names = await host.files.readdir(folder).catch((): string[] => [])
  // The log of an attempt, with its rotated pieces.
  const mine = names.filter(name => name.startsWith(`${found.attempt}.log`))
  await Promise.all([
    ...mine.map(name => host.files.rm(`${folder}/${name}`, { force: true })),
    host.files.rm(logLink(pod, found.name, id, config.containerLogDir), { force: true }),
  ])
}

/** The last traces on disk: logs and the links to them. */
export async function removeLogs({ pod, containers }: PodMemory, { host, config }: OperationDependencies): Promise<void> {
  for (const { id, name } of containers.values()) await host.files.rm(logLink(pod, name, id, config.containerLogDir), { force: true })
  const prefix = `${pod.metadata.name}_${pod.metadata.namespace}_`
  const links = await host.files.readdir(config.containerLogDir).catch((): string[] => [])
  const folder = podLogFolder(config.podLogDir, identityOf(pod))
  for (const link of links.filter(name => name.startsWith(prefix))) {
    const path = `${config.containerLogDir}/${link}`
    const target = await host.files.readlink(path).catch(() => '')
    if (target.startsWith(`${folder}/`)) await host.files.rm(path, { force: true })
  }
  await host.files.rm(folder, { recursive: true, force: true })
}

function containerOf(pod: Pod, name: string): AnyContainer {
  const container = findContainer(pod.spec, name)
  if (!container) throw new OperationError('CreateContainerConfigError', `no container ${JSON.stringify(name)} in the pod`)
  return container
}

function eventsOf({ events }: OperationDependencies, pod: Pod, container: string) {
  return (type: EventType, reason: string, message: string) => events(pod, type, reason, message, fieldPathOf(pod, container))
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
