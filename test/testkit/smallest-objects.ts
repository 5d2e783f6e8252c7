// One object of every kind that is stored, as small as validation allows; keyed as `kubectl api-resources -o name` writes the resource.
import type { Json } from './api-requests.ts'

export interface Smallest {
  readonly apiVersion: string
  readonly kind: string
  readonly name?: string
  readonly isClusterWide?: boolean
  /** Everything but apiVersion, kind and metadata. */
  readonly rest?: Json
}

const labels = { app: 'small' }
const selector = { matchLabels: labels }
const podSpec = { containers: [{ name: 'c', image: 'nginx' }] }
const template = { metadata: { labels }, spec: podSpec }
const service = { namespace: 'default', name: 'hook' }
const webhook = {
  name: 'small.example.com',
  clientConfig: { service },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  rules: [{ apiGroups: ['none.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
}
const matchConstraints = {
  resourceRules: [{ apiGroups: ['none.example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['nothings'] }],
}
const role = { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }
const subjects = [{ kind: 'User', name: 'jane', apiGroup: 'rbac.authorization.k8s.io' }]
const roleRef = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'small' })
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'small' } }] }
const reference = { kind: 'Pod', name: 'small', namespace: 'verbs' }

const objects = (apiVersion: string, rows: Readonly<Record<string, Omit<Smallest, 'apiVersion'>>>): [string, Smallest][] => {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : ''
  return Object.entries(rows).map(([plural, row]) => [`${plural}${group}`, { apiVersion, ...row }])
}

/** Made with OpenSSL, for `CN=small`. */
const certificateRequest = `-----BEGIN CERTIFICATE REQUEST-----
MIHKMHICAQAwEDEOMAwGA1UEAwwFc21hbGwwWTATBgcqhkjOPQIBBggqhkjOPQMB
BwNCAAQ7NkxFVwkVGk+j4gjoJycI//pRYVsA32a5L18oEn6TBPMo5ksYpIdFcLp3
XeIQaT0KfP+7/4cVzPBf1L+5CYu5oAAwCgYIKoZIzj0EAwIDSAAwRQIgDGeeVCZk
lb6TFnytGAelUprnMZ/5ozBDEuZcZnMvwdcCIQDrSdcgCJPbfR4PuG14WBc/IvbL
zwJ5deD05noo48WzMw==
-----END CERTIFICATE REQUEST-----
`

