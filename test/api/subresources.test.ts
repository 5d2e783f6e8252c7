// Subresources: parts of an object, and deeds upon it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection, deployment, deployments, overBothProtocols, patchWish, pod, pods } from './setup.ts'

overBothProtocols(api => {
  test('status is written by its own path alone', async () => {
    await api.admin.send('POST', pods, { body: { ...pod('s'), status: { phase: 'Running' } } })
    const at = `${pods}/s`
    const first = (await api.admin.send('GET', at)).json
    assert.equal(first['status'].phase, 'Pending')
    const changed = await api.admin.send(
      'PATCH',
      `${at}/status`,
      patchWish('strategic', {
        spec: { nodeName: 'n1' },
        status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
      }),
    )
    assert.deepEqual([changed.code, changed.json['status'].phase, changed.json['spec'].nodeName], [200, 'Running', undefined])
    const read = await api.admin.send('GET', `${at}/status`)
    assert.equal(read.text, changed.text)
    const main = await api.admin.send('PUT', at, {
      body: { ...changed.json, status: { phase: 'Failed' }, metadata: { ...changed.json['metadata'], labels: { a: 'b' } } },
    })
    assert.deepEqual([main.code, main.json['status'].phase, main.json['metadata'].labels], [200, 'Running', { a: 'b' }])
    const put = await api.admin.send('PUT', `${at}/status`, {
      body: { ...main.json, status: { ...main.json['status'], phase: 'Succeeded' } },
    })
    assert.deepEqual([put.code, put.json['status'].phase], [200, 'Succeeded'])
    assert.equal((await api.admin.send('POST', `${at}/status`, { body: put.json })).code, 405)
    const bad = await api.admin.send('PATCH', `${at}/status`, patchWish('merge', { metadata: { labels: { 'not a label': 'x' } } }))
    assert.equal(bad.code, 422)
  })

  test('scale', async () => {
    await api.admin.send('POST', deployments, { body: deployment('web', 2) })
    const at = `${deployments}/web/scale`
    const read = (await api.admin.send('GET', at)).json
    assert.deepEqual(
      [read['kind'], read['apiVersion'], read['spec'], read['status']],
      ['Scale', 'autoscaling/v1', { replicas: 2 }, { replicas: 0, selector: 'app=web' }],
    )
    const patched = await api.admin.send('PATCH', at, patchWish('merge', { spec: { replicas: 5 } }))
    assert.deepEqual([patched.code, patched.json['spec'].replicas], [200, 5])
    const whole = (await api.admin.send('GET', `${deployments}/web`)).json
    assert.deepEqual([whole['spec'].replicas, whole['metadata'].generation], [5, 2])
    assert.equal((await api.admin.send('PUT', at, { body: read })).code, 409)
    assert.equal((await api.admin.send('PUT', at, { body: { ...read, metadata: { name: 'web' }, spec: { replicas: 1 } } })).code, 200)
    assert.equal((await api.admin.send('PATCH', at, patchWish('merge', { spec: { replicas: -1 } }))).code, 422)
    assert.equal((await api.admin.send('GET', `${deployments}/nobody/scale`)).code, 404)
    assert.equal((await api.admin.send('GET', `${pods}/web/scale`)).code, 404)
  })

  test('a pod is bound once', async () => {
    await api.admin.send('POST', pods, { body: pod('free') })
    const target = { kind: 'Node', name: 'n1' }
    const bind = (wanted: object = target, name = 'free') =>
      api.admin.send('POST', `${pods}/${name}/binding`, { body: { metadata: { name }, target: wanted } })
    assert.equal((await bind({ kind: 'Node' })).code, 422)
    assert.equal((await bind({ kind: 'Pod', name: 'x' })).code, 422)
    const bound = await bind()
    assert.deepEqual([bound.code, bound.json['status']], [201, 'Success'])
    const { spec, status } = (await api.admin.send('GET', `${pods}/free`)).json
    assert.equal(spec.nodeName, 'n1')
    assert.deepEqual([status.conditions[0].type, status.conditions[0].status], ['PodScheduled', 'True'])
    const again = await bind({ kind: 'Node', name: 'n2' })
    assert.deepEqual(
      [again.code, again.json['message']],
      [409, 'Operation cannot be fulfilled on pods/binding "free": pod free is already assigned to node "n1"'],
    )
    assert.equal((await bind(target, 'nobody')).code, 404)
    const unnamed = await api.admin.send('POST', `${pods}/free/binding`, { body: { target } })
    assert.deepEqual([unnamed.code, unnamed.json['message']], [400, 'name in URL does not match name in Binding object'])
    await api.admin.send('POST', pods, { body: pod('gated', { schedulingGates: [{ name: 'example.com/wait' }] }) })
    assert.equal((await bind(target, 'gated')).code, 409)
    await api.admin.send('POST', pods, { body: pod('free2') })
    const old = await api.admin.send('POST', collection('bindings'), { body: { metadata: { name: 'free2' }, target } })
    assert.equal(old.code, 201)
  })

  test('a pod that is bound has the labels of the binding, and those of the topology of its node', async () => {
    const zone = { 'topology.kubernetes.io/zone': 'z1' }
    await api.admin.send('POST', '/api/v1/nodes', { body: { metadata: { name: 'zoned', labels: zone } } })
    await api.admin.send('POST', pods, { body: pod('placed') })
    const { resourceVersion } = (await api.admin.send('GET', `${pods}/placed`)).json['metadata']
    const bind = (metadata: object) => {
      const body = { metadata: { name: 'placed', labels: { a: 'b' }, ...metadata }, target: { kind: 'Node', name: 'zoned' } }
      return api.admin.send('POST', `${pods}/placed/binding`, { body })
    }
    const late = await bind({ resourceVersion: '1' })
    assert.deepEqual([late.code, late.json['reason']], [409, 'Conflict'])
    assert.equal((await bind({ resourceVersion })).code, 201)
    assert.deepEqual((await api.admin.send('GET', `${pods}/placed`)).json['metadata'].labels, { a: 'b', ...zone })
  })

  test('of two schedulers one binds', async () => {
    await api.admin.send('POST', pods, { body: pod('wanted') })
    const codes = await Promise.all(
      ['n1', 'n2', 'n3'].map(
        async name =>
          (
            await api.admin.send('POST', `${pods}/wanted/binding`, {
              body: { metadata: { name: 'wanted' }, target: { kind: 'Node', name } },
            })
          ).code,
      ),
    )
    assert.deepEqual(codes.sort(), [201, 409, 409])
  })

  test('eviction deletes', async () => {
    await api.admin.send('POST', pods, { body: pod('leaving', { nodeName: 'n1' }) })
    const evict = (body: object) => api.admin.send('POST', `${pods}/leaving/eviction`, { body })
    assert.equal((await evict({ metadata: { name: 'another' } })).code, 400)
    assert.equal((await evict({ metadata: { name: 'leaving' }, deleteOptions: { preconditions: { uid: 'x' } } })).code, 409)
    const evicted = await evict({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'leaving' },
      deleteOptions: { gracePeriodSeconds: 7 },
    })
    assert.equal(evicted.code, 201)
    assert.equal((await api.admin.send('GET', `${pods}/leaving`)).json['metadata'].deletionGracePeriodSeconds, 7)
  })

  test('connections need a node, a container and an upgrade', async () => {
    await api.admin.send('POST', pods, { body: pod('talk') })
    const log = await api.admin.send('GET', `${pods}/talk/log`)
    assert.deepEqual([log.code, log.json['message']], [400, 'pod talk does not have a host assigned'])
    const container = await api.admin.send('GET', `${pods}/talk/log?container=x`)
    assert.deepEqual([container.code, container.json['message']], [400, 'container x is not valid for pod talk'])
    assert.equal((await api.admin.send('GET', `${pods}/nobody/log`)).code, 404)
    assert.equal((await api.admin.send('POST', `${pods}/talk/exec?stdout=1`)).code, 400)
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }]
    const daemonEndpoints = { kubeletEndpoint: { Port: 1 } }
    await api.admin.send('POST', '/api/v1/nodes', { body: { metadata: { name: 'n7' }, status: { addresses, daemonEndpoints } } })
    await api.admin.send('POST', `${pods}/talk/binding`, { body: { metadata: { name: 'talk' }, target: { kind: 'Node', name: 'n7' } } })
    const plain = await api.admin.send('POST', `${pods}/talk/exec?stdout=1&command=ls`, { body: '' })
    assert.deepEqual([plain.code, plain.json['message']], [400, 'Upgrade request required'])
    const unreachable = await api.admin.send('GET', `${pods}/talk/log`)
    assert.equal(unreachable.code, 503)
  })

  test('an ephemeral container is added, and nothing else changes', async () => {
    await api.admin.send('POST', pods, { body: pod('debugged') })
    const at = `${pods}/debugged/ephemeralcontainers`
    const ephemeralContainers = [{ name: 'debug', image: 'busybox' }]
    const added = await api.admin.send('PATCH', at, patchWish('strategic', { spec: { ephemeralContainers, nodeName: 'x' } }))
    assert.deepEqual([added.code, added.json['spec'].ephemeralContainers[0].name, added.json['spec'].nodeName], [200, 'debug', undefined])
    assert.equal((await api.admin.send('PATCH', at, patchWish('merge', { spec: { ephemeralContainers: [] } }))).code, 422)
  })

  test('a resize changes what containers ask for, and nothing else', async () => {
    const asks = (cpu: string) => ({ requests: { cpu }, limits: { cpu: '1' } })
    const containers = [{ name: 'c', image: 'nginx', resources: asks('100m') }]
    await api.admin.send('POST', pods, { body: pod('resized', { containers }) })
    const at = `${pods}/resized`
    assert.equal(
      (await api.admin.send('PATCH', at, patchWish('strategic', { spec: { containers: [{ name: 'c', resources: asks('200m') }] } }))).code,
      422,
    )
    const wanted = { spec: { nodeName: 'x', containers: [{ name: 'c', image: 'other', resources: asks('200m') }] } }
    const { code, json } = await api.admin.send('PATCH', `${at}/resize?fieldManager=sizer`, patchWish('strategic', wanted))
    const [container] = json['spec'].containers
    assert.deepEqual([code, container.resources, container.image, json['spec'].nodeName], [200, asks('200m'), 'nginx', undefined])
    assert.equal(json['metadata'].generation, 2)
    const owner = json['metadata'].managedFields.find((entry: { manager: string }) => entry.manager === 'sizer')
    assert.equal(owner.subresource, 'resize')
    const applied = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'resized' },
      spec: { containers: [{ name: 'c', image: 'no', resources: { requests: { cpu: '300m' } } }] },
    }
    const query = '?fieldManager=applier&force=true'
    const outcome = await api.admin.send('PATCH', `${at}/resize${query}`, {
      body: applied,
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    assert.deepEqual(
      [outcome.code, outcome.json['spec'].containers[0].image, outcome.json['spec'].containers[0].resources],
      [200, 'nginx', asks('300m')],
    )
    const refused = await api.admin.send(
      'PATCH',
      `${at}/resize`,
      patchWish('strategic', { spec: { containers: [{ name: 'c', resources: asks('2') }] } }),
    )
    assert.deepEqual([refused.code, refused.json['details'].causes[0].field], [422, 'spec.containers[0].resources.requests'])
    assert.equal((await api.admin.send('GET', `${at}/resize`)).json['kind'], 'Pod')
    const range = { metadata: { name: 'range' }, spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '250m' } }] } }
    await api.admin.send('POST', collection('limitranges'), { body: range })
    const least = await api.admin.send(
      'PATCH',
      `${at}/resize`,
      patchWish('strategic', { spec: { containers: [{ name: 'c', resources: asks('200m') }] } }),
    )
    assert.deepEqual([least.code, least.json['reason']], [403, 'Forbidden'])
    assert.match(least.json['message'], /minimum cpu usage per Container is 250m, but request is 200m/)
    await api.admin.send('DELETE', `${collection('limitranges')}/range`)
  })
})
