// Clears the field while it is shot at: what stands in the way of everything goes often, and everything now and then, so that a run of any
// length keeps storing, and ends with what it stored lately.
import type { Requests } from '../../test/testkit/api-requests.ts'
import { namespaces, passingNamespace } from './words.ts'

const admission = '/apis/admissionregistration.k8s.io/v1'
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices'
const local = { spec: { service: null, insecureSkipTLSVerify: false, caBundle: null } }
/** The first ones first: the others cannot be deleted against them. */
const inTheWay = [
  `${admission}/validatingwebhookconfigurations`,
  `${admission}/mutatingwebhookconfigurations`,
  `${admission}/validatingadmissionpolicybindings`,
  `${admission}/mutatingadmissionpolicybindings`,
  `${admission}/validatingadmissionpolicies`,
  `${admission}/mutatingadmissionpolicies`,
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
  '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations',
  apiServices,
  '/api/v1/resourcequotas',
  '/api/v1/limitranges',
] as const

interface Listed {
  readonly items?: readonly {
    readonly metadata: {
      readonly name: string
      readonly namespace?: string
      readonly finalizers?: readonly string[]
      readonly deletionTimestamp?: string
    }
  }[]
}

const merge = { 'content-type': 'application/merge-patch+json' }

async function prepare(client: Requests): Promise<void> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }]
  await client.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    body: { metadata: { name: 'jane' }, roleRef, subjects },
  })
  for (const name of [...namespaces, passingNamespace]) {
    await client.send('POST', '/api/v1/namespaces', { body: { metadata: { name } } })
    await client.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { body: { metadata: { name: 'default' } } })
  }
}

/** What was there before the first shot stays, or comes again. */
export class Sweep {
  readonly #client: Requests
  readonly #kept = new Set<string>()

  private constructor(client: Requests) {
    this.#client = client
  }

  static async of(client: Requests, collections: readonly string[]): Promise<Sweep> {
    await prepare(client)
    const sweep = new Sweep(client)
    for (const path of collections) for (const { metadata } of await listed(client, path)) sweep.#kept.add(`${path}/${metadata.name}`)
    return sweep
  }

  async clearTheWay(): Promise<void> {
    for (const path of inTheWay) await this.#clear(path)
    // Of what the server has itself, some was handed to a service that is none.
    for (const name of ['v1.apps', 'v2.autoscaling'])
      await this.#client.send('PATCH', `${apiServices}/${name}`, { headers: merge, body: local })
    await prepare(this.#client)
  }

  async clearAll(collections: readonly string[]): Promise<void> {
    await this.clearTheWay()
    for (const path of collections) await this.#clear(path)
  }

  async #clear(path: string): Promise<void> {
    const client = this.#client
    const root = path.slice(0, path.lastIndexOf('/'))
    for (const { metadata } of await listed(client, path)) {
      const { name, namespace, finalizers, deletionTimestamp } = metadata
      if (this.#kept.has(`${path}/${name}`)) continue
      const own = `${root}${namespace ? `/namespaces/${namespace}` : ''}${path.slice(root.length)}/${encodeURIComponent(name)}`
      if (finalizers?.length) await client.send('PATCH', own, { headers: merge, body: { metadata: { finalizers: null } } })
      if (deletionTimestamp === undefined) await client.send('DELETE', own, { body: { gracePeriodSeconds: 0 } })
    }
  }
}

async function listed(client: Requests, path: string): Promise<NonNullable<Listed['items']>> {
  const reply = await client.send('GET', path)
  return reply.code === 200 ? ((reply.json as Listed).items ?? []) : []
}
