// metrics.k8s.io: what nodes and pods use, as metrics-server answers. A node or pod without figures is left out of lists and not found alone.
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { apiVersionOf, keyOf } from '../../api/kind.ts'
import { NodeMetrics } from '../../api/metrics/node-metrics.ts'
import { PodMetrics } from '../../api/metrics/pod-metrics.ts'
import { formatGoDuration } from '../../base/go-duration.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { formatQuantity, quantityOf } from '../../meta/quantity.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Answer, Call } from '../call.ts'
import type { Context } from '../context.ts'
import { resourceFor } from '../resource.ts'
import { selectionOf } from '../selection.ts'
import { previewEntry } from '../verbs/create.ts'
import type { Looks } from './figures.ts'
import { type Use, useBetween } from './points.ts'

type MetricsContext = Pick<Context, 'storage' | 'clock' | 'figures'>

export async function answerNodeMetrics({ storage, clock, figures }: MetricsContext, call: Call): Promise<Answer> {
  const { info } = call
  checkVerb(call)
  const { matches } = selectionOf(call)
  const one = info.verb === 'get' ? storage.find(Node, undefined, info.name) : undefined
  if (info.verb === 'get' && !one) throw StatusError.notFound(resourceFor(Node), info.name)
  const nodes = one ? [one] : storage.all(Node).filter(node => matches?.(node) ?? true)
  const found = await Promise.all(nodes.map(async node => nodeMetrics(node, await figures.of(node.metadata.name), formatTime(clock.now()))))
  const metrics = found.filter(each => each !== undefined)
  return info.verb === 'list' ? listOf(call, metrics) : oneOf(call, metrics[0], 'nodemetrics', info.name)
}

export async function answerPodMetrics({ storage, clock, figures }: MetricsContext, call: Call): Promise<Answer> {
  const { info } = call
  checkVerb(call)
  const { namespace, matches } = selectionOf(call)
  const one = info.verb === 'get' ? storage.find(Pod, info.namespace, info.name) : undefined
  if (info.verb === 'get' && !one) throw StatusError.notFound(resourceFor(Pod), info.name)
  const pods = one ? [one] : storage.all(Pod, namespace).filter(pod => matches?.(pod) ?? true)
  const nodes = [...new Set(pods.flatMap(({ spec }) => spec.nodeName || []))]
  const looks = new Map(await Promise.all(nodes.map(async node => [node, await figures.of(node)] as const)))
  const now = formatTime(clock.now())
  const metrics = pods.flatMap(pod => podMetrics(pod, looks.get(pod.spec.nodeName ?? ''), now) ?? [])
  return info.verb === 'list' ? listOf(call, metrics) : oneOf(call, metrics[0], 'podmetrics', `${info.namespace}/${info.name}`)
}

function checkVerb({ resource, info, query }: Call): void {
  const isRead = info.verb === 'get' || info.verb === 'list'
  if (!isRead || query.get('watch') === 'true') throw StatusError.methodNotAllowed(resource, info.verb)
}

function listOf({ resource }: Call, objects: readonly KubeObject[]): Answer {
  return { type: 'list', resource, entries: objects.map(previewEntry), metadata: { resourceVersion: '' } }
}

function oneOf({ resource }: Call, object: KubeObject | undefined, what: string, name: string): Answer {
  if (!object) throw StatusError.notFound({ group: resource.group, resource: what }, name)
  return { type: 'entry', code: 200, resource, entry: previewEntry(object) }
}

export function nodeMetrics(node: Node, looks: Looks | undefined, now: string): NodeMetrics | undefined {
  const use = looks?.after.node && useBetween(looks.before.node, looks.after.node)
  if (!use) return undefined
  return {
    apiVersion: apiVersionOf(NodeMetrics),
    kind: NodeMetrics.kind,
    metadata: metadataOf(node, now),
    ...measured(use),
    usage: usageOf(use),
  }
}

/** Undefined unless every container that runs has figures. */
export function podMetrics(pod: Pod, looks: Looks | undefined, now: string): PodMetrics | undefined {
  const before = looks?.before.pods.get(keyOf(pod))
  const after = looks?.after.pods.get(keyOf(pod))
  if (!after || after.size === 0) return undefined
  const uses = [...after].map(([name, point]) => ({ name, use: useBetween(before?.get(name), point) }))
  const told = uses.flatMap(({ name, use }) => (use ? [{ name, use }] : []))
  const [first, ...others] = told
  if (!first || told.length < uses.length) return undefined
  const earliest = others.reduce((least, { use }) => (use.timeMs < least.timeMs ? use : least), first.use)
  return {
    apiVersion: apiVersionOf(PodMetrics),
    kind: PodMetrics.kind,
    metadata: { ...metadataOf(pod, now), namespace: pod.metadata.namespace },
    ...measured(earliest),
    containers: told.map(({ name, use }) => ({ name, usage: usageOf(use) })),
  }
}

/** The name and the labels of whose figures they are. */
function metadataOf({ metadata: { name, labels } }: KubeObject, now: string): NodeMetrics['metadata'] {
  return { name, creationTimestamp: now, ...(labels && { labels }) } as NodeMetrics['metadata']
}

function measured({ timeMs, windowMs }: Use): Pick<NodeMetrics, 'timestamp' | 'window'> {
  return { timestamp: formatTime(timeMs), window: formatGoDuration(windowMs) }
}

function usageOf({ cpuCores, memoryBytes }: Use): Readonly<Record<string, string>> {
  const nanos = BigInt(Math.round(cpuCores * 1e9))
  return { cpu: formatQuantity({ nanos, format: 'decimal' }), memory: formatQuantity(quantityOf(memoryBytes, 'binary')) }
}
