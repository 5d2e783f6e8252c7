// `status`: the same object, of which only the status (and free metadata) is written.
import type { Kind } from '../../api/kind.ts'
import { get } from '../verbs/get.ts'
import { patch } from '../verbs/patch.ts'
import { update } from '../verbs/update.ts'
import type { Subresource } from './subresource.ts'

export function statusOf(kind: Kind): Subresource {
  return {
    name: 'status',
    group: kind.group,
    version: kind.version,
    kind: kind.kind,
    verbs: ['get', 'patch', 'update'],
    serve: (context, call) => {
      switch (call.info.verb) {
        case 'update':
          return update(context, call)
        case 'patch':
          return patch(context, call)
        default:
          return get(context, call)
      }
    },
  }
}
