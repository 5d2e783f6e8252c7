// Tells of nodes that join the cluster and leave it.
import { Node } from '../../api/core/node.ts'
import { keyOf } from '../../api/kind.ts'
import { type Reconciler, watch } from '../runtime/reconciler.ts'
import type { EventWrite } from '../runtime/writes.ts'

interface Facts {
  /** The uids of the node that was known by this name before, and of the one there is now. */
  readonly before: string | undefined
  readonly now: string | undefined
}

/** What it knows is lost with it: after a restart all nodes are registered anew. */
export function nodeRegistrationController(): Reconciler<Facts> {
  const uids = new Map<string, string>()
  return {
    name: 'node-controller',
    watches: [
      watch(
        Node,
        node => [keyOf(node)],
        () => false,
      ),
    ],
    observe: async (name, { view }) => {
      const [before, now] = [uids.get(name), view.get(Node, name)?.metadata.uid]
      if (now === undefined) uids.delete(name)
      else uids.set(name, now)
      return { before, now }
    },
    reconcile: (name, { facts }) => ({
      writes:
        facts.before === facts.now
          ? []
          : [
              ...(facts.before === undefined ? [] : [tell(name, facts.before, 'RemovingNode', `Removing Node ${name} from Controller`)]),
              ...(facts.now === undefined ? [] : [tell(name, facts.now, 'RegisteredNode', `Registered Node ${name} in Controller`)]),
            ],
    }),
  }
}

function tell(name: string, uid: string, reason: string, what: string): EventWrite {
  return {
    verb: 'event',
    about: { apiVersion: 'v1', kind: 'Node', name, uid },
    type: 'Normal',
    reason,
    message: `Node ${name} event: ${what}`,
  }
}
