// Requests that leave HTTP: exec, attach and port-forward, and what other API servers offer. Once the user may, their bytes go to the
// kubelet or that server and back untouched.
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '../../base/connect.ts'
import { proxyUpgrade } from '../../base/upgrade/upgrade-proxy.ts'
import { StatusError } from '../../meta/status-error.ts'
import { connect } from '../../platform/connect.ts'
import { isIdentityHeader } from '../authn/request-headers.ts'
import type { Call, RelayTarget } from '../call.ts'
import { dispatch } from '../dispatch.ts'
import type { ApiServer } from '../server.ts'
import { admit, annotator, failureOf, type Recorded } from './handler.ts'
import { warningHeaders } from './warnings.ts'

export async function handleUpgrade(server: ApiServer, request: IncomingMessage, socket: TLSSocket, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy())
  const recorded: Recorded = {}
  const warnings: string[] = []
  const asked = {
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    socket,
  }
  try {
    const { user, info, query } = await admit(server, asked, recorded)
    const extension = server.aggregation.find(info)
    if (extension) {
      recorded.trail?.started(101)
      await server.aggregation.relayUpgrade(extension, { request, socket, head }, user)
      recorded.trail?.complete(101)
      return
    }
    const resource = info.isResource ? server.context.resources.find(info.group, info.version, info.plural) : undefined
    if (!resource) throw StatusError.unknownPath()
    const call: Call = {
      user,
      info,
      resource,
      query,
      userAgent: request.headers['user-agent'] ?? '',
      warnings,
      ...annotator(recorded.trail),
    }
    const answer = await dispatch(server.context, call)
    if (answer.type !== 'relay') throw StatusError.badRequest('this request cannot be upgraded')
    const { target } = answer
    recorded.trail?.started(101)
    const controller = new AbortController()
    socket.once('close', () => controller.abort())
    await proxyUpgrade(
      { request, socket, head },
      {
        endpoint: { host: target.host, port: target.port, ...tlsOf(server, target) },
        path: target.path,
        dropHeaders: Object.keys(request.headers).filter(isIdentityHeader),
      },
      connect,
      controller.signal,
    )
    recorded.trail?.complete(101)
  } catch (error) {
    const status = failureOf(server, asked, error)
    recorded.trail?.failed(status.status)
    recorded.trail?.complete(status.code)
    refuse(socket, status, warnings)
  }
}

/** As in http/relay.ts: a kubelet must show a certificate of the cluster's, a pod any. */
function tlsOf({ kubeletTls }: ApiServer, { isKubelet, scheme }: RelayTarget): Pick<Endpoint, 'tls'> {
  if (isKubelet) return { tls: kubeletTls }
  return scheme === 'https' ? { tls: { insecureSkipVerify: true } } : {}
}

function refuse(socket: TLSSocket, error: StatusError, warnings: readonly string[]): void {
  const body = Buffer.from(`${JSON.stringify(error.status)}\n`)
  const lines = [
    `HTTP/1.1 ${error.code} ${error.reason}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    ...warningHeaders(warnings).map(text => `Warning: ${text}`),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  socket.end(body)
}
