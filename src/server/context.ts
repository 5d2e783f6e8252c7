// What the verbs work with. Made once in server.ts; everything of the world comes in through it.
import type { Clock, Random } from '../base/clock.ts'
import type { Admission } from './admission/admission.ts'
import type { Audit } from './audit/audit.ts'
import type { TokenVerifier } from './authn/service-account-tokens.ts'
import type { TokenIssuer } from './authn/token-issuer.ts'
import type { Authorizer } from './authz/authorizer.ts'
import type { HealthCheck } from './health.ts'
import type { NodeFigures } from './metrics-api/figures.ts'
import type { ResourceTable } from './resource.ts'
import type { ServiceAddresses } from './services/service-addresses.ts'
import type { Storage } from './storage.ts'

export interface Context {
  readonly resources: ResourceTable
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly newUid: () => string
  readonly admission: Admission
  /** Absent: nothing is recorded. */
  readonly audit?: Audit
  readonly authorizer: Authorizer
  /** RBAC alone: only what roles grant can be granted on. */
  readonly rbac: Pick<Authorizer, 'rulesFor'>
  readonly addresses: ServiceAddresses
  readonly tokens: TokenIssuer
  readonly tokenVerifier: TokenVerifier
  /** The API server's own. */
  readonly audiences: readonly string[]
  /** What nodes and pods use, as their kubelets tell. */
  readonly figures: NodeFigures
  /** Of the control plane, by name: what ComponentStatus tells. */
  readonly components: Readonly<Record<string, HealthCheck>>
}
