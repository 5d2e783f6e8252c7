import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { requestFor } from '../../api/certificates/testkit.ts'
import type { Pod } from '../../api/core/pod.ts'
import type { Kind } from '../../api/kind.ts'
import { ResourceSlice } from '../../api/resource/resource-slice.ts'
import { stored } from '../../api/testkit.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Objects } from '../authn/service-account-tokens.ts'
import { type Attributes, resourceAttributes } from './attributes.ts'
import { nodeRules } from './bootstrap-policy.ts'
import { nodeAuthorizer } from './node-authorizer.ts'
import { NodeGraph } from './node-graph.ts'
import { mayLabelItself, type NodeWrite, restrictNode } from './node-restriction.ts'

const stamp = { uid: 'p-uid', resourceVersion: '1', creationTimestamp: '' }
const node = { username: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }

function podOf(name: string, spec: Draft<NonNullable<Pod['spec']>>, metadata: object = {}): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'a', name, ...stamp, ...metadata }, spec } as unknown as Pod
}
const full = podOf('p', {
  nodeName: 'n1',
  serviceAccountName: 'sa',
  resourceClaims: [{ name: 'gpu', resourceClaimName: 'claim' }],
  imagePullSecrets: [{ name: 'pull' }],
  containers: [
    {
      name: 'c',
      env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'env-secret', key: 'k' } } }],
      envFrom: [{ configMapRef: { name: 'env-map' } }],
    },
  ],
  initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'init-secret' } }] }],
  volumes: [
    { name: 's', secret: { secretName: 'vol-secret' } },
    { name: 'm', configMap: { name: 'vol-map' } },
    {
      name: 'j',
      projected: {
        sources: [
          { secret: { name: 'proj-secret' } },
          { configMap: { name: 'proj-map' } },
          { serviceAccountToken: { path: 't', audience: 'vault' } },
        ],
      },
    },
    { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
    { name: 'e', ephemeral: {} },
  ],
})

test('a node reads exactly what its pods name', () => {
  const graph = new NodeGraph()
  graph.setPod(full)
  const authorizer = nodeAuthorizer(graph, nodeRules)
  const may = (verb: string, resource: string, name: string, more: Partial<Attributes> = {}) =>
    authorizer.authorize(resourceAttributes({ user: node, verb, resource, name, namespace: 'a', ...more }))
  for (const name of ['pull', 'env-secret', 'init-secret', 'vol-secret', 'proj-secret'])
    assert.equal(may('get', 'secrets', name).verdict, 'allow', name)
  for (const name of ['env-map', 'vol-map', 'proj-map']) assert.equal(may('watch', 'configmaps', name).verdict, 'allow', name)
  for (const name of ['claim', 'p-e']) assert.equal(may('get', 'persistentvolumeclaims', name).verdict, 'allow', name)
  assert.equal(may('create', 'serviceaccounts', 'sa', { subresource: 'token' }).verdict, 'allow')
  assert.deepEqual(may('get', 'secrets', 'other'), {
    verdict: 'no-opinion',
    reason: "no relationship found between node 'n1' and this object",
  })
  assert.equal(may('get', 'secrets', 'pull', { namespace: 'b' }).verdict, 'no-opinion')
  assert.equal(may('get', 'secrets', 'pull', { user: { ...node, username: 'system:node:n2' } }).verdict, 'no-opinion')
  assert.equal(may('list', 'secrets', '').reason, 'No Object name found')
  assert.equal(may('update', 'secrets', 'pull').reason, 'can only read resources of this type')
  assert.equal(may('get', 'secrets', 'pull', { user: { username: 'alice', groups: [] } }).reason, '')

  graph.setPod({ ...full, spec: { ...full.spec, imagePullSecrets: [] } })
  assert.equal(may('get', 'secrets', 'pull').verdict, 'no-opinion')
  graph.setPod(podOf('q', { nodeName: 'n1', serviceAccountName: 'sa' }))
  graph.removePod('a/p')
  assert.equal(may('create', 'serviceaccounts', 'sa', { subresource: 'token' }).verdict, 'allow', 'another pod still names it')
  assert.equal(may('get', 'secrets', 'env-secret').verdict, 'no-opinion')
  graph.removePod('a/q')
  assert.equal(may('create', 'serviceaccounts', 'sa', { subresource: 'token' }).verdict, 'no-opinion')
})

