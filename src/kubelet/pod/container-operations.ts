// One container of a pod: its image, its start with the postStart hook, its stop with the preStop hook.

import type { Pod } from '../../api/core/pod.ts'
import type { Clock } from '../../base/clock.ts'
import { readTextIfThere } from '../host.ts'
import { containerMounts } from '../volumes/container-mounts.ts'
import type { ActionOf } from './actions.ts'
import { nextBackoff } from './backoff.ts'
import { containerConfig } from './container-config.ts'
import { containerDemand, type KernelAmounts, kernelAmounts } from './container-resources.ts'
import { type AnyContainer, findContainer } from './containers.ts'
import { makeEnv } from './env.ts'
import { runHook } from './hooks.ts'
import { hostsFile } from './host-files.ts'
import { messageFile, observedContainer, reportedAmounts } from './inspect.ts'
import { linkLog } from './log-links.ts'
import { observedOf, type PodMemory, podIpsOf } from './memory.ts'
import { identityOf, podFolder, podLogFolder } from './names.ts'
import { latest, type ObservedContainer } from './observed.ts'
import { eventsOf, type OperationDependencies, OperationError, text } from './operation.ts'
import { pullCredentials } from './pull-credentials.ts'
import { sandboxConfigOf } from './sandbox-operations.ts'
import { rootObjection } from './security.ts'
import { serviceEnv } from './service-env.ts'

/** A preStop hook that used the grace up leaves this much for the signal. */
const leastStopSeconds = 2

export async function ensureImage(name: string, memory: PodMemory, signal: AbortSignal, deps: OperationDependencies): Promise<void> {
  const { pod } = memory
  const container = containerOf(pod, name)
  const image = container.image ?? ''
  const event = eventsOf(deps, pod, name)
  const credentials = () => pullCredentials(image, pod, deps)
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

export async function startContainer(
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
  const amounts = kernelAmounts(containerDemand(container))
  await Promise.all([inspectContainer(id, action.sandboxId, memory, deps, amounts), linkLog(id, action, memory, deps)])
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

export async function stopContainer(
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
  if (action.isReplaced) memory.replaced.add(action.id)
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
  deps: OperationDependencies,
  acknowledged: Partial<KernelAmounts> = {},
): Promise<void> {
  memory.containers.set(id, await lookAtContainer(id, sandboxId, memory, deps, acknowledged))
}

/** What a container has is the runtime's word, or else the kernel's; for the rest it is what was `acknowledged`, now or before. */
export async function lookAtContainer(
  id: string,
  sandboxId: string,
  memory: PodMemory,
  { runtime, host, config, cgroups }: OperationDependencies,
  acknowledged: Partial<KernelAmounts> = {},
): Promise<ObservedContainer> {
  const status = await runtime.containerStatus(id)
  const found = await observedContainer(status, sandboxId, host, config.rootDir)
  const isReplaced = memory.replaced.has(id)
  if (found.state !== 'running') return { ...found, ...(isReplaced && { isReplaced }) }
  const said = reportedAmounts(status) ?? (await cgroups.amountsOf(memory.pod, id))
  return { ...found, amounts: { ...memory.containers.get(id)?.amounts, ...acknowledged, ...said } }
}

function containerOf(pod: Pod, name: string): AnyContainer {
  const container = findContainer(pod.spec, name)
  if (!container) throw new OperationError('CreateContainerConfigError', `no container ${JSON.stringify(name)} in the pod`)
  return container
}
