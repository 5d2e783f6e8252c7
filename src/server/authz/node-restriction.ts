// The admission rules that keep a kubelet to its own node: it may write its Node, its Lease and the pods bound to it, and ask for tokens
// of those pods and for certificates in its own name; it may not give itself labels by which workloads are steered.

import type { TokenRequest } from '../../api/authentication/token-request.ts'
import { readCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { type CertificateSigningRequest, signers } from '../../api/certificates/certificate-signing-request.ts'
import { isMirrorPod, mirrorAnnotation } from '../../api/core/mirror-pod.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import type { ResourceSlice } from '../../api/resource/resource-slice.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import type { Objects } from '../authn/service-account-tokens.ts'
import { nodeNameOf, type UserInfo } from '../authn/user-info.ts'
import { podReferences } from './pod-references.ts'

export interface NodeWrite {
  readonly user: UserInfo
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly group: string
  /** Plural. */
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  /** As the URL has it; on a create, as the object has it. */
  readonly name: string
  /** Undefined for DELETE. A subresource's body where it has one of its own kind. */
  readonly object: KubeObject | undefined
  /** Undefined for CREATE. */
  readonly previous: KubeObject | undefined
}

/** Fails with Forbidden, or NotFound. Writes by others than nodes pass. */
export function restrictNode(write: NodeWrite, objects: Objects): void {
  const node = nodeNameOf(write.user)
  if (node === undefined) return
  const refusal = node === '' ? `could not determine node from user ${q(write.user.username)}` : check(node, write, objects)
  if (refusal !== undefined) throw StatusError.forbidden({ group: write.group, resource: write.resource }, write.name, refusal)
}

function check(node: string, write: NodeWrite, objects: Objects): string | undefined {
  switch (`${write.group}/${write.resource}`) {
    case '/pods':
      return checkPod(node, write, objects)
    case '/nodes':
      return checkNode(node, write)
    case '/persistentvolumeclaims':
      return write.subresource === 'status' ? undefined : 'may only update PVC status'
    case '/serviceaccounts':
      return write.operation === 'CREATE' && write.subresource === 'token' ? checkToken(node, write, objects) : undefined
    case 'certificates.k8s.io/certificatesigningrequests':
      return write.operation === 'CREATE' ? checkCertificateRequest(node, write.object as CertificateSigningRequest) : undefined
    case 'coordination.k8s.io/leases':
      if (write.namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace'
      return write.name === node ? undefined : 'can only access node lease with the same name as the requesting node'
    case 'resource.k8s.io/resourceslices':
      return checkResourceSlice(node, write)
    case 'storage.k8s.io/csinodes':
      return write.name === node ? undefined : 'can only access CSINode with the same name as the requesting node'
    default:
      return undefined
  }
}

/** A node asks the signers of nodes for certificates in its own name alone. The signer checks the rest. */
function checkCertificateRequest(node: string, { spec }: CertificateSigningRequest): string | undefined {
  if (spec.signerName !== signers.kubeletServing && spec.signerName !== signers.apiServerClientKubelet) return undefined
  const parsed = readCertificateRequest(spec.request)
  if ('error' in parsed) return `unable to parse csr: ${parsed.error}`
  const own = `system:node:${node}`
  return parsed.request.subject.commonName === own ? undefined : `can only create a node CSR with CN=${own}`
}

function checkPod(node: string, write: NodeWrite, objects: Objects): string | undefined {
  const { operation, subresource } = write
  const bound = () => podOf(write, objects).spec?.nodeName === node
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return checkMirrorPod(node, write.object as Pod, objects)
      if (operation !== 'DELETE') return `unexpected operation ${q(operation)}, node ${q(node)} can only create and delete mirror pods`
      return bound() ? undefined : `node ${q(node)} can only delete pods with spec.nodeName set to itself`
    case 'status':
      return operation === 'UPDATE'
        ? checkPodStatus(node, write.object as Pod, write.previous as Pod)
        : `unexpected operation ${q(operation)}`
    case 'eviction':
      if (operation !== 'CREATE') return `unexpected operation ${operation}`
      return bound() ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`
    default:
      return `unexpected pod subresource ${q(subresource)}, only 'status' and 'eviction' are allowed`
  }
}

function podOf({ namespace, name, previous, subresource }: NodeWrite, objects: Objects): Pod {
  const pod = subresource === '' ? (previous as Pod | undefined) : undefined
  const found = pod ?? objects.find(Pod, namespace, name)
  if (!found) throw StatusError.notFound({ group: '', resource: 'pods' }, name)
  return found
}

function checkMirrorPod(node: string, pod: Pod, objects: Objects): string | undefined {
  const { ownerReferences = [] } = pod.metadata
  const only = `node ${q(node)} can only create pods with`
  if (!isMirrorPod(pod)) return `pod does not have ${q(mirrorAnnotation)} annotation, node ${q(node)} can only create mirror pods`
  if (pod.spec?.nodeName !== node) return `${only} spec.nodeName set to itself`
  const [owner, ...more] = ownerReferences
  if (more.length > 0) return `${only} a single owner reference set to itself`
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) return `${only} an owner reference set to itself`
  if (owner.controller !== true) return `${only} a controller owner reference set to itself`
  if (owner.blockOwnerDeletion === true) return `node ${q(node)} must not set blockOwnerDeletion on an owner reference`
  const itself = objects.find(Node, undefined, node)
  if (!itself) throw StatusError.notFound({ group: '', resource: 'nodes' }, node)
  if (owner.uid !== itself.metadata.uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${itself.metadata.uid}`
  const [reference] = podReferences(pod)
  if (!reference) return undefined
  const what = reference.resource === 'serviceaccounts' ? 'a service account' : reference.resource
  return `node ${q(node)} can not create pods that reference ${what}`
}

function checkPodStatus(node: string, next: Pod, previous: Pod): string | undefined {
  if (previous.spec?.nodeName !== node) return `node ${q(node)} can only update pod status for pods with spec.nodeName set to itself`
  if (!deepEqual(previous.metadata.labels ?? {}, next.metadata.labels ?? {}))
    return `node ${q(node)} cannot update labels through pod status`
  const claims = (pod: Pod) => [pod.status?.resourceClaimStatuses ?? [], pod.status?.extendedResourceClaimStatus]
  return deepEqual(claims(previous), claims(next)) ? undefined : `node ${q(node)} cannot update resource claim statues`
}

function checkNode(node: string, { operation, name, object, previous }: NodeWrite): string | undefined {
  if (name !== node) return `node ${q(node)} is not allowed to modify node ${q(name)}`
  const next = object as Node | undefined
  const before = previous as Node | undefined
  if (operation === 'CREATE' && next) {
    if (next.spec?.configSource !== undefined) return `node ${q(node)} is not allowed to create pods with a non-nil configSource`
    const labels = forbiddenLabels(next, undefined)
    return labels.length > 0 ? `node ${q(node)} is not allowed to set the following labels: ${labels.join(', ')}` : undefined
  }
  if (operation === 'UPDATE' && next && before) {
    if (next.spec?.configSource !== undefined && !deepEqual(next.spec.configSource, before.spec?.configSource))
      return `node ${q(node)} is not allowed to update configSource to a new non-nil configSource`
    if (!deepEqual(next.spec?.taints ?? [], before.spec?.taints ?? [])) return `node ${q(node)} is not allowed to modify taints`
    const labels = forbiddenLabels(next, before)
    if (labels.length > 0) return `is not allowed to modify labels: ${labels.join(', ')}`
  }
  return undefined
}

/** Labels under kubernetes.io and k8s.io that a kubelet sets on its own node. */
const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
])

