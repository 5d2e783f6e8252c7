import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Deployment } from '../../../api/apps/deployment.ts'
import { Namespace } from '../../../api/core/namespace.ts'
import { Pod } from '../../../api/core/pod.ts'
import type { Kind } from '../../../api/kind.ts'
import { stored } from '../../../api/testkit.ts'
import type { KubeObject } from '../../../meta/object-meta.ts'
import type { Draft } from '../../../schema/schema.ts'
import type { Call } from '../../call.ts'
import type { Storage } from '../../storage.ts'
import type { AdmissionRequest } from '../admission.ts'
import { describeViolations, violationsOf } from './evaluate.ts'
import { labelErrors, policyOf } from './levels.ts'
import { podSecurity } from './plugin.ts'

type Spec = Partial<Draft<Pod>['spec']>
const strict = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
} as const

const podOf = (spec: Spec, annotations: Record<string, string> = {}): Pod =>
  stored(Pod, { metadata: { name: 'p', annotations }, spec: { containers: [{ name: 'c', image: 'i', securityContext: strict }], ...spec } })

const container = (securityContext: object, more: object = {}) => ({
  containers: [{ name: 'c', image: 'i', securityContext: { ...strict, ...securityContext }, ...more }],
})

function told(pod: Pod, level: string, version = 'latest'): string {
  const policy = policyOf({ 'pod-security.kubernetes.io/enforce': level, 'pod-security.kubernetes.io/enforce-version': version }, 'enforce')
  return describeViolations(violationsOf({ annotations: pod.metadata.annotations ?? {}, spec: pod.spec }, policy))
}

