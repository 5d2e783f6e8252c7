// Service account tokens for projected volumes: asked for once, bound to the pod, and renewed when four fifths of their life, or a day,
// have passed. https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#serviceaccount-token-volume-projection
import type { Pod } from '../../api/core/pod.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { ServiceAccountTokenProjection } from '../../api/core/volume.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/client.ts'

interface Token {
  readonly token: string
  readonly askedAtMs: number
  readonly expiresAtMs: number
}

const dayMs = 86_400_000

export function isStale({ askedAtMs, expiresAtMs }: Omit<Token, 'token'>, now: number): boolean {
  const age = now - askedAtMs
  return age > (expiresAtMs - askedAtMs) * 0.8 || age > dayMs
}

export class Tokens {
  readonly #client: Client
  readonly #clock: Clock
  /** By pod uid, then by audience and lifetime. */
  readonly #tokens = new Map<string, Map<string, Promise<Token>>>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** The pod's tokens by the path of their projection. Fails with a `StatusError`. */
  async of(pod: Pod): Promise<ReadonlyMap<string, string>> {
    const sources = (pod.spec.volumes ?? []).flatMap(v => (v.projected?.sources ?? []).flatMap(s => s.serviceAccountToken ?? []))
    const entries = await Promise.all(sources.map(async source => [source.path, (await this.#get(pod, source)).token] as const))
    return new Map(entries)
  }

  forget(podUid: string): void {
    this.#tokens.delete(podUid)
  }

  async #get(pod: Pod, source: ServiceAccountTokenProjection): Promise<Token> {
    const { uid } = pod.metadata
    const key = `${source.audience ?? ''}/${source.expirationSeconds}`
    const mine = this.#tokens.get(uid) ?? new Map<string, Promise<Token>>()
    this.#tokens.set(uid, mine)
    const known = await mine.get(key)?.catch(() => undefined)
    if (known && !isStale(known, this.#clock.now())) return known
    const asked = this.#ask(pod, source)
    mine.set(key, asked)
    try {
      return await asked
    } catch (error) {
      // The old token serves until it has really expired.
      if (known && known.expiresAtMs > this.#clock.now()) {
        mine.set(key, Promise.resolve(known))
        return known
      }
      mine.delete(key)
      throw error
    }
  }

  async #ask(pod: Pod, source: ServiceAccountTokenProjection): Promise<Token> {
    const { namespace, name, uid } = pod.metadata
    const askedAtMs = this.#clock.now()
    const answer = await this.#client.post(ServiceAccount, { namespace, name: pod.spec.serviceAccountName || 'default' }, 'token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(source.audience && { audiences: [source.audience] }),
        expirationSeconds: source.expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    })
    const { token, expirationTimestamp } = (answer as { status?: { token?: string; expirationTimestamp?: string } }).status ?? {}
    return {
      token: token ?? '',
      askedAtMs,
      expiresAtMs: Date.parse(expirationTimestamp ?? '') || askedAtMs + source.expirationSeconds * 1000,
    }
  }
}
