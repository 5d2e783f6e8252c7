import { Binding } from '../../api/core/binding.ts'
import { Pod } from '../../api/core/pod.ts'
import { apiVersionOf } from '../../api/kind.ts'
import type { Plugin } from '../framework.ts'

/** Binds by the API. The uid keeps a pod of the same name that came later from being meant. */
export const defaultBinder: Plugin = {
  name: 'DefaultBinder',
  requeueOn: [],
  bind: async ({ metadata: { namespace, name, uid } }, node, client) => {
    await client.post(Pod, { namespace, name }, 'binding', {
      apiVersion: apiVersionOf(Binding),
      kind: Binding.kind,
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    })
    return true
  },
}
