import { humanDuration } from '../../meta/duration.ts'
import {
  array,
  atomicList,
  bytes,
  defaulted,
  describe,
  type Infer,
  int32,
  listMap,
  map,
  object,
  oneOf,
  required,
  string,
  time,
} from '../../schema/schema.ts'
import { text } from '../columns.ts'
import { ageColumn, type ClusterObject, type Column, clusterKind, type Kind, nameColumn } from '../kind.ts'
import { withFields } from '../sharing.ts'
import { approve, changeStatus } from './request-conditions.ts'
import { validateApproval, validateRequest, validateRequestStatus } from './validate-request.ts'

const certificates = (name: string) => `io.k8s.api.certificates.v1.${name}`

/** What a certificate can be good for. */
export const keyUsages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
] as const
export type KeyUsage = (typeof keyUsages)[number]

export const certificateSigningRequestSpec = object(certificates('CertificateSigningRequestSpec'), 'The certificate that is asked for.', {
  expirationSeconds: int32('How long it should be good, at least ten minutes; the signer may decide otherwise.'),
  extra: describe('What else is known of the one who asks. The server fills it in.', map(array(string()))),
  groups: describe('The groups of the one who asks. The server fills them in.', atomicList(string())),
  request: describe('The PKCS #10 request, in PEM.', required(bytes())),
  signerName: describe('Who is asked to sign it.', required(string())),
  uid: string('The unique identity of the one who asks. The server fills it in.'),
  usages: describe('What it should be good for.', atomicList(oneOf(keyUsages))),
  username: string('The name of the one who asks. The server fills it in.'),
})
export type CertificateSigningRequestSpec = Infer<typeof certificateSigningRequestSpec>

export const certificateSigningRequestCondition = object(
  certificates('CertificateSigningRequestCondition'),
  'What was decided about a request.',
  {
    lastTransitionTime: time('Since when it stands like this.'),
    lastUpdateTime: time('When it was last written.'),
    message: string('The reason, for people.'),
    reason: string('The reason in one word.'),
    status: describe('True, False or Unknown; a decision is always True.', required(string())),
    type: describe('Approved, Denied or Failed, or a word of the signer.', required(string())),
  },
)
export type CertificateSigningRequestCondition = Infer<typeof certificateSigningRequestCondition>

export const certificateSigningRequestStatus = object(certificates('CertificateSigningRequestStatus'), 'What became of a request.', {
  certificate: bytes('The signed certificate with those above it, in PEM.'),
  conditions: describe('What was decided about it.', listMap(['type'], certificateSigningRequestCondition)),
})
export type CertificateSigningRequestStatus = Infer<typeof certificateSigningRequestStatus>

const fields = {
  spec: describe('What is asked for. It cannot be changed.', required(certificateSigningRequestSpec)),
  status: describe('What became of it.', defaulted(certificateSigningRequestStatus, {})),
}
export type CertificateSigningRequest = ClusterObject<typeof fields>

/** The names of signers that the cluster itself knows. */
export const signers = {
  apiServerClient: 'kubernetes.io/kube-apiserver-client',
  apiServerClientKubelet: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

function condition({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status.conditions?.some(c => c.type === type) ?? false
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return `${decision}${has('Failed') ? ',Failed' : ''}${status.certificate ? ',Issued' : ''}`
}

const columns: readonly Column<CertificateSigningRequest>[] = [
  nameColumn,
  ageColumn,
  text('SignerName', 'Who is asked to sign it.', ({ spec }) => spec?.signerName || '<none>'),
  text('Requestor', 'Who asks.', ({ spec }) => spec?.username ?? ''),
  text('RequestedDuration', 'How long it should be good.', ({ spec }) =>
    spec?.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000),
  ),
  text('Condition', 'What was decided about it.', condition),
]

export const CertificateSigningRequest: Kind<CertificateSigningRequest> = clusterKind({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  definition: certificates('CertificateSigningRequest'),
  doc: 'Asks for a certificate, which is signed once the request is approved.',
  fields,
  hasStatus: true,
  columns,
  selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  checkName: () => [],
  // Who asks is who is asking, whatever the request says.
  onCreate: (csr, { username, uid, groups, extra }) =>
    withFields(csr, {
      spec: withFields(csr.spec ?? {}, {
        username,
        uid: uid || undefined,
        groups,
        extra: extra && Object.keys(extra).length > 0 ? extra : undefined,
      }),
    }),
  onUpdate: (next, previous) => withFields(next, { spec: previous.spec }),
  onStatusUpdate: changeStatus,
  parts: { approval: { change: approve, validate: validateApproval } },
  validate: validateRequest,
  validateStatus: validateRequestStatus,
})
