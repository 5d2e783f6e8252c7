// Signs what was approved and is asked of the cluster's own signers, with the cluster's authority.
import { type CertificateRequest, readCertificateRequest } from '../../api/certificates/certificate-request.ts'
import { CertificateSigningRequest, type KeyUsage, signers } from '../../api/certificates/certificate-signing-request.ts'
import { keyOf } from '../../api/kind.ts'
import { formatTime } from '../../meta/time.ts'
import { nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'
import { usagesOf } from './key-usages.ts'
import { kubeletClientProblem, kubeletServingProblem } from './kubelet-requests.ts'
import { isToBeSigned } from './request-state.ts'

/** A certificate that is to be made. Subject, key and names are in DER, times in milliseconds since the epoch. */
export interface CertificateOrder {
  readonly subject: Buffer
  readonly publicKey: Buffer
  readonly subjectAltNames: Buffer | undefined
  /** Numbers of bits. */
  readonly keyUsages: readonly number[]
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
}

/** Who holds the key. */
export interface CertificateAuthority {
  /** Until when it can sign, in milliseconds since the epoch. */
  readonly notAfter: number
  /** Answers PEM. */
  sign(order: CertificateOrder): string
}

const dayMs = 24 * 60 * 60 * 1000
/** The longest life of a certificate; kube-controller-manager's `--cluster-signing-duration`. */
export const longestLifeMs = 365 * dayMs
const shortestLifeMs = 10 * 60 * 1000
/** Clocks of other machines may be a little behind. */
const backdateMs = 5 * 60 * 1000
/** Of a life shorter than this, the backdating is not taken off. */
const shortLifeMs = 8 * 60 * 60 * 1000

type Problem = (request: CertificateRequest, usages: readonly string[]) => string | undefined

/** What each signer signs. */
const rules: Readonly<Record<string, Problem>> = {
  [signers.kubeletServing]: kubeletServingProblem,
  [signers.apiServerClientKubelet]: kubeletClientProblem,
  [signers.apiServerClient]: (_request, usages) => clientUsagesProblem(usages),
  [signers.legacyUnknown]: () => undefined,
}

function clientUsagesProblem(usages: readonly string[]): string | undefined {
  const allowed = ['digital signature', 'key encipherment', 'client auth']
  const other = usages.find(usage => !allowed.includes(usage))
  if (other !== undefined) return `invalid usage for client certificate: ${other}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

export function certificateSigningController(authority: CertificateAuthority): Reconciler {
  return {
    name: 'certificatesigningrequest-signing-controller',
    account: 'certificate-controller',
    watches: [watch(CertificateSigningRequest, csr => [keyOf(csr)])],
    reconcile(key, { view, now }) {
      const csr = view.get(CertificateSigningRequest, key)
      const problemOf = csr && rules[csr.spec.signerName]
      if (!problemOf || !isToBeSigned(csr)) return nothingToDo
      const parsed = readCertificateRequest(csr.spec.request)
      if ('error' in parsed) return nothingToDo
      const { status, spec } = csr
      const problem = problemOf(parsed.request, spec.usages ?? []) ?? expiryProblem(authority, now)
      const next = problem
        ? { ...status, conditions: [...(status.conditions ?? []), failed(problem, now)] }
        : { ...status, certificate: Buffer.from(authority.sign(orderOf(csr, parsed.request, authority, now))).toString('base64') }
      return { writes: [write.updateStatus(CertificateSigningRequest, { ...csr, status: next })] }
    },
  }
}

function failed(message: string, now: number) {
  return { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime: formatTime(now) }
}

function expiryProblem({ notAfter }: CertificateAuthority, now: number): string | undefined {
  return now < notAfter ? undefined : `refusing to sign a certificate that expired in the past: NotAfter=${formatTime(notAfter)}`
}

function orderOf(
  { spec }: CertificateSigningRequest,
  { der }: CertificateRequest,
  { notAfter }: CertificateAuthority,
  now: number,
): CertificateOrder {
  const wantedMs = spec.expirationSeconds === undefined ? longestLifeMs : spec.expirationSeconds * 1000
  const lifeMs = Math.min(Math.max(wantedMs, shortestLifeMs), longestLifeMs)
  const end = now + (lifeMs < shortLifeMs ? lifeMs : lifeMs - backdateMs)
  return {
    ...der,
    ...usagesOf((spec.usages ?? []) as readonly KeyUsage[]),
    notBefore: now - backdateMs,
    notAfter: Math.min(end, notAfter),
  }
}
