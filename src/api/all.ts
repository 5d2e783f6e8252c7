// Every kind that the server serves, in the order of discovery. A kind is added by a line here.
import { MutatingAdmissionPolicy } from './admissionregistration/mutating-admission-policy.ts'
import { MutatingAdmissionPolicyBinding } from './admissionregistration/mutating-admission-policy-binding.ts'
import { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.ts'
import { ValidatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts'
import { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts'
import { APIService } from './apiregistration/api-service.ts'
import { ControllerRevision } from './apps/controller-revision.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { Deployment } from './apps/deployment.ts'
import { ReplicaSet } from './apps/replica-set.ts'
import { StatefulSet } from './apps/stateful-set.ts'
import { SelfSubjectReview } from './authentication/self-subject-review.ts'
import { TokenReview } from './authentication/token-review.ts'
import { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts'
import { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts'
import { SelfSubjectRulesReview } from './authorization/self-subject-rules-review.ts'
import { SubjectAccessReview } from './authorization/subject-access-review.ts'
import { HorizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscaler as HorizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts'
import { CronJob } from './batch/cron-job.ts'
import { Job } from './batch/job.ts'
import { CertificateSigningRequest } from './certificates/certificate-signing-request.ts'
import { Lease } from './coordination/lease.ts'
import { Binding } from './core/binding.ts'
import { ComponentStatus } from './core/component-status.ts'
import { ConfigMap } from './core/config-map.ts'
import { Endpoints } from './core/endpoints.ts'
import { Event } from './core/event.ts'
import { LimitRange } from './core/limit-range.ts'
import { Namespace } from './core/namespace.ts'
import { Node } from './core/node.ts'
import { PersistentVolume } from './core/persistent-volume.ts'
import { PersistentVolumeClaim } from './core/persistent-volume-claim.ts'
import { Pod } from './core/pod.ts'
import { PodTemplate } from './core/pod-template.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { ResourceQuota } from './core/resource-quota.ts'
import { Secret } from './core/secret.ts'
import { Service } from './core/service.ts'
import { ServiceAccount } from './core/service-account.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import { Event as EventsEvent } from './events/event.ts'
import { FlowSchema } from './flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from './flowcontrol/priority-level-configuration.ts'
import type { Kind } from './kind.ts'
import { NodeMetrics } from './metrics/node-metrics.ts'
import { PodMetrics } from './metrics/pod-metrics.ts'
import { Ingress } from './networking/ingress.ts'
import { IngressClass } from './networking/ingress-class.ts'
import { IPAddress } from './networking/ip-address.ts'
import { NetworkPolicy } from './networking/network-policy.ts'
import { ServiceCIDR } from './networking/service-cidr.ts'
import { RuntimeClass } from './node/runtime-class.ts'
import { PodDisruptionBudget } from './policy/pod-disruption-budget.ts'
import { ClusterRole } from './rbac/cluster-role.ts'
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts'
import { Role } from './rbac/role.ts'
import { RoleBinding } from './rbac/role-binding.ts'
import { DeviceClass } from './resource/device-class.ts'
import { ResourceClaim } from './resource/resource-claim.ts'
import { ResourceClaimTemplate } from './resource/resource-claim-template.ts'
import { ResourceSlice } from './resource/resource-slice.ts'
import { PriorityClass } from './scheduling/priority-class.ts'
import { CSIDriver } from './storage/csi-driver.ts'
import { CSINode } from './storage/csi-node.ts'
import { CSIStorageCapacity } from './storage/csi-storage-capacity.ts'
import { StorageClass } from './storage/storage-class.ts'
import { VolumeAttachment } from './storage/volume-attachment.ts'
import { VolumeAttributesClass } from './storage/volume-attributes-class.ts'

/** Kinds that are stored. */
export const storedKinds: readonly Kind[] = [
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolumeClaim,
  PersistentVolume,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  ServiceAccount,
  Service,
  EventsEvent,
  CustomResourceDefinition,
  MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingWebhookConfiguration,
  APIService,
  ControllerRevision,
  DaemonSet,
  Deployment,
  ReplicaSet,
  StatefulSet,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  CronJob,
  Job,
  CertificateSigningRequest,
  Lease,
  EndpointSlice,
  FlowSchema,
  PriorityLevelConfiguration,
  IngressClass,
  Ingress,
  IPAddress,
  NetworkPolicy,
  ServiceCIDR,
  RuntimeClass,
  PodDisruptionBudget,
  ClusterRoleBinding,
  ClusterRole,
  RoleBinding,
  Role,
  DeviceClass,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
  PriorityClass,
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
]

/** Kinds that are only posted: the server answers, and keeps nothing of them. */
export const postedKinds: readonly Kind[] = [
  Binding,
  TokenReview,
  SelfSubjectReview,
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
]

/** Kinds that are only read: the server makes up the answer when it is asked. */
export const answeredKinds: readonly Kind[] = [ComponentStatus, NodeMetrics, PodMetrics]
