// A whole API server for a test: memory store, own certificates, a free port. Close it when done.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../src/base/logger.ts'
import type { Client } from '../../src/client/client.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { type ClusterPki, ensureClusterPki } from '../../src/platform/pki.ts'
import { authenticated } from '../../src/server/authn/user-info.ts'
import { inProcessClient } from '../../src/server/in-process-client.ts'
import { type ApiServer, type ApiServerOptions, startApiServer } from '../../src/server/server.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestServer {
  readonly server: ApiServer
  readonly pki: ClusterPki
  readonly url: string
  /** A folder of this server's own. */
  readonly dir: string
  /** In-process, as a member of system:masters unless another name is given. */
  client(username?: string, groups?: readonly string[]): Client
  close(): Promise<void>
}

export interface TestServerOptions {
  readonly store?: Store
  readonly port?: number
  /** What is not as usual. */
  readonly settings?: Partial<ApiServerOptions>
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'coxswain-test-'))
  const pki = ensureClusterPki(join(dir, 'pki'), { apiServerNames: ['127.0.0.1'], nodes: [] }, Date.now())
  const store = options.store ?? openMemoryStore({ clock: systemClock })
  const settings: ApiServerOptions = {
    store,
    clock: systemClock,
    random: Math.random,
    monotonic: () => performance.now(),
    newUid: randomUUID,
    logger: { ...silentLogger, error: (message, fields) => console.error(message, fields) },
    addresses: [{ host: '127.0.0.1', port: options.port ?? 0 }],
    tls: { cert: pki.apiServer.certificate, key: pki.apiServer.key, clientCa: pki.ca.certificate },
    kubeletTls: { ca: pki.ca.certificate, cert: pki.apiServerKubeletClient.certificate, key: pki.apiServerKubeletClient.key },
    frontProxy: { ca: pki.frontProxyCa.certificate, cert: pki.frontProxyClient.certificate, key: pki.frontProxyClient.key },
    serviceAccountKey: pki.serviceAccount.privateKey,
    issuer: 'https://kubernetes.default.svc.cluster.local',
    ranges: { serviceCidr: '10.96.0.0/16', firstNodePort: 30_000, lastNodePort: 32_767 },
    advertise: { host: '192.0.2.1', port: 6443 },
    ...options.settings,
  }
  const server = await startApiServer(settings)
  return {
    server,
    pki,
    dir,
    url: `https://127.0.0.1:${server.bound[0]?.port}`,
    client: (username = 'admin', groups = ['system:masters']) => inProcessClient(server.context, authenticated({ username, groups })),
    async close() {
      await server.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
