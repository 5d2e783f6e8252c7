import type { FieldTable } from '../../schema/protobuf.ts'

export const fields: FieldTable = {
  'io.k8s.api.certificates.v1': {
    CertificateSigningRequest: 'metadata= spec= status=',
    CertificateSigningRequestCondition: 'type= reason~ message~ lastUpdateTime= lastTransitionTime= status=',
    CertificateSigningRequestSpec: 'request username~ uid~ groups usages extra signerName= expirationSeconds',
    CertificateSigningRequestStatus: 'conditions certificate',
  },
}
