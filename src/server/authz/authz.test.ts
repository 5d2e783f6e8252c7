import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyOf } from '../../api/kind.ts'
import { aggregatedRules } from '../../api/rbac/aggregation.ts'
import type { ClusterRole } from '../../api/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../api/rbac/cluster-role-binding.ts'
import type { Role } from '../../api/rbac/role.ts'
import type { RoleBinding } from '../../api/rbac/role-binding.ts'
import type { PolicyRule, Subject } from '../../api/rbac/rule.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { UserInfo } from '../authn/user-info.ts'
import { type Attributes, nonResourceAttributes, requestAttributes, resourceAttributes } from './attributes.ts'
import { anyOf, mastersAuthorizer } from './authorizer.ts'
import { allow } from './bootstrap/notation.ts'
import { bootstrapPolicy, reconcileBootstrapPolicy } from './bootstrap-policy.ts'
import { checkBindingWrite, checkRoleWrite } from './escalation.ts'
import { forbidden } from './forbidden.ts'
import { type BindingChange, Rbac, type RbacSource } from './rbac.ts'
import { reviewAccess, reviewLocalAccess, reviewRules, reviewSelfAccess } from './reviews.ts'
import { ruleAllows } from './rules.ts'

type Binding = RoleBinding | ClusterRoleBinding
const stamp = { uid: 'u', resourceVersion: '1', creationTimestamp: '' }
const apiVersion = 'rbac.authorization.k8s.io/v1'
const apiGroup = 'rbac.authorization.k8s.io'

function clusterRole(name: string, rules: readonly PolicyRule[], more: object = {}): ClusterRole {
  return { apiVersion, kind: 'ClusterRole', metadata: { name, ...stamp }, rules, ...more }
}
function role(namespace: string, name: string, rules: readonly PolicyRule[]): Role {
  return { apiVersion, kind: 'Role', metadata: { namespace, name, ...stamp }, rules }
}
function binding(namespace: string, name: string, roleKind: string, roleName: string, ...subjects: Subject[]): Binding {
  const kind = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding'
  const metadata = { name, ...stamp, ...(namespace && { namespace }) }
  return { apiVersion, kind, metadata, roleRef: { apiGroup, kind: roleKind, name: roleName }, subjects } as Binding
}
const user = (name: string): Subject => ({ kind: 'User', name, apiGroup })
const group = (name: string): Subject => ({ kind: 'Group', name, apiGroup })
const account = (namespace: string, name: string): Subject => ({ kind: 'ServiceAccount', name, namespace })
const who = (username: string, ...groups: string[]): UserInfo => ({ username, groups })

