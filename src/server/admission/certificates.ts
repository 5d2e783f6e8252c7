// CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who may approve requests and sign them is settled for
// each signer, by the verbs `approve` and `sign` on it; and nobody becomes a member of system:masters by a certificate.
import { readCertificateRequest } from '../../api/certificates/certificate-request.ts'
import {
  type CertificateSigningRequest,
  CertificateSigningRequest as RequestKind,
  signers,
} from '../../api/certificates/certificate-signing-request.ts'
import { deepEqual } from '../../meta/deep-equal.ts'
import { StatusError } from '../../meta/status-error.ts'
import { groups, type UserInfo } from '../authn/user-info.ts'
import { resourceAttributes } from '../authz/attributes.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { AdmissionPlugin } from './admission.ts'

type Request = CertificateSigningRequest

export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate({ operation, call, subresource, object }) {
      if (operation !== 'UPDATE' || subresource !== 'approval' || call.resource.kind !== RequestKind) return
      const { metadata, spec } = object as Request
      if (!isAllowed(authorizer, call.user, 'approve', spec.signerName))
        throw StatusError.forbidden(
          call.resource,
          metadata.name,
          `user not permitted to approve requests with signerName "${spec.signerName}"`,
        )
    },
  }
}

export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate({ operation, call, subresource, object, previous }) {
      if (operation !== 'UPDATE' || subresource !== 'status' || call.resource.kind !== RequestKind) return
      const { status } = object as Request
      const { metadata, spec, status: old } = previous as Request
      if (status.certificate === old.certificate && deepEqual(status.conditions, old.conditions)) return
      if (!isAllowed(authorizer, call.user, 'sign', spec.signerName))
        throw StatusError.forbidden(
          call.resource,
          metadata.name,
          `user not permitted to sign requests with signerName "${spec.signerName}"`,
        )
    },
  }
}

/** A signer is allowed by its name, or with all of its domain. */
function isAllowed(authorizer: Authorizer, user: UserInfo, verb: string, signer: string): boolean {
  const names = [signer, `${signer.split('/')[0]}/*`]
  return names.some(name => {
    const attributes = resourceAttributes({ user, verb, group: 'certificates.k8s.io', version: '*', resource: 'signers', name })
    return authorizer.authorize(attributes).verdict === 'allow'
  })
}

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  validate({ operation, call, subresource, object }) {
    if (operation !== 'CREATE' || subresource !== '' || call.resource.kind !== RequestKind) return
    const { metadata, spec } = object as Request
    if (spec.signerName !== signers.apiServerClient) return
    const parsed = readCertificateRequest(spec.request)
    const refuse = (why: string) => StatusError.forbidden(call.resource, metadata.name, why)
    if ('error' in parsed) throw refuse(`failed to parse CSR: ${parsed.error}`)
    if (parsed.request.subject.organizations.includes(groups.masters))
      throw refuse(`use of ${signers.apiServerClient} signer with ${groups.masters} group is not allowed`)
  },
}
