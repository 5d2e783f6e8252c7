// How a pod is brought up and kept up: a sandbox; init containers in order, sidecars among them left running behind; then the ordinary
// containers; restarts by policy and with backoff; replacement of what changed or failed its liveness probe.
import type { Container } from '../../api/core/container.ts'
import type { PodSpec } from '../../api/core/pod-spec.ts'
import { type Action, type ActionOf, operationKey } from './actions.ts'
import { backoffUntil, nextBackoff } from './backoff.ts'
import { type AnyContainer, allContainers, containerHash, isSidecar, runsAgain, shouldRestart } from './containers.ts'
import type { Plan } from './machine.ts'
import { type Backoff, latest, type Observed, type ObservedContainer, type ObservedSandbox, type PodInput } from './observed.ts'
import { planResize, resizeOf } from './resize.ts'

interface Start {
  readonly container: AnyContainer
  readonly attempt: number
  readonly backoff?: Backoff
}

export function planRun(input: PodInput): Plan {
  const actions: Action[] = []
  const wakeAtMs: number[] = []
  const { pod, observed } = input
  if (!observed.isAllocationKept) actions.push({ type: 'keepAllocation' })
  if (!observed.volumesReady) actions.push({ type: 'mountVolumes' })
  const sandbox = observed.sandboxes[0]
  if (!sandbox?.ready) {
    const stale = observed.containers.filter(c => c.state === 'running')
    for (const c of stale) actions.push(stopAction(pod.spec, c, undefined))
    if (stale.length === 0)
      actions.push({ type: 'createSandbox', attempt: sandbox ? sandbox.attempt + 1 : 0, ...(sandbox && { replaces: sandbox.id }) })
  }
  const live = sandbox?.ready ? sandbox : undefined
  actions.push(...replacements(input), ...leftovers(observed, allContainers(pod.spec)))
  const resize = live ? planResize(input) : undefined
  if (resize) actions.push(resize)
  // The pod's cgroup is to hold a new container before there is one. Where that fails, the container does not suffer for it.
  const waits = resize !== undefined && !observed.failures.has(operationKey(resize))
  for (const start of nextStarts(input, live, wakeAtMs)) {
    const { name } = start.container
    const image = observed.images.get(name)
    const busy = observed.operations.has(`startContainer/${name}`)
    if (image?.state !== 'present') {
      const retryAtMs = image && backoffUntil(image.backoff, image.atMs)
      if (retryAtMs !== undefined && retryAtMs > input.now) wakeAtMs.push(retryAtMs)
      else if (!busy) actions.push({ type: 'ensureImage', container: name })
    } else if (live && observed.volumesReady && !waits) {
      actions.push({
        type: 'startContainer',
        container: name,
        attempt: start.attempt,
        sandboxId: live.id,
        ...(start.backoff && { backoff: start.backoff }),
      })
    }
  }
  return { actions, wakeAtMs }
}

/** Running containers that must make way: their definition changed, they are resized by a restart, or a probe gave them up. */
function replacements({ pod, observed }: PodInput): readonly Action[] {
  const actions: Action[] = []
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const found = latest(observed, container.name)
    if (found?.state !== 'running') continue
    const probes = observed.probes.get(found.id)
    if (found.hash !== containerHash(container))
      actions.push(replace(pod.spec, found, `Container ${container.name} definition changed, will be restarted`))
    else if (resizeOf(pod.spec, container, found) === 'restart')
      actions.push(replace(pod.spec, found, `Container ${container.name} resize requires restart`))
    else if (probes?.startup === 'failure') actions.push(stopByProbe(pod.spec, container, found, 'startup'))
    else if (probes?.liveness === 'failure') actions.push(stopByProbe(pod.spec, container, found, 'liveness'))
  }
  return actions
}

function replace(spec: PodSpec, found: ObservedContainer, why: string): Action {
  return { ...stopAction(spec, found, why), isReplaced: true }
}

function stopByProbe(spec: PodSpec, container: Container, found: ObservedContainer, kind: 'startup' | 'liveness'): Action {
  const probe = kind === 'startup' ? container.startupProbe : container.livenessProbe
  const suffix = shouldRestart(spec, container, 137) ? ', will be restarted' : ''
  return stopAction(spec, found, `Container ${container.name} failed ${kind} probe${suffix}`, probe?.terminationGracePeriodSeconds)
}

