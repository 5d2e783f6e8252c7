// Registers the node and keeps its status and lease fresh. The lease is the heartbeat; the status is written when it changes, and every
// five minutes. A node object that somebody deleted is made again.
import { Lease } from '../../api/coordination/lease.ts'
import { type ContainerImage, Node, type NodeStatus } from '../../api/core/node.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { formatMicros } from '../../base/rfc3339.ts'
import type { Client } from '../../client/client.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { KubeletConfig } from '../config.ts'
import type { Host } from '../host.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { isSameStatus, missingLabels, type NodeFacts, newNode, nodeStatus, nodeStatusPatch } from './node-status.ts'

export interface NodeAgentOptions {
  readonly client: Client
  readonly runtime: Runtime
  readonly host: Host
  readonly config: KubeletConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

const statusPeriodMs = 10_000
const reportPeriodMs = 300_000
const impatientMs = 100
const leaseSeconds = 40
const leasePeriodMs = 10_000
const retryMs = 1_000
/** As many images as upstream tells of. */
const mostImages = 50
const leaseNamespace = 'kube-node-lease'

export class NodeAgent {
  readonly #options: NodeAgentOptions
  #node: Node | undefined
  #lease: Lease | undefined
  #reportedAtMs = 0

  constructor(options: NodeAgentOptions) {
    this.#options = options
  }

  /** The node's object as last seen. */
  get node(): Node | undefined {
    return this.#node
  }

  /** As it is now: others change its labels and taints without our notice. */
  async refresh(): Promise<Node> {
    const { client, config } = this.#options
    this.#node = await client.get(Node, { name: config.nodeName })
    return this.#node
  }

  async run(): Promise<void> {
    await Promise.all([this.#keepStatus(), this.#keepLease()])
  }

  async #keepStatus(): Promise<void> {
    const { clock, signal, logger } = this.#options
    while (!signal.aborted) {
      let waitMs = statusPeriodMs
      try {
        const status = await this.#report()
        // Until it is ready for the first time, a node looks again and again: a cluster that starts waits for it.
        if (status.conditions?.find(c => c.type === 'Ready')?.status !== 'True') waitMs = impatientMs
      } catch (error) {
        logger.warn('node status not written', { error: text(error) })
        waitMs = this.#node ? retryMs : impatientMs * 2
      }
      await sleep(clock, waitMs, signal).catch(() => {})
    }
  }

  async #report(): Promise<NodeStatus> {
    const { client, clock, config } = this.#options
    const facts = await this.#facts()
    this.#node = (await this.#current()) ?? (await this.#register(facts))
    const next = nodeStatus(facts, this.#node.status)
    const isDue = clock.now() - this.#reportedAtMs >= reportPeriodMs
    if (!isDue && isSameStatus(this.#node.status, next)) return next
    this.#node = await client.patch(Node, { name: config.nodeName }, 'strategic', nodeStatusPatch(next), { subresource: 'status' })
    this.#reportedAtMs = clock.now()
    return next
  }

  /** The node as it is now: where nothing was heard of it for a while, others have marked it, and only a new status takes that back. */
  async #current(): Promise<Node | undefined> {
    if (!this.#node) return undefined
    try {
      return await this.refresh()
    } catch (error) {
      if (!StatusError.is(error, 'NotFound')) throw error
      this.#options.logger.warn('the node object is gone, registering again')
      return undefined
    }
  }

  async #register(facts: NodeFacts): Promise<Node> {
    const { client, config, logger } = this.#options
    try {
      const node = await client.create(Node, newNode(facts))
      logger.info('node registered', { node: config.nodeName })
      return node
    } catch (error) {
      if (!StatusError.is(error, 'AlreadyExists')) throw error
    }
    const node = await client.get(Node, { name: config.nodeName })
    const labels = missingLabels(node, facts)
    const cidr = !node.spec.podCIDR && config.podCidr ? { podCIDR: config.podCidr, podCIDRs: [config.podCidr] } : undefined
    if (!labels && !cidr) return node
    return client.patch(Node, { name: config.nodeName }, 'strategic', {
      ...(labels && { metadata: { labels } }),
      ...(cidr && { spec: cidr }),
    })
  }

  async #facts(): Promise<NodeFacts> {
    const { host, runtime, config, clock } = this.#options
    const [machine, version, runtimeState, disk, memoryAvailableBytes, images] = await Promise.all([
      host.machine(),
      runtime.version(),
      runtime.status().catch(() => undefined),
      host.files.statfs(config.rootDir),
      host.memoryAvailableBytes(),
      this.#images(),
    ])
    return {
      config,
      machine,
      runtime: version,
      runtimeState,
      diskBytes: disk.blocks * disk.bsize,
      diskAvailableBytes: disk.bavail * disk.bsize,
      memoryAvailableBytes,
      images,
      now: clock.now(),
    }
  }

  async #images(): Promise<readonly ContainerImage[]> {
    const images = await this.#options.runtime.listImages()
    return images
      .map(({ repoDigests, repoTags, size }) => ({ names: [...repoDigests, ...repoTags], sizeBytes: Number(size) }))
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, mostImages)
  }

  async #keepLease(): Promise<void> {
    const { clock, signal, logger } = this.#options
    while (!signal.aborted) {
      let waitMs = leasePeriodMs
      try {
        await this.#renew()
      } catch (error) {
        this.#lease = undefined
        logger.warn('node lease not renewed', { error: text(error) })
        waitMs = retryMs
      }
      await sleep(clock, waitMs, signal).catch(() => {})
    }
  }

  async #renew(): Promise<void> {
    const { client, config, clock } = this.#options
    const key = { namespace: leaseNamespace, name: config.nodeName }
    const spec = {
      holderIdentity: config.nodeName,
      leaseDurationSeconds: leaseSeconds,
      renewTime: formatMicros(BigInt(clock.now()) * 1000n),
    }
    this.#lease ??= await client.get(Lease, key).catch((error: unknown) => {
      if (StatusError.is(error, 'NotFound')) return undefined
      throw error
    })
    if (this.#lease) {
      this.#lease = await client.update(Lease, { ...this.#lease, spec: { ...this.#lease.spec, ...spec } })
      return
    }
    const uid = this.#node?.metadata.uid
    const ownerReferences = uid === undefined ? undefined : [{ apiVersion: 'v1', kind: 'Node', name: config.nodeName, uid }]
    this.#lease = await client.create(Lease, { metadata: { ...key, ...(ownerReferences && { ownerReferences }) }, spec })
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
