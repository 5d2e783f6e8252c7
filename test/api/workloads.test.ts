// Jobs, autoscalers and disruption budgets over the wire: what the server makes of them, and how one kind bears on another.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../testkit/api-requests.ts'
import { collection, overBothProtocols, patchWish, pod, pods } from './setup.ts'

const jobs = collection('jobs', 'apis/batch/v1')
const budgets = collection('poddisruptionbudgets', 'apis/policy/v1')
const autoscalers = (version: string) => collection('horizontalpodautoscalers', `apis/autoscaling/${version}`)
const statefulSets = collection('statefulsets', 'apis/apps/v1')

overBothProtocols(api => {
  const create = async (path: string, body: Json): Promise<Json> => {
    const answer = await api.admin.send('POST', path, { body })
    assert.equal(answer.code, 201, answer.text)
    return answer.json
  }

  /** A pod that runs, ready or not, and a budget for it. */
  const guarded = async (name: string, status: Json, isReady = true) => {
    const labels = { app: name }
    await create(pods, pod(name, { nodeName: 'n1' }, { labels }))
    const conditions = isReady ? [{ type: 'Ready', status: 'True' }] : []
    await api.admin.send('PATCH', `${pods}/${name}/status`, patchWish('merge', { status: { phase: 'Running', conditions } }))
    await create(budgets, { metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: labels } } })
    const patched = await api.admin.send(
      'PATCH',
      `${budgets}/${name}/status`,
      patchWish('merge', { status: { observedGeneration: 1, ...status } }),
    )
    assert.equal(patched.code, 200, patched.text)
  }
  const evict = (name: string, query = '') => api.admin.send('POST', `${pods}/${name}/eviction${query}`, { body: { metadata: { name } } })

  test('an eviction is taken off the budget, and the next is refused', async () => {
    await guarded('one', { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 })
    await create(pods, pod('one-more', { nodeName: 'n1' }, { labels: { app: 'one' } }))
    await api.admin.send(
      'PATCH',
      `${pods}/one-more/status`,
      patchWish('merge', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
    )
    assert.equal((await evict('one', '?dryRun=All')).code, 201)
    const answers = await Promise.all([evict('one'), evict('one-more')])
    assert.deepEqual(answers.map(({ code }) => code).sort(), [201, 429])
    const { status } = (await api.admin.send('GET', `${budgets}/one`)).json as { status: Json & { disruptedPods: Json } }
    assert.equal(status['disruptionsAllowed'], 0)
    assert.equal(Object.keys(status.disruptedPods).length, 1)
    const left = Object.keys(status.disruptedPods)[0] ?? ''
    const going = (await api.admin.send('GET', `${pods}/${left}`)).json as { metadata: Json; status: { conditions: readonly Json[] } }
    assert.ok(going.metadata['deletionTimestamp'])
    assert.equal(going.status.conditions.find(c => c['type'] === 'DisruptionTarget')?.['reason'], 'EvictionByEvictionAPI')
  })

  test('a refused eviction names the budget', async () => {
    await guarded('kept', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 })
    const { code, json } = await evict('kept')
    assert.equal(code, 429)
    assert.deepEqual(
      [json['reason'], json['message'], json['details']],
      [
        'TooManyRequests',
        "Cannot evict pod as it would violate the pod's disruption budget.",
        { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget kept needs 1 healthy pods and has 1 currently' }] },
      ],
    )
  })

  test('a pod that is not ready goes where it does not count', async () => {
    await guarded('sick', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 2 }, false)
    assert.equal((await evict('sick')).code, 201)
  })

  test('a pod that has ended goes whatever its budget says', async () => {
    await guarded('ended', { disruptionsAllowed: 0 })
    await api.admin.send('PATCH', `${pods}/ended/status`, patchWish('merge', { status: { phase: 'Succeeded' } }))
    assert.equal((await evict('ended')).code, 201)
  })

  test('two budgets for one pod are one too many', async () => {
    await guarded('twice', { disruptionsAllowed: 1 })
    await create(budgets, { metadata: { name: 'twice-more' }, spec: { maxUnavailable: 1, selector: { matchLabels: { app: 'twice' } } } })
    const { code, json } = await evict('twice')
    assert.equal(code, 500)
    assert.equal(json['message'], 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.')
  })

  test('a job gets its selector, can be held, and leaves its pods behind', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
    const job = (await create(jobs, { metadata: { generateName: 'sum-' }, spec: { template } })) as {
      metadata: Json & { name: string }
      spec: Json
    }
    const { name, uid, generation } = job.metadata
    assert.deepEqual([job.spec['selector'], generation], [{ matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }, 1])
    const held = await api.admin.send('PATCH', `${jobs}/${name}`, patchWish('merge', { spec: { suspend: true } }))
    assert.deepEqual([held.code, (held.json['metadata'] as Json)['generation']], [200, 2])
    const moved = await api.admin.send(
      'PATCH',
      `${jobs}/${name}`,
      patchWish('merge', { spec: { template: { spec: { nodeSelector: { a: 'b' } } } } }),
    )
    assert.equal(moved.code, 200, moved.text)
    const selected = await api.admin.send('GET', `${jobs}?fieldSelector=status.successful=0`)
    assert.deepEqual(
      (selected.json['items'] as readonly { metadata: Json }[]).map(item => item.metadata['name']),
      [name],
    )
    const deleted = await api.admin.send('DELETE', `${jobs}/${name}`)
    assert.deepEqual((deleted.json['metadata'] as Json)['finalizers'], ['orphan'])
    assert.match(String(deleted.headers['warning']), /child pods are preserved by default when jobs are deleted/)
  })

  test('an autoscaler is the same in both versions', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
    await create(autoscalers('v1'), {
      metadata: { name: 'h' },
      spec: { maxReplicas: 3, scaleTargetRef, targetCPUUtilizationPercentage: 50 },
    })
    const v2 = await api.admin.send('GET', `${autoscalers('v2')}/h`)
    const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
    assert.deepEqual((v2.json['spec'] as Json)['metrics'], [cpu])
    const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } }
    await api.admin.send('PATCH', `${autoscalers('v2')}/h`, patchWish('merge', { spec: { metrics: [memory, cpu] } }))
    const conditions = [{ type: 'AbleToScale', status: 'True' }]
    await api.admin.send('PATCH', `${autoscalers('v2')}/h/status`, patchWish('merge', { status: { desiredReplicas: 2, conditions } }))
    const bounded = await api.admin.send(
      'PATCH',
      `${autoscalers('v1')}/h`,
      patchWish('merge', { metadata: { annotations: null }, spec: { maxReplicas: 4 } }),
    )
    assert.equal(bounded.code, 200, bounded.text)
    const after = (await api.admin.send('GET', `${autoscalers('v2')}/h`)).json as { spec: Json; status: Json }
    assert.deepEqual([after.spec['maxReplicas'], after.spec['metrics'], after.status['conditions']], [4, [cpu], conditions])
    assert.equal((await api.admin.send('DELETE', `${autoscalers('v1')}/h`)).code, 200)
    assert.equal((await api.admin.send('GET', `${autoscalers('v2')}/h`)).code, 404)
    const group = await api.admin.send('GET', '/apis/autoscaling')
    assert.equal((group.json['preferredVersion'] as Json)['version'], 'v2')
  })

  test('a stateful set is scaled', async () => {
    const labels = { app: 'db' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await create(statefulSets, { metadata: { name: 'db' }, spec: { serviceName: 'db', selector: { matchLabels: labels }, template } })
    const scaled = await api.admin.send('PATCH', `${statefulSets}/db/scale`, patchWish('merge', { spec: { replicas: 3 } }))
    assert.deepEqual([scaled.code, scaled.json['status']], [200, { replicas: 0, selector: 'app=db' }])
    const { spec, metadata } = (await api.admin.send('GET', `${statefulSets}/db`)).json as { spec: Json; metadata: Json }
    assert.deepEqual([spec['replicas'], metadata['generation']], [3, 2])
  })
})
