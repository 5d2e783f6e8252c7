// The kubelet's own server: HTTPS for the API server, by its certificate, and for whoever it knows and lets through.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../base/clock.ts'
import type { Connect } from '../../base/connect.ts'
import type { Logger } from '../../base/logger.ts'
import { refuseUpgrade } from '../../base/upgrade/upgrade.ts'
import type { Client } from '../../client/client.ts'
import type { KubeletConfig, ServerConfig } from '../config.ts'
import type { Files } from '../host.ts'
import { type Runtime, RuntimeError } from '../runtime/runtime.ts'
import { ServedError, type ServedPods } from '../served-pods.ts'
import { resourceMetrics } from '../stats/resource-metrics.ts'
import { Summaries } from '../stats/summary.ts'
import { usageNow } from '../stats/usage.ts'
import { Access } from './access.ts'
import { Authentication } from './authentication.ts'
import { serveLogs } from './log-route.ts'
import { kubeletMetrics } from './metrics.ts'
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
  /** What the machine has. */
  readonly memoryBytes: number
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Resolves once it listens; it closes when the signal aborts. */
export async function startKubeletServer(options: KubeletServerOptions): Promise<AddressInfo> {
  const { server: where, files, logger, signal, client, clock, config } = options
  const [cert, key, ca] = await Promise.all([where.certFile, where.keyFile, where.clientCaFile].map(path => files.readFile(path)))
  const parts: Parts = {
    authentication: new Authentication(client, clock),
    access: new Access(client, clock, config.nodeName),
    summaries: new Summaries(options, options.memoryBytes),
  }
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' })
  const sockets = new Set<Duplex>()
  server.on('secureConnection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(options, parts, request, response).catch((error: unknown) => {
      const { status, message } = asAnswer(error, logger)
      if (response.headersSent) response.destroy()
      else response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    upgrade(options, parts, { request, socket, head }).catch((error: unknown) => {
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

interface Parts {
  readonly authentication: Authentication
  readonly access: Access
  readonly summaries: Summaries
}

async function answer(options: KubeletServerOptions, parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pods, clock } = options
  const url = new URL(request.url ?? '/', 'https://kubelet')
  const refusal = await refusalOf(parts, request, url.pathname)
  if (refusal) {
    response.writeHead(refusal.status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${refusal.reason}\n`)
    return
  }
  const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const text = (body: string) => response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(body)
  const json = (body: unknown) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  if (first === 'healthz') text('ok')
  else if (first === 'pods') json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods.list() })
  else if (first === 'containerLogs') await serveLogs(pods, rest, url.searchParams, clock.now(), response)
  else if (first === 'metrics' && rest[0] === 'resource') text(resourceMetrics(await usageNow(options)))
  else if (first === 'metrics' && rest.length === 0) text(kubeletMetrics(pods))
  else if (first === 'stats' && rest[0] === 'summary') json(await parts.summaries.summary())
  else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found\n')
}

async function upgrade(
  { runtime, pods, connect, signal }: KubeletServerOptions,
  parts: Parts,
  client: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const url = new URL(client.request.url ?? '/', 'https://kubelet')
  const refusal = await refusalOf(parts, client.request, url.pathname)
  if (refusal) return refuseUpgrade(client.socket, refusal.status, refusal.reason, refusal.reason)
  if (!(await serveStreams(client, url, { runtime, pods, connect, signal })))
    refuseUpgrade(client.socket, 404, 'Not Found', '404 page not found')
}

interface Refusal {
  readonly status: 401 | 403
  readonly reason: string
}

/** Undefined where the request may go on. */
async function refusalOf({ authentication, access }: Parts, request: IncomingMessage, path: string): Promise<Refusal | undefined> {
  const caller = await authentication.callerOf(request)
  if (!caller) return { status: 401, reason: 'Unauthorized' }
  // An upgrade begins with GET over WebSocket, and yet is as strong as POST.
  const method = request.headers.upgrade === undefined ? (request.method ?? 'GET') : 'POST'
  return (await access.isAllowed(caller, method, path)) ? undefined : { status: 403, reason: 'Forbidden' }
}

function asAnswer(error: unknown, logger: Logger): { readonly status: number; readonly message: string } {
  if (error instanceof ServedError) return { status: error.status, message: error.message }
  if (error instanceof RuntimeError) return { status: error.code === 'NotFound' ? 404 : 500, message: error.message }
  logger.error('request failed', { error })
  return { status: 500, message: error instanceof Error ? error.message : String(error) }
}