test('what a mirror pod names opens nothing', () => {
  const graph = new NodeGraph()
  graph.setPod({ ...full, metadata: { ...full.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } } })
  assert.equal(graph.isRelated('n1', 'secrets', 'a', 'pull'), false)
  assert.equal(graph.isRelated('n1', 'pods', 'a', 'p'), true)
})

const slicesOf = (value: string) => ({
  group: 'resource.k8s.io',
  resource: 'resourceslices',
  fieldSelector: [{ field: 'spec.nodeName', operator: '=' as const, value }],
})
const claimsOf = (name: string) => ({ group: 'resource.k8s.io', resource: 'resourceclaims', namespace: 'a', name })

test('a node has its own node, lease and pods', () => {
  const graph = new NodeGraph()
  graph.setPod(full)
  const authorizer = nodeAuthorizer(graph, nodeRules)
  const table: readonly [string, Partial<Attributes>, boolean][] = [
    ['lists its pods', { verb: 'list', resource: 'pods', fieldSelector: [{ field: 'spec.nodeName', operator: '=', value: 'n1' }] }, true],
    [
      'lists not those of others',
      { verb: 'list', resource: 'pods', fieldSelector: [{ field: 'spec.nodeName', operator: '=', value: 'n2' }] },
      false,
    ],
    ['lists not all pods', { verb: 'watch', resource: 'pods' }, false],
    ['gets its pod', { verb: 'get', resource: 'pods', namespace: 'a', name: 'p' }, true],
    ['gets no other pod', { verb: 'get', resource: 'pods', namespace: 'a', name: 'x' }, false],
    ['makes mirror pods', { verb: 'create', resource: 'pods', namespace: 'a' }, true],
    ['changes no pods', { verb: 'update', resource: 'pods', namespace: 'a', name: 'p' }, false],
    ['reports their status', { verb: 'patch', resource: 'pods', subresource: 'status', namespace: 'a', name: 'p' }, true],
    ['execs nowhere', { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'a', name: 'p' }, false],
    ['gets itself', { verb: 'get', resource: 'nodes', name: 'n1' }, true],
    ['watches itself', { verb: 'watch', resource: 'nodes', name: 'n1' }, true],
    ['gets no other node', { verb: 'get', resource: 'nodes', name: 'n2' }, false],
    ['deletes no node', { verb: 'delete', resource: 'nodes', name: 'n1' }, false],
    ['registers', { verb: 'create', resource: 'nodes' }, true],
    [
      'renews its lease',
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease', name: 'n1' },
      true,
    ],
    [
      'renews no other lease',
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease', name: 'n2' },
      false,
    ],
    ['has no lease elsewhere', { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' }, false],
    ['clears its slices', { verb: 'deletecollection', ...slicesOf('n1') }, true],
    ['clears no other slices', { verb: 'deletecollection', ...slicesOf('n2') }, false],
    ['reads the claims of its pods', { verb: 'get', ...claimsOf('claim') }, true],
    ['reads no other claims', { verb: 'get', ...claimsOf('other') }, false],
    ['lists services', { verb: 'list', resource: 'services' }, true],
    ['writes events', { verb: 'create', resource: 'events', namespace: 'a' }, true],
    ['asks for access reviews', { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' }, true],
    ['lists no deployments', { verb: 'list', group: 'apps', resource: 'deployments' }, false],
  ]
  for (const [what, of, want] of table)
    assert.equal(authorizer.authorize(resourceAttributes({ user: node, verb: '', resource: '', ...of })).verdict === 'allow', want, what)
})

const objects: Objects = {
  find: <O extends KubeObject>(kind: Kind<O>, _namespace: string | undefined, name: string) => {
    const stored: Record<string, unknown> = {
      'Pod/p': full,
      'Pod/far': podOf('far', { nodeName: 'n2' }),
      'Node/n1': { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'n-uid' } },
    }
    return stored[`${kind.kind}/${name}`] as O | undefined
  },
}
function write(of: Partial<NodeWrite>): NodeWrite {
  return {
    user: node,
    operation: 'CREATE',
    group: '',
    resource: 'pods',
    subresource: '',
    namespace: 'a',
    name: 'p',
    object: undefined,
    previous: undefined,
    ...of,
  }
}
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n-uid', controller: true }
function mirror(of: { spec?: object; metadata?: object } = {}): Pod {
  return podOf(
    'm',
    { nodeName: 'n1', ...of.spec },
    { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner], ...of.metadata },
  )
}
function nodeObject(labels: Record<string, string>, spec: object = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', ...stamp, labels }, spec } as unknown as KubeObject
}
function token(ref: object | undefined, audiences: readonly string[] = ['vault']): KubeObject {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: { name: 'sa', ...stamp },
    spec: { audiences, boundObjectRef: ref },
  } as unknown as KubeObject
}
const leases = { group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-node-lease' }
const nodes = { resource: 'nodes', namespace: '', name: 'n1' }
const requests = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', namespace: '', name: 'r' }
const csr = (commonName: string, signerName: string) =>
  stored(CertificateSigningRequest, { spec: { request: requestFor({ commonName }), signerName, usages: ['client auth'] } })
const slices = { group: 'resource.k8s.io', resource: 'resourceslices', namespace: '', name: 's' }
const slice = (nodeName: string) =>
  stored(ResourceSlice, { spec: { driver: 'd', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, nodeName } })
const tokens = { resource: 'serviceaccounts', subresource: 'token', name: 'sa' }
const ref = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'p-uid' }

test('a kubelet keeps to its node', () => {
  const table: readonly [Partial<NodeWrite>, RegExp | undefined][] = [
    [{ object: mirror() }, undefined],
    [
      { object: podOf('m', { nodeName: 'n1' }) },
      /pod does not have "kubernetes.io\/config.mirror" annotation, node "n1" can only create mirror pods/,
    ],
    [{ object: mirror({ spec: { nodeName: 'n2' } }) }, /can only create pods with spec.nodeName set to itself/],
    [{ object: mirror({ metadata: { ownerReferences: [] } }) }, /with an owner reference set to itself/],
    [{ object: mirror({ metadata: { ownerReferences: [{ ...owner, uid: 'x' }] } }) }, /node n1 UID mismatch: expected x got n-uid/],
    [{ object: mirror({ metadata: { ownerReferences: [{ ...owner, controller: false }] } }) }, /a controller owner reference/],
    [{ object: mirror({ spec: { serviceAccountName: 'sa' } }) }, /can not create pods that reference a service account/],
    [{ object: mirror({ spec: { volumes: [{ name: 's', secret: { secretName: 's' } }] } }) }, /can not create pods that reference secrets/],
    [
      { operation: 'UPDATE', object: full, previous: full },
      /unexpected operation "UPDATE", node "n1" can only create and delete mirror pods/,
    ],
    [{ operation: 'DELETE', previous: full }, undefined],
    [
      { operation: 'DELETE', name: 'far', previous: podOf('far', { nodeName: 'n2' }) },
      /node "n1" can only delete pods with spec.nodeName set to itself/,
    ],
    [{ operation: 'UPDATE', subresource: 'status', object: full, previous: full }, undefined],
    [
      { operation: 'UPDATE', subresource: 'status', object: podOf('far', {}), previous: podOf('far', { nodeName: 'n2' }) },
      /can only update pod status for pods/,
    ],
    [
      {
        operation: 'UPDATE',
        subresource: 'status',
        object: { ...full, metadata: { ...full.metadata, labels: { a: 'b' } } },
        previous: full,
      },
      /node "n1" cannot update labels through pod status/,
    ],
    [{ subresource: 'eviction', name: 'p' }, undefined],
    [{ subresource: 'eviction', name: 'far' }, /node n1 can only evict pods with spec.nodeName set to itself/],
    [{ subresource: 'eviction', name: 'none' }, /pods "none" not found/],
    [{ subresource: 'binding' }, /unexpected pod subresource "binding"/],
    [{ ...nodes, object: nodeObject({ 'kubernetes.io/hostname': 'n1', mine: 'x' }) }, undefined],
    [
      { ...nodes, object: nodeObject({ 'node-role.kubernetes.io/control-plane': '' }) },
      /is not allowed to set the following labels: node-role.kubernetes.io\/control-plane/,
    ],
    [{ ...nodes, name: 'n2', object: nodeObject({}) }, /node "n1" is not allowed to modify node "n2"/],
    [
      { ...nodes, operation: 'UPDATE', object: nodeObject({}), previous: nodeObject({}, { taints: [{ key: 'a', effect: 'NoSchedule' }] }) },
      /is not allowed to modify taints/,
    ],
    [
      { ...nodes, operation: 'UPDATE', object: nodeObject({ 'a.k8s.io/x': '' }), previous: nodeObject({}) },
      /is not allowed to modify labels: a.k8s.io\/x/,
    ],
    [{ ...nodes, operation: 'UPDATE', object: nodeObject({ 'a.k8s.io/x': '' }), previous: nodeObject({ 'a.k8s.io/x': '' }) }, undefined],
    [{ ...leases, name: 'n1' }, undefined],
    [{ ...leases, name: 'n2' }, /can only access node lease with the same name as the requesting node/],
    [{ ...leases, namespace: 'a', name: 'n1' }, /can only access leases in the "kube-node-lease" system namespace/],
    [{ ...tokens, object: token(ref) }, undefined],
    [{ ...tokens, object: token(undefined) }, /node requested token not bound to a pod/],
    [{ ...tokens, object: token({ ...ref, uid: '' }) }, /without a uid/],
    [{ ...tokens, object: token({ ...ref, uid: 'old' }) }, /the UID in the bound object reference \(old\)/],
    [{ ...tokens, object: token({ ...ref, name: 'far' }) }, /scheduled on a different node/],
    [{ ...tokens, object: token(ref, ['other']) }, /audience "other" not found in pod spec volume/],
    [{ ...requests, object: csr('system:node:n1', 'kubernetes.io/kubelet-serving') }, undefined],
    [{ ...requests, object: csr('jane', 'example.com/a') }, undefined],
    [{ ...requests, object: csr('system:node:n2', 'kubernetes.io/kubelet-serving') }, /can only create a node CSR with CN=system:node:n1/],
    [{ ...requests, object: csr('jane', 'kubernetes.io/kube-apiserver-client-kubelet') }, /can only create a node CSR with CN=/],
    [{ ...slices, object: slice('n1') }, undefined],
    [{ ...slices, object: slice('n2') }, /can only create ResourceSlice with the same NodeName as the requesting node/],
    [{ ...slices, operation: 'DELETE', previous: slice('n2') }, /can only delete ResourceSlice with the same NodeName/],
    [{ resource: 'services' }, undefined],
    [{ user: { username: 'alice', groups: [] }, subresource: 'binding' }, undefined],
  ]
  for (const [of, message] of table)
    if (!message) restrictNode(write(of), objects)
    else
      assert.throws(
        () => restrictNode(write(of), objects),
        (e: unknown) => StatusError.is(e, 'Forbidden', 'NotFound') && message.test(e.message),
        String(message),
      )
})

test('labels that a node may give itself', () => {
  const table: readonly [string, boolean][] = [
    ['anything', true],
    ['example.com/x', true],
    ['kubernetes.io/os', true],
    ['topology.kubernetes.io/zone', true],
    ['kubelet.kubernetes.io/x', true],
    ['sub.node.kubernetes.io/x', true],
    ['kubernetes.io/x', false],
    ['node-restriction.kubernetes.io/x', false],
    ['sub.node-restriction.kubernetes.io/x', false],
    ['node-role.kubernetes.io/worker', false],
    ['k8s.io/x', false],
    ['fakekubernetes.io/x', true],
  ]
  for (const [label, want] of table) assert.equal(mayLabelItself(label), want, label)
})
