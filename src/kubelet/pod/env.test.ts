import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigMap } from '../../api/core/config-map.ts'
import type { Container } from '../../api/core/container.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Secret } from '../../api/core/secret.ts'
import { Service } from '../../api/core/service.ts'
import type { Kind } from '../../api/kind.ts'
import type { KubeObject } from '../../meta/object-meta.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { Draft } from '../../schema/schema.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container } from '../test-kubelet.ts'
import { makeEnv } from './env.ts'
import { expand } from './expand.ts'
import { serviceEnv } from './service-env.ts'

const make = <O extends KubeObject>(kind: Kind<O>, draft: Draft<O>) => applyDefaults(kind.schema.node, draft) as O
const meta = (name: string, namespace = 'default') => ({ name, namespace })
const settings = make(ConfigMap, { metadata: meta('settings'), data: { color: 'blue', 'my.key': 'x', 'a=b': 'no' } })
const key = make(Secret, { metadata: meta('key'), data: { word: Buffer.from('hush').toString('base64') } })

function envOf(draft: Draft<Container>, podMeta: Draft<Pod['metadata']> = {}) {
  const made = localPod(
    {
      metadata: { name: 'web', labels: { app: "it's" }, ...podMeta },
      spec: { containers: [container('app', draft)], serviceAccountName: 'robot' },
    },
    'n',
    'node',
    0,
  )
  const [first] = made.spec.containers
  return makeEnv(first!, {
    pod: made,
    podIps: ['10.0.0.1', 'fd00::1'],
    nodeIp: '172.30.0.2',
    allocatable: { cpu: '4', memory: '8Gi' },
    services: new Map([['KUBERNETES_SERVICE_HOST', '10.96.0.1']]),
    configMap: name => (name === 'settings' ? settings : undefined),
    secret: name => (name === 'key' ? key : undefined),
  })
}
function values(draft: Draft<Container>) {
  const made = envOf(draft)
  assert.ok(made.ok)
  return Object.fromEntries(made.env)
}
function errorOf(draft: Draft<Container>) {
  const made = envOf(draft)
  assert.ok(!made.ok)
  return made.error
}

