// The plugins in their order, which is upstream's.
import type { Authorization } from '../authorization.ts'
import { customResourceRules } from '../custom/rule-admission.ts'
import { adminAccess } from './admin-access.ts'
import type { AdmissionPlugin } from './admission.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { deviceSelectors } from './device-selectors.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { paramAccess } from './param-access.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { podSecurity } from './pod-security/plugin.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota/plugin.ts'
import { roleEscalation } from './role-escalation.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-protection.ts'
import { taintNewNodes } from './taint-new-nodes.ts'

/** `configured` are those that ask webhooks and policies. */
export function admissionPlugins(authorization: Authorization, configured: readonly AdmissionPlugin[]): readonly AdmissionPlugin[] {
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    nodeRestriction,
    podTopologyLabels,
    taintNewNodes,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval(authorization.authorizer),
    certificateSigning(authorization.authorizer),
    certificateSubjectRestriction,
    defaultIngressClass,
    adminAccess,
    paramAccess(authorization.authorizer),
    roleEscalation(authorization),
    customResourceRules,
    deviceSelectors,
    ...configured,
    // Charges what everybody else has let pass.
    resourceQuota(),
  ]
}
