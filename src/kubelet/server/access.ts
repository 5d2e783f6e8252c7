// Who may ask a kubelet what. The API server's own certificate may do everything; for others the API server is asked, on the node's
// subresources. https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authorization
import { SubjectAccessReview } from '../../api/authorization/subject-access-review.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'
import type { Caller } from './authentication.ts'

export const apiServerName = 'kube-apiserver-kubelet-client'
const rememberMs = 30_000

const subresources: Readonly<Record<string, string>> = {
  stats: 'stats',
  metrics: 'metrics',
  logs: 'log',
  spec: 'spec',
  healthz: 'healthz',
  pods: 'pods',
}
const verbs: Readonly<Record<string, string>> = { GET: 'get', HEAD: 'get', POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }

export class Access {
  readonly #client: Client
  readonly #clock: Clock
  readonly #nodeName: string
  readonly #answers = new Map<string, { readonly isAllowed: boolean; readonly untilMs: number }>()

  constructor(client: Client, clock: Clock, nodeName: string) {
    this.#client = client
    this.#clock = clock
    this.#nodeName = nodeName
  }

  async isAllowed(caller: Caller, method: string, path: string): Promise<boolean> {
    if (caller.username === apiServerName) return true
    const verb = verbs[method] ?? method.toLowerCase()
    const subresource = subresources[path.split('/')[1] ?? ''] ?? 'proxy'
    const key = JSON.stringify([caller, verb, subresource])
    const known = this.#answers.get(key)
    if (known && known.untilMs > this.#clock.now()) return known.isAllowed
    const review = await this.#client.create(SubjectAccessReview, {
      spec: {
        user: caller.username,
        groups: caller.groups,
        resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: this.#nodeName },
      },
    })
    const isAllowed = review.status.allowed === true
    if (this.#answers.size > 1000) this.#answers.clear()
    this.#answers.set(key, { isAllowed, untilMs: this.#clock.now() + rememberMs })
    return isAllowed
  }
}