function forbiddenLabels(next: Node, previous: Node | undefined): readonly string[] {
  const after = next.metadata.labels ?? {}
  const before = previous?.metadata.labels ?? {}
  const changed = Object.keys({ ...before, ...after }).filter(key => before[key] !== after[key])
  return changed.filter(key => !mayLabelItself(key)).sort()
}

/** Whether a node may set the label on itself. */
export function mayLabelItself(key: string): boolean {
  const slash = key.indexOf('/')
  const domain = slash < 0 ? '' : key.slice(0, slash)
  const within = (parent: string) => domain === parent || domain.endsWith(`.${parent}`)
  if (within('node-restriction.kubernetes.io')) return false
  if (!within('kubernetes.io') && !within('k8s.io')) return true
  return kubeletLabels.has(key) || within('kubelet.kubernetes.io') || within('node.kubernetes.io')
}

function checkToken(node: string, { namespace, object }: NodeWrite, objects: Objects): string | undefined {
  const { boundObjectRef: ref, audiences = [] } = (object as TokenRequest | undefined)?.spec ?? {}
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name) return 'node requested token not bound to a pod'
  if (!ref.uid) return 'node requested token with a pod binding without a uid'
  const pod = objects.find(Pod, namespace, ref.name)
  if (!pod) throw StatusError.notFound({ group: '', resource: 'pods' }, ref.name)
  if (ref.uid !== pod.metadata.uid)
    return `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  if (pod.spec?.nodeName !== node) return 'node requested token bound to a pod scheduled on a different node'
  if (audiences.length > 1) return 'node may only request 0 or 1 audiences'
  const audience = audiences[0] ?? ''
  const projected = (pod.spec.volumes ?? [])
    .flatMap(v => v.projected?.sources ?? [])
    .flatMap(s => (s.serviceAccountToken ? [s.serviceAccountToken.audience ?? ''] : []))
  return projected.includes(audience) ? undefined : `audience ${q(audience)} not found in pod spec volume`
}

function q(text: string): string {
  return JSON.stringify(text)
}

/** The authorizer has looked at the rest. */
function checkResourceSlice(node: string, { operation, object, previous }: NodeWrite): string | undefined {
  if (operation === 'UPDATE') return undefined
  const slice = (operation === 'CREATE' ? object : previous) as ResourceSlice | undefined
  if (slice?.spec.nodeName === node) return undefined
  return `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`
}
