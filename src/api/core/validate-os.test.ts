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
    'windows, with what only linux has',
    withSpec({
      os: { name: 'windows' },
      hostPID: true,
      hostIPC: true,
      shareProcessNamespace: true,
      hostUsers: true,
      securityContext: {
        fsGroup: 1,
        runAsUser: 1,
        seLinuxOptions: {},
        seccompProfile: { type: 'RuntimeDefault' },
        sysctls: [{ name: 'kernel.x', value: '1' }],
        supplementalGroups: [1],
      },
      containers: [{ ...main, securityContext: { privileged: true, capabilities: {}, runAsUser: 1, readOnlyRootFilesystem: true } }],
    }),
    [
      'spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled',
      'spec.securityContext.seLinuxOptions: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.seccompProfile: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.sysctls: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
      'spec.securityContext.supplementalGroups: Forbidden: cannot be set for a windows pod',
      'spec.hostUsers: Forbidden: cannot be set for a windows pod',
      'spec.hostPID: Forbidden: cannot be set for a windows pod',
      'spec.hostIPC: Forbidden: cannot be set for a windows pod',
      'spec.shareProcessNamespace: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.capabilities: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.readOnlyRootFilesystem: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
      'spec.containers[0].securityContext.runAsUser: Forbidden: cannot be set for a windows pod',
    ],
  ],
  [
    'linux, with what only windows has',
    withSpec({
      os: { name: 'linux' },
      securityContext: { windowsOptions: { runAsUserName: 'a' } },
      containers: [{ ...main, securityContext: { windowsOptions: {} } }],
    }),
    [
      'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
      'spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
    ],
  ],
  [
    'one process of the host among others',
    withSpec({
      containers: [
        { ...main, securityContext: { windowsOptions: { hostProcess: true } } },
        { name: 'b', image: 'i' },
      ],
    }),
    [
      'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
      'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
    ],
  ],
]

describe('validation of a system', () => {
  for (const [name, spec, expected] of cases) it(name, () => assert.deepEqual(complaints(Pod, stored(Pod, { spec })), expected))
})