function stopAction(spec: PodSpec, found: ObservedContainer, why: string | undefined, graceSeconds?: number): ActionOf<'stopContainer'> {
  return {
    type: 'stopContainer',
    id: found.id,
    container: found.name,
    graceSeconds: graceSeconds ?? spec.terminationGracePeriodSeconds,
    ...(why && { why }),
  }
}

/** Dead instances but the last two of each container, half-made ones, and sandboxes that hold nothing any more. */
function leftovers(observed: Observed, containers: readonly AnyContainer[]): readonly Action[] {
  const actions: Action[] = []
  const seen = new Map<string, number>()
  const kept = new Set<string>()
  for (const found of observed.containers) {
    const count = seen.get(found.name) ?? 0
    seen.set(found.name, count + 1)
    const halfMade = found.state === 'created' && !observed.operations.has(`startContainer/${found.name}`)
    const superfluous = found.state === 'exited' && (count >= 2 || !containers.some(c => c.name === found.name))
    if (halfMade || superfluous) actions.push({ type: 'removeContainer', id: found.id })
    else kept.add(found.sandboxId)
  }
  for (const { id, ready } of observed.sandboxes.slice(1))
    if (!kept.has(id)) actions.push(ready ? { type: 'stopSandbox', id } : { type: 'removeSandbox', id })
  return actions
}

function nextStarts(input: PodInput, sandbox: ObservedSandbox | undefined, wakeAtMs: number[]): readonly Start[] {
  const { spec } = input.pod
  const { observed } = input
  const here = (name: string) => {
    const found = latest(observed, name)
    return found && sandbox && found.sandboxId === sandbox.id ? found : undefined
  }
  const initialized = spec.containers.some(c => here(c.name) !== undefined)
  const starts: Start[] = []
  const consider = (container: AnyContainer, found: ObservedContainer | undefined) => {
    const start = startOf(input, container, found, wakeAtMs)
    if (start) starts.push(start)
  }
  for (const container of spec.initContainers ?? []) {
    const found = here(container.name)
    if (isSidecar(container)) {
      consider(container, found)
      if (!initialized && !(found && isStarted(observed, container, found))) return starts
    } else if (!initialized && !(found?.state === 'exited' && found.exitCode === 0)) {
      consider(container, found)
      return starts
    }
  }
  for (const container of spec.containers) {
    const old = latest(observed, container.name)
    const done = old?.state === 'exited' && !runsAgain(spec, container, old)
    if (!done) consider(container, here(container.name))
  }
  for (const container of spec.ephemeralContainers ?? []) if (!latest(observed, container.name)) consider(container, undefined)
  return starts
}

/** Undefined when the container runs, waits for its backoff, or has ended for good. */
function startOf(input: PodInput, container: AnyContainer, found: ObservedContainer | undefined, wakeAtMs: number[]): Start | undefined {
  const { pod, observed, now } = input
  const last = latest(observed, container.name)
  const shown = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])].find(s => s.name === container.name)
  const attempt = last ? last.attempt + 1 : shown?.containerID ? shown.restartCount + 1 : 0
  if (found && found.state !== 'exited') return undefined
  if (last?.state !== 'exited') return { container, attempt }
  if (found && !runsAgain(pod.spec, container, found)) return undefined
  const backoff = observed.backoffs.get(container.name)
  const until = backoffUntil(backoff, last.finishedAtMs)
  if (until !== undefined && until > now) {
    wakeAtMs.push(until)
    return undefined
  }
  return { container, attempt, backoff: nextBackoff(backoff, last.finishedAtMs, now) }
}

/** Past its postStart hook and its startup probe, so that what comes after it may start. */
export function isStarted(observed: Observed, container: AnyContainer, found: ObservedContainer): boolean {
  if (found.state !== 'running' || observed.operations.has(`startContainer/${container.name}`)) return false
  return !container.startupProbe || observed.probes.get(found.id)?.startup === 'success'
}
