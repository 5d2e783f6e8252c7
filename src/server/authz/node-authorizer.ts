// What kubelets may do: read what the pods bound to their node need, and write their own node, lease and pods. Which of them a write is
// about is for admission to check (node-restriction.ts), as the URL alone does not always tell.
import type { PolicyRule } from '../../api/rbac/rule.ts'
import { nodeNameOf } from '../authn/user-info.ts'
import { type Attributes, type Decision, noOpinion } from './attributes.ts'
import type { Authorizer } from './authorizer.ts'
import type { NodeGraph, NodeObject } from './node-graph.ts'
import { ruleAllows } from './rules.ts'

const allow: Decision = { verdict: 'allow', reason: '' }
const nodeLeases = 'kube-node-lease'
const readVerbs = new Set(['get', 'list', 'watch'])
const ownVerbs = new Set(['get', 'create', 'update', 'patch', 'delete'])

/** `rules` are those of the role `system:node`. */
export function nodeAuthorizer(graph: Pick<NodeGraph, 'isRelated'>, rules: readonly PolicyRule[]): Authorizer {
  return {
    authorize(attributes) {
      const node = nodeNameOf(attributes.user)
      if (node === undefined) return noOpinion
      if (node === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.username)}`)
      return answer(graph, node, attributes) ?? (rules.some(rule => ruleAllows(rule, attributes)) ? allow : noOpinion)
    },
    rulesFor: user => ({
      rules: [],
      errors: nodeNameOf(user) === undefined ? [] : ['node authorizer does not support user rule resolution'],
    }),
  }
}

/** Undefined where nodes are not told apart. */
function answer(graph: Pick<NodeGraph, 'isRelated'>, node: string, a: Attributes): Decision | undefined {
  if (!a.isResource) return undefined
  const related = (resource: NodeObject) => (graph.isRelated(node, resource, a.namespace, a.name) ? allow : unrelated(node))
  switch (`${a.group}/${a.resource}`) {
    case '/secrets':
    case '/configmaps':
      return readable(a) ?? related(a.resource === 'secrets' ? 'secrets' : 'configmaps')
    case '/persistentvolumeclaims':
      if (a.subresource === 'status')
        return writesStatus(a) ? related('persistentvolumeclaims') : refuse('can only get/update/patch this type')
      return gettable(a) ?? related('persistentvolumeclaims')
    case '/serviceaccounts':
      return token(a) ?? related('serviceaccounts')
    case '/pods':
      return pods(node, a, related)
    case '/nodes':
      return nodes(node, a)
    case 'coordination.k8s.io/leases':
      return lease(node, a)
    case 'storage.k8s.io/csinodes':
      return csiNode(node, a)
    case 'resource.k8s.io/resourceclaims':
      return gettable(a) ?? related('resourceclaims')
    case 'resource.k8s.io/resourceslices':
      return resourceSlices(node, a)
    default:
      return undefined
  }
}

function readable(a: Attributes): Decision | undefined {
  if (!readVerbs.has(a.verb)) return refuse('can only read resources of this type')
  if (a.subresource !== '') return refuse('cannot read subresource')
  if (a.namespace === '') return refuse('can only read namespaced object of this type')
  return a.name === '' ? refuse('No Object name found') : undefined
}

function gettable(a: Attributes): Decision | undefined {
  if (a.verb !== 'get') return refuse('can only get individual resources of this type')
  if (a.subresource !== '') return refuse('cannot get subresource')
  return a.name === '' ? refuse('No Object name found') : undefined
}

function token(a: Attributes): Decision | undefined {
  if (a.verb === 'get' && a.subresource === '' && a.name !== '') return undefined
  if (a.verb !== 'create' || a.name === '') return refuse('can only create tokens for individual service accounts')
  return a.subresource === 'token' ? undefined : refuse('can only create token subresource of serviceaccount')
}

function pods(node: string, a: Attributes, related: (resource: NodeObject) => Decision): Decision {
  switch (a.subresource) {
    case '':
      if (a.verb === 'create' || a.verb === 'delete') return allow
      if (a.verb === 'get') return gettable(a) ?? related('pods')
      if (a.verb !== 'list' && a.verb !== 'watch') return noOpinion
      if (a.fieldSelector?.some(t => t.field === 'spec.nodeName' && t.operator === '=' && t.value === node)) return allow
      return a.name === '' ? refuse('can only list/watch pods with spec.nodeName field selector') : related('pods')
    case 'status':
      return writesStatus(a) ? allow : noOpinion
    case 'eviction':
      return a.verb === 'create' ? allow : noOpinion
    default:
      return noOpinion
  }
}

function nodes(node: string, a: Attributes): Decision {
  if (a.subresource === 'status') return writesStatus(a) ? allow : noOpinion
  if (a.subresource !== '') return noOpinion
  if (a.verb === 'create' || a.verb === 'update' || a.verb === 'patch') return allow
  if (!readVerbs.has(a.verb)) return noOpinion
  if (a.name === node) return allow
  return refuse(`node '${node}' cannot read ${a.name === '' ? 'all nodes' : `'${a.name}'`}, only its own Node object`)
}

function lease(node: string, a: Attributes): Decision {
  if (!ownVerbs.has(a.verb)) return refuse('can only get, create, update, patch, or delete a node lease')
  if (a.namespace !== nodeLeases) return refuse(`can only access leases in the "${nodeLeases}" system namespace`)
  if (a.verb !== 'create' && a.name !== node) return refuse('can only access node lease with the same name as the requesting node')
  return allow
}

function csiNode(node: string, a: Attributes): Decision {
  if (!ownVerbs.has(a.verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
  if (a.subresource !== '') return refuse('cannot authorize CSINode subresources')
  if (a.verb !== 'create' && a.name !== node) return refuse('can only access CSINode with the same name as the requesting node')
  return allow
}

/** Of single slices the URL does not tell whose they are; kubelets clear away their own, all at once. */
function resourceSlices(node: string, a: Attributes): Decision {
  if (a.subresource !== '') return refuse('cannot authorize ResourceSlice subresources')
  if (a.verb === 'create') return allow
  if (a.verb !== 'list' && a.verb !== 'watch' && a.verb !== 'deletecollection')
    return refuse('can only create, list, watch, or deletecollection ResourceSlices')
  const isOwn = a.fieldSelector?.some(t => t.field === 'spec.nodeName' && t.operator === '=' && t.value === node)
  return isOwn ? allow : refuse('can only list/watch/deletecollection resourceslices with nodeName field selector')
}

function writesStatus(a: Attributes): boolean {
  return a.verb === 'update' || a.verb === 'patch'
}
function unrelated(node: string): Decision {
  return refuse(`no relationship found between node '${node}' and this object`)
}
/** Nodes are refused by having no opinion: a role may still allow what the node's rules do not. */
function refuse(reason: string): Decision {
  return { verdict: 'no-opinion', reason }
}
