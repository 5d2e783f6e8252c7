// The `token` subresource of service accounts: signs tokens that are bound to a service account, to an audience, to a span of time and,
// where asked, to a pod, a secret or a node.
import { SignJWT } from 'jose'
import type { TokenRequest } from '../../api/authentication/token-request.ts'
import { Node } from '../../api/core/node.ts'
import { Pod } from '../../api/core/pod.ts'
import { Secret } from '../../api/core/secret.ts'
import { ServiceAccount } from '../../api/core/service-account.ts'
import type { Clock } from '../../base/clock.ts'
import { type FieldError, invalidValue } from '../../meta/field-error.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { StatusError } from '../../meta/status-error.ts'
import { formatTime } from '../../meta/time.ts'
import type { Objects } from './service-account-tokens.ts'
import type { SigningKey } from './signing-key.ts'
import type { KubernetesClaims, ObjectClaim } from './token-claims.ts'
import { type ServiceAccountName, serviceAccountUsername } from './user-info.ts'

export interface TokenIssuerOptions {
  readonly issuer: string
  /** The audiences of the API server: those of tokens that ask for none. */
  readonly audiences: readonly string[]
  readonly key: SigningKey
  readonly objects: Objects
  readonly clock: Clock
  readonly newUid: () => string
}

type Spec = NonNullable<TokenRequest['spec']>
/** A request of which nothing is left open. */
export type CompleteRequest = TokenRequest & { readonly spec: Spec & { readonly audiences: readonly string[] } }

const minSeconds = 600
const maxSeconds = 2 ** 32
/** What kubelets ask for on behalf of the default token volume. Such tokens live on for a year, so that old clients which never read
 *  the file again keep working; `warnafter` tells who they are. */
const defaultVolumeSeconds = 3607
const extendedSeconds = 365 * 24 * 3600

export class TokenIssuer {
  readonly #options: TokenIssuerOptions

  constructor(options: TokenIssuerOptions) {
    this.#options = options
  }

  /** The request with what it leaves open said in it, as it is judged. Fails with NotFound, Invalid or Conflict. */
  complete(account: ServiceAccountName, request: TokenRequest): CompleteRequest {
    const { metadata } = request
    if (metadata.name && metadata.name !== account.name)
      throw invalid(account.name, [invalidValue('metadata.name', metadata.name, 'must match the service account name if specified')])
    const { name, namespace, uid } = this.#find(account).metadata
    if (metadata.uid && metadata.uid !== uid) throw StatusError.conflict(tokenRequests, name, otherAccount(metadata.uid, uid))
    const { status, spec: asked = { expirationSeconds: 3600 }, ...rest } = request
    const errors = validate(asked)
    if (errors.length > 0) throw invalid('', errors)
    const audiences = asked.audiences?.length ? asked.audiences : this.#options.audiences
    const creationTimestamp = formatTime(this.#options.clock.now())
    return { ...rest, metadata: { ...metadata, name, namespace, creationTimestamp }, spec: { ...asked, audiences } }
  }

  /** Answers a complete request with its status filled in. Fails with NotFound, Conflict or BadRequest. */
  async issue(request: CompleteRequest): Promise<TokenRequest> {
    const { clock, key, issuer, newUid } = this.#options
    const { metadata: account, spec } = request
    const serviceAccount = this.#find(account)
    const { audiences } = spec
    const bound = spec.boundObjectRef ? this.#bind(account, spec.boundObjectRef) : {}

    const now = Math.floor(clock.now() / 1000)
    const isExtended =
      spec.expirationSeconds === defaultVolumeSeconds &&
      bound.pod !== undefined &&
      audiences.every(a => this.#options.audiences.includes(a))
    const expires = now + spec.expirationSeconds
    const claims: KubernetesClaims = {
      namespace: account.namespace,
      ...bound,
      serviceaccount: { name: account.name, uid: serviceAccount.metadata.uid },
      ...(isExtended && { warnafter: expires }),
    }
    const token = await new SignJWT({ 'kubernetes.io': claims })
      .setProtectedHeader({ alg: key.algorithm, kid: key.id })
      .setAudience([...audiences])
      .setExpirationTime(isExtended ? now + extendedSeconds : expires)
      .setIssuedAt(now)
      .setIssuer(issuer)
      .setJti(newUid())
      .setNotBefore(now)
      .setSubject(serviceAccountUsername(account))
      .sign(key.privateKey)
    const expirationTimestamp = new Date(expires * 1000).toISOString().replace('.000Z', 'Z')
    return { ...request, status: { token, expirationTimestamp } }
  }

  #find({ namespace, name }: ServiceAccountName): ServiceAccount {
    const found = this.#options.objects.find(ServiceAccount, namespace, name)
    if (!found) throw StatusError.notFound({ group: '', resource: 'serviceaccounts' }, name)
    return found
  }

  #bind(
    { namespace, name }: ServiceAccountName,
    ref: NonNullable<Spec['boundObjectRef']>,
  ): Pick<KubernetesClaims, 'pod' | 'secret' | 'node'> {
    const { objects } = this.#options
    const refName = ref.name ?? ''
    switch (`${ref.apiVersion} ${ref.kind}`) {
      case 'v1 Pod': {
        const pod = objects.find(Pod, namespace, refName)
        const claim = claimOf(pod, 'pods', refName, ref.uid)
        if (pod?.spec?.serviceAccountName !== name)
          throw StatusError.badRequest(
            `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
          )
        const node = pod.spec.nodeName ? objects.find(Node, undefined, pod.spec.nodeName) : undefined
        return { pod: claim, ...(node && { node: { name: node.metadata.name, uid: node.metadata.uid } }) }
      }
      case 'v1 Secret':
        return { secret: claimOf(objects.find(Secret, namespace, refName), 'secrets', refName, ref.uid) }
      case 'v1 Node':
        return { node: claimOf(objects.find(Node, undefined, refName), 'nodes', refName, ref.uid) }
      default:
        throw StatusError.badRequest(`cannot bind token to object of type ${ref.apiVersion ?? ''}, Kind=${ref.kind ?? ''}`)
    }
  }
}

function claimOf(object: KubeObject | undefined, resource: string, name: string, uid: string | undefined): ObjectClaim {
  if (!object) throw StatusError.notFound({ group: '', resource }, name)
  if (uid && uid !== object.metadata.uid) throw StatusError.conflict({ group: '', resource }, name, uidMismatch(uid))
  return { name, uid: object.metadata.uid }
}
function uidMismatch(uid: string): string {
  return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
}

const tokenRequests = { group: 'authentication.k8s.io', resource: 'TokenRequest' }

function invalid(name: string, errors: readonly FieldError[]): StatusError {
  return StatusError.invalid({ group: tokenRequests.group, kind: 'TokenRequest' }, name, errors)
}

function otherAccount(asked: string, uid: string): string {
  return `the UID in the token request (${asked}) does not match the UID of the service account (${uid})`
}

function validate({ expirationSeconds }: Spec): readonly FieldError[] {
  const invalid = (detail: string) => [invalidValue('spec.expirationSeconds', expirationSeconds, detail)]
  if (expirationSeconds < minSeconds) return invalid('may not specify a duration less than 10 minutes')
  if (expirationSeconds > maxSeconds) return invalid('may not specify a duration larger than 2^32 seconds')
  return []
}
