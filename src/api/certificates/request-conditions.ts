// What a write of `status` and of `approval` may change. Who signs does not approve, and the other way round.
import { formatTime } from '../../meta/time.ts'
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from './certificate-signing-request.ts'

type Condition = CertificateSigningRequestCondition

/** A write of `status`: decisions stay as they were; where one was added or taken away, validation refuses. `now` in milliseconds since the epoch. */
export function changeStatus(next: CertificateSigningRequest, previous: CertificateSigningRequest, now: number): CertificateSigningRequest {
  const old = previous.status.conditions ?? []
  let conditions = next.status.conditions
  for (const type of ['Approved', 'Denied']) conditions = conditions && keepDecisions(conditions, old, type)
  return withConditions(next, conditions && stamped(conditions, old, formatTime(now)))
}

/** A write of `approval`: nothing but the conditions. */
export function approve(next: CertificateSigningRequest, previous: CertificateSigningRequest, now: number): CertificateSigningRequest {
  const conditions = next.status.conditions
  const stampedOnes = conditions && stamped(conditions, previous.status.conditions ?? [], formatTime(now))
  return withConditions({ ...next, spec: previous.spec, status: previous.status }, stampedOnes)
}

function withConditions(csr: CertificateSigningRequest, conditions: readonly Condition[] | undefined): CertificateSigningRequest {
  const { conditions: _replaced, ...rest } = csr.status
  return { ...csr, status: { ...rest, ...(conditions && { conditions }) } }
}

function keepDecisions(next: readonly Condition[], old: readonly Condition[], type: string): readonly Condition[] {
  const kept = old.filter(c => c.type === type)
  if (next.filter(c => c.type === type).length !== kept.length) return next
  let at = 0
  return next.map(c => (c.type === type ? (kept[at++] ?? c) : c))
}

/** Times that were left out: a condition that stands as it stood has kept its time. */
function stamped(next: readonly Condition[], old: readonly Condition[], now: string): readonly Condition[] {
  return next.map(c => ({
    ...c,
    lastUpdateTime: c.lastUpdateTime ?? now,
    lastTransitionTime:
      c.lastTransitionTime ?? old.find(o => o.type === c.type && o.status === c.status && o.lastTransitionTime)?.lastTransitionTime ?? now,
  }))
}
