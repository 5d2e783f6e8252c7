// A pod that the node itself wants, made whole: the fields that the API server would have filled in, and an identity made of its content.
import { createHash } from 'node:crypto'
import { Pod } from '../../api/core/pod.ts'
import { formatSeconds } from '../../base/rfc3339.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { Draft } from '../../schema/schema.ts'
import { hashAnnotation, seenAnnotation, sourceAnnotation } from './mirror-pods.ts'

/** The name gets the node's name at its end, and the pod its place. `source` is `file`, or `node` for components beside the runtime. */
export function localPod(draft: Draft<Pod>, nodeName: string, source: 'file' | 'node', now: number): Pod {
  const uid = createHash('sha256')
    .update(JSON.stringify([nodeName, draft]))
    .digest('hex')
    .slice(0, 32)
  const { metadata, spec } = draft
  const filled = applyDefaults(Pod.schema.node, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata?.name ?? ''}-${nodeName}`,
      namespace: metadata?.namespace ?? 'default',
      uid,
      creationTimestamp: formatSeconds(now),
      annotations: {
        ...metadata?.annotations,
        [hashAnnotation]: uid,
        [seenAnnotation]: formatSeconds(now),
        [sourceAnnotation]: source,
      },
    },
    spec: {
      ...spec,
      nodeName,
      tolerations: [...(spec?.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }],
    },
  }) as Pod
  return Pod.complete ? Pod.complete(filled) : filled
}
