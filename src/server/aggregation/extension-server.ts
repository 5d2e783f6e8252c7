// The connection to the servers behind one API service: with the front proxy's certificate, theirs checked as the API service says.
import type { OutgoingHttpHeaders } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import type { APIService } from '../../api/apiregistration/api-service.ts'
import type { Random } from '../../base/clock.ts'
import type { Endpoint } from '../../base/connect.ts'
import type { UserInfo } from '../authn/user-info.ts'
import type { Exchange } from '../http/exchange.ts'
import { carry } from '../http/relay.ts'
import type { Address, Backend, ServiceReference } from './backend.ts'
import { identityHeaders } from './identity.ts'

/** PEM: how this server shows itself to those behind API services. */
export interface FrontProxyTls {
  readonly cert: string
  readonly key: string
}

export interface Fetched {
  readonly code: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** Of one API service as it was written; another is made when that changes. */
export class ExtensionServer {
  readonly #tls: NonNullable<Endpoint['tls']>
  readonly #agent: Agent
  readonly #backend: () => Backend
  readonly #random: Random

  constructor(service: APIService & { spec: { service: ServiceReference } }, tls: FrontProxyTls, backend: () => Backend, random: Random) {
    const { caBundle, insecureSkipTLSVerify, service: reference } = service.spec
    this.#tls = {
      ...tls,
      serverName: `${reference.name}.${reference.namespace}.svc`,
      ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
      ...(insecureSkipTLSVerify && { insecureSkipVerify: true }),
    }
    const { serverName, insecureSkipVerify, ...material } = this.#tls
    this.#agent = new Agent({
      ...material,
      ...(serverName !== undefined && { servername: serverName }),
      rejectUnauthorized: !insecureSkipVerify,
      keepAlive: true,
      maxFreeSockets: 16,
    })
    this.#backend = backend
    this.#random = random
  }

  /** One of the addresses; undefined when there is none. */
  address(): Address | undefined {
    const backend = this.#backend()
    return backend.ok ? backend.addresses[Math.floor(this.#random() * backend.addresses.length)] : undefined
  }

  endpoint({ host, port }: Address): Endpoint {
    return { host, port, tls: this.#tls }
  }

  /** Passes the request on; resolves with the status code once the answer has begun. */
  relay(exchange: Exchange, address: Address, user: UserInfo): Promise<number> {
    return carry(exchange, {
      ...address,
      path: exchange.target,
      request: options => httpsRequest({ ...options, agent: this.#agent }),
      headers: identityHeaders(user),
    })
  }

  /** A request of this server's own. Rejects when nobody answers. */
  async fetch(address: Address, path: string, user: UserInfo, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<Fetched> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest(
        { ...address, path, agent: this.#agent, signal, headers: { ...headers, ...identityHeaders(user) } },
        answer => {
          buffer(answer).then(body => resolve({ code: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
        },
      )
      request.once('error', reject).end()
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}