describe('the environment of a container', () => {
  it('expands references to what came before, and to services', () => {
    const env = values({
      env: [
        { name: 'A', value: 'a' },
        { name: 'B', value: '$(A)-$(LATER)-$$(A)-$(KUBERNETES_SERVICE_HOST)' },
        { name: 'LATER', value: 'l' },
        { name: 'EMPTY' },
      ],
    })
    assert.deepEqual(env, { A: 'a', B: 'a-$(LATER)-$(A)-10.96.0.1', LATER: 'l', EMPTY: '', KUBERNETES_SERVICE_HOST: '10.96.0.1' })
  })

  it('takes whole ConfigMaps and Secrets, under a prefix, and values override them', () => {
    const made = envOf({
      envFrom: [
        { configMapRef: { name: 'settings' }, prefix: 'P_' },
        { secretRef: { name: 'key' } },
        { configMapRef: { name: 'none', optional: true } },
      ],
      env: [{ name: 'word', value: 'mine' }],
    })
    assert.ok(made.ok)
    assert.equal(made.env.get('P_color'), 'blue')
    assert.equal(made.env.get('P_my.key'), 'x')
    assert.equal(made.env.get('word'), 'mine')
    assert.deepEqual(made.skipped, ['P_a=b'])
  })

  it('knows the downward API', () => {
    const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
    const resource = (name: string, wanted: string, divisor = '0') => ({
      name,
      valueFrom: { resourceFieldRef: { resource: wanted, divisor } },
    })
    const env = values({
      resources: { requests: { cpu: '250m' }, limits: { memory: '64Mi' } },
      env: [
        field('NAME', 'metadata.name'),
        field('LABEL', "metadata.labels['app']"),
        field('IP', 'status.podIP'),
        field('IPS', 'status.podIPs'),
        field('HOST', 'status.hostIP'),
        field('NODE', 'spec.nodeName'),
        field('SA', 'spec.serviceAccountName'),
        resource('CPU', 'requests.cpu'),
        resource('MILLI', 'requests.cpu', '1m'),
        resource('CPU_LIMIT', 'limits.cpu'),
        resource('MEM', 'limits.memory', '1Mi'),
      ],
    })
    delete env['KUBERNETES_SERVICE_HOST']
    assert.deepEqual(env, {
      NAME: 'web-n',
      LABEL: "it's",
      IP: '10.0.0.1',
      IPS: '10.0.0.1,fd00::1',
      HOST: '172.30.0.2',
      NODE: 'n',
      SA: 'robot',
      CPU: '1',
      MILLI: '250',
      CPU_LIMIT: '4',
      MEM: '64',
    })
  })

  const from = (valueFrom: Draft<NonNullable<Container['env']>[number]['valueFrom']>) => ({ env: [{ name: 'X', valueFrom }] })
  const errors: readonly (readonly [Draft<Container>, string])[] = [
    [from({ configMapKeyRef: { name: 'none', key: 'k' } }), 'configmap "none" not found'],
    [from({ configMapKeyRef: { name: 'settings', key: 'k' } }), "couldn't find key k in ConfigMap default/settings"],
    [from({ secretKeyRef: { name: 'none', key: 'k' } }), 'secret "none" not found'],
    [from({ secretKeyRef: { name: 'key', key: 'k' } }), "couldn't find key k in Secret default/key"],
    [{ envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
    [{ envFrom: [{ secretRef: { name: 'none' } }] }, 'secret "none" not found'],
  ]
  for (const [draft, message] of errors) it(`fails: ${message}`, () => assert.equal(errorOf(draft), message))

  it('leaves optional things out', () => {
    assert.equal(values(from({ secretKeyRef: { name: 'none', key: 'k', optional: true } }))['X'], undefined)
  })
})

it('references expand as in upstream', () => {
  const lookup = (name: string) => ({ A: 'x' })[name]
  for (const [text, wanted] of [
    ['$(A)', 'x'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$x'],
    ['$(B)', '$(B)'],
    ['$A', '$A'],
    ['$(A', '$(A'],
    ['$(A)$(A)', 'xx'],
  ] as const)
    assert.equal(expand(text, lookup), wanted, text)
})

describe('service variables', () => {
  const service = (name: string, namespace: string, spec: Draft<Service['spec']>) =>
    make(Service, { metadata: meta(name, namespace), spec })
  const services = [
    service('kubernetes', 'default', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] }),
    service('redis-main', 'shop', { clusterIP: '10.96.0.7', ports: [{ port: 6379, protocol: 'TCP' }] }),
    service('headless', 'shop', { clusterIP: 'None', ports: [{ port: 80, protocol: 'TCP' }] }),
    service('elsewhere', 'other', { clusterIP: '10.96.0.9', ports: [{ port: 80, protocol: 'TCP' }] }),
  ]

  it('are those of the namespace and of the API server', () => {
    assert.deepEqual(Object.fromEntries(serviceEnv(services, 'shop', true)), {
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
      KUBERNETES_SERVICE_PORT: '443',
      KUBERNETES_SERVICE_PORT_HTTPS: '443',
      KUBERNETES_PORT: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443',
      KUBERNETES_PORT_443_TCP_PROTO: 'tcp',
      KUBERNETES_PORT_443_TCP_PORT: '443',
      KUBERNETES_PORT_443_TCP_ADDR: '10.96.0.1',
      REDIS_MAIN_SERVICE_HOST: '10.96.0.7',
      REDIS_MAIN_SERVICE_PORT: '6379',
      REDIS_MAIN_PORT: 'tcp://10.96.0.7:6379',
      REDIS_MAIN_PORT_6379_TCP: 'tcp://10.96.0.7:6379',
      REDIS_MAIN_PORT_6379_TCP_PROTO: 'tcp',
      REDIS_MAIN_PORT_6379_TCP_PORT: '6379',
      REDIS_MAIN_PORT_6379_TCP_ADDR: '10.96.0.7',
    })
  })

  it("are the API server's alone without links", () => {
    assert.deepEqual([...new Set([...serviceEnv(services, 'shop', false).keys()].map(k => k.split('_')[0]))], ['KUBERNETES'])
  })
})
