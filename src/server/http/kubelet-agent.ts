// The connections to kubelets: one pool for each identity that the API server shows.
import { Agent } from 'node:https'

/** How the API server shows itself to kubelets, and by what it knows them. */
export interface KubeletTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const agents = new WeakMap<KubeletTls, Agent>()

export function kubeletAgent(tls: KubeletTls): Agent {
  let agent = agents.get(tls)
  if (!agent) {
    agent = new Agent({ ...tls, keepAlive: true, maxFreeSockets: 16 })
    agents.set(tls, agent)
  }
  return agent
}
