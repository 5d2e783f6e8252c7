// What a node may not say of itself: its role, and the labels that its configuration gives it. As with kubeadm, the administrator sets
// them once the node has registered.
import { Node } from '../api/core/node.ts'
import type { Client } from '../client/client.ts'
import { Informer } from '../client/informer.ts'
import { systemClock } from '../platform/clock.ts'
import type { NodePlan } from './plan.ts'

export function labelsOf(node: NodePlan): Readonly<Record<string, string>> {
  const role = { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
  return node.role === 'control-plane' ? { ...role, ...node.labels } : node.labels
}

/** Resolves when all nodes have registered and bear their labels; when the signal aborts first, fails with the names of those that miss. */
export async function untilRegistered(client: Client, nodes: readonly NodePlan[], signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const informer = new Informer<Node>({ client, kind: Node, clock: systemClock, random: Math.random })
  const loop = informer.run(AbortSignal.any([signal, done.signal]))
  try {
    await Promise.all(
      nodes.map(async node => {
        const registered = await appears(informer, node.name, signal)
        const labels = labelsOf(node)
        const missing = Object.entries(labels).some(([key, value]) => registered.metadata.labels?.[key] !== value)
        if (missing) await client.patch(Node, { name: node.name }, 'merge', { metadata: { labels } })
      }),
    )
  } finally {
    done.abort()
    await loop
  }
}

function appears(informer: Informer<Node>, name: string, signal: AbortSignal): Promise<Node> {
  return new Promise((resolve, reject) => {
    informer.onChange(() => {
      const found = informer.get(name)
      if (found !== undefined) resolve(found)
    })
    const giveUp = () => reject(new Error(`node ${name} does not register`))
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
}
