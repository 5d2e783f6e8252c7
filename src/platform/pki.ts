// Everything that one cluster needs to trust itself: its authority, every component's certificate, and the key that signs tokens. Files
// are named as kubeadm names them. What is missing, about to expire, signed by another authority or made for other names is made anew.
import { createPublicKey, X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import { type CertificateRequest, issue, type KeyPair, keyToPem, newKey, subjectOf } from './certificate.ts'

export interface PkiNode {
  readonly name: string
  readonly addresses: readonly string[]
}

export interface PkiPlan {
  /** Further DNS names and addresses by which the API server is reached: the service address, the bridge's, the node's. */
  readonly apiServerNames: readonly string[]
  /** Such as `cluster.local`. */
  readonly clusterDomain?: string
  readonly nodes: readonly PkiNode[]
}

export interface ServiceAccountKey {
  /** PEM. */
  readonly privateKey: string
  readonly publicKey: string
}

export interface NodePki {
  /** Shown to the API server: `system:node:NAME`. */
  readonly client: KeyPair
  /** The kubelet's own server. */
  readonly serving: KeyPair
}

export interface ClusterPki {
  readonly ca: KeyPair
  readonly apiServer: KeyPair
  /** By which the API server shows itself to kubelets. */
  readonly apiServerKubeletClient: KeyPair
  readonly admin: KeyPair
  readonly controllerManager: KeyPair
  readonly scheduler: KeyPair
  readonly kubeProxy: KeyPair
  /** Signs for those who may speak for users to API servers behind this one. */
  readonly frontProxyCa: KeyPair
  /** By which the API server shows itself to them. */
  readonly frontProxyClient: KeyPair
  readonly serviceAccount: ServiceAccountKey
  readonly nodes: ReadonlyMap<string, NodePki>
}

const dayMs = 24 * 60 * 60 * 1000
const authorityLifeMs = 3650 * dayMs
const leafLifeMs = 365 * dayMs
/** Certificates with less time left are renewed. */
const renewMs = 30 * dayMs
/** Clocks of other machines may be a little behind. */
const backdateMs = 5 * 60 * 1000

const adminGroup = 'kubeadm:cluster-admins'

/** Reads the cluster's keys and certificates from `dir`, and makes what is missing. `now` in milliseconds since the epoch. */
export function ensureClusterPki(dir: string, plan: PkiPlan, now: number): ClusterPki {
  const authority = (file: string, commonName: string) => {
    const request = { subject: { commonName }, usage: 'authority', alternativeNames: [commonName] } as const
    return ensurePair(dir, file, { ...request, ...life(now, authorityLifeMs) }, undefined, now)
  }
  const ca = authority('ca', 'kubernetes')
  const frontProxyCa = authority('front-proxy-ca', 'front-proxy-ca')
  const leaf = (file: string, commonName: string, usage: CertificateRequest['usage'], more: LeafOptions = {}) =>
    ensurePair(
      dir,
      file,
      { subject: { commonName, organizations: more.organizations ?? [] }, usage, ...namesOf(more), ...life(now, leafLifeMs) },
      more.authority ?? ca,
      now,
    )
  const node = ({ name, addresses }: PkiNode): NodePki => ({
    client: leaf(`nodes/${name}/kubelet-client`, `system:node:${name}`, 'client', { organizations: ['system:nodes'] }),
    serving: leaf(`nodes/${name}/kubelet`, `system:node:${name}`, 'server', {
      organizations: ['system:nodes'],
      names: [name, ...addresses],
    }),
  })
  return {
    ca,
    apiServer: leaf('apiserver', 'kube-apiserver', 'server', { names: apiServerNames(plan) }),
    // In no group: kubelets know it by its name, and whoever passes for a kubelet must not be handed an administrator.
    apiServerKubeletClient: leaf('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', 'client'),
    admin: leaf('admin', 'kubernetes-admin', 'client', { organizations: [adminGroup] }),
    controllerManager: leaf('controller-manager', 'system:kube-controller-manager', 'client'),
    scheduler: leaf('scheduler', 'system:kube-scheduler', 'client'),
    kubeProxy: leaf('kube-proxy', 'system:kube-proxy', 'client'),
    frontProxyCa,
    frontProxyClient: leaf('front-proxy-client', 'front-proxy-client', 'client', { authority: frontProxyCa }),
    serviceAccount: ensureServiceAccountKey(dir),
    nodes: new Map(plan.nodes.map(n => [n.name, node(n)])),
  }
}

interface LeafOptions {
  /** The cluster's own by default. */
  readonly authority?: KeyPair
  readonly organizations?: readonly string[]
  readonly names?: readonly string[]
}
function namesOf({ names }: LeafOptions): { alternativeNames?: readonly string[] } {
  return names ? { alternativeNames: [...new Set(names)] } : {}
}
function life(now: number, lengthMs: number): { notBefore: number; notAfter: number } {
  return { notBefore: now - backdateMs, notAfter: now + lengthMs }
}

function apiServerNames({ apiServerNames, clusterDomain = 'cluster.local' }: PkiPlan): readonly string[] {
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${clusterDomain}`]
  return [...service, 'localhost', '127.0.0.1', '::1', ...apiServerNames]
}

function ensurePair(dir: string, file: string, request: CertificateRequest, authority: KeyPair | undefined, now: number): KeyPair {
  const certificatePath = join(dir, `${file}.crt`)
  const keyPath = join(dir, `${file}.key`)
  const certificate = readIfThere(certificatePath)
  const key = readIfThere(keyPath)
  if (certificate !== undefined && key !== undefined && isGood({ certificate, key }, request, authority, now)) return { certificate, key }
  const made = issue(request, authority)
  // Remove the old certificate first, so that a crash in between leaves a pair that is seen to be incomplete.
  rmSync(certificatePath, { force: true })
  writePrivate(keyPath, made.key)
  writePrivate(certificatePath, made.certificate)
  return made
}

/** Whether a pair found on disk still serves the request. A damaged file counts as missing. */
function isGood(pair: KeyPair, request: CertificateRequest, authority: KeyPair | undefined, now: number): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate)
    const issuer = authority ? new X509Certificate(authority.certificate) : certificate
    const subject = subjectOf(certificate)
    const names = alternativeNames(certificate)
    return (
      Date.parse(certificate.validTo) - now > renewMs &&
      Date.parse(certificate.validFrom) <= now &&
      subject.commonName === request.subject.commonName &&
      subject.organizations.join('\n') === (request.subject.organizations ?? []).join('\n') &&
      (request.alternativeNames ?? []).every(name => names.has(canonical(name))) &&
      certificate.checkIssued(issuer) &&
      certificate.verify(issuer.publicKey) &&
      createPublicKey(pair.key).equals(certificate.publicKey)
    )
  } catch {
    return false
  }
}

/** OpenSSL writes IPv6 addresses without `::`, so both sides go through the URL parser's form. */
function canonical(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase()
}
function alternativeNames(certificate: X509Certificate): ReadonlySet<string> {
  const entries = certificate.subjectAltName?.split(', ') ?? []
  return new Set(entries.map(entry => canonical(entry.slice(entry.indexOf(':') + 1))))
}

function ensureServiceAccountKey(dir: string): ServiceAccountKey {
  const path = join(dir, 'sa.key')
  const found = readIfThere(path)
  const privateKey = found !== undefined && isPrivateKey(found) ? found : keyToPem(newKey())
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  if (privateKey !== found) writePrivate(path, privateKey)
  if (readIfThere(join(dir, 'sa.pub')) !== publicKey) writePrivate(join(dir, 'sa.pub'), publicKey)
  return { privateKey, publicKey }
}
function isPrivateKey(pem: string): boolean {
  try {
    return pem.includes('PRIVATE KEY') && createPublicKey(pem).type === 'public'
  } catch {
    return false
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Written whole or not at all, for the owner's eyes only. */
function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const half = `${path}.tmp`
  writeFileSync(half, text, { mode: 0o600 })
  chmodSync(half, 0o600)
  renameSync(half, path)
}
