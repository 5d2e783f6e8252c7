// Every controller, in the order in which they start. A controller is added by a line here.
import { addressRepair, serviceAddressRepair } from './addresses/repair.ts'
import { defaultServiceCidrController, serviceCidrController } from './addresses/service-cidrs.ts'
import { tokenCleaner } from './bootstrap-tokens/cleaning.ts'
import { bootstrapSigner } from './bootstrap-tokens/signing.ts'
import { certificateApprovingController } from './certificates/approving.ts'
import { certificateCleaningController } from './certificates/cleaning.ts'
import { type CertificateAuthority, certificateSigningController } from './certificates/signing.ts'
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts'
import { daemonSetController } from './daemon/daemon-set.ts'
import { deploymentController } from './deployment/deployment.ts'
import { endpointSliceController } from './endpoints/endpoint-slices.ts'
import { endpointsController } from './endpoints/endpoints.ts'
import { garbageCollector } from './garbage/garbage-collector.ts'
import { namespaceController } from './namespace-contents.ts'
import { rootCertificateController, serviceAccountController } from './namespace-defaults.ts'
import { type NodeLifecycleOptions, nodeLifecycleController } from './nodes/node-lifecycle.ts'
import { endedPodCollector, lostPodCollector, strandedPodCollector } from './nodes/pod-garbage.ts'
import { nodeRegistrationController } from './nodes/registration.ts'
import { taintEvictionController } from './nodes/taint-eviction.ts'
import { policyTypeCheckingController } from './policies/type-checking.ts'
import { resourceQuotaController } from './quota/resource-quota.ts'
import { replicaSetController } from './replication/replica-set.ts'
import { replicationControllerController } from './replication/replication-controller.ts'
import { type KindSource, preferredKinds } from './runtime/kind-source.ts'
import type { Reconciler } from './runtime/reconciler.ts'
import { attributesClassProtectionController, claimProtectionController, volumeProtectionController } from './storage-protection.ts'

export interface ControllerOptions {
  /** The kinds that are stored: what namespaces hold, and owners and dependents are of. */
  readonly kinds: KindSource
  /** The API server's root certificate, in PEM, which every namespace publishes to its pods. */
  readonly rootCertificate?: string
  /** Signs what is asked of the cluster's own signers; without it nothing is signed. */
  readonly certificateAuthority?: CertificateAuthority
  readonly nodeLifecycle?: NodeLifecycleOptions
  /** How many ended pods are kept; default 12500. */
  readonly endedPods?: number
  /** The ranges of service addresses that the cluster was set up with. */
  readonly serviceCidrs?: readonly string[]
}

export function allControllers(options: ControllerOptions): readonly Reconciler[] {
  const { kinds, rootCertificate, nodeLifecycle, endedPods, certificateAuthority, serviceCidrs } = options
  return [
    namespaceController(() => preferredKinds(kinds.all())),
    serviceAccountController,
    ...(rootCertificate === undefined ? [] : [rootCertificateController(rootCertificate)]),
    clusterRoleAggregationController,
    serviceCidrController,
    ...(serviceCidrs ? [defaultServiceCidrController(serviceCidrs)] : []),
    serviceAddressRepair,
    addressRepair,
    nodeRegistrationController(),
    nodeLifecycleController(nodeLifecycle),
    taintEvictionController,
    daemonSetController(),
    deploymentController,
    replicaSetController,
    replicationControllerController,
    endpointSliceController,
    endpointsController,
    certificateApprovingController,
    ...(certificateAuthority ? [certificateSigningController(certificateAuthority)] : []),
    certificateCleaningController,
    bootstrapSigner,
    tokenCleaner,
    policyTypeCheckingController(() => kinds.all()),
    resourceQuotaController(kinds),
    claimProtectionController,
    volumeProtectionController,
    attributesClassProtectionController,
    garbageCollector(kinds),
    endedPodCollector(endedPods),
    strandedPodCollector,
    lostPodCollector(),
  ]
}
