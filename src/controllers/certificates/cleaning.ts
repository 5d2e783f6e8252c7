// Removes requests for certificates that have served their purpose, or that nobody has answered.
import { X509Certificate } from 'node:crypto'
import { CertificateSigningRequest } from '../../api/certificates/certificate-signing-request.ts'
import { keyOf } from '../../api/kind.ts'
import { parseTime } from '../../meta/time.ts'
import { nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'

const hourMs = 60 * 60 * 1000
const decidedMs = hourMs
const waitingMs = 24 * hourMs

export const certificateCleaningController: Reconciler = {
  name: 'certificatesigningrequest-cleaner-controller',
  account: 'certificate-controller',
  watches: [watch(CertificateSigningRequest, csr => [keyOf(csr)])],
  reconcile(key, { view, now }) {
    const csr = view.get(CertificateSigningRequest, key)
    if (!csr || csr.metadata.deletionTimestamp) return nothingToDo
    const due = dueTime(csr)
    if (due === undefined) return nothingToDo
    return now > due ? { writes: [write.delete(CertificateSigningRequest, csr)] } : { writes: [], requeueAfterMs: due - now + 1 }
  },
}

/** When a request is to go, in milliseconds since the epoch; undefined for one that stays as long as it stands like this. */
export function dueTime({ metadata, status }: CertificateSigningRequest): number | undefined {
  const { conditions = [], certificate } = status
  if (conditions.length === 0) return parseTime(metadata.creationTimestamp) + waitingMs
  const times = conditions.flatMap(({ type, lastUpdateTime }) => {
    const lifeMs =
      type === 'Approved' ? (certificate ? decidedMs : waitingMs) : type === 'Denied' || type === 'Failed' ? decidedMs : undefined
    return lifeMs === undefined || !lastUpdateTime ? [] : [parseTime(lastUpdateTime) + lifeMs]
  })
  const isApproved = conditions.some(c => c.type === 'Approved')
  const expiry = isApproved && certificate ? expiryOf(certificate) : undefined
  const all = expiry === undefined ? times : [...times, expiry]
  return all.length === 0 ? undefined : Math.min(...all)
}

/** When the first certificate of the chain expires. */
function expiryOf(certificate: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo)
  } catch {
    return undefined
  }
}
