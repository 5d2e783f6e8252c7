// Workloads and where their pods go: rolling updates within their bounds, DaemonSets, what keeps a pod from being scheduled.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DaemonSet } from '../../src/api/apps/daemon-set.ts'
import { Deployment } from '../../src/api/apps/deployment.ts'
import { ReplicaSet } from '../../src/api/apps/replica-set.ts'
import { Pod } from '../../src/api/core/pod.ts'
import { ReplicationController } from '../../src/api/core/replication-controller.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { eventually, watchObjects } from '../testkit/waiting.ts'
import { isLeaving, isReady, pod, shell, web, workload } from './manifests.ts'

describe('workloads', { skip: whyNoClusters(), timeout: 240_000, concurrency: 2 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster({ workers: 2 })
    ns = await cluster.namespace()
  })
  after(() => cluster?.close())

  const ofApp = (pods: readonly Pod[], app: string) => pods.filter(each => each.metadata.labels?.['app'] === app)
  const podsOf = async (app: string, what: string, condition: (pods: readonly Pod[]) => boolean, timeoutMs?: number) =>
    ofApp(await ns.until(Pod, what, all => condition(ofApp(all, app)), timeoutMs), app)

  it('a rolling update keeps within maxSurge and maxUnavailable at every moment', async () => {
    const readinessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1 }
    const version = (value: string) =>
      workload('Deployment', 'rolling', [web('web', { readinessProbe, env: [{ name: 'VERSION', value }] })], {
        replicas: 4,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      })
    await ns.apply(version('1'))
    await ns.kubectl('rollout status deployment/rolling --timeout=40s')
    const violations: string[] = []
    let events = 0
    const watch = watchObjects(cluster.client, Pod, { namespace: ns.name, labelSelector: 'app=rolling' }, (_, all) => {
      events++
      const present = all.filter(each => !isLeaving(each))
      const available = present.filter(isReady)
      if (present.length > 5) violations.push(`${present.length} pods`)
      if (available.length < 3) violations.push(`${available.length} available pods`)
    })
    try {
      await watch.informer.synced(AbortSignal.timeout(10_000))
      await ns.apply(version('2'))
      assert.match(await ns.kubectl('rollout status deployment/rolling --timeout=60s'), /successfully rolled out/)
      await podsOf(
        'rolling',
        'the old ones are gone',
        pods => pods.length === 4 && pods.every(each => each.spec?.containers[0]?.env?.[0]?.value === '2'),
      )
    } finally {
      await watch.stop()
    }
    assert(events > 10, `${events} events were seen`)
    assert.deepEqual(violations, [])
  })

  it('an update that fails stops, says so, and can be undone', async () => {
    const version = (image: string) =>
      workload('Deployment', 'failing', [{ ...web(), image, imagePullPolicy: 'IfNotPresent' }], {
        replicas: 2,
        progressDeadlineSeconds: 5,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      })
    await ns.apply(version('nginx:1.22'))
    await ns.kubectl('rollout status deployment/failing --timeout=40s')
    await ns.apply(version('registry.invalid/none:1'))
    const failed = await ns.tryKubectl('rollout status deployment/failing --timeout=40s')
    assert.match(failed.stderr, /error: deployment "failing" exceeded its progress deadline/)
    await podsOf('failing', 'the old ones stay', pods => pods.filter(isReady).length === 2)
    await ns.kubectl('rollout undo deployment/failing')
    await ns.kubectl('rollout status deployment/failing --timeout=40s')
    await podsOf('failing', 'the failed one goes', pods => pods.length === 2 && pods.every(isReady))
  })

  it('Recreate ends the old pods before it makes new ones', async () => {
    const version = (value: string) =>
      workload('Deployment', 'recreated', [web('web', { env: [{ name: 'VERSION', value }] })], {
        replicas: 2,
        strategy: { type: 'Recreate' },
      })
    await ns.apply(version('1'))
    await ns.kubectl('rollout status deployment/recreated --timeout=40s')
    const mixed: string[] = []
    const watch = watchObjects(cluster.client, Pod, { namespace: ns.name, labelSelector: 'app=recreated' }, (_, all) => {
      const running = all.filter(each => each.status?.phase === 'Pending' || each.status?.phase === 'Running')
      const versions = new Set(running.map(each => each.spec?.containers[0]?.env?.[0]?.value))
      if (versions.size > 1) mixed.push(running.map(each => each.metadata.name).join(' '))
    })
    try {
      await watch.informer.synced(AbortSignal.timeout(10_000))
      await ns.apply(version('2'))
      await ns.kubectl('rollout status deployment/recreated --timeout=40s')
    } finally {
      await watch.stop()
    }
    assert.deepEqual(mixed, [])
  })

  it('a DaemonSet has a pod on every node, and updates them', async () => {
    const tolerations = [{ operator: 'Exists' }]
    const version = (value: string) =>
      workload('DaemonSet', 'everywhere', [shell('main', undefined, { env: [{ name: 'VERSION', value }] })], {}, { tolerations })
    await ns.apply(version('1'))
    await ns.until(DaemonSet, 'all are ready', sets => sets[0]?.status?.numberReady === 3)
    const pods = await podsOf('everywhere', 'three pods', all => all.length === 3)
    assert.deepEqual(new Set(pods.map(each => each.spec?.nodeName)), new Set(cluster.plan.nodes.map(node => node.name)))
    assert.match(await ns.kubectl('get ds everywhere'), /^everywhere +3 +3 +3 +3 +3 +<none> /m)
    await ns.apply(version('2'))
    assert.match(await ns.kubectl('rollout status daemonset/everywhere --timeout=60s'), /successfully rolled out/)
    assert.match(await ns.kubectl('rollout history daemonset/everywhere'), /\n1 +<none>\n2 +<none>/)
    await ns.kubectl('delete daemonset everywhere')
    await podsOf('everywhere', 'they go', all => all.length === 0)
  })

  it('a ReplicationController', async () => {
    const labels = { app: 'classic' }
    const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [shell('main')] } }
    await ns.apply({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'classic' },
      spec: { replicas: 2, selector: labels, template },
    })
    await ns.until(ReplicationController, 'all are ready', ([each]) => each?.status?.readyReplicas === 2)
    await ns.kubectl('scale rc classic --replicas=1')
    await podsOf('classic', 'one is left', pods => pods.length === 1)
    await ns.kubectl('delete rc classic')
    await podsOf('classic', 'none is left', pods => pods.length === 0)
  })

  it('deleting with --cascade=orphan leaves the pods, which are adopted again', async () => {
    const set = workload('ReplicaSet', 'orphaning', [shell('main')], { replicas: 2 })
    await ns.apply(set)
    const before = await podsOf('orphaning', 'all are ready', pods => pods.length === 2 && pods.every(isReady))
    await ns.kubectl('delete rs orphaning --cascade=orphan')
    await podsOf(
      'orphaning',
      'they have no owner',
      pods => pods.length === 2 && pods.every(each => (each.metadata.ownerReferences ?? []).length === 0),
    )
    await ns.apply(set)
    await ns.until(ReplicaSet, 'it has its pods', sets =>
      sets.some(each => each.metadata.name === 'orphaning' && each.status?.readyReplicas === 2),
    )
    const after = await podsOf(
      'orphaning',
      'they are adopted',
      pods => pods.length === 2 && pods.every(each => each.metadata.ownerReferences?.[0]?.name === 'orphaning'),
    )
    assert.deepEqual(new Set(after.map(each => each.metadata.uid)), new Set(before.map(each => each.metadata.uid)))
    await ns.kubectl('delete rs orphaning --cascade=foreground')
    await podsOf('orphaning', 'they go', pods => pods.length === 0)
  })

  it('a pod that fits nowhere says why', async () => {
    await ns.apply(pod('huge', [shell('main', undefined, { resources: { requests: { cpu: '1000' } } })]))
    const message = '0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.'
    await eventually('the event is there', async () => {
      const text = await ns.kubectl('describe pod huge')
      assert.match(text, /Status: +Pending/)
      assert.match(
        text,
        /Warning +FailedScheduling .* default-scheduler +0\/3 nodes are available: 1 node\(s\) had untolerated taint\(s\), 2 Insufficient cpu\./,
      )
    })
    const huge = await ns.untilPod(
      'huge',
      'it is unschedulable',
      each => each.status?.conditions?.some(c => c.reason === 'Unschedulable') ?? false,
    )
    assert(
      huge.status?.conditions?.some(each => each.type === 'PodScheduled' && each.status === 'False' && each.message?.startsWith(message)),
    )
  })

  it('nodeSelector, cordon, taints and tolerations', async () => {
    const [, worker, other] = cluster.plan.nodes.map(node => node.name)
    await ns.apply(pod('choosy', [shell('main')], { nodeSelector: { disk: 'fast' } }))
    await eventually('nothing matches', async () =>
      assert.match(
        await ns.kubectl('describe pod choosy'),
        /0\/3 nodes are available: 1 node\(s\) had untolerated taint\(s\), 2 node\(s\) didn't match Pod's node affinity\/selector\./,
      ),
    )
    await cluster.kubectl(`label node ${worker} disk=fast`)
    const placed = await ns.untilPod('choosy', 'it is placed', isReady)
    assert.equal(placed.spec?.nodeName, worker)

    await cluster.kubectl(`taint node ${worker} dedicated=db:NoSchedule`)
    await ns.apply(
      pod('tainted', [shell('main')], { nodeSelector: { disk: 'fast' } }),
      pod('tolerant', [shell('main')], {
        nodeSelector: { disk: 'fast' },
        tolerations: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }],
      }),
    )
    await ns.untilPod('tolerant', 'it is placed', isReady)
    await eventually('the taint is told', async () =>
      assert.match(
        await ns.kubectl('describe pod tainted'),
        /0\/3 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector, 2 node\(s\) had untolerated taint\(s\)\./,
      ),
    )
    await cluster.kubectl(`taint node ${worker} dedicated-`)
    await ns.untilPod('tainted', 'it is placed', isReady)

    await cluster.kubectl(`taint node ${worker} leave=now:NoExecute`)
    await ns.until(
      Pod,
      'who does not tolerate it is gone',
      pods => !pods.some(each => ['choosy', 'tainted', 'tolerant'].includes(each.metadata.name)),
      40_000,
    )
    await cluster.kubectl(`taint node ${worker} leave-`)

    await cluster.kubectl(`cordon ${other}`)
    assert.match(await cluster.kubectl('get nodes'), new RegExp(`^${other} +Ready,SchedulingDisabled `, 'm'))
    await ns.apply(pod('barred', [shell('main')], { nodeSelector: { 'kubernetes.io/hostname': other } }))
    await eventually('it says so', async () =>
      assert.match(
        await ns.kubectl('describe pod barred'),
        /1 node\(s\) didn't match Pod's node affinity\/selector, 1 node\(s\) had untolerated taint\(s\), 1 node\(s\) were unschedulable\./,
      ),
    )
    await cluster.kubectl(`uncordon ${other}`)
    await ns.untilPod('barred', 'it is placed', isReady)
  })

  it('drain moves pods elsewhere', async () => {
    const inner = await cluster.namespace()
    const [, worker] = cluster.plan.nodes.map(node => node.name)
    await inner.apply(workload('Deployment', 'moving', [shell('main')], { replicas: 4 }))
    await inner.kubectl('rollout status deployment/moving --timeout=40s')
    // Only what is in this namespace: other tests have pods on the node.
    await cluster.kubectl(['drain', `${worker}`, '--pod-selector=app=moving', '--ignore-daemonsets', '--timeout=40s'])
    const pods = await inner.until(
      Pod,
      'all run elsewhere',
      all => all.length === 4 && all.every(each => isReady(each) && each.spec?.nodeName !== worker),
    )
    assert.equal(pods.length, 4)
    await cluster.kubectl(`uncordon ${worker}`)
    await inner.delete()
  })

  it('a minimal Deployment is complete with defaults, and get shows it', async () => {
    await ns.apply(workload('Deployment', 'minimal', [shell('main')]))
    const [made] = await ns.until(Deployment, 'it is available', all =>
      all.some(each => each.metadata.name === 'minimal' && each.status?.availableReplicas === 1),
    )
    assert(made)
    const text = await ns.kubectl('describe deployment minimal')
    assert.match(text, /RollingUpdateStrategy: +25% max unavailable, 25% max surge/)
    assert.match(text, /Normal +ScalingReplicaSet .* deployment-controller +Scaled up replica set minimal-\S+ from 0 to 1/)
  })
})
