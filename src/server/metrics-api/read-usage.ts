// Reads what a node's kubelet counts, as the API server.
import { type RequestOptions, request } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import type { Clock } from '../../base/clock.ts'
import { type KubeletTls, kubeletAgent } from '../http/kubelet-agent.ts'
import type { Storage } from '../storage.ts'
import { kubelet } from '../subresources/relay.ts'
import { type NodePoints, readPoints } from './points.ts'

const timeoutMs = 5000

export interface UsageSource {
  readonly storage: Storage
  readonly clock: Clock
  readonly kubeletTls: KubeletTls
}

/** Undefined where the kubelet cannot be reached, or answers otherwise: a node without figures is shown as one. */
export async function readUsage({ storage, clock, kubeletTls }: UsageSource, node: string): Promise<NodePoints | undefined> {
  const timeout = new AbortController()
  const cancel = clock.after(timeoutMs, () => timeout.abort())
  try {
    const { host, port } = kubelet({ storage }, node)
    const answer = await get({ host, port, path: '/metrics/resource', agent: kubeletAgent(kubeletTls), signal: timeout.signal })
    return answer.code === 200 ? readPoints(answer.body, clock.now()) : undefined
  } catch {
    return undefined
  } finally {
    cancel()
  }
}

function get(options: RequestOptions): Promise<{ readonly code: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request(options, answer => {
      readText(answer).then(body => resolve({ code: answer.statusCode ?? 0, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}
