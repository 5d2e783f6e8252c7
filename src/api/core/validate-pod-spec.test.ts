import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Draft } from '../../schema/schema.ts'
import { complaints, stored } from '../testkit.ts'
import type { Container } from './container.ts'
import { Pod } from './pod.ts'
import type { PodSpec } from './pod-spec.ts'

const main: Draft<Container> = { name: 'a', image: 'i' }
const withSpec = (more: Draft<PodSpec>): Draft<PodSpec> => ({ containers: [main], ...more })

const cases: readonly (readonly [name: string, spec: Draft<PodSpec>, expected: readonly string[]])[] = [
  [
    'users of its own beside what is of the host',
    withSpec({
      hostUsers: false,
      hostPID: true,
      hostIPC: true,
      hostNetwork: true,
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }],
      containers: [{ ...main, volumeDevices: [{ name: 'v', devicePath: '/e' }] }],
    }),
    [
      'spec.hostNetwork: Forbidden: when `hostUsers` is false',
      'spec.HostPID: Forbidden: when `hostUsers` is false',
      'spec.HostIPC: Forbidden: when `hostUsers` is false',
      'spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false',
    ],
  ],
  [
    'gates',
    withSpec({ schedulingGates: [{ name: 'a b' }, { name: 'x' }, { name: 'x' }] }),
    ['spec.schedulingGates[0]: Invalid value: "a b": name part …', 'spec.schedulingGates[2]: Duplicate value: "x"'],
  ],
  [
    'a name of its own beside that of the host',
    withSpec({ hostnameOverride: 'A_', setHostnameAsFQDN: true, hostNetwork: true }),
    [
      'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
      'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
      'spec.hostnameOverride: Invalid value: "A_": a lowercase RFC 1123 subdomain …',
    ],
  ],
  [
    'keys to match by, and no selector',
    withSpec({
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'h', matchLabelKeys: ['a', 'a b'], mismatchLabelKeys: ['a'] }],
        },
      },
    }),
    [
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
      'spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys',
    ],
  ],
  [
    'spread',
    withSpec({
      topologySpreadConstraints: [
        { maxSkew: 0, topologyKey: '', whenUnsatisfiable: 'ScheduleAnyway' },
        { maxSkew: 1, topologyKey: 'h', whenUnsatisfiable: 'DoNotSchedule' },
        { maxSkew: 1, topologyKey: 'h', whenUnsatisfiable: 'DoNotSchedule', minDomains: 0, matchLabelKeys: ['a'] },
      ],
    }),
    [
      'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty',
      'spec.topologySpreadConstraints[1].{topologyKey, whenUnsatisfiable}: Duplicate value: "{h, DoNotSchedule}"',
      'spec.topologySpreadConstraints[2].minDomains: Invalid value: 0: must be greater than zero',
      'spec.topologySpreadConstraints[2].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
    ],
  ],
  [
    'settings of namespaces that are of the host',
    withSpec({
      hostNetwork: true,
      hostIPC: true,
      securityContext: {
        sysctls: [
          { name: 'net.ipv4.x', value: '1' },
          { name: 'kernel.shm_x', value: '1' },
          { name: 'fs.mqueue.a', value: '1' },
        ],
      },
    }),
    [
      'spec.securityContext.sysctls[0].name: Invalid value: "net.ipv4.x": may not be specified when \'hostNetwork\' is true',
      'spec.securityContext.sysctls[1].name: Invalid value: "kernel.shm_x": may not be specified when \'hostIPC\' is true',
      'spec.securityContext.sysctls[2].name: Invalid value: "fs.mqueue.a": may not be specified when \'hostIPC\' is true',
    ],
  ],
  [
    'profiles',
    withSpec({
      securityContext: {
        seccompProfile: { type: 'Localhost' },
        appArmorProfile: { type: 'Unconfined', localhostProfile: 'x' },
        sysctls: [
          { name: '', value: '' },
          { name: 'A', value: '' },
        ],
      },
    }),
    [
      'spec.securityContext.sysctls[0].name: Required value',
      'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      'spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
      'spec.securityContext.appArmorProfile.localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost',
    ],
  ],
]

describe('validation of a pod as a whole', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})
