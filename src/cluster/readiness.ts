// When a started cluster is ready: every node Ready by a heartbeat since its start, and the system pods of every node running. What is
// still missing is a list of sentences, which is also the cause when time runs out.
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import type { Client } from '../client/client.ts'
import { Informer } from '../client/informer.ts'
import { systemClock } from '../platform/clock.ts'

export interface Expectation {
  readonly node: string
  /** An older heartbeat is that of an earlier life of the node. Milliseconds since the epoch. */
  readonly sinceMs: number
  /** Names of pods in kube-system. */
  readonly pods: readonly string[]
}

/** Sentences; none when everything is there. */
export function whatIsMissing(nodes: readonly Node[], pods: readonly Pod[], expected: readonly Expectation[]): readonly string[] {
  return expected.flatMap(({ node: name, pods: podNames, sinceMs }) => {
    const node = nodes.find(each => each.metadata.name === name)
    const ready = node?.status?.conditions?.find(condition => condition.type === 'Ready')
    // Heartbeats count whole seconds.
    const isCurrent = Date.parse(ready?.lastHeartbeatTime ?? '') >= Math.floor(sinceMs / 1000) * 1000
    if (node === undefined) return [`node ${name} has not registered`]
    if (ready === undefined || !isCurrent) return [`node ${name} has not reported yet`]
    if (ready.status !== 'True') return [`node ${name} is not Ready: ${ready.message ?? ready.reason ?? 'it does not say why'}`]
    return podNames.flatMap(
      podName =>
        podProblem(
          podName,
          pods.find(pod => pod.metadata.name === podName),
        ) ?? [],
    )
  })
}

function podProblem(name: string, pod: Pod | undefined): string | undefined {
  if (pod === undefined) return `pod kube-system/${name} is not there yet`
  const ready = pod.status?.conditions?.find(condition => condition.type === 'Ready')
  if (pod.status?.phase === 'Running' && ready?.status === 'True') return undefined
  const waiting = pod.status?.containerStatuses?.flatMap(each => each.state?.waiting?.reason ?? [])[0]
  const phase = pod.status?.phase === 'Running' ? 'Running but not ready' : (pod.status?.phase ?? 'Pending')
  return `pod kube-system/${name} is ${waiting ?? phase}`
}

/** Resolves when nothing is missing; when the signal aborts first, fails with what is. */
export async function untilReady(client: Client, expected: readonly Expectation[], signal: AbortSignal): Promise<void> {
  const done = new AbortController()
  const common = { client, clock: systemClock, random: Math.random }
  let failure: string | undefined
  const onError = (error: Error) => {
    failure = error.message
  }
  const nodes = new Informer<Node>({ ...common, kind: Node, onError })
  const pods = new Informer<Pod>({ ...common, kind: Pod, namespace: 'kube-system', onError })
  const missing = () => whatIsMissing(nodes.list(), pods.list(), expected)
  const stop = AbortSignal.any([signal, done.signal])
  const loops = [nodes.run(stop), pods.run(stop)]
  try {
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (nodes.hasSynced && pods.hasSynced && missing().length === 0) resolve()
      }
      for (const informer of [nodes, pods]) {
        informer.onProgress(look)
        void informer.synced().then(look)
      }
      const giveUp = () =>
        reject(new Error(nodes.hasSynced && pods.hasSynced ? missing().join('; ') : (failure ?? 'the API server does not answer')))
      if (signal.aborted) giveUp()
      else signal.addEventListener('abort', giveUp, { once: true })
    })
  } finally {
    done.abort()
    await Promise.all(loops)
  }
}
