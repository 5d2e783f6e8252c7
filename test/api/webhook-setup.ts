// A webhook for suites of admission: a real HTTPS server that answers as the test says and keeps what it was asked.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import type { Api } from './setup.ts'

export const configurations = (sort: string) => `/apis/admissionregistration.k8s.io/v1/${sort}webhookconfigurations`
export const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')

export interface WebhookServer {
  /** The requests of the reviews so far. Empty before each test. */
  seen: Json[]
  /** What the webhook answers; at the start of each test it lets everything pass. Undefined: never. */
  answer: (request: Json) => Json | undefined
  /** Of all that is done to a resource, unless more is said. */
  configure(sort: 'mutating' | 'validating', more?: Json, plural?: string, name?: string): Promise<void>
}

/** Lives as long as the suite that calls this. */
export function webhookServer(api: Pick<Api, 'server' | 'admin'>): WebhookServer {
  let webhook: Server
  let url = ''
  const hook: WebhookServer = {
    seen: [],
    answer: () => ({ allowed: true }),
    async configure(sort, more = {}, plural = 'configmaps', name = 'check.example.com') {
      const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: [plural] }]
      const clientConfig = { url, caBundle: Buffer.from(api.server.pki.ca.certificate).toString('base64') }
      const webhook = { name, rules, clientConfig, sideEffects: 'None', admissionReviewVersions: ['v1'], ...more }
      const { code, json } = await api.admin.send('POST', configurations(sort), {
        body: { metadata: { name: `${name}-${sort}` }, webhooks: [webhook] },
      })
      assert.equal(code, 201, JSON.stringify(json))
    },
  }
  before(async () => {
    const { apiServer } = api.server.pki
    webhook = createServer({ key: apiServer.key, cert: apiServer.certificate }, async (request, response) => {
      const review = JSON.parse(await text(request))
      hook.seen.push(review.request)
      const body = hook.answer(review.request)
      if (body === undefined) return
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ kind: review.kind, apiVersion: review.apiVersion, response: { uid: review.request.uid, ...body } }))
    })
    await new Promise<void>(resolve => webhook.listen(0, '127.0.0.1', resolve))
    url = `https://127.0.0.1:${(webhook.address() as AddressInfo).port}/check`
  })
  after(() => {
    webhook.closeAllConnections()
    webhook.close()
  })
  beforeEach(async () => {
    for (const sort of ['mutating', 'validating']) await api.admin.send('DELETE', configurations(sort))
    hook.seen = []
    hook.answer = () => ({ allowed: true })
  })
  return hook
}
