// What a kubelet counts, read from its `/metrics/resource`, and what was used between two looks at it.

/** Counters of one node or container at one time. */
export interface Point {
  readonly timeMs: number
  /** Since it was started. */
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly startMs?: number
}
export interface NodePoints {
  readonly node: Point | undefined
  /** By `namespace/name`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>
}

/** What was used in the `windowMs` that end at `timeMs`. */
export interface Use {
  readonly timeMs: number
  readonly windowMs: number
  readonly cpuCores: number
  readonly memoryBytes: number
}

type Field = 'cpuSeconds' | 'memoryBytes' | 'startMs'
type Found = { -readonly [K in keyof Point]?: Point[K] }

/** Those that say what there is to say, by the names of metrics. */
const fields: Readonly<Record<string, readonly [of: 'node' | 'container', field: Field, scale: number]>> = {
  node_cpu_usage_seconds_total: ['node', 'cpuSeconds', 1],
  node_memory_working_set_bytes: ['node', 'memoryBytes', 1],
  container_cpu_usage_seconds_total: ['container', 'cpuSeconds', 1],
  container_memory_working_set_bytes: ['container', 'memoryBytes', 1],
  container_start_time_seconds: ['container', 'startMs', 1000],
}
const line = /^(\w+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/
const label = /(\w+)="((?:[^"\\]|\\.)*)"/g

/** A container of which something is missing is left out. `nowMs` is the time of figures that bear none. */
export function readPoints(text: string, nowMs: number): NodePoints {
  const node: Found = {}
  const pods = new Map<string, Map<string, Found>>()
  for (const each of text.split('\n')) {
    const [, name = '', labelText = '', value = '', time] = line.exec(each) ?? []
    const field = fields[name]
    if (!field) continue
    const labels = Object.fromEntries([...labelText.matchAll(label)].map(([, key = '', of = '']) => [key, of]))
    const found = field[0] === 'node' ? node : containerIn(pods, labels)
    found[field[1]] = Number(value) * field[2]
    if (field[1] === 'cpuSeconds') found.timeMs = time === undefined ? nowMs : Number(time)
  }
  const complete = [...pods].map(([pod, containers]) => {
    const points = [...containers].flatMap(([name, found]) => (isPoint(found) ? [[name, found] as const] : []))
    return [pod, new Map(points)] as const
  })
  return { node: isPoint(node) ? node : undefined, pods: new Map(complete) }
}

function containerIn(pods: Map<string, Map<string, Found>>, labels: Readonly<Record<string, string>>): Found {
  const key = `${labels['namespace']}/${labels['pod']}`
  const containers = pods.get(key) ?? new Map<string, Found>()
  pods.set(key, containers)
  const found = containers.get(labels['container'] ?? '') ?? {}
  containers.set(labels['container'] ?? '', found)
  return found
}

function isPoint(found: Found): found is Point {
  return found.timeMs !== undefined && Number.isFinite(found.cpuSeconds) && Number.isFinite(found.memoryBytes)
}

/** Time enough to tell a rate. */
const shortestMs = 500

/** Undefined where there is nothing to compare with yet: neither an earlier look, nor a start. */
export function useBetween(before: Point | undefined, after: Point): Use | undefined {
  const isSame = before !== undefined && before.cpuSeconds <= after.cpuSeconds && (after.startMs ?? 0) <= before.timeMs
  const from = isSame ? before : after.startMs === undefined ? undefined : { timeMs: after.startMs, cpuSeconds: 0 }
  if (!from || after.timeMs - from.timeMs < shortestMs) return undefined
  const windowMs = after.timeMs - from.timeMs
  const cpuCores = ((after.cpuSeconds - from.cpuSeconds) * 1000) / windowMs
  return { timeMs: after.timeMs, windowMs, cpuCores, memoryBytes: after.memoryBytes }
}
