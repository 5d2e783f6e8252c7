// Suites of the API at its rim: each runs over both protocols, against a server and a namespace of its own.
import { after, before, describe } from 'node:test'
import { type Json, type Protocol, type Requests, requestsOver } from '../testkit/api-requests.ts'
import { startTestServer, type TestServer } from '../testkit/api-server.ts'

export interface Api {
  readonly server: TestServer
  /** As the cluster's administrator. */
  readonly admin: Requests
  /** Without a certificate. */
  readonly nobody: Requests
}

export const namespace = 'test'

export function collection(plural: string, group = 'api/v1', of = namespace): string {
  return `/${group}/namespaces/${of}/${plural}`
}

export const configMaps = collection('configmaps')
export const pods = collection('pods')

export function configMap(name: string, data: Json = {}, metadata: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

export function pod(name: string, spec: Json = {}, metadata: Json = {}): Json {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } }
}

export function deployment(name: string, replicas = 1): Json {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: labels }, template } }
}

export const deployments = collection('deployments', 'apis/apps/v1')

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const

export function patchWish(type: keyof typeof patchTypes, body: unknown) {
  return { body, headers: { 'content-type': patchTypes[type] } }
}

export async function startApi(protocol: Protocol): Promise<Api & { close(): Promise<void> }> {
  const server = await startTestServer()
  const { ca, admin } = server.pki
  const requests = requestsOver(protocol, server.url, { ca: ca.certificate, cert: admin.certificate, key: admin.key })
  const nobody = requestsOver(protocol, server.url, { ca: ca.certificate })
  await requests.send('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } })
  await requests.send('POST', collection('serviceaccounts'), { body: { metadata: { name: 'default' } } })
  return {
    server,
    admin: requests,
    nobody,
    async close() {
      requests.close()
      nobody.close()
      await server.close()
    },
  }
}

/** `define` is called once for each protocol; the api is there when its tests run. */
export function overBothProtocols(define: (api: Api) => void): void {
  for (const protocol of ['HTTP/2', 'HTTP/1.1'] as const)
    describe(protocol, () => {
      let started: Awaited<ReturnType<typeof startApi>> | undefined
      before(async () => {
        started = await startApi(protocol)
      })
      after(() => started?.close())
      const now = () => {
        if (!started) throw new Error('the server runs while tests do')
        return started
      }
      define({
        get server() {
          return now().server
        },
        get admin() {
          return now().admin
        },
        get nobody() {
          return now().nobody
        },
      })
    })
}
