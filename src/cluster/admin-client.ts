// The cluster's own commands towards its API server: a client with the administrator's certificate, and the wait for the server.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from '../base/clock.ts'
import { createHttpClient, type HttpClient } from '../client/http.ts'
import type { KubeconfigEntry } from '../client/kubeconfig.ts'
import { StatusError } from '../meta/status-error.ts'
import { systemClock } from '../platform/clock.ts'
import type { DaemonRecord } from '../platform/process.ts'
import { isAlive } from '../platform/process.ts'
import { serverUrl } from './daemons.ts'
import { clusterLayout, type Roots } from './layout.ts'
import type { ClusterPlan } from './plan.ts'

/** The name of a cluster's context, cluster and user in kubeconfigs. */
export const contextName = (cluster: string) => `cox-${cluster}`

/** What a kubeconfig says of the cluster. Needs its certificates to be there. */
export function kubeconfigEntry(roots: Roots, plan: ClusterPlan): KubeconfigEntry {
  const { pki } = clusterLayout(roots, plan.name)
  const pem = (name: string) => readFileSync(join(pki, name), 'utf8')
  return {
    name: contextName(plan.name),
    server: serverUrl(plan),
    ca: pem('ca.crt'),
    clientCertificate: pem('admin.crt'),
    clientKey: pem('admin.key'),
  }
}

/** The caller closes it. */
export function adminClient(roots: Roots, plan: ClusterPlan): HttpClient {
  const { server, ca, clientCertificate, clientKey } = kubeconfigEntry(roots, plan)
  return createHttpClient({ server, ca, cert: clientCertificate, key: clientKey, userAgent: 'cox', clock: systemClock, retries: 0 })
}

/** Resolves when the server says that it is ready. Fails when its process ends, or with the last refusal when the signal aborts. */
export async function untilServing(client: HttpClient, daemon: DaemonRecord, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await client.request({ method: 'GET', path: '/readyz', timeoutMs: 2_000, signal })
      return
    } catch (error) {
      const failure = StatusError.from(error)
      if (!isAlive(daemon)) throw new Error('its process has ended', { cause: error })
      if (signal.aborted) throw failure
    }
    await sleep(systemClock, 10, signal).catch(() => {})
  }
}
