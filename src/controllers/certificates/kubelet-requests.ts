// What kubelets may ask for: certificates in their own name, by which they show themselves as clients or as servers.
import type { CertificateRequest } from '../../api/certificates/certificate-request.ts'

/** What is wrong with a kubelet's request for a client certificate. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { organizations, commonName } = request.subject
  if (!isNodes(organizations)) return notNodes
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return noEmail
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return noUris
  if (!commonName.startsWith(nodePrefix)) return notNode
  return usagesProblem(usages, 'client auth')
}

/** What is wrong with a kubelet's request for a server certificate. */
export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const { organizations, commonName } = request.subject
  if (!isNodes(organizations)) return notNodes
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return noEmail
  if (request.uris.length > 0) return noUris
  return usagesProblem(usages, 'server auth') ?? (commonName.startsWith(nodePrefix) ? undefined : notNode)
}

const nodePrefix = 'system:node:'
const notNodes = 'subject organization is not system:nodes'
const notNode = `subject common name does not begin with ${nodePrefix}`
const noEmail = 'Email subjectAltNames are not allowed'
const noUris = 'URI subjectAltNames are not allowed'

function isNodes(organizations: readonly string[]): boolean {
  return organizations.length === 1 && organizations[0] === 'system:nodes'
}

/** Keys that cannot encipher do without `key encipherment`. */
function usagesProblem(usages: readonly string[], auth: string): string | undefined {
  const found = new Set(usages)
  const needed = [auth, 'digital signature']
  const hasNeeded = needed.every(usage => found.has(usage))
  const hasOthers = [...found].some(usage => !needed.includes(usage) && usage !== 'key encipherment')
  // In the form in which Go prints a list.
  return hasNeeded && !hasOthers ? undefined : `usages did not match [${[...needed, 'key encipherment'].sort().join(' ')}]`
}
