// Pods as their controllers make them from a template, and the hash that names a template.
import { Pod } from '../api/core/pod.ts'
import type { PodTemplateSpec } from '../api/core/pod-spec.ts'
import { apiVersionOf, type Kind } from '../api/kind.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import { controllerReference } from '../meta/owner-references.ts'
import type { Draft } from '../schema/schema.ts'
import { type Write, write } from './runtime/writes.ts'

/** Upstream's alphabet for generated names: no vowels, and nothing that looks like another letter. */
const SAFE = 'bcdfghjklmnpqrstvwxz2456789'

/** A pod of the owner; the server completes its name. */
export function podFrom(kind: Kind, owner: KubeObject, template: PodTemplateSpec | undefined): Draft<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {}
  return {
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: `${owner.metadata.name}-`,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      ...(finalizers && { finalizers }),
      ownerReferences: [controllerReference({ apiVersion: apiVersionOf(kind), kind: kind.kind }, owner)],
    },
    ...(template?.spec && { spec: template.spec }),
  }
}

export function createPod(kind: Kind, owner: KubeObject, draft: Draft<Pod>): Write {
  return write.create(Pod, draft, {
    done: pod => write.event(kind, owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`),
    failed: error => write.event(kind, owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`),
  })
}

export function deletePod(kind: Kind, owner: KubeObject, pod: Pod): Write {
  return write.delete(
    Pod,
    pod,
    {},
    {
      done: () => write.event(kind, owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`),
      failed: error => write.event(kind, owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`),
    },
  )
}

/** A short name for a template, the same for equal templates. `collisions` gives another one when the name is taken. */
export function templateHash(template: PodTemplateSpec, collisions = 0): string {
  const text = canonicalJson(template) + (collisions > 0 ? `#${collisions}` : '')
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return [...String(hash).padStart(8, '0')].map(digit => SAFE[digit.charCodeAt(0) % SAFE.length]).join('')
}

/** Members in order of their names; absent ones left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
