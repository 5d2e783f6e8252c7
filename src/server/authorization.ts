// Who may what: nodes by their pods, everyone else by the stored roles and bindings.
import { Pod } from '../api/core/pod.ts'
import type { Kind } from '../api/kind.ts'
import { keyOf } from '../api/kind.ts'
import { ClusterRole } from '../api/rbac/cluster-role.ts'
import { ClusterRoleBinding } from '../api/rbac/cluster-role-binding.ts'
import { Role } from '../api/rbac/role.ts'
import { RoleBinding } from '../api/rbac/role-binding.ts'
import type { KubeObject } from '../meta/object-meta.ts'
import type { StoreEvent } from '../store/store.ts'
import { type Authorizer, anyOf, mastersAuthorizer } from './authz/authorizer.ts'
import { nodeRules } from './authz/bootstrap-policy.ts'
import { nodeAuthorizer } from './authz/node-authorizer.ts'
import { NodeGraph } from './authz/node-graph.ts'
import { Rbac, type RbacSource } from './authz/rbac.ts'
import { resourceFor } from './resource.ts'
import { objectOf, type Storage } from './storage.ts'

export interface Authorization {
  readonly authorizer: Authorizer
  /** RBAC alone: only what roles grant can be granted on. */
  readonly rbac: Pick<Rbac, 'rulesFor' | 'rulesOfRole'>
  close(): void
}

export function createAuthorization(storage: Storage): Authorization {
  const rbac = new Rbac(rbacSource(storage))
  const graph = new NodeGraph()
  for (const pod of storage.readable(Pod)) graph.setPod(pod)
  const stopGraph = follow(storage, Pod, event => {
    const pod = objectOf(event.entry) as Pod
    if (event.type === 'delete') graph.removePod(keyOf(pod))
    else graph.setPod(pod)
  })
  return {
    authorizer: anyOf([mastersAuthorizer, nodeAuthorizer(graph, nodeRules), rbac]),
    rbac,
    close() {
      stopGraph()
      rbac.close()
    },
  }
}

function rbacSource(storage: Storage): RbacSource {
  const kinds = [RoleBinding, ClusterRoleBinding] as const
  return {
    clusterRole: name => storage.findReadable(ClusterRole, undefined, name),
    role: (namespace, name) => storage.findReadable(Role, namespace, name),
    bindings: () => [...storage.readable(RoleBinding), ...storage.readable(ClusterRoleBinding)],
    onBinding(listener) {
      const stops = kinds.map(kind =>
        follow(storage, kind, event => {
          const object = objectOf(event.entry)
          listener(
            event.type === 'delete'
              ? { type: 'removed', key: keyOf(object) }
              : { type: 'set', binding: object as RoleBinding | ClusterRoleBinding },
          )
        }),
      )
      return () => {
        for (const stop of stops) stop()
      }
    },
  }
}

/** Calls back on every change of a kind from now on. */
function follow(storage: Storage, kind: Kind, onEvent: (event: StoreEvent) => void): () => void {
  return storage.follow(resourceFor(kind as Kind<KubeObject>), events => events.forEach(onEvent))
}
