// Who asks a kubelet: by a certificate of the cluster's authority, or by a bearer token about which the API server is asked.
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authentication
import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { TokenReview } from '../../api/authentication/token-review.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'

export interface Caller {
  readonly username: string
  readonly groups: readonly string[]
}

const rememberMs = 120_000
const mostTokens = 1000

export class Authentication {
  readonly #client: Pick<Client, 'create'>
  readonly #clock: Clock
  /** By the hash of the token. */
  readonly #tokens = new Map<string, { readonly caller: Caller; readonly untilMs: number }>()

  constructor(client: Pick<Client, 'create'>, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Undefined for one that nobody knows. */
  async callerOf(request: Pick<IncomingMessage, 'socket' | 'headers'>): Promise<Caller | undefined> {
    const byCertificate = certificateCaller(request.socket)
    if (byCertificate) return byCertificate
    const [, token] = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
    return token === undefined ? undefined : this.#tokenCaller(token)
  }

  async #tokenCaller(token: string): Promise<Caller | undefined> {
    const key = hash('sha256', token, 'base64')
    const known = this.#tokens.get(key)
    if (known && known.untilMs > this.#clock.now()) return known.caller
    const { status } = await this.#client.create(TokenReview, { spec: { token } })
    const { username, groups = [] } = status?.user ?? {}
    if (status?.authenticated !== true || !username) return undefined
    if (this.#tokens.size >= mostTokens) this.#tokens.clear()
    const caller = { username, groups }
    this.#tokens.set(key, { caller, untilMs: this.#clock.now() + rememberMs })
    return caller
  }
}

function certificateCaller(socket: IncomingMessage['socket']): Caller | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { CN, O } = socket.getPeerCertificate().subject ?? {}
  const organizations: readonly string[] = O === undefined ? [] : ([O].flat() as string[])
  const username = CN === undefined ? '' : ([CN].flat()[0] ?? '')
  return username === '' ? undefined : { username, groups: [...organizations, 'system:authenticated'] }
}