/** Roles and bindings in memory, with changes. */
class Source implements RbacSource {
  readonly roles = new Map<string, ClusterRole | Role>()
  readonly all = new Map<string, Binding>()
  readonly listeners = new Set<(change: BindingChange) => void>()
  constructor(roles: readonly (ClusterRole | Role)[], bindings: readonly Binding[]) {
    for (const r of roles) this.roles.set(keyOf(r), r)
    for (const b of bindings) this.all.set(keyOf(b), b)
  }
  clusterRole(name: string): ClusterRole | undefined {
    return this.roles.get(name)
  }
  role(namespace: string, name: string): Role | undefined {
    return this.roles.get(`${namespace}/${name}`) as Role | undefined
  }
  bindings(): Iterable<Binding> {
    return this.all.values()
  }
  onBinding(listener: (change: BindingChange) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
  emit(change: BindingChange): void {
    for (const listener of this.listeners) listener(change)
  }
}

const ask = (of: Partial<Attributes> & { user: UserInfo }) => resourceAttributes({ verb: 'get', resource: 'pods', ...of })

test('a rule allows what its words say', () => {
  const alice = who('alice')
  const pods = { user: alice, verb: 'get', resource: 'pods' }
  const table: readonly [string, PolicyRule, Attributes, boolean][] = [
    ['the very thing', allow('get', 'core', 'pods'), ask(pods), true],
    ['another verb', allow('list', 'core', 'pods'), ask(pods), false],
    ['another group', allow('get', 'apps', 'pods'), ask(pods), false],
    ['a subresource is not its parent', allow('get', 'core', 'pods'), ask({ ...pods, subresource: 'log' }), false],
    ['a parent is not its subresource', allow('get', 'core', 'pods/log'), ask(pods), false],
    ['a subresource', allow('get', 'core', 'pods/log'), ask({ ...pods, subresource: 'log' }), true],
    ['the subresource of anything', allow('get', '*', '*/scale'), ask({ ...pods, group: 'apps', subresource: 'scale' }), true],
    ['everything', allow('*', '*', '*'), ask({ ...pods, group: 'x', subresource: 'y' }), true],
    ['one of its names', allow('get', 'core', 'pods', 'a b'), ask({ ...pods, name: 'b' }), true],
    ['not of its names', allow('get', 'core', 'pods', 'a b'), ask({ ...pods, name: 'c' }), false],
    ['no name where names are given', allow('list', 'core', 'pods', 'a'), ask({ ...pods, verb: 'list' }), false],
    ['resources do not open paths', allow('*', '*', '*'), nonResourceAttributes({ user: alice, verb: 'get', path: '/metrics' }), false],
    [
      'a path',
      { verbs: ['get'], nonResourceURLs: ['/metrics'] },
      nonResourceAttributes({ user: alice, verb: 'get', path: '/metrics' }),
      true,
    ],
    [
      'below a path',
      { verbs: ['get'], nonResourceURLs: ['/a/*'] },
      nonResourceAttributes({ user: alice, verb: 'get', path: '/a/b/c' }),
      true,
    ],
    [
      'beside a path',
      { verbs: ['get'], nonResourceURLs: ['/a/*'] },
      nonResourceAttributes({ user: alice, verb: 'get', path: '/ab' }),
      false,
    ],
  ]
  for (const [what, rule, attributes, want] of table) assert.equal(ruleAllows(rule, attributes), want, what)
})

const source = () =>
  new Source(
    [clusterRole('reader', [allow('get', 'core', 'pods')]), role('a', 'writer', [allow('create', 'core', 'pods')])],
    [
      binding('', 'everywhere', 'ClusterRole', 'reader', group('ops')),
      binding('a', 'here', 'ClusterRole', 'reader', user('alice')),
      binding('a', 'write', 'Role', 'writer', account('b', 'robot'), account('', 'home')),
      binding('a', 'broken', 'Role', 'missing', user('carol')),
    ],
  )

test('bindings give roles to users, groups and service accounts, in their namespace or everywhere', () => {
  const rbac = new Rbac(source())
  const table: readonly [Attributes, string, string][] = [
    [ask({ user: who('x', 'ops') }), 'allow', 'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to Group "ops"'],
    [
      ask({ user: who('x', 'ops'), namespace: 'z' }),
      'allow',
      'RBAC: allowed by ClusterRoleBinding "everywhere" of ClusterRole "reader" to Group "ops"',
    ],
    [ask({ user: who('alice'), namespace: 'a' }), 'allow', 'RBAC: allowed by RoleBinding "here/a" of ClusterRole "reader" to User "alice"'],
    [ask({ user: who('alice'), namespace: 'b' }), 'no-opinion', ''],
    [ask({ user: who('alice') }), 'no-opinion', ''],
    [ask({ user: who('here', 'alice'), namespace: 'a' }), 'no-opinion', ''],
    [
      ask({ user: who('system:serviceaccount:b:robot'), verb: 'create', namespace: 'a' }),
      'allow',
      'RBAC: allowed by RoleBinding "write/a" of Role "writer" to ServiceAccount "robot/b"',
    ],
    [
      ask({ user: who('system:serviceaccount:a:home'), verb: 'create', namespace: 'a' }),
      'allow',
      'RBAC: allowed by RoleBinding "write/a" of Role "writer" to ServiceAccount "home/a"',
    ],
    [ask({ user: who('carol'), namespace: 'a' }), 'no-opinion', 'RBAC: role.rbac.authorization.k8s.io "missing" not found'],
  ]
  for (const [attributes, verdict, reason] of table) assert.deepEqual(rbac.authorize(attributes), { verdict, reason })
})

test('changes of bindings and roles hold at once', () => {
  const s = source()
  const rbac = new Rbac(s)
  const may = (name: string, namespace = 'a') => rbac.authorize(ask({ user: who(name), namespace })).verdict === 'allow'
  s.emit({ type: 'set', binding: binding('a', 'here', 'ClusterRole', 'reader', user('bob')) })
  assert.deepEqual([may('alice'), may('bob')], [false, true])
  s.emit({ type: 'removed', key: 'a/here' })
  assert.equal(may('bob'), false)
  s.emit({ type: 'set', binding: binding('', 'new', 'ClusterRole', 'reader', user('dora')) })
  assert.equal(may('dora', 'any'), true)
  s.roles.set('reader', clusterRole('reader', []))
  assert.equal(may('dora', 'any'), false)
  rbac.close()
  assert.equal(s.listeners.size, 0)
})

test('a check among a thousand bindings costs microseconds', () => {
  const many = Array.from({ length: 1000 }, (_, i) => binding(i % 2 ? '' : 'a', `b${i}`, 'ClusterRole', 'reader', user(`u${i}`)))
  const rbac = new Rbac(new Source([clusterRole('reader', [allow('get', 'core', 'pods')])], many))
  const attributes = ask({ user: who('u999', 'g1', 'g2'), namespace: 'a' })
  const started = performance.now()
  for (let i = 0; i < 5000; i++) assert.equal(rbac.authorize(attributes).verdict, 'allow')
  assert.ok(((performance.now() - started) * 1000) / 5000 < 50)
})

test('refusals read as upstream words them', () => {
  const table: readonly [Attributes, string, string][] = [
    [
      ask({ user: who('x'), verb: 'list', namespace: 'y' }),
      '',
      'pods is forbidden: User "x" cannot list resource "pods" in API group "" in the namespace "y"',
    ],
    [
      ask({ user: who('x'), resource: 'nodes', name: 'n' }),
      '',
      'nodes "n" is forbidden: User "x" cannot get resource "nodes" in API group "" at the cluster scope',
    ],
    [
      ask({ user: who('x'), group: 'apps', resource: 'deployments', subresource: 'scale', verb: 'patch', namespace: 'y', name: 'd' }),
      'because',
      'deployments.apps "d" is forbidden: User "x" cannot patch resource "deployments/scale" in API group "apps" in the namespace "y": because',
    ],
    [
      nonResourceAttributes({ user: who('system:anonymous'), verb: 'get', path: '/metrics' }),
      '',
      'forbidden: User "system:anonymous" cannot get path "/metrics"',
    ],
  ]
  for (const [attributes, reason, message] of table) {
    const error = forbidden(attributes, { verdict: 'no-opinion', reason })
    assert.equal(error.message, message)
    assert.equal(error.code, 403)
  }
})

test('system:masters may do all, roles or not', () => {
  const authorizer = anyOf([mastersAuthorizer, new Rbac(new Source([], []))])
  assert.equal(authorizer.authorize(ask({ user: who('root', 'system:masters') })).verdict, 'allow')
  assert.equal(authorizer.authorize(ask({ user: who('root') })).verdict, 'no-opinion')
})

test('an aggregated role has the rules of those that its selectors find', () => {
  const labelled = (name: string, rules: readonly PolicyRule[]) => ({
    ...clusterRole(name, rules),
    metadata: { name, ...stamp, labels: { part: 'yes' } },
  })
  const sum = clusterRole('sum', [], {
    aggregationRule: {
      clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }, { matchExpressions: [{ key: 'part', operator: 'Exists' }] }],
    },
  })
  const parts = [
    labelled('z', [allow('get', 'core', 'pods')]),
    labelled('b', [allow('list', 'core', 'pods'), allow('get', 'core', 'pods')]),
    clusterRole('no', [allow('*', '*', '*')]),
  ]
  assert.deepEqual(aggregatedRules(sum, [sum, ...parts]), [allow('list', 'core', 'pods'), allow('get', 'core', 'pods')])
  assert.equal(aggregatedRules(parts[2]!, parts), undefined)
})

