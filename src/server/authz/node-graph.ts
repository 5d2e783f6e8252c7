// Which objects a node has to do with, by the pods that are bound to it.
import { isMirrorPod } from '../../api/core/mirror-pod.ts'
import type { Pod } from '../../api/core/pod.ts'
import { keyOf } from '../../api/kind.ts'
import { podReferences, type ReferencedResource } from './pod-references.ts'

export type NodeObject = ReferencedResource | 'pods'

/** Mirror pods come from nodes themselves: what they name must open nothing. */

export class NodeGraph {
  /** By pod key: its node and the marks it made. */
  readonly #pods = new Map<string, { readonly node: string; readonly marks: readonly string[] }>()
  /** By `resource/namespace/name`: how many pods of which node name it. */
  readonly #nodes = new Map<string, Map<string, number>>()

  setPod(pod: Pod): void {
    const key = keyOf(pod)
    const node = pod.spec?.nodeName
    const { namespace } = pod.metadata
    const marks = node
      ? [...new Set([`pods/${key}`, ...(isMirrorPod(pod) ? [] : podReferences(pod).map(r => `${r.resource}/${namespace}/${r.name}`))])]
      : []
    const before = this.#pods.get(key)
    if (before && before.node === node && before.marks.length === marks.length && before.marks.every((m, i) => m === marks[i])) return
    this.removePod(key)
    if (!node) return
    this.#pods.set(key, { node, marks })
    for (const mark of marks) this.#count(mark, node, 1)
  }

  /** `key` is `namespace/name`. */
  removePod(key: string): void {
    const pod = this.#pods.get(key)
    if (!pod) return
    this.#pods.delete(key)
    for (const mark of pod.marks) this.#count(mark, pod.node, -1)
  }

  isRelated(node: string, resource: NodeObject, namespace: string, name: string): boolean {
    return this.#nodes.get(`${resource}/${namespace}/${name}`)?.has(node) ?? false
  }

  #count(mark: string, node: string, by: 1 | -1): void {
    const counts = this.#nodes.get(mark) ?? new Map<string, number>()
    const count = (counts.get(node) ?? 0) + by
    if (count > 0) counts.set(node, count)
    else counts.delete(node)
    if (counts.size > 0) this.#nodes.set(mark, counts)
    else this.#nodes.delete(mark)
  }
}
