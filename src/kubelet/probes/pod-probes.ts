// Which probes of a pod run: startup alone at first, liveness and readiness once it has succeeded, and only readiness while the pod ends.
import type { Pod } from '../../api/core/pod.ts'
import type { Probe } from '../../api/core/probe.ts'
import type { Clock } from '../../base/clock.ts'
import type { Host } from '../host.ts'
import { type AnyContainer, allContainers } from '../pod/containers.ts'
import { type EventType, fieldPathOf } from '../pod/events.ts'
import type { Observed, ObservedContainer, ProbeResults, ProbeVerdict } from '../pod/observed.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type ProbeKind, Prober } from './prober.ts'

export interface PodProbesOptions {
  readonly runtime: Runtime
  readonly host: Host
  readonly clock: Clock
  readonly results: Map<string, ProbeResults>
  onChange(): void
  event(type: EventType, reason: string, message: string, fieldPath: string): void
}

const titles: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' }

export class PodProbes {
  readonly #options: PodProbesOptions
  readonly #probers = new Map<string, Prober>()

  constructor(options: PodProbesOptions) {
    this.#options = options
  }

  /** Starts and stops probers so that they fit what runs. */
  reconcile(pod: Pod, observed: Observed, podIp: string, isEnding: boolean): void {
    const { results } = this.#options
    const wanted = new Set<string>()
    const ids = new Set<string>()
    for (const container of allContainers(pod.spec)) {
      const found = observed.containers.find(c => c.name === container.name)
      if (found?.state !== 'running' || observed.operations.has(`startContainer/${container.name}`)) continue
      ids.add(found.id)
      for (const [kind, probe] of probesNow(container, results.get(found.id), isEnding)) {
        const key = `${found.id}/${kind}`
        wanted.add(key)
        if (!this.#probers.has(key)) this.#start(key, kind, probe, pod, container, found, podIp)
      }
    }
    for (const [key, prober] of this.#probers) {
      if (wanted.has(key)) continue
      prober.stop()
      this.#probers.delete(key)
    }
    for (const id of results.keys()) if (!ids.has(id)) results.delete(id)
  }

  stop(): void {
    for (const prober of this.#probers.values()) prober.stop()
    this.#probers.clear()
  }

  #start(key: string, kind: ProbeKind, probe: Probe, pod: Pod, container: AnyContainer, found: ObservedContainer, podIp: string): void {
    const { runtime, host, clock, results, onChange, event } = this.#options
    const set = (verdict: ProbeVerdict) => results.set(found.id, { ...results.get(found.id), [kind]: verdict })
    const initial = kind === 'liveness' ? 'success' : knownBefore(pod, found, kind)
    if (initial === 'success') set(initial)
    this.#probers.set(
      key,
      new Prober({
        probe,
        clock,
        startedAtMs: found.startedAtMs,
        context: { runtime, host, container, containerId: found.id, podIp },
        initial,
        onVerdict: verdict => {
          set(verdict)
          onChange()
        },
        onFailure: message => event('Warning', 'Unhealthy', `${titles[kind]} probe failed: ${message}`, fieldPathOf(pod, container.name)),
      }),
    )
  }
}

function probesNow(
  container: AnyContainer,
  results: ProbeResults | undefined,
  isEnding: boolean,
): readonly (readonly [ProbeKind, Probe])[] {
  const { startupProbe, livenessProbe, readinessProbe } = container
  if (startupProbe && results?.startup !== 'success') return isEnding ? [] : [['startup', startupProbe]]
  const probes: (readonly [ProbeKind, Probe])[] = []
  if (livenessProbe && !isEnding) probes.push(['liveness', livenessProbe])
  if (readinessProbe) probes.push(['readiness', readinessProbe])
  return probes
}

/** A container that an earlier kubelet found started or ready is so still, until a probe says otherwise. */
function knownBefore({ status }: Pod, found: ObservedContainer, kind: ProbeKind): ProbeVerdict {
  const statuses = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const shown = statuses.find(s => s.containerID === `containerd://${found.id}`)
  return (kind === 'startup' ? shown?.started : shown?.ready) ? 'success' : 'unknown'
}
