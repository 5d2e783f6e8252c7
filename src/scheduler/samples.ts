// Nodes and pods for tests and benchmarks, filled in as the server does.
import { Node, type NodeSpec, type NodeStatus } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import type { PodSpec } from '../api/core/pod-spec.ts'
import type { Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { applyDefaults } from '../schema/default.ts'
import { type NodeInfo, nodeInfoOf } from './node-info.ts'

type Labels = Readonly<Record<string, string>>
export interface SampleNode {
  readonly labels?: Labels
  readonly spec?: Partial<NodeSpec>
  readonly allocatable?: Labels
  readonly images?: NodeStatus['images']
}

export function sampleNode(name: string, { labels = {}, spec = {}, allocatable = {}, images }: SampleNode = {}): Node {
  const full = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi', ...allocatable }
  return made(Node, { metadata: { ...metadata(name), labels }, spec, status: { allocatable: full, ...(images && { images }) } })
}
export function sampleInfo(name: string, node: SampleNode = {}, pods: readonly Pod[] = []): NodeInfo {
  return nodeInfoOf(sampleNode(name, node), pods)
}

/** One container; `requests` are its own. */
export function samplePod(name: string, spec: Partial<PodSpec> = {}, requests: Labels = {}): Pod {
  const containers = [{ name: 'main', image: 'app', resources: { requests } }]
  return made(Pod, { metadata: { ...metadata(name), namespace: 'default' }, spec: { containers, priority: 0, ...spec } })
}

function metadata(name: string) {
  return { name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
}
function made<O extends KubeObject>(kind: Kind<O>, object: object): O {
  const filled = applyDefaults(kind.schema.node, { apiVersion: kind.version, kind: kind.kind, ...object }) as unknown as O
  return kind.complete ? kind.complete(filled) : filled
}