test('nobody grants by a role what they do not hold', () => {
  const held = new Source(
    [
      clusterRole('own', [allow('get list', 'core', 'pods')]),
      clusterRole('free', [allow('escalate', apiGroup, 'roles')]),
      clusterRole('all', [allow('*', '*', '*'), { verbs: ['*'], nonResourceURLs: ['*'] }]),
    ],
    [
      binding('', 'own', 'ClusterRole', 'own', user('alice')),
      binding('', 'free', 'ClusterRole', 'free', user('eva')),
      binding('', 'all', 'ClusterRole', 'all', user('adam')),
    ],
  )
  const rbac = new Rbac(held)
  const granter = (name: string, ...groups: string[]) => ({ user: who(name, ...groups), authorizer: rbac, held: rbac })
  const wanted = role('a', 'r', [allow('get list create', 'core', 'pods secrets')])
  checkRoleWrite(granter('alice'), role('a', 'r', [allow('get', 'core', 'pods'), allow('list', 'core', 'pods', 'x')]), undefined)
  checkRoleWrite(granter('alice'), wanted, wanted)
  checkRoleWrite(granter('eva'), wanted, undefined)
  checkRoleWrite(granter('adam'), wanted, undefined)
  checkRoleWrite(granter('root', 'system:masters'), wanted, undefined)
  assert.throws(() => checkRoleWrite(granter('alice', 'devs', 'system:authenticated'), wanted, undefined), {
    message:
      'roles.rbac.authorization.k8s.io "r" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
      '{APIGroups:[""], Resources:["pods"], Verbs:["create"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list" "create"]}',
  })
  const paths = clusterRole('p', [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }])
  assert.throws(() => checkRoleWrite(granter('alice'), paths, undefined), /\{NonResourceURLs:\["\/metrics"\], Verbs:\["get"\]\}$/)
  const sum = clusterRole('s', [], { aggregationRule: { clusterRoleSelectors: [{}] } })
  assert.throws(() => checkRoleWrite(granter('alice'), sum, undefined), /must have cluster-admin privileges to use an aggregationRule/)
  checkRoleWrite(granter('adam'), sum, undefined)
})

