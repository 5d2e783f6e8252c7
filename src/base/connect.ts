// Byte connections come in through this interface; the real one is in platform/connect.ts.
import type { Duplex } from 'node:stream'

export interface Endpoint {
  readonly host: string
  readonly port: number
  /** TLS where given. PEM texts. Without `ca` the system's roots hold. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    /** The name that the certificate must have, where it differs from `host`. */
    readonly serverName?: string
    readonly insecureSkipVerify?: boolean
  }
}

/** Resolves with an open connection whose halves close independently. Rejects with the system's error, or the signal's reason. */
export type Connect = (endpoint: Endpoint, signal?: AbortSignal) => Promise<Duplex>
