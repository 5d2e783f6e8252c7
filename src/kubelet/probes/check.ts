// One try of a probe: http, https, tcp or exec, judged as upstream judges.
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
import type { Probe } from '../../api/core/probe.ts'
import type { Host } from '../host.ts'
import type { AnyContainer } from '../pod/containers.ts'
import { portNumber } from '../pod/hooks.ts'
import type { Runtime } from '../runtime/runtime.ts'

export interface CheckContext {
  readonly runtime: Runtime
  readonly host: Host
  readonly container: AnyContainer
  readonly containerId: string
  readonly podIp: string
}
export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly message: string }

const longestOutput = 10 * 1024

export async function check(probe: Probe, context: CheckContext): Promise<CheckResult> {
  const { host, container, podIp } = context
  const timeoutMs = Math.max(1, probe.timeoutSeconds) * 1000
  const action = probe.httpGet ?? probe.tcpSocket ?? probe.grpc
  const port = action && portNumber(container, action.port)
  if (action && port === undefined) return fail(`couldn't find port: ${action.port}`)
  if (probe.httpGet) return checkHttp(probe.httpGet, port ?? 0, timeoutMs, context)
  if (probe.tcpSocket) {
    const why = await host.tcp(probe.tcpSocket.host || podIp, port ?? 0, timeoutMs)
    return why === undefined ? { ok: true } : fail(why)
  }
  if (probe.exec) return checkExec(probe.exec.command ?? [], timeoutMs, context)
  if (probe.grpc) return fail('grpc probes are not supported on this node')
  return fail('the probe has no handler')
}

async function checkHttp(
  { scheme, host: name, path, httpHeaders = [] }: NonNullable<Probe['httpGet']>,
  port: number,
  timeoutMs: number,
  { host, podIp }: CheckContext,
): Promise<CheckResult> {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*', connection: 'close' }
  for (const header of httpHeaders) headers[header.name.toLowerCase()] = header.value
  const outcome = await host.http({ scheme: scheme === 'HTTPS' ? 'https' : 'http', host: name || podIp, port, path, headers, timeoutMs })
  if ('error' in outcome) return fail(outcome.error)
  return outcome.status >= 200 && outcome.status < 400 ? { ok: true } : fail(`HTTP probe failed with statuscode: ${outcome.status}`)
}

async function checkExec(cmd: readonly string[], timeoutMs: number, { runtime, containerId }: CheckContext): Promise<CheckResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, cmd, timeoutMs / 1000)
    return exitCode === 0 ? { ok: true } : fail(Buffer.concat([stdout, stderr]).subarray(0, longestOutput).toString())
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function fail(message: string): CheckResult {
  return { ok: false, message }
}
