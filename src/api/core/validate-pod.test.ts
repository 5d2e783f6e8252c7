import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import type { Container } from './container.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'
import type { Volume } from './volume.ts'

const main: Draft<Container> = { name: 'a', image: 'i' }
const withContainer = (more: Draft<Container>): Draft<PodSpec> => ({ containers: [{ ...main, ...more }] })
const withVolume = (volume: Draft<Volume>): Draft<PodSpec> => ({ containers: [main], volumes: [{ name: 'v', ...volume }] })
const withSpec = (more: Draft<PodSpec>): Draft<PodSpec> => ({ containers: [main], ...more })
const c0 = 'spec.containers[0]'

const cases: readonly (readonly [name: string, spec: Draft<PodSpec>, expected: readonly string[]])[] = [
  ['as little as needed', withSpec({}), []],
  ['no container', { containers: [] }, ['spec.containers: Required value']],
  ['a container without name and image', { containers: [{}] }, [`${c0}.name: Required value`, `${c0}.image: Required value`]],
  ['a wrong name', withContainer({ name: 'A' }), [`${c0}.name: Invalid value: "A": a lowercase RFC 1123 label …`]],
  ['the same name twice', { containers: [main, main] }, ['spec.containers[1].name: Duplicate value: "a"']],
  [
    'a blank in the image',
    withContainer({ image: ' i' }),
    [`${c0}.image: Invalid value: " i": must not have leading or trailing whitespace`],
  ],
  [
    'an unknown policy',
    withContainer({ imagePullPolicy: 'Maybe' as 'Never' }),
    [`${c0}.imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"`],
  ],
  [
    'ports',
    withContainer({
      ports: [
        { name: 'Web!', containerPort: 80 },
        { containerPort: 0 },
        { name: 'x', containerPort: 1 },
        { name: 'x', containerPort: 2, hostPort: 70000 },
      ],
    }),
    [
      `${c0}.ports[0].name: Invalid value: "Web!": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${c0}.ports[1].containerPort: Required value`,
      `${c0}.ports[3].name: Duplicate value: "x"`,
      `${c0}.ports[3].hostPort: Invalid value: 70000: must be between 1 and 65535, inclusive`,
    ],
  ],
  [
    'a port of the host twice',
    {
      containers: [
        { ...main, ports: [{ containerPort: 80, hostPort: 80 }] },
        { name: 'b', image: 'i', ports: [{ containerPort: 81, hostPort: 80 }] },
      ],
    },
    ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
  ],
  [
    'another port on the network of the host',
    { hostNetwork: true, containers: [{ ...main, ports: [{ containerPort: 80, hostPort: 81 }] }] },
    [`${c0}.ports[0].hostPort: Invalid value: 81: must match \`containerPort\` when \`hostNetwork\` is true`],
  ],
  [
    'variables',
    withContainer({
      env: [
        { name: '' },
        { name: 'a=b' },
        { name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'B', valueFrom: { fieldRef: { fieldPath: 'spec.foo' } } },
        { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.labels' } } },
        { name: 'D', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } },
        { name: 'E', valueFrom: {} },
        { name: 'F', valueFrom: { secretKeyRef: { name: 's', key: '' } } },
        { name: 'G', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } },
      ],
    }),
    [
      `${c0}.env[0].name: Required value`,
      `${c0}.env[1].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      `${c0}.env[2].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`,
      `${c0}.env[3].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`,
      `${c0}.env[4].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      `${c0}.env[6].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
      `${c0}.env[7].valueFrom.secretKeyRef.key: Required value`,
      `${c0}.env[8].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
  ],
  ['mounts', withContainer({ volumeMounts: [{ name: 'x', mountPath: '/a' }] }), [`${c0}.volumeMounts[0].name: Not found: "x"`]],
  [
    'mounts that overlap and climb',
    {
      volumes: [{ name: 'v' }],
      containers: [
        {
          ...main,
          volumeMounts: [
            { name: 'v', mountPath: '/a' },
            { name: 'v', mountPath: '/a', subPath: '../x' },
          ],
        },
      ],
    },
    [
      `${c0}.volumeMounts[1].mountPath: Invalid value: "/a": must be unique`,
      `${c0}.volumeMounts.subPath: Invalid value: "../x": must not contain '..'`,
    ],
  ],
  [
    'resources',
    withContainer({ resources: { limits: { cpu: '1', foo: '1', 'example.com/gpu': '500m' }, requests: { cpu: '2', memory: '-1' } } }),
    [
      `${c0}.resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
      `${c0}.resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers`,
      `${c0}.resources.limits[example.com/gpu]: Invalid value: "500m": must be an integer`,
      `${c0}.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1`,
      `${c0}.resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      `${c0}.resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
      `${c0}.resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers`,
      `${c0}.resources.requests[example.com/gpu]: Invalid value: "500m": must be an integer`,
    ],
  ],
  [
    'huge pages alone',
    withContainer({ resources: { limits: { 'hugepages-2Mi': '4Mi' } } }),
    [`${c0}.resources: Forbidden: HugePages require cpu or memory`],
  ],
  [
    'probes',
    withContainer({
      livenessProbe: { httpGet: { port: 0 }, successThreshold: 2 },
      readinessProbe: { exec: {}, tcpSocket: { port: 'x' }, terminationGracePeriodSeconds: 1 },
      startupProbe: {},
    }),
    [
      `${c0}.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`,
      `${c0}.livenessProbe.successThreshold: Invalid value: 2: must be 1`,
      `${c0}.readinessProbe.exec.command: Required value`,
      `${c0}.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`,
      `${c0}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes`,
      `${c0}.startupProbe: Required value: must specify a handler type`,
    ],
  ],
  [
    'a hook that outlasts the pod',
    withContainer({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
    [`${c0}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`],
  ],
  [
    'an init container that acts as a sidecar without being one',
    withSpec({
      initContainers: [
        { name: 'b', image: 'i', readinessProbe: { exec: { command: ['x'] } } },
        { name: 'a', image: 'i' },
      ],
    }),
    [
      'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      'spec.initContainers[1].name: Duplicate value: "a"',
    ],
  ],
  [
    'a sidecar with a probe',
    withSpec({ initContainers: [{ name: 'b', image: 'i', restartPolicy: 'Always', readinessProbe: { exec: { command: ['x'] } } }] }),
    [],
  ],
  [
    'an ephemeral container from the start',
    withSpec({ ephemeralContainers: [{ name: 'e', image: 'i' }] }),
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
  [
    'privileges given and taken',
    withContainer({ securityContext: { privileged: true, allowPrivilegeEscalation: false, runAsUser: -1 } }),
    [
      `${c0}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
      `${c0}.securityContext: Invalid value: {"privileged":true,"allowPrivilegeEscalation":false,"runAsUser":-1}: cannot set \`allowPrivilegeEscalation\` to false and \`privileged\` to true`,
    ],
  ],
  [
    'a volume of two types',
    withVolume({ emptyDir: {}, hostPath: { path: '/x' } }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  ['the same volume twice', withSpec({ volumes: [{ name: 'v' }, { name: 'v' }] }), ['spec.volumes[1].name: Duplicate value: "v"']],
  ['a volume of nothing named', withVolume({ configMap: {} }), ['spec.volumes[0].configMap.name: Required value']],
  [
    'a path of the host that climbs',
    withVolume({ hostPath: { path: '/a/../b', type: 'Dir' } }),
    [
      `spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
      'spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
  ],
  [
    'a secret with a wrong mode and item',
    withVolume({ secret: { secretName: 's', defaultMode: 0o1000, items: [{ key: 'a', path: '..b' }] } }),
    [
      'spec.volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
      `spec.volumes[0].secret.items[0].path: Invalid value: "..b": must not start with '..'`,
    ],
  ],
  [
    'a projection with a short token and a path twice',
    withSpec({
      serviceAccountName: 'a',
      volumes: [
        {
          name: 'v',
          projected: {
            sources: [
              { serviceAccountToken: { path: 'a', expirationSeconds: 5 } },
              { configMap: { name: 'c', items: [{ key: 'k', path: 'a' }] } },
              { secret: { name: 's', items: [{ key: 'k', path: 'a' }] } },
              {},
            ],
          },
        },
      ],
    }),
    [
      'spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
      'spec.volumes[0].projected: Invalid value: "s": conflicting duplicate paths',
    ],
  ],
  [
    'a disk without its fields',
    withVolume({ iscsi: { lun: 0 } }),
    ['spec.volumes[0].iscsi.targetPortal: Required value', 'spec.volumes[0].iscsi.iqn: Required value'],
  ],
  [
    'affinity',
    withSpec({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 0, preference: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
          ],
        },
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}] },
      },
    }),
    [
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part must be non-empty',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: "": name part …',
    ],
  ],
  [
    'tolerations',
    withSpec({ tolerations: [{ value: 'x' }, { key: 'a', operator: 'Exists', tolerationSeconds: 5, effect: 'NoSchedule' }] }),
    [
      'spec.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      `spec.tolerations[1].effect: Invalid value: "NoSchedule": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
    ],
  ],
  [
    'spreading',
    withSpec({
      topologySpreadConstraints: [0, 1].map(maxSkew => ({
        maxSkew,
        topologyKey: 'zone',
        whenUnsatisfiable: 'ScheduleAnyway',
        minDomains: 1,
      })),
    }),
    [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, ScheduleAnyway}"',
      'spec.topologySpreadConstraints[0].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
      'spec.topologySpreadConstraints[1].minDomains: Invalid value: 1: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway',
    ],
  ],
  [
    'names of others',
    withSpec({ dnsPolicy: 'None', hostAliases: [{ ip: '1.2.3', hostnames: ['A'] }], imagePullSecrets: [{}], serviceAccountName: 'X' }),
    [
      'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
      'spec.serviceAccountName: Invalid value: "X": a lowercase RFC 1123 subdomain …',
      'spec.hostAliases[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'spec.hostAliases[0].hostnames[0]: Invalid value: "A": a lowercase RFC 1123 subdomain …',
    ],
  ],
  [
    'time and processes',
    withSpec({ activeDeadlineSeconds: 0, shareProcessNamespace: true, hostPID: true }),
    [
      'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
      'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
    ],
  ],
]

describe('a new pod with', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})

