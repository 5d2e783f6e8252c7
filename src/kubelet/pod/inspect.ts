// The runtime's view of a sandbox or a container in the machine's words, with the container's last message read from its file or log.
import type { ResourceRequirements } from '../../api/core/container.ts'
import type { Host } from '../host.ts'
import { lastLines } from '../logs/read.ts'
import type { ContainerStatus, PodSandboxStatus } from '../runtime/cri-observed.ts'
import { cpuPeriodUs, type KernelAmounts, unlimited } from './container-resources.ts'
import {
  containerNameLabel,
  hashAnnotation,
  identityFromLabels,
  messagePathAnnotation,
  messagePolicyAnnotation,
  podFolder,
  resourcesAnnotation,
  restartCountAnnotation,
} from './names.ts'
import type { ObservedContainer, ObservedSandbox } from './observed.ts'

const longestMessage = 4096
const longestLogMessage = 2048
const mostLogLines = 80

const states = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const

export function observedState(state: keyof typeof states): ObservedContainer['state'] {
  return states[state]
}

export function observedSandbox(status: PodSandboxStatus): ObservedSandbox {
  const { network } = status
  const ips = network && network.ip !== '' ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : []
  return {
    id: status.id,
    attempt: status.metadata?.attempt ?? 0,
    ready: status.state === 'SANDBOX_READY',
    createdAtMs: status.createdAtMs,
    ips,
  }
}

export async function observedContainer(
  status: ContainerStatus,
  sandboxId: string,
  host: Pick<Host, 'files'>,
  rootDir: string,
): Promise<ObservedContainer> {
  const { annotations, labels } = status
  const state = states[status.state]
  const linux = status.user?.linux
  return {
    id: status.id,
    name: labels[containerNameLabel] ?? status.metadata?.name ?? '',
    sandboxId,
    attempt: Number(annotations[restartCountAnnotation] ?? status.metadata?.attempt ?? 0),
    state,
    createdAtMs: status.createdAtMs,
    startedAtMs: status.startedAtMs,
    finishedAtMs: status.finishedAtMs,
    exitCode: status.exitCode,
    reason: status.reason,
    message: state === 'exited' ? await lastWords(status, host, rootDir) : '',
    image: status.image?.userSpecifiedImage || status.image?.image || '',
    imageId: status.imageRef,
    hash: annotations[hashAnnotation] ?? '',
    ...madeWith(annotations[resourcesAnnotation]),
    ...(linux && {
      user: { uid: Number(linux.uid), gid: Number(linux.gid), supplementalGroups: linux.supplementalGroups.map(Number) },
    }),
  }
}

/** Undefined for a runtime that does not say: before CRI of Kubernetes 1.26. It leaves out, or says 0 for, what has no limit. */
export function reportedAmounts({ resources }: ContainerStatus): Partial<KernelAmounts> | undefined {
  if (!resources?.linux) return undefined
  const { cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes } = resources.linux
  const [shares, quota, period, memoryBytes] = [cpuShares, cpuQuota, cpuPeriod, memoryLimitInBytes].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  return {
    ...(shares > 0 && { shares }),
    quotaUs: quota > 0 && period > 0 ? (quota * cpuPeriodUs) / period : unlimited,
    memoryBytes: memoryBytes > 0 ? memoryBytes : unlimited,
  }
}

function madeWith(text: string | undefined): Pick<ObservedContainer, 'madeWith'> {
  return text === undefined ? {} : { madeWith: JSON.parse(text) as ResourceRequirements }
}

/** Where a container's termination message file lies on the node. */
export function messageFile(rootDir: string, uid: string, container: string, attempt: number): string {
  return `${podFolder(rootDir, uid)}/containers/${container}/${attempt}`
}

/** https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/ */
async function lastWords(status: ContainerStatus, host: Pick<Host, 'files'>, rootDir: string): Promise<string> {
  const { annotations, labels, exitCode } = status
  const uid = identityFromLabels(labels)?.uid
  const name = labels[containerNameLabel]
  if (uid === undefined || name === undefined) return status.message
  const path = messageFile(rootDir, uid, name, Number(annotations[restartCountAnnotation] ?? 0))
  const own = annotations[messagePathAnnotation] ? await tail(host, path, longestMessage) : ''
  if (own !== '') return own
  if (status.message !== '') return status.message
  if (exitCode === 0 || annotations[messagePolicyAnnotation] !== 'FallbackToLogsOnError' || status.logPath === '') return ''
  return lastLines(host.files, status.logPath, mostLogLines, longestLogMessage).catch(() => '')
}

/** The end of a file, however large a container made it. */
async function tail({ files }: Pick<Host, 'files'>, path: string, limit: number): Promise<string> {
  const file = await files.open(path, 'r').catch(() => undefined)
  if (!file) return ''
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, limit)), 0, null, Math.max(0, size - limit))
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return ''
  } finally {
    await file.close()
  }
}
