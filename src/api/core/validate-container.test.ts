import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import type { Container } from './container.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'

const main: Draft<Container> = { name: 'a', image: 'i' }
const withContainer = (more: Draft<Container>): Draft<PodSpec> => ({ containers: [{ ...main, ...more }] })

const cases: readonly (readonly [name: string, spec: Draft<PodSpec>, expected: readonly string[]])[] = [
  [
    'a signal to stop by, and no system',
    withContainer({ lifecycle: { stopSignal: 'SIGHUP' } }),
    ['spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`'],
  ],
  [
    'a signal that windows has not',
    { ...withContainer({ lifecycle: { stopSignal: 'SIGHUP' } }), os: { name: 'windows' } },
    ['spec.containers[0].lifecycle.stopSignal: Unsupported value: "SIGHUP": supported values: "SIGKILL", "SIGTERM"'],
  ],
  [
    'policies to resize by',
    {
      ...withContainer({
        resizePolicy: [
          { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
          { resourceName: 'x', restartPolicy: 'NotRequired' },
          { resourceName: 'cpu', restartPolicy: 'NotRequired' },
        ],
      }),
      restartPolicy: 'Never',
      initContainers: [{ name: 'i', image: 'i', resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] }],
    },
    [
      "spec.containers[0].resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'",
      'spec.containers[0].resizePolicy: Unsupported value: "x": supported values: "cpu", "memory"',
      'spec.containers[0].resizePolicy[2]: Duplicate value: "cpu"',
    ],
  ],
  [
    'rules to restart by, and no policy',
    withContainer({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [] } }] }),
    ['spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
  ],
  [
    'probes of one that comes to an end',
    {
      containers: [main],
      initContainers: [
        { name: 'i', image: 'i', livenessProbe: { exec: { command: ['a'] } }, lifecycle: { preStop: { exec: { command: ['a'] } } } },
      ],
    },
    [
      'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
      'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
  ],
  [
    'options for windows',
    withContainer({
      securityContext: { windowsOptions: { gmsaCredentialSpecName: 'A_', gmsaCredentialSpec: '', runAsUserName: 'a\\b\\c' } },
    }),
    [
      'spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A_": a lowercase RFC 1123 subdomain …',
      'spec.containers[0].securityContext.windowsOptions.gmsaCredentialSpec: Invalid value: "": gmsaCredentialSpec cannot be an empty string',
      'spec.containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
    ],
  ],
  [
    'half a huge page',
    withContainer({ resources: { limits: { 'hugepages-2Mi': '3Mi', cpu: '1' }, requests: { 'hugepages-2Mi': '3Mi' } } }),
    [
      'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
      'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi',
    ],
  ],
  [
    'an environment',
    withContainer({
      env: [
        { name: '', value: 'a' },
        { name: 'a=b', value: 'x' },
        { name: 'e', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'f', valueFrom: {} },
        { name: 'g', valueFrom: { secretKeyRef: { name: '', key: 'a b' } } },
        { name: 'h', valueFrom: { resourceFieldRef: { resource: 'limits.x', divisor: '1' } } },
        { name: 'k', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '3' } } },
        { name: 'm', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
      ],
      envFrom: [{}, { prefix: '=', configMapRef: { name: '' } }, { configMapRef: { name: 'a' }, secretRef: { name: 'b' } }],
    }),
    [
      'spec.containers[0].env[0].name: Required value',
      'spec.containers[0].env[1].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      'spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].env[3].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
      'spec.containers[0].env[4].valueFrom.secretKeyRef.name: Invalid value: "": a lowercase RFC 1123 subdomain …',
      'spec.containers[0].env[4].valueFrom.secretKeyRef.key: Invalid value: "a b": a valid config key …',
      'spec.containers[0].env[5].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.x": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
      'spec.containers[0].env[6].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
      'spec.containers[0].env[7].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      'spec.containers[0].envFrom[1].prefix: Invalid value: "=": a valid environment variable name must consist only of printable ASCII characters other than \'=\'',
      'spec.containers[0].envFrom[1].configMapRef.name: Required value',
      'spec.containers[0].envFrom: Invalid value: "": may not have more than one field specified at a time',
    ],
  ],
  [
    'what was added to look into it',
    {
      containers: [main],
      ephemeralContainers: [
        { name: 'a', image: 'i' },
        {
          name: 'e',
          image: 'i',
          targetContainerName: 'x',
          ports: [{ containerPort: 1 }],
          livenessProbe: { exec: { command: ['a'] } },
          resources: { limits: { cpu: '1' } },
          lifecycle: { preStop: { exec: { command: ['a'] } } },
          resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
          volumeMounts: [{ name: 'v', mountPath: '/a', subPath: 'a' }],
        },
        { name: 'f', image: 'i', restartPolicy: 'Always' },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
    [
      'spec.ephemeralContainers[0].name: Duplicate value: "a"',
      'spec.ephemeralContainers[1].targetContainerName: Not found: "x"',
      'spec.ephemeralContainers[1].ports: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].resources: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].resizePolicy: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].livenessProbe: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[1].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers[2].restartPolicy: Forbidden: cannot be set for an Ephemeral Container',
      'spec.ephemeralContainers: Forbidden: cannot be set on create',
    ],
  ],
]

describe('validation of containers', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})