export const smallestObjects: ReadonlyMap<string, Smallest> = new Map([
  ...objects('v1', {
    configmaps: { kind: 'ConfigMap' },
    endpoints: { kind: 'Endpoints' },
    events: { kind: 'Event', rest: { involvedObject: reference } },
    limitranges: { kind: 'LimitRange', rest: { spec: { limits: [] } } },
    namespaces: { kind: 'Namespace', isClusterWide: true },
    nodes: { kind: 'Node', isClusterWide: true },
    persistentvolumeclaims: { kind: 'PersistentVolumeClaim', rest: { spec: claim } },
    persistentvolumes: {
      kind: 'PersistentVolume',
      isClusterWide: true,
      rest: { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/small' } } },
    },
    pods: { kind: 'Pod', rest: { spec: podSpec } },
    podtemplates: { kind: 'PodTemplate', rest: { template } },
    replicationcontrollers: { kind: 'ReplicationController', rest: { spec: { selector: labels, template } } },
    resourcequotas: { kind: 'ResourceQuota' },
    secrets: { kind: 'Secret' },
    serviceaccounts: { kind: 'ServiceAccount' },
    services: { kind: 'Service', rest: { spec: { ports: [{ port: 80 }] } } },
  }),
  ...objects('admissionregistration.k8s.io/v1', {
    mutatingadmissionpolicies: {
      kind: 'MutatingAdmissionPolicy',
      isClusterWide: true,
      rest: {
        spec: {
          matchConstraints,
          reinvocationPolicy: 'Never',
          mutations: [
            { patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "add", path: "/metadata/labels", value: {"k": "v"}}]' } },
          ],
        },
      },
    },
    mutatingadmissionpolicybindings: {
      kind: 'MutatingAdmissionPolicyBinding',
      isClusterWide: true,
      rest: { spec: { policyName: 'small' } },
    },
    mutatingwebhookconfigurations: { kind: 'MutatingWebhookConfiguration', isClusterWide: true, rest: { webhooks: [webhook] } },
    validatingadmissionpolicies: {
      kind: 'ValidatingAdmissionPolicy',
      isClusterWide: true,
      rest: { spec: { matchConstraints, validations: [{ expression: 'true' }] } },
    },
    validatingadmissionpolicybindings: {
      kind: 'ValidatingAdmissionPolicyBinding',
      isClusterWide: true,
      rest: { spec: { policyName: 'small', validationActions: ['Deny'] } },
    },
    validatingwebhookconfigurations: { kind: 'ValidatingWebhookConfiguration', isClusterWide: true, rest: { webhooks: [webhook] } },
  }),
  ...objects('apiextensions.k8s.io/v1', {
    customresourcedefinitions: {
      kind: 'CustomResourceDefinition',
      name: 'smalls.example.com',
      isClusterWide: true,
      rest: {
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'smalls', kind: 'Small' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
        },
      },
    },
  }),
  ...objects('apiregistration.k8s.io/v1', {
    apiservices: {
      kind: 'APIService',
      name: 'v1.small.example.com',
      isClusterWide: true,
      rest: {
        spec: {
          group: 'small.example.com',
          version: 'v1',
          groupPriorityMinimum: 10,
          versionPriority: 10,
          insecureSkipTLSVerify: true,
          service,
        },
      },
    },
  }),
  ...objects('apps/v1', {
    controllerrevisions: { kind: 'ControllerRevision', rest: { revision: 1, data: {} } },
    daemonsets: { kind: 'DaemonSet', rest: { spec: { selector, template } } },
    deployments: { kind: 'Deployment', rest: { spec: { selector, template } } },
    replicasets: { kind: 'ReplicaSet', rest: { spec: { selector, template } } },
    statefulsets: { kind: 'StatefulSet', rest: { spec: { selector, template } } },
  }),
  ...objects('autoscaling/v2', {
    horizontalpodautoscalers: {
      kind: 'HorizontalPodAutoscaler',
      rest: { spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'small' } } },
    },
  }),
  ...objects('batch/v1', {
    cronjobs: {
      kind: 'CronJob',
      rest: { spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } } } },
    },
    jobs: { kind: 'Job', rest: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } } },
  }),
  ...objects('certificates.k8s.io/v1', {
    certificatesigningrequests: {
      kind: 'CertificateSigningRequest',
      isClusterWide: true,
      rest: {
        spec: { request: Buffer.from(certificateRequest).toString('base64'), signerName: 'example.com/small', usages: ['client auth'] },
      },
    },
  }),
  ...objects('coordination.k8s.io/v1', { leases: { kind: 'Lease' } }),
  ...objects('discovery.k8s.io/v1', { endpointslices: { kind: 'EndpointSlice', rest: { addressType: 'IPv4', endpoints: [] } } }),
  ...objects('events.k8s.io/v1', {
    events: {
      kind: 'Event',
      name: 'newer',
      rest: {
        eventTime: '2024-01-01T00:00:00.000000Z',
        reportingController: 'example.com/test',
        reportingInstance: 'test',
        action: 'Testing',
        reason: 'Tested',
        type: 'Normal',
        regarding: reference,
      },
    },
  }),
  ...objects('flowcontrol.apiserver.k8s.io/v1', {
    flowschemas: { kind: 'FlowSchema', isClusterWide: true, rest: { spec: { priorityLevelConfiguration: { name: 'small' } } } },
    prioritylevelconfigurations: {
      kind: 'PriorityLevelConfiguration',
      isClusterWide: true,
      rest: { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
    },
  }),
  ...objects('networking.k8s.io/v1', {
    ingressclasses: { kind: 'IngressClass', isClusterWide: true, rest: { spec: { controller: 'example.com/small' } } },
    ingresses: { kind: 'Ingress', rest: { spec: { defaultBackend: { service: { name: 'small', port: { number: 80 } } } } } },
    ipaddresses: {
      kind: 'IPAddress',
      name: '192.0.2.7',
      isClusterWide: true,
      rest: { spec: { parentRef: { resource: 'services', name: 'small', namespace: 'verbs' } } },
    },
    networkpolicies: { kind: 'NetworkPolicy', rest: { spec: { podSelector: {} } } },
    servicecidrs: { kind: 'ServiceCIDR', isClusterWide: true, rest: { spec: { cidrs: ['192.0.2.0/24'] } } },
  }),
  ...objects('node.k8s.io/v1', { runtimeclasses: { kind: 'RuntimeClass', isClusterWide: true, rest: { handler: 'small' } } }),
  ...objects('policy/v1', { poddisruptionbudgets: { kind: 'PodDisruptionBudget', rest: { spec: { maxUnavailable: 1, selector } } } }),
  ...objects('rbac.authorization.k8s.io/v1', {
    clusterrolebindings: { kind: 'ClusterRoleBinding', isClusterWide: true, rest: { roleRef: roleRef('ClusterRole'), subjects } },
    clusterroles: { kind: 'ClusterRole', isClusterWide: true, rest: role },
    rolebindings: { kind: 'RoleBinding', rest: { roleRef: roleRef('Role'), subjects } },
    roles: { kind: 'Role', rest: role },
  }),
  ...objects('resource.k8s.io/v1', {
    deviceclasses: { kind: 'DeviceClass', isClusterWide: true, rest: { spec: {} } },
    resourceclaims: { kind: 'ResourceClaim', rest: { spec: { devices } } },
    resourceclaimtemplates: { kind: 'ResourceClaimTemplate', rest: { spec: { spec: { devices } } } },
    resourceslices: {
      kind: 'ResourceSlice',
      isClusterWide: true,
      rest: { spec: { driver: 'small.example.com', nodeName: 'small', pool: { name: 'small', resourceSliceCount: 1, generation: 1 } } },
    },
  }),
  ...objects('scheduling.k8s.io/v1', { priorityclasses: { kind: 'PriorityClass', isClusterWide: true, rest: { value: 1 } } }),
  ...objects('storage.k8s.io/v1', {
    csidrivers: { kind: 'CSIDriver', name: 'small.example.com', isClusterWide: true, rest: { spec: {} } },
    csinodes: { kind: 'CSINode', isClusterWide: true, rest: { spec: { drivers: [] } } },
    csistoragecapacities: { kind: 'CSIStorageCapacity', rest: { storageClassName: 'small' } },
    storageclasses: { kind: 'StorageClass', isClusterWide: true, rest: { provisioner: 'example.com/small' } },
    volumeattachments: {
      kind: 'VolumeAttachment',
      isClusterWide: true,
      rest: { spec: { attacher: 'small.example.com', nodeName: 'small', source: { persistentVolumeName: 'small' } } },
    },
    volumeattributesclasses: {
      kind: 'VolumeAttributesClass',
      isClusterWide: true,
      rest: { driverName: 'small.example.com', parameters: { speed: 'high' } },
    },
  }),
])