describe('a change of a pod', () => {
  const before: Draft<PodSpec> = withSpec({ tolerations: [{ key: 'a', operator: 'Exists' }], activeDeadlineSeconds: 10 })
  const only =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
  const added = {
    name: 'e',
    image: 'i',
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'Always',
  } as const
  const changes: readonly (readonly [string, Draft<PodSpec>, readonly string[]])[] = [
    ['of an image', { ...before, containers: [{ ...main, image: 'other', imagePullPolicy: 'Always' }] }, []],
    ['of nothing', before, []],
    [
      'of a toleration more',
      {
        ...before,
        tolerations: [
          { key: 'b', operator: 'Exists' },
          { key: 'a', operator: 'Exists' },
        ],
      },
      [],
    ],
    [
      'of a toleration less',
      { ...before, tolerations: [] },
      ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
    ],
    ['of a shorter deadline', { ...before, activeDeadlineSeconds: 5 }, []],
    [
      'of a longer deadline',
      { ...before, activeDeadlineSeconds: 11 },
      ['spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value'],
    ],
    [
      'of its containers',
      { ...before, containers: [main, { name: 'b', image: 'i' }] },
      ['spec.containers: Forbidden: pod updates may not add or remove containers'],
    ],
    [
      'of an ephemeral container more',
      { ...before, ephemeralContainers: [added] },
      [`spec: Forbidden: ${only}\n-  ephemeralContainers: absent\n+  ephemeralContainers: [${JSON.stringify(added)}]`],
    ],
    ['of its node', { ...before, nodeName: 'n' }, [`spec: Forbidden: ${only}\n-  nodeName: absent\n+  nodeName: "n"`]],
  ]
  for (const [name, spec, expected] of changes) {
    it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec }), stored(Pod, { spec: before })), expected))
  }

  it('while gates are there may narrow where it may run, and not widen it', () => {
    const gated = (nodeSelector: Record<string, string>) =>
      stored(Pod, { spec: withSpec({ schedulingGates: [{ name: 'g' }], nodeSelector }) })
    assert.deepEqual(complaints(Pod, gated({ a: 'b', c: 'd' }), gated({ a: 'b' })), [])
    assert.deepEqual(complaints(Pod, gated({ a: 'c' }), gated({ a: 'b' })), [
      'spec.nodeSelector: Invalid value: {"a":"c"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ])
  })

  it('of its status cannot bring back what has ended', () => {
    const status = (state: object) => ({
      containerStatuses: [{ name: 'a', image: 'i', imageID: '', ready: false, restartCount: 0, state }],
    })
    const never = { ...before, restartPolicy: 'Never' } as const
    const ended = stored(Pod, { spec: never, status: status({ terminated: { exitCode: 0 } }) })
    const running = stored(Pod, { spec: never, status: status({ running: {} }) })
    assert.deepEqual(
      Pod.validateStatus?.(running, ended).map(e => e.field),
      ['status.containerStatuses[0].state'],
    )
    assert.deepEqual(Pod.validateStatus?.(ended, running), [])
  })
})
