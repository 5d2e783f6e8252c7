import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { Lease } from '../api/coordination/lease.ts'
import { ConfigMap } from '../api/core/config-map.ts'
import { Event } from '../api/core/event.ts'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import { container, podDraft, TestKubelet } from './test-kubelet.ts'

let kubelet: TestKubelet
afterEach(() => kubelet.close())

const conditionOf = (name: string, type: string) => kubelet.pod(name)?.status.conditions?.find(c => c.type === type)?.status
const stateOf = (name: string) => kubelet.pod(name)?.status.containerStatuses?.[0]
const isReady = (name: string) => conditionOf(name, 'Ready') === 'True'
const started = () => kubelet.runtime.calls.filter(c => c.method === 'startContainer').length

describe('a kubelet', () => {
  it('registers its node with status and lease, and again when the node is deleted', async () => {
    kubelet = new TestKubelet({}, { podCidr: '10.244.1.0/24', labels: { zone: 'a' } })
    kubelet.start()
    const isUp = () => kubelet.client.all(Node)[0]?.status.conditions?.find(c => c.type === 'Ready')?.status === 'True'
    await kubelet.until('node ready', () => isUp() && kubelet.client.all(Lease).length === 1)
    const [node] = kubelet.client.all(Node)
    assert.equal(node?.metadata.labels?.['kubernetes.io/hostname'], 'node-1')
    assert.equal(node?.metadata.labels?.['zone'], 'a')
    // The volumes of pods are not for other users of the machine.
    assert.equal(statSync(join(kubelet.config.rootDir, 'pods')).mode & 0o777, 0o750)
    assert.equal(node?.spec.podCIDR, '10.244.1.0/24')
    assert.equal(node?.status.nodeInfo?.kubeletVersion, 'v1.36.0')
    assert.equal(node?.status.capacity?.['pods'], '110')
    await kubelet.client.delete(Node, { name: 'node-1' })
    await kubelet.until('node back', isUp, 600_000)
  })

  it('says at once that its node is ready, when others took it for lost', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    const ready = () => kubelet.client.all(Node)[0]?.status.conditions?.find(c => c.type === 'Ready')?.status
    await kubelet.until('node ready', () => ready() === 'True')
    const conditions = [{ type: 'Ready', status: 'Unknown' }]
    await kubelet.client.patch(Node, { name: 'node-1' }, 'strategic', { status: { conditions } }, { subresource: 'status' })
    assert.equal(ready(), 'Unknown')
    await kubelet.until('node ready again', () => ready() === 'True', 15_000)
  })

  it('runs a pod to Ready and says so', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('web', { containers: [container('app')] }))
    await kubelet.until('ready', () => isReady('web'))
    const { status } = kubelet.pod('web')!
    assert.equal(status.phase, 'Running')
    assert.match(status.podIP ?? '', /^10\.88\./)
    assert.deepEqual(status.hostIPs, [{ ip: '172.30.0.2' }])
    assert.equal(status.qosClass, 'BestEffort')
    assert.match(stateOf('web')?.containerID ?? '', /^containerd:\/\//)
    assert.equal(stateOf('web')?.started, true)
    const reasons = () => new Set(kubelet.client.all(Event).map(e => e.reason))
    await kubelet.until('events', () => reasons().has('Started'))
    assert.deepEqual([...reasons()].sort(), ['Created', 'Pulled', 'Pulling', 'Started'])
  })

  it('takes a pod for a label that its node got just now, and refuses one whose label it has not', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    await kubelet.until('node there', () => kubelet.client.all(Node).length === 1)
    await kubelet.client.patch(Node, { name: 'node-1' }, 'merge', { metadata: { labels: { disk: 'fast' } } })
    for (const disk of ['fast', 'slow'])
      kubelet.client.seed(Pod, podDraft(disk, { containers: [container('app')], nodeSelector: { disk } }))
    await kubelet.until('ready', () => isReady('fast'))
    await kubelet.until('refused', () => kubelet.pod('slow')?.status.reason === 'NodeAffinity')
  })

  it('ends a deleted pod and leaves nothing', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('web', { containers: [container('app')], volumes: [{ name: 'scratch', emptyDir: {} }] }))
    await kubelet.until('ready', () => isReady('web'))
    await kubelet.client.delete(Pod, { namespace: 'default', name: 'web' })
    await kubelet.until('gone', () => kubelet.pod('web') === undefined)
    assert.equal((await kubelet.runtime.listPodSandboxes()).length, 0)
    assert.deepEqual(readdirSync(join(kubelet.config.rootDir, 'pods')), [])
    assert.deepEqual(readdirSync(kubelet.config.podLogDir), [])
    assert.deepEqual(readdirSync(kubelet.config.containerLogDir), [])
  })

  it('restarts what crashes, with growing delays', async () => {
    kubelet = new TestKubelet({ behave: () => ({ exitAfterMs: 100, exitCode: 3 }) })
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('crash', { containers: [container('app')] }))
    await kubelet.until('back-off', () => stateOf('crash')?.state?.waiting?.reason === 'CrashLoopBackOff')
    assert.equal(stateOf('crash')?.restartCount, 1)
    assert.equal(stateOf('crash')?.lastState?.terminated?.exitCode, 3)
    assert.match(stateOf('crash')?.state?.waiting?.message ?? '', /^back-off 10s restarting failed container=app pod=crash_default\(/)
    await kubelet.until('longer', () => /back-off 20s/.test(stateOf('crash')?.state?.waiting?.message ?? ''))
    assert.equal(stateOf('crash')?.restartCount, 2)
  })

  it('tells of an image that cannot be pulled', async () => {
    kubelet = new TestKubelet({ registry: () => undefined })
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('noimage', { containers: [container('app')] }))
    const reason = () => stateOf('noimage')?.state?.waiting?.reason
    await kubelet.until('error', () => reason() === 'ErrImagePull')
    await kubelet.until('back-off', () => reason() === 'ImagePullBackOff')
    assert.equal(kubelet.pod('noimage')?.status.phase, 'Pending')
  })

  it('waits for a ConfigMap, then mounts it and keeps it up to date', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    const volume = { name: 'conf', configMap: { name: 'settings' } }
    kubelet.client.seed(
      Pod,
      podDraft('web', { containers: [container('app', { volumeMounts: [{ name: 'conf', mountPath: '/etc/conf' }] })], volumes: [volume] }),
    )
    const told = () => kubelet.client.all(Event).find(e => e.reason === 'FailedMount')?.message
    await kubelet.until('event', () => told() !== undefined)
    assert.equal(told(), 'MountVolume.SetUp failed for volume "conf" : configmap "settings" not found')
    const made = kubelet.client.seed(ConfigMap, { metadata: { name: 'settings', namespace: 'default' }, data: { color: 'blue' } })
    await kubelet.until('ready', () => isReady('web'))
    const uid = kubelet.pod('web')?.metadata.uid ?? ''
    const file = join(kubelet.config.rootDir, 'pods', uid, 'volumes/kubernetes.io~configmap/conf/color')
    assert.equal(readFileSync(file, 'utf8'), 'blue')
    await kubelet.client.update(ConfigMap, { ...made, data: { color: 'red' } })
    await kubelet.until('update', () => readFileSync(file, 'utf8') === 'red')
  })

  it('takes over what runs after a restart, and ends what is not wanted any more', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    for (const name of ['keep', 'drop']) kubelet.client.seed(Pod, podDraft(name, { containers: [container('app')] }))
    await kubelet.until('ready', () => isReady('keep') && isReady('drop'))
    await kubelet.stop()
    await kubelet.client.delete(Pod, { namespace: 'default', name: 'drop' }, { gracePeriodSeconds: 0 })
    const before = stateOf('keep')?.containerID
    const starts = started()
    kubelet.start()
    await kubelet.until('stray gone', () => kubelet.runtime.calls.filter(c => c.method === 'removePodSandbox').length > 0)
    await kubelet.clock.advance(5_000)
    assert.equal(stateOf('keep')?.containerID, before)
    assert.equal(started(), starts)
    assert.equal((await kubelet.runtime.listPodSandboxes()).length, 1)
  })

  it('lets a pod succeed, and keeps its container for the logs', async () => {
    kubelet = new TestKubelet({ behave: () => ({ exitAfterMs: 100, exitCode: 0 }) })
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('job', { containers: [container('app')], restartPolicy: 'Never' }))
    await kubelet.until('succeeded', () => kubelet.pod('job')?.status.phase === 'Succeeded')
    assert.equal(stateOf('job')?.state?.terminated?.reason, 'Completed')
    await kubelet.until('sandbox down', () => kubelet.runtime.calls.some(c => c.method === 'stopPodSandbox'))
    assert.equal((await kubelet.runtime.listContainers()).length, 1)
  })

  it('refuses a pod that does not fit', async () => {
    kubelet = new TestKubelet()
    kubelet.start()
    kubelet.client.seed(Pod, podDraft('big', { containers: [container('app', { resources: { requests: { cpu: '5' } } })] }))
    await kubelet.until('failed', () => kubelet.pod('big')?.status.phase === 'Failed')
    assert.equal(kubelet.pod('big')?.status.reason, 'OutOfcpu')
    assert.equal(started(), 0)
  })

  it('runs init containers in order, a sidecar beside, and ends the sidecar last', async () => {
    kubelet = new TestKubelet({
      behave: config => (config.metadata?.name === 'setup' || config.metadata?.name === 'app' ? { exitAfterMs: 500, exitCode: 0 } : {}),
    })
    kubelet.start()
    kubelet.client.seed(
      Pod,
      podDraft('staged', {
        restartPolicy: 'Never',
        initContainers: [container('proxy', { restartPolicy: 'Always' }), container('setup')],
        containers: [container('app')],
      }),
    )
    await kubelet.until('succeeded', () => kubelet.pod('staged')?.status.phase === 'Succeeded')
    const order = kubelet.runtime.calls.filter(c => c.method === 'createContainer').map(c => c.subject)
    assert.deepEqual(order, ['proxy', 'setup', 'app'])
    const folder = join(kubelet.config.rootDir, 'pods', kubelet.pod('staged')?.metadata.uid ?? '')
    await kubelet.until('folder gone', () => !existsSync(folder))
  })

  it('runs a manifest of the node, shows it as a mirror pod, and puts that back when it is deleted', async () => {
    kubelet = new TestKubelet({}, { staticPodDir: mkdtempSync(join(tmpdir(), 'manifests-')) })
    const manifest = join(kubelet.config.staticPodDir ?? '', 'web.yaml')
    writeFileSync(
      manifest,
      'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: default}\nspec:\n  containers: [{name: app, image: "registry.example/app:1"}]\n',
    )
    kubelet.start()
    const name = 'web-node-1'
    await kubelet.until('ready', () => isReady(name))
    const first = kubelet.pod(name)
    assert.deepEqual(
      first?.metadata.ownerReferences?.map(o => o.kind),
      ['Node'],
    )
    await kubelet.client.delete(Pod, { namespace: 'default', name })
    await kubelet.until('back', () => kubelet.pod(name)?.metadata.uid !== first?.metadata.uid && isReady(name))
    assert.equal(started(), 1)
    rmSync(kubelet.config.staticPodDir ?? '', { recursive: true })
    await kubelet.until('gone', () => kubelet.pod(name) === undefined)
    await kubelet.until('ended', () => kubelet.runtime.calls.some(c => c.method === 'removePodSandbox'))
  })

  it('shows a process of the node as a pod, and counts its restarts', async () => {
    let process: { pid: number; startedAtMs: number } | undefined = { pid: 7, startedAtMs: 1_000_000 }
    const component = {
      name: 'kube-apiserver',
      image: 'coxswain:v1',
      command: ['kube-apiserver'],
      labels: { tier: 'control-plane' },
      logFile: '/dev/null',
      process: async () => process,
    }
    kubelet = new TestKubelet({}, {}, [component])
    kubelet.start()
    const name = 'kube-apiserver-node-1'
    const status = () => kubelet.pod(name, 'kube-system')?.status
    await kubelet.until('running', () => status()?.phase === 'Running' && status()?.containerStatuses?.[0]?.ready === true)
    assert.equal(status()?.podIP, '172.30.0.2')
    process = undefined
    await kubelet.until('down', () => status()?.containerStatuses?.[0]?.ready === false)
    process = { pid: 9, startedAtMs: 2_000_000 }
    await kubelet.until('up', () => status()?.containerStatuses?.[0]?.ready === true)
    assert.equal(status()?.containerStatuses?.[0]?.restartCount, 1)
    assert.match(status()?.containerStatuses?.[0]?.containerID ?? '', /^process:\/\/9-/)
  })
})