test('nobody grants by a binding what they do not hold, unless they may bind the role', () => {
  const s = new Source(
    [clusterRole('big', [allow('*', '*', '*')]), clusterRole('binder', [allow('bind', apiGroup, 'clusterroles', 'big')])],
    [binding('', 'binder', 'ClusterRole', 'binder', user('bea'))],
  )
  const rbac = new Rbac(s)
  const rulesOf = rbac.rulesOfRole.bind(rbac)
  const granter = (name: string) => ({ user: who(name), authorizer: rbac, held: rbac })
  const next = binding('a', 'x', 'ClusterRole', 'big', user('alice'))
  checkBindingWrite(granter('bea'), rulesOf, next, undefined)
  checkBindingWrite(granter('alice'), rulesOf, next, next)
  assert.throws(
    () => checkBindingWrite(granter('alice'), rulesOf, next, undefined),
    /^StatusError: rolebindings.rbac.authorization.k8s.io "x" is forbidden: user "alice" \(groups=\[\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\["\*"\]/,
  )
  assert.throws(
    () => checkBindingWrite(granter('alice'), rulesOf, binding('a', 'x', 'Role', 'none'), undefined),
    (e: unknown) => StatusError.is(e, 'NotFound'),
  )
})

test('access reviews answer the question and have no reason for an RBAC denial', () => {
  const rbac = new Rbac(source())
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
    status: { allowed: false },
  }
  const about = { verb: 'get', resource: 'pods', namespace: 'a' }
  assert.deepEqual(reviewAccess({ ...review, spec: { user: 'nobody', resourceAttributes: about } }, rbac).status, { allowed: false })
  assert.equal(reviewAccess({ ...review, spec: { groups: ['ops'], resourceAttributes: about } }, rbac).status.allowed, true)
  assert.equal(reviewSelfAccess({ ...review, spec: { resourceAttributes: about } }, who('alice'), rbac).status.allowed, true)
  assert.equal(
    reviewSelfAccess({ ...review, spec: { nonResourceAttributes: { path: '/x', verb: 'get' } } }, who('alice'), rbac).status.allowed,
    false,
  )
  const local = { ...review, metadata: { ...review.metadata, namespace: 'a' } }
  assert.equal(reviewLocalAccess({ ...local, spec: { user: 'alice', resourceAttributes: about } }, rbac).status.allowed, true)
  assert.throws(
    () => reviewLocalAccess({ ...local, spec: { user: 'alice', resourceAttributes: { ...about, namespace: 'b' } } }, rbac),
    /spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace/,
  )
  assert.throws(
    () => reviewAccess({ ...review, spec: { resourceAttributes: about } }, rbac),
    /spec.user: Invalid value: "": at least one of user or group must be specified/,
  )
  assert.throws(
    () => reviewSelfAccess({ ...review, spec: {} }, who('x'), rbac),
    /exactly one of nonResourceAttributes or resourceAttributes must be specified/,
  )
})

test('a rules review lists what a user may do in a namespace', () => {
  const review = { apiVersion: 'v1', kind: 'SelfSubjectRulesReview', metadata: { name: '', ...stamp }, spec: { namespace: 'a' } }
  const rbac = new Rbac(source())
  assert.deepEqual(reviewRules(review, who('alice'), rbac).status, {
    resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
    nonResourceRules: [],
    incomplete: false,
  })
  const broken = reviewRules(review, who('carol'), rbac).status
  assert.equal(broken?.incomplete, true)
  assert.throws(() => reviewRules({ ...review, spec: {} }, who('alice'), rbac), /no namespace on request/)
})

test('a list narrowed to one name counts as that object', () => {
  const info = {
    verb: 'watch',
    path: '',
    isResource: true,
    group: '',
    version: 'v1',
    plural: 'secrets',
    subresource: '',
    namespace: 'a',
    name: '',
    rest: '',
  }
  assert.equal(requestAttributes(who('x'), info, [{ field: 'metadata.name', operator: '=', value: 's' }]).name, 's')
  assert.equal(requestAttributes(who('x'), info, [{ field: 'metadata.name', operator: '!=', value: 's' }]).name, '')
})

// The default policy, as people rely on it.

const policySource = new Source(
  bootstrapPolicy.filter(o => o.kind.kind.endsWith('Role')).map(o => o.object as ClusterRole),
  bootstrapPolicy.filter(o => o.kind.kind.endsWith('Binding')).map(o => o.object as Binding),
)

test('the default policy gives each its own', () => {
  const grants = [
    binding('', 'v', 'ClusterRole', 'view', user('viewer')),
    binding('a', 'e', 'ClusterRole', 'edit', user('editor')),
    binding('a', 'ad', 'ClusterRole', 'admin', user('boss')),
  ]
  const rbac = new Rbac(policySource)
  for (const b of grants) for (const listener of policySource.listeners) listener({ type: 'set', binding: b })
  const controller = (name: string) => who(`system:serviceaccount:kube-system:${name}`, 'system:serviceaccounts', 'system:authenticated')
  const may = (u: UserInfo, verb: string, resource: string, namespace = 'a', more: Partial<Attributes> = {}) =>
    rbac.authorize(resourceAttributes({ user: u, verb, resource, namespace, ...more })).verdict === 'allow'
  const table: readonly [string, boolean, boolean][] = [
    ['viewer reads pods', may(who('viewer'), 'list', 'pods'), true],
    ['viewer reads no secrets', may(who('viewer'), 'get', 'secrets'), false],
    ['viewer writes nothing', may(who('viewer'), 'create', 'pods'), false],
    ['editor has what a viewer has', may(who('editor'), 'list', 'deployments', 'a', { group: 'apps' }), true],
    ['editor reads secrets', may(who('editor'), 'get', 'secrets'), true],
    ['editor stays in the namespace', may(who('editor'), 'get', 'secrets', 'b'), false],
    ['editor gives no roles', may(who('editor'), 'create', 'rolebindings', 'a', { group: apiGroup }), false],
    ['admin gives roles', may(who('boss'), 'create', 'rolebindings', 'a', { group: apiGroup }), true],
    ['admin execs', may(who('boss'), 'create', 'pods', 'a', { subresource: 'exec' }), true],
    ['the administrator does all', may(who('kubernetes-admin', 'kubeadm:cluster-admins'), 'delete', 'nodes', ''), true],
    [
      'everybody asks about themselves',
      may(who('x', 'system:authenticated'), 'create', 'selfsubjectaccessreviews', '', { group: 'authorization.k8s.io' }),
      true,
    ],
    ['the scheduler binds', may(who('system:kube-scheduler'), 'create', 'pods', 'a', { subresource: 'binding' }), true],
    [
      'the scheduler takes the lead',
      may(who('system:kube-scheduler'), 'update', 'leases', 'kube-system', { group: 'coordination.k8s.io', name: 'kube-scheduler' }),
      true,
    ],
    ['the proxy watches slices', may(who('system:kube-proxy'), 'watch', 'endpointslices', '', { group: 'discovery.k8s.io' }), true],
    ['the replica set controller makes pods', may(controller('replicaset-controller'), 'create', 'pods'), true],
    ['and deletes no nodes', may(controller('replicaset-controller'), 'delete', 'nodes', ''), false],
    ['nodes get nothing by roles', may(who('system:node:n', 'system:nodes'), 'get', 'secrets'), false],
  ]
  for (const [what, got, want] of table) assert.equal(got, want, what)
  const path = (u: UserInfo, p: string) => rbac.authorize(nonResourceAttributes({ user: u, verb: 'get', path: p })).verdict === 'allow'
  assert.equal(path(who('system:anonymous', 'system:unauthenticated'), '/healthz'), true)
  assert.equal(path(who('system:anonymous', 'system:unauthenticated'), '/apis'), false)
  assert.equal(path(who('x', 'system:authenticated'), '/openapi/v3/apis/apps/v1'), true)
  assert.equal(path(controller('x'), '/openid/v1/jwks'), true)
})

test('every default object is labelled, and every binding finds its role', () => {
  for (const { object } of bootstrapPolicy) {
    const { metadata } = object as ClusterRole
    assert.equal(metadata.labels?.['kubernetes.io/bootstrapping'], 'rbac-defaults')
    assert.equal(metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'], 'true')
  }
  for (const b of policySource.all.values())
    assert.ok(policySource.roles.has(b.roleRef.kind === 'Role' ? `${b.metadata.namespace}/${b.roleRef.name}` : b.roleRef.name))
})

test('the default policy is made, mended and then left alone', () => {
  const initial = reconcileBootstrapPolicy([])
  assert.equal(initial.length, bootstrapPolicy.length)
  assert.ok(initial.every(w => !w.exists))
  const objects = initial.map(w => w.object as ClusterRole)
  assert.deepEqual(reconcileBootstrapPolicy(objects), [])

  const change = (name: string, kind: string, by: (o: ClusterRole) => object) =>
    objects.map(o => (o.metadata.name === name && o.kind === kind ? (by(o) as ClusterRole) : o))
  const extra = allow('get', 'acme.com', 'things')
  const poorer = reconcileBootstrapPolicy(
    change('system:kube-dns', 'ClusterRole', o => ({ ...o, rules: [allow('list', 'core', 'services'), extra] })),
  )
  assert.equal(poorer.length, 1)
  const mended = poorer[0]!.object as ClusterRole
  assert.ok(poorer[0]!.exists)
  assert.deepEqual(mended.rules!.slice(0, 2), [allow('list', 'core', 'services'), extra])
  for (const verb of ['list', 'watch'])
    for (const resource of ['endpoints', 'services'])
      assert.ok(mended.rules!.some(r => ruleAllows(r, ask({ user: who('x'), verb, resource }))))
  assert.deepEqual(reconcileBootstrapPolicy(change('system:kube-dns', 'ClusterRole', () => mended)), [])

  const off = change('system:kube-dns', 'ClusterRole', o => ({
    ...o,
    rules: [],
    metadata: { ...o.metadata, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
  }))
  assert.deepEqual(reconcileBootstrapPolicy(off), [])
  const unbound = reconcileBootstrapPolicy(change('system:node-proxier', 'ClusterRoleBinding', o => ({ ...o, subjects: [user('more')] })))
  assert.deepEqual(
    (unbound[0]!.object as Binding).subjects?.map(s => s.name),
    ['more', 'system:kube-proxy'],
  )
  const moved = reconcileBootstrapPolicy(
    change('system:node-proxier', 'ClusterRoleBinding', o => ({ ...o, roleRef: { apiGroup, kind: 'ClusterRole', name: 'x' } })),
  )
  assert.ok(moved[0]!.replaces)
})