describe('the baseline', () => {
  const rows: readonly (readonly [what: string, spec: Spec, told: string])[] = [
    ['nothing wrong', {}, ''],
    ['host namespaces', { hostNetwork: true, hostPID: true }, 'host namespaces (hostNetwork=true, hostPID=true)'],
    ['privileged', container({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [
      'capabilities',
      container({ capabilities: { add: ['NET_ADMIN', 'CHOWN', 'BPF'] } }),
      'non-default capabilities (container "c" must not include "BPF", "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    ['host paths', { volumes: [{ name: 'v', hostPath: { path: '/' } }] }, 'hostPath volumes (volume "v")'],
    [
      'host ports',
      container(
        {},
        {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 443 },
          ],
        },
      ),
      'hostPort (container "c" uses hostPorts 443, 80)',
    ],
    ['proc', container({ procMount: 'Unmasked' }), 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'],
    [
      'SELinux',
      { securityContext: { seLinuxOptions: { type: 'spc_t', role: 'r' } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; role may not be set)',
    ],
    [
      'seccomp',
      { securityContext: { seccompProfile: { type: 'Unconfined' } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      {
        securityContext: {
          sysctls: [
            { name: 'kernel.shm_rmid_forced', value: '1' },
            { name: 'kernel.msgmax', value: '1' },
          ],
        },
      },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'probes of other hosts',
      container({}, { livenessProbe: { httpGet: { host: '1.2.3.4', port: 80 } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle host "1.2.3.4")',
    ],
    [
      'AppArmor',
      { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
  ]
  for (const [what, spec, expected] of rows) test(what, () => assert.equal(told(podOf(spec), 'baseline'), expected))

  test('profiles in annotations', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'unconfined' }
    const expected = 'forbidden AppArmor profile (annotation container.apparmor.security.beta.kubernetes.io/c="unconfined")'
    assert.equal(told(podOf({}, annotations), 'baseline'), expected)
  })
})

describe('restricted', () => {
  const bare = {
    containers: [
      { name: 'a', image: 'i' },
      { name: 'b', image: 'i' },
    ],
  }
  const rows: readonly (readonly [what: string, spec: Spec, told: string])[] = [
    ['nothing wrong', {}, ''],
    [
      'a pod that says nothing',
      bare,
      'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false), ' +
        'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"]), ' +
        'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true), ' +
        'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'volumes',
      {
        volumes: [
          { name: 'v', hostPath: { path: '/' } },
          { name: 'w', nfs: { server: 's', path: '/' } },
          { name: 'x', emptyDir: {} },
        ],
      },
      'restricted volume types (volumes "v", "w" use restricted volume types "hostPath", "nfs")',
    ],
    ['root', container({ runAsUser: 0 }), 'runAsUser=0 (container "c" must not set runAsUser=0)'],
    [
      'said to be root',
      container({ runAsNonRoot: false }),
      'runAsNonRoot != true (container "c" must not set securityContext.runAsNonRoot=false)',
    ],
    [
      'capabilities',
      container({ capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } }),
      'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    ['root of a user namespace', { ...container({ runAsUser: 0, runAsNonRoot: undefined }), hostUsers: false }, ''],
  ]
  for (const [what, spec, expected] of rows) test(what, () => assert.equal(told(podOf(spec), 'restricted'), expected))

  test('an old version asks for what it knew', () => {
    assert.equal(told(podOf(bare), 'restricted', 'v1.7'), told(podOf(bare), 'restricted', 'v1.0'))
    assert.doesNotMatch(told(podOf(bare), 'restricted', 'v1.18'), /seccomp|capabilities/)
  })
})

describe('the plugin', () => {
  const namespace = (labels: Record<string, string>) => stored(Namespace, { metadata: { name: 'default', labels } })
  const label = (mode: string, level: string) => ({ [`pod-security.kubernetes.io/${mode}`]: level })

  function review(kind: Kind, object: KubeObject, labels: Record<string, string>, more: Partial<AdmissionRequest> = {}, pods: Pod[] = []) {
    const warnings: string[] = []
    const call = { resource: { group: kind.group, resource: kind.plural, kind }, info: { namespace: 'default', name: '' }, warnings }
    const storage = { find: () => namespace(labels), all: () => pods } as unknown as Storage
    const request = { operation: 'CREATE', subresource: '', object, previous: undefined, call: call as unknown as Call, ...more }
    podSecurity.validate?.(request as AdmissionRequest, storage)
    return warnings
  }

  test('refuses pods, and warns of those it lets in', () => {
    const bad = podOf({ hostPID: true })
    assert.throws(() => review(Pod, bad, label('enforce', 'baseline')), {
      code: 403,
      message: 'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    })
    assert.deepEqual(review(Pod, bad, label('warn', 'baseline')), [
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    ])
    assert.deepEqual(review(Pod, bad, {}), [])
    assert.deepEqual(review(Pod, podOf({}), label('enforce', 'restricted')), [])
    assert.throws(() => review(Pod, bad, label('enforce', 'stricked')), { code: 403 }, 'a slip protects')
  })

  test('an update is looked at where it changes images or adds a container, by whatever subresource', () => {
    const bad = podOf({ hostPID: true, ephemeralContainers: [{ name: 'e', image: 'i' }] })
    const [container] = bad.spec.containers
    const withSpec = (spec: object) => ({ ...bad, spec: { ...bad.spec, ...spec } }) as Pod
    const labelled = { ...bad, metadata: { ...bad.metadata, labels: { a: 'b' } } }
    const table: readonly [name: string, subresource: string, next: Pod, looked: boolean][] = [
      ['labels', '', labelled, false],
      ['a deadline', '', withSpec({ activeDeadlineSeconds: 5 }), false],
      ['an image', '', withSpec({ containers: [{ ...container, image: 'other' }] }), true],
      ['the status', 'status', withSpec({ containers: [{ ...container, image: 'other' }] }), false],
      ['an old ephemeral container', 'ephemeralcontainers', labelled, false],
      ['a new ephemeral container', 'ephemeralcontainers', withSpec({ ephemeralContainers: [{ name: 'f', image: 'i' }] }), true],
      ['a resize', 'resize', withSpec({ containers: [{ ...container, resources: { requests: { cpu: '1' } } }] }), false],
    ]
    for (const [name, subresource, next, looked] of table) {
      const update = () => review(Pod, next, label('enforce', 'baseline'), { operation: 'UPDATE', subresource, previous: bad })
      if (looked) assert.throws(update, { code: 403 }, name)
      else assert.deepEqual(update(), [], name)
    }
  })

  test('what makes pods is warned of only', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { hostPID: true, containers: [{ name: 'c', image: 'i' }] } }
    const deployment = stored(Deployment, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
    assert.deepEqual(review(Deployment, deployment, { ...label('enforce', 'baseline'), ...label('warn', 'baseline') }), [
      'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    ])
  })

  test('a namespace whose level rises tells which pods would not be let in', () => {
    const next = namespace(label('enforce', 'baseline'))
    const pods = [podOf({ hostPID: true }), podOf({ hostPID: true }), podOf({})]
    assert.deepEqual(review(Namespace, next, {}, { operation: 'UPDATE', previous: namespace({}) }, pods), [
      'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
      'p (and 1 other pod): host namespaces',
    ])
    assert.throws(() => review(Namespace, namespace(label('enforce', 'high')), {}), { code: 422 })
  })

  test('labels that say nothing that is known', () => {
    const errors = labelErrors({ ...label('warn', 'low'), 'pod-security.kubernetes.io/audit-version': '1.2' })
    assert.deepEqual(
      errors.map(e => e.detail),
      ['must be "latest" or "v1.x"', 'must be one of privileged, baseline, restricted'],
    )
  })
})
