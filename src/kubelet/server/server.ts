// The kubelet's own server: HTTPS with client certificates, for the API server and for whoever it lets through.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../../base/clock.ts'
import type { Connect } from '../../base/connect.ts'
import type { Logger } from '../../base/logger.ts'
import { refuseUpgrade } from '../../base/upgrade/upgrade.ts'
import type { Client } from '../../client/client.ts'
import type { KubeletConfig, ServerConfig } from '../config.ts'
import type { Files } from '../host.ts'
import { type Runtime, RuntimeError } from '../runtime/runtime.ts'
import { ServedError, type ServedPods } from '../served-pods.ts'
import { Access, type Caller } from './access.ts'
import { serveLogs } from './log-route.ts'
import { kubeletMetrics, resourceMetrics } from './metrics.ts'
import { statsSummary } from './stats.ts'
import { serveStreams } from './stream-routes.ts'

export interface KubeletServerOptions {
  readonly server: ServerConfig
  readonly config: KubeletConfig
  readonly client: Client
  readonly runtime: Runtime
  readonly pods: ServedPods
  readonly files: Files
  readonly connect: Connect
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Resolves once it listens; it closes when the signal aborts. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<AddressInfo> {
  const { server: where, files, logger, signal, client, clock, config } = options
  const [cert, key, ca] = await Promise.all([where.certFile, where.keyFile, where.clientCaFile].map(path => files.readFile(path)))
  const access = new Access(client, clock, config.nodeName)
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' })
  const sockets = new Set<Duplex>()
  server.on('secureConnection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(options, access, request, response).catch((error: unknown) => {
      const { status, message } = asAnswer(error, logger)
      if (response.headersSent) response.destroy()
      else response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    upgrade(options, access, { request, socket, head }).catch((error: unknown) => {
      const { status, message } = asAnswer(error, logger)
      refuseUpgrade(socket, status, 'Error', message)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(where.port, where.address, resolve)
  })
  signal.addEventListener(
    'abort',
    () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
    { once: true },
  )
  return server.address() as AddressInfo
}

async function answer(options: KubeletServerOptions, access: Access, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { config, runtime, pods, clock } = options
  const url = new URL(request.url ?? '/', 'https://kubelet')
  if (!(await isAllowed(access, request, url.pathname))) {
    response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Forbidden\n')
    return
  }
  const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const text = (body: string) => response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body)
  const json = (body: unknown) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  if (first === 'healthz') text('ok')
  else if (first === 'pods') json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods.list() })
  else if (first === 'containerLogs') await serveLogs(pods, rest, url.searchParams, clock.now(), response)
  else if (first === 'metrics' && rest[0] === 'resource') text(await resourceMetrics(runtime, pods, clock))
  else if (first === 'metrics' && rest.length === 0) text(kubeletMetrics(pods))
  else if (first === 'stats' && rest[0] === 'summary') json(await statsSummary(runtime, pods, config, clock))
  else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found\n')
}

async function upgrade(
  { runtime, pods, connect, signal }: KubeletServerOptions,
  access: Access,
  client: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const url = new URL(client.request.url ?? '/', 'https://kubelet')
  if (!(await isAllowed(access, client.request, url.pathname))) return refuseUpgrade(client.socket, 403, 'Forbidden', 'Forbidden')
  if (!(await serveStreams(client, url, { runtime, pods, connect, signal })))
    refuseUpgrade(client.socket, 404, 'Not Found', '404 page not found')
}

async function isAllowed(access: Access, request: IncomingMessage, path: string): Promise<boolean> {
  const caller = callerOf(request)
  // An upgrade begins with GET over WebSocket, and yet is as strong as POST.
  const method = request.headers.upgrade === undefined ? (request.method ?? 'GET') : 'POST'
  return caller !== undefined && (await access.isAllowed(caller, method, path))
}

function callerOf({ socket }: IncomingMessage): Caller | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const { CN, O } = socket.getPeerCertificate().subject ?? {}
  const organizations: readonly string[] = O === undefined ? [] : ([O].flat() as string[])
  return CN === undefined ? undefined : { commonName: [CN].flat()[0] ?? '', organizations }
}

function asAnswer(error: unknown, logger: Logger): { readonly status: number; readonly message: string } {
  if (error instanceof ServedError) return { status: error.status, message: error.message }
  if (error instanceof RuntimeError) return { status: error.code === 'NotFound' ? 404 : 500, message: error.message }
  logger.error('request failed', { error })
  return { status: 500, message: error instanceof Error ? error.message : String(error) }
}
