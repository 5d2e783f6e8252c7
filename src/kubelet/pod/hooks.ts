// Lifecycle hooks: exec, httpGet and sleep. https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/
import type { LifecycleHandler } from '../../api/core/probe.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import type { Host } from '../host.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { AnyContainer } from './containers.ts'

export interface HookContext {
  readonly runtime: Runtime
  readonly host: Host
  readonly clock: Clock
  readonly container: AnyContainer
  readonly containerId: string
  readonly podIp: string
  readonly signal: AbortSignal
}

/** Undefined when the hook went well; else what went wrong. `timeoutMs` 0 is no limit. */
export async function runHook(hook: LifecycleHandler, timeoutMs: number, context: HookContext): Promise<string | undefined> {
  const { runtime, host, clock, container, containerId, podIp, signal } = context
  if (hook.exec) {
    const cmd = hook.exec.command ?? []
    const timeout = Math.ceil(timeoutMs / 1000)
    try {
      const { exitCode, stderr, stdout } = await runtime.execSync(containerId, cmd, timeout, signal)
      const said = Buffer.concat([stdout, stderr]).toString()
      return exitCode === 0 ? undefined : `command '${cmd.join(' ')}' exited with ${exitCode}: ${said}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  if (hook.httpGet) {
    const { scheme, host: name, port, path, httpHeaders = [] } = hook.httpGet
    const number = portNumber(container, port)
    if (number === undefined) return `couldn't find port: ${port}`
    const outcome = await host.http({
      scheme: scheme === 'HTTPS' ? 'https' : 'http',
      host: name || podIp,
      port: number,
      path,
      headers: { 'user-agent': 'kube-lifecycle/1.36', ...Object.fromEntries(httpHeaders.map(h => [h.name, h.value])) },
      timeoutMs: timeoutMs || 30_000,
    })
    if ('error' in outcome) return outcome.error
    return outcome.status >= 400 ? `HTTP status code ${outcome.status}` : undefined
  }
  if (hook.sleep) {
    const wantedMs = hook.sleep.seconds * 1000
    await sleep(clock, timeoutMs > 0 ? Math.min(wantedMs, timeoutMs) : wantedMs, signal).catch(() => {})
    return undefined
  }
  return 'the hook has no handler that this node supports'
}

/** A port by number, or by its name among the container's. */
export function portNumber(container: AnyContainer, port: number | string): number | undefined {
  if (typeof port === 'number') return port
  const named = container.ports?.find(p => p.name === port)
  if (named) return named.containerPort
  return /^\d+$/.test(port) ? Number(port) : undefined
}
