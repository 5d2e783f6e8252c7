// `/stats/summary`: all that is known of the node's and its pods' use, as JSON.
// https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source
import { formatTime } from '../../meta/time.ts'
import { podLogFolder } from '../pod/names.ts'
import type { NetworkUsage } from '../runtime/cri-observed.ts'
import { type Filesystem, filesystem, folderUse, type NetworkInterface, networkInterfaces } from './filesystems.ts'
import { type Counter, Rates } from './rates.ts'
import { type ContainerUsage, type NodeUsage, type PodUsage, type Usage, type UsageSource, usageNow } from './usage.ts'

const nodeKey = 'node'

export class Summaries {
  readonly #source: UsageSource
  readonly #memoryBytes: number
  readonly #startTime: string
  readonly #rates = new Rates()

  /** `memoryBytes`: what the machine has. */
  constructor(source: UsageSource, memoryBytes: number) {
    this.#source = source
    this.#memoryBytes = memoryBytes
    this.#startTime = formatTime(source.clock.now())
  }

  async summary(): Promise<object> {
    const { files, config, runtime } = this.#source
    const [usage, own, images, interfaces] = await Promise.all([
      usageNow(this.#source),
      filesystem(files, config.rootDir),
      runtime.imageFsInfo(),
      networkInterfaces(files),
    ])
    const rates = this.#rates.renew(countersOf(usage))
    const time = formatTime(usage.timeMs)
    const [image] = images
    const imageDisk = image?.fsId && (await filesystem(files, image.fsId.mountpoint))
    const imageFs = imageDisk && { time, ...imageDisk, usedBytes: Number(image?.usedBytes?.value ?? 0) }
    return {
      node: {
        nodeName: config.nodeName,
        startTime: this.#startTime,
        ...shared(usage, rates.get(nodeKey), this.#memoryBytes),
        ...(interfaces.length > 0 && { network: network(time, interfaces) }),
        ...(own && { fs: { time, ...own } }),
        ...(imageFs && { runtime: { imageFs, containerFs: imageFs } }),
      },
      pods: await Promise.all(usage.pods.map(pod => this.#pod(pod, rates, imageDisk, time))),
    }
  }

  async #pod(usage: PodUsage, rates: ReadonlyMap<string, number>, disk: Filesystem | undefined, time: string): Promise<object> {
    const { identity, pod, sandbox } = usage
    const { files, config } = this.#source
    const folder = podLogFolder(config.podLogDir, identity)
    const containers = await Promise.all(
      usage.containers.map(async container => ({ container, logs: await folderUse(files, `${folder}/${container.name}`) })),
    )
    const ephemeral = containers.map(({ container, logs }) => ({
      bytes: logs.usedBytes + (container.writableLayer?.usedBytes ?? 0),
      inodes: logs.inodesUsed + (container.writableLayer?.inodesUsed ?? 0),
    }))
    const devices = sandbox?.network && interfacesOf(sandbox.network)
    const processes = sandbox?.process?.processCount
    return {
      podRef: { name: identity.name, namespace: identity.namespace, uid: identity.uid },
      startTime: pod.status.startTime ?? null,
      containers: containers.map(({ container, logs }) => ({
        name: container.name,
        startTime: container.startedMs === undefined ? null : formatTime(container.startedMs),
        ...shared(container, rates.get(container.id), undefined),
        rootfs: { time, ...capacityOf(disk), ...container.writableLayer },
        logs: { time, ...capacityOf(disk), ...logs },
      })),
      ...shared(usage, rates.get(identity.uid), undefined),
      ...(devices && devices.length > 0 && { network: network(time, devices) }),
      'ephemeral-storage': {
        time,
        ...capacityOf(disk),
        usedBytes: ephemeral.reduce((total, { bytes }) => total + bytes, 0),
        inodesUsed: ephemeral.reduce((total, { inodes }) => total + inodes, 0),
      },
      ...(processes && { process_stats: { process_count: Number(processes.value) } }),
    }
  }
}

function countersOf(node: NodeUsage): ReadonlyMap<string, Counter> {
  const all: readonly (readonly [string, Usage])[] = [
    [nodeKey, node],
    ...node.pods.flatMap((pod): (readonly [string, Usage])[] => [
      [pod.identity.uid, pod],
      ...pod.containers.map((container: ContainerUsage) => [container.id, container] as const),
    ]),
  ]
  return new Map(all.flatMap(([key, { cpu }]) => (cpu ? [[key, cpu] as const] : [])))
}

/** Processor, memory and swap of whatever it is. */
function shared({ cpu, memory }: Usage, nanoCores: number | undefined, capacityBytes: number | undefined): object {
  const time = cpu && formatTime(cpu.timeMs)
  const limit = memory?.limitBytes ?? capacityBytes
  return {
    ...(cpu && {
      cpu: { time, ...(nanoCores !== undefined && { usageNanoCores: nanoCores }), usageCoreNanoSeconds: cpu.nanoSeconds },
    }),
    ...(memory && {
      memory: {
        time,
        ...(limit !== undefined && { availableBytes: Math.max(0, limit - memory.workingSetBytes) }),
        ...(memory.usageBytes !== undefined && { usageBytes: memory.usageBytes }),
        workingSetBytes: memory.workingSetBytes,
        ...(memory.rssBytes !== undefined && { rssBytes: memory.rssBytes }),
        ...(memory.pageFaults !== undefined && { pageFaults: memory.pageFaults }),
        ...(memory.majorPageFaults !== undefined && { majorPageFaults: memory.majorPageFaults }),
      },
    }),
    ...(memory?.swapBytes !== undefined && { swap: { time, swapUsageBytes: memory.swapBytes } }),
  }
}

/** The figures of the default device stand for all. */
function network(time: string, interfaces: readonly NetworkInterface[]): object {
  return { time, ...(interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0]), interfaces }
}

function interfacesOf({ defaultInterface, interfaces }: NetworkUsage): readonly NetworkInterface[] {
  return [...(defaultInterface ? [defaultInterface] : []), ...interfaces].map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    name,
    rxBytes: Number(rxBytes?.value ?? 0),
    rxErrors: Number(rxErrors?.value ?? 0),
    txBytes: Number(txBytes?.value ?? 0),
    txErrors: Number(txErrors?.value ?? 0),
  }))
}

function capacityOf(disk: Filesystem | undefined): object {
  if (!disk) return {}
  const { availableBytes, capacityBytes, inodesFree, inodes } = disk
  return { availableBytes, capacityBytes, inodesFree, inodes }
}
