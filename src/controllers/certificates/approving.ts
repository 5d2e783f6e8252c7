// Approves the requests of kubelets for client certificates in their own name, where they are permitted to ask.
import { SubjectAccessReview } from '../../api/authorization/subject-access-review.ts'
import { type CertificateRequest, readCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { CertificateSigningRequest, signers } from '../../api/certificates/certificate-signing-request.ts'
import { keyOf } from '../../api/kind.ts'
import type { Client } from '../../client/client.ts'
import { nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'
import { kubeletClientProblem } from './kubelet-requests.ts'
import { isPending } from './request-state.ts'

/** Permission may come later than the request. */
const askAgainMs = 60_000

interface Recognizer {
  /** The permission, as a subresource of requests that nobody serves. */
  readonly subresource: 'selfnodeclient' | 'nodeclient'
  readonly message: string
  recognizes(csr: CertificateSigningRequest, request: CertificateRequest): boolean
}

const recognizers: readonly Recognizer[] = [
  {
    subresource: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
    recognizes: (csr, request) => isNodeClient(csr, request) && csr.spec.username === request.subject.commonName,
  },
  {
    subresource: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
    recognizes: isNodeClient,
  },
]

function isNodeClient({ spec }: CertificateSigningRequest, request: CertificateRequest): boolean {
  return spec.signerName === signers.apiServerClientKubelet && kubeletClientProblem(request, spec.usages ?? []) === undefined
}

/** What was found about a request that a kubelet may have sent. `message` where it is to be approved. */
export interface Finding {
  readonly isRecognized: boolean
  readonly message?: string
}

export const certificateApprovingController: Reconciler<Finding> = {
  name: 'certificatesigningrequest-approving-controller',
  account: 'certificate-controller',
  watches: [watch(CertificateSigningRequest, csr => [keyOf(csr)])],
  async observe(key, { view, client }) {
    const csr = view.get(CertificateSigningRequest, key)
    const fitting = csr && isPending(csr) ? recognizersOf(csr) : []
    for (const { subresource, message } of fitting)
      if (csr && (await isPermitted(client, csr, subresource))) return { isRecognized: true, message }
    return { isRecognized: fitting.length > 0 }
  },
  reconcile(key, { view, facts }) {
    const csr = view.get(CertificateSigningRequest, key)
    if (!csr || !isPending(csr) || !facts.isRecognized) return nothingToDo
    if (facts.message === undefined) return { writes: [], requeueAfterMs: askAgainMs }
    const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message: facts.message }
    const conditions = [...(csr.status.conditions ?? []), approved]
    return { writes: [write.update(CertificateSigningRequest, { ...csr, status: { ...csr.status, conditions } }, 'approval')] }
  },
}

export function recognizersOf(csr: CertificateSigningRequest): readonly Recognizer[] {
  const parsed = readCertificateRequest(csr.spec.request)
  return 'request' in parsed ? recognizers.filter(r => r.recognizes(csr, parsed.request)) : []
}

async function isPermitted(client: Client, { spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
  const { username, uid, groups, extra } = spec
  const resourceAttributes = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource }
  const review = await client.create(SubjectAccessReview, { spec: { user: username, uid, groups, extra, resourceAttributes } })
  return review.status?.allowed ?? false
}
