// What one object goes through: created, read, changed, deleted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collection, configMap, configMaps, deployment, deployments, overBothProtocols, patchWish, pod, pods } from './setup.ts'

overBothProtocols(api => {
  test('an object is created, read, replaced and deleted', async () => {
    const created = await api.admin.send('POST', configMaps, { body: configMap('life', { a: '1' }) })
    assert.equal(created.code, 201)
    const { metadata } = created.json
    assert.match(metadata.uid, /^[0-9a-f-]{36}$/)
    assert.match(metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.equal(metadata.namespace, 'test')

    const read = await api.admin.send('GET', `${configMaps}/life`)
    assert.deepEqual([read.code, read.text], [200, created.text])

    const replaced = await api.admin.send('PUT', `${configMaps}/life`, { body: { ...created.json, data: { a: '2' } } })
    assert.deepEqual([replaced.code, replaced.json['data']], [200, { a: '2' }])
    assert.ok(Number(replaced.json['metadata'].resourceVersion) > Number(metadata.resourceVersion))

    const stale = await api.admin.send('PUT', `${configMaps}/life`, { body: { ...created.json, data: { a: '3' } } })
    assert.deepEqual([stale.code, stale.json['reason']], [409, 'Conflict'])
    assert.equal(
      stale.json['message'],
      'Operation cannot be fulfilled on configmaps "life": the object has been modified; please apply your changes to the latest version and try again',
    )

    const deleted = await api.admin.send('DELETE', `${configMaps}/life`)
    assert.equal(deleted.code, 200)
    assert.deepEqual([deleted.json['kind'], deleted.json['status'], deleted.json['details'].uid], ['Status', 'Success', metadata.uid])
    const gone = await api.admin.send('GET', `${configMaps}/life`)
    assert.deepEqual([gone.code, gone.json['reason'], gone.json['message']], [404, 'NotFound', 'configmaps "life" not found'])
  })

  test('a name exists once', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('twice') })
    const again = await api.admin.send('POST', configMaps, { body: configMap('twice') })
    assert.deepEqual([again.code, again.json['reason'], again.json['message']], [409, 'AlreadyExists', 'configmaps "twice" already exists'])
  })

  test('a name is made up from its prefix', async () => {
    const body = { metadata: { generateName: 'made-up-' } }
    const names = await Promise.all([1, 2, 3].map(async () => (await api.admin.send('POST', configMaps, { body })).json['metadata'].name))
    for (const name of names) assert.match(name, /^made-up-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    assert.equal(new Set(names).size, 3)
    const long = await api.admin.send('POST', configMaps, { body: { metadata: { generateName: 'x'.repeat(70) } } })
    assert.equal(long.json['metadata'].name.length, 63)
  })

  test('a dry run goes through everything and stores nothing', async () => {
    const made = await api.admin.send('POST', `${configMaps}?dryRun=All`, { body: configMap('dry', { a: '1' }) })
    assert.deepEqual([made.code, made.json['data']], [201, { a: '1' }])
    assert.ok(made.json['metadata'].uid)
    assert.equal((await api.admin.send('GET', `${configMaps}/dry`)).code, 404)
    assert.equal((await api.admin.send('POST', `${configMaps}?dryRun=All`, { body: configMap('Dry') })).code, 422)

    const stored = await api.admin.send('POST', configMaps, { body: configMap('dry', { a: '1' }) })
    const patched = await api.admin.send('PATCH', `${configMaps}/dry?dryRun=All`, patchWish('merge', { data: { a: '2' } }))
    assert.deepEqual([patched.code, patched.json['data']], [200, { a: '2' }])
    assert.equal((await api.admin.send('DELETE', `${configMaps}/dry?dryRun=All`)).code, 200)
    assert.equal((await api.admin.send('DELETE', `${configMaps}/dry`, { body: { dryRun: ['All'] } })).code, 200)
    assert.equal((await api.admin.send('GET', `${configMaps}/dry`)).text, stored.text)
    const wrong = await api.admin.send('POST', `${configMaps}?dryRun=some`, { body: configMap('dry2') })
    assert.deepEqual(
      [wrong.code, wrong.json['message']],
      [422, 'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["some"]: supported values: "All"'],
    )
  })

  test('a dry run of a service takes no address', async () => {
    const services = collection('services')
    const body = (name: string) => ({ metadata: { name }, spec: { clusterIP: '10.96.200.200', ports: [{ port: 80 }] } })
    for (const name of ['one', 'two'])
      assert.equal((await api.admin.send('POST', `${services}?dryRun=All`, { body: body(name) })).code, 201)
    assert.equal((await api.admin.send('POST', services, { body: body('three') })).code, 201)
    assert.equal((await api.admin.send('POST', services, { body: body('four') })).code, 422)
  })

  test('unknown and duplicate fields: ignored, warned of, refused', async () => {
    const text = '{"metadata":{"name":"fields"},"bogus":1,"data":{"a":"1","a":"2"}}'
    const send = (level: string) => api.admin.send('POST', `${configMaps}?dryRun=All&fieldValidation=${level}`, { body: text })
    const ignored = await send('Ignore')
    assert.deepEqual([ignored.code, ignored.headers['warning'], ignored.json['data']], [201, undefined, { a: '2' }])
    const warned = await send('Warn')
    assert.equal(warned.code, 201)
    assert.match(String(warned.headers['warning']), /299 - "duplicate field \\"data.a\\"".*299 - "unknown field \\"bogus\\""/)
    const refused = await send('Strict')
    assert.equal(refused.code, 400)
    assert.match(refused.json['message'], /strict decoding error: duplicate field "data\.a", unknown field "bogus"$/)
    const wrong = await send('strict')
    assert.deepEqual([wrong.code, wrong.json['reason']], [422, 'Invalid'])
  })

  test('strict refusal names every field', async () => {
    const body = { ...pod('strict', { containers: [{ name: 'c', image: 'x', imagge: 'y' }], bogus: 1 }), more: 1 }
    const refused = await api.admin.send('POST', `${pods}?fieldValidation=Strict`, { body })
    assert.deepEqual(
      [refused.code, refused.json['message']],
      [
        400,
        'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.containers[0].imagge", unknown field "spec.bogus", unknown field "more"',
      ],
    )
  })

  test('warnings stay short and may be in any language', async () => {
    const fields = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`feld-ü-世界-${i}`, 1]))
    const warned = await api.admin.send('POST', `${configMaps}?dryRun=All`, { body: { ...fields, metadata: { name: 'many' } } })
    assert.equal(warned.code, 201)
    const shown = Buffer.from(String(warned.headers['warning']), 'latin1').toString()
    assert.ok(shown.includes('unknown field \\"feld-ü-世界-0\\"'))
    assert.ok(shown.length < 8192)
  })

  test('JSON, merge and strategic patches', async () => {
    await api.admin.send('POST', pods, { body: pod('patched', {}, { labels: { a: '1', b: '2' } }) })
    const at = `${pods}/patched`
    const json = await api.admin.send(
      'PATCH',
      at,
      patchWish('json', [
        { op: 'test', path: '/metadata/labels/a', value: '1' },
        { op: 'replace', path: '/metadata/labels/a', value: '3' },
        { op: 'remove', path: '/metadata/labels/b' },
      ]),
    )
    assert.deepEqual([json.code, json.json['metadata'].labels], [200, { a: '3' }])
    const merge = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { labels: { a: null, c: '4' } } }))
    assert.deepEqual([merge.code, merge.json['metadata'].labels], [200, { c: '4' }])
    const strategic = await api.admin.send('PATCH', at, patchWish('strategic', { spec: { containers: [{ name: 'c', image: 'nginx:2' }] } }))
    assert.deepEqual([strategic.code, strategic.json['spec'].containers[0].image], [200, 'nginx:2'])
    assert.equal(strategic.json['spec'].containers.length, 1)
    const failed = await api.admin.send('PATCH', at, patchWish('json', [{ op: 'test', path: '/metadata/labels/c', value: '5' }]))
    assert.deepEqual([failed.code, failed.json['reason']], [422, 'Invalid'])
    const renamed = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { name: 'other' } }))
    assert.deepEqual(
      [renamed.code, renamed.json['message']],
      [400, 'the name of the object (other) does not match the name on the URL (patched)'],
    )
    const stale = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { resourceVersion: '1', labels: { d: '1' } } }))
    assert.equal(stale.code, 409)
    assert.equal((await api.admin.send('PATCH', `${pods}/nobody`, patchWish('merge', {}))).code, 404)
    for (const type of ['application/json', 'application/apply-patch+cbor', 'text/plain'])
      assert.equal((await api.admin.send('PATCH', at, { body: '{}', headers: { 'content-type': type } })).code, 415, type)
  })

  test('a change that changes nothing keeps the version', async () => {
    const made = (await api.admin.send('POST', configMaps, { body: configMap('same', { a: '1' }) })).json
    const same = [
      await api.admin.send('PUT', `${configMaps}/same`, { body: made }),
      await api.admin.send('PUT', `${configMaps}/same`, { body: configMap('same', { a: '1' }) }),
      await api.admin.send('PATCH', `${configMaps}/same`, patchWish('merge', { data: { a: '1' } })),
      await api.admin.send('PATCH', `${configMaps}/same`, patchWish('json', [])),
    ]
    for (const answer of same) assert.deepEqual([answer.code, answer.json['metadata']], [200, made['metadata']])
  })

  test('the generation counts changes of the spec alone, and of what a spec has in metadata', async () => {
    const at = `${deployments}/counted`
    const generation = async (wish: object | undefined) =>
      (wish ? await api.admin.send('PATCH', at, wish) : await api.admin.send('GET', at)).json['metadata'].generation
    await api.admin.send('POST', deployments, { body: deployment('counted') })
    assert.equal(await generation(undefined), 1)
    assert.equal(await generation(patchWish('merge', { metadata: { labels: { a: '1' }, generation: 7 } })), 1)
    assert.equal(await generation(patchWish('merge', { spec: { replicas: 2 } })), 2)
    assert.equal(await generation(patchWish('merge', { status: { replicas: 9 } })), 2)
    assert.equal((await api.admin.send('GET', at)).json['status'].replicas, undefined)
    assert.equal(await generation(patchWish('merge', { metadata: { annotations: { a: '1' } } })), 3)
    const slices = collection('endpointslices', 'apis/discovery.k8s.io/v1')
    const slice = {
      metadata: { name: 'counted' },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], deprecatedTopology: { a: 'b' } }],
    }
    const { metadata, endpoints } = (await api.admin.send('POST', slices, { body: slice })).json
    assert.deepEqual([metadata.generation, endpoints], [1, [{ addresses: ['10.0.0.1'] }]])
    const labelled = await api.admin.send('PATCH', `${slices}/counted`, patchWish('merge', { metadata: { labels: { a: '1' } } }))
    assert.equal(labelled.json['metadata'].generation, 2)
  })

  test('what only the server writes stays', async () => {
    const { metadata } = (await api.admin.send('POST', configMaps, { body: configMap('mine') })).json
    const at = `${configMaps}/mine`
    const uid = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { uid: 'another' } }))
    assert.deepEqual([uid.code, uid.json['reason']], [409, 'Conflict'])
    const time = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } }))
    assert.deepEqual([time.code, time.json['details'].causes[0].field], [422, 'metadata.creationTimestamp'])
    const quiet = await api.admin.send(
      'PATCH',
      at,
      patchWish('merge', { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z', selfLink: 'x' } }),
    )
    assert.deepEqual(quiet.json['metadata'], metadata)
    const moved = await api.admin.send('PUT', at, { body: configMap('mine', {}, { namespace: 'other' }) })
    assert.equal(moved.code, 400)
  })

  test('immutable fields', async () => {
    await api.admin.send('POST', pods, { body: pod('fixed') })
    const node = await api.admin.send('PATCH', `${pods}/fixed`, patchWish('merge', { spec: { nodeName: 'n1' } }))
    assert.deepEqual([node.code, node.json['reason']], [422, 'Invalid'])
    assert.match(node.json['message'], /^Pod "fixed" is invalid: spec: Forbidden: pod updates may not change fields other than/)
    await api.admin.send('POST', deployments, { body: deployment('fixed') })
    const selector = patchWish('merge', {
      spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } },
    })
    const changed = await api.admin.send('PATCH', `${deployments}/fixed`, selector)
    assert.equal(changed.code, 422)
    assert.match(changed.json['message'], /spec\.selector: Invalid value: .*field is immutable/)
    const secrets = collection('secrets')
    await api.admin.send('POST', secrets, { body: { metadata: { name: 'sealed' }, immutable: true, stringData: { a: 'b' } } })
    assert.equal((await api.admin.send('PATCH', `${secrets}/sealed`, patchWish('merge', { data: { a: null } }))).code, 422)
  })

  test('parallel patches all land', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('busy') })
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`)
    const codes = await Promise.all(
      keys.map(async key => (await api.admin.send('PATCH', `${configMaps}/busy`, patchWish('merge', { data: { [key]: 'x' } }))).code),
    )
    const { data } = (await api.admin.send('GET', `${configMaps}/busy`)).json
    const landed = keys.filter((_, i) => codes[i] === 200)
    assert.deepEqual(Object.keys(data).sort(), [...landed].sort())
    assert.deepEqual(landed, keys)
  })

  test('parallel increments by test and replace lose nothing', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('sum', { n: '0' }) })
    const increment = async (): Promise<void> => {
      for (;;) {
        const { data } = (await api.admin.send('GET', `${configMaps}/sum`)).json
        const patch = [
          { op: 'test', path: '/data/n', value: data.n },
          { op: 'replace', path: '/data/n', value: String(Number(data.n) + 1) },
        ]
        const { code } = await api.admin.send('PATCH', `${configMaps}/sum`, patchWish('json', patch))
        if (code === 200) return
        assert.ok(code === 422 || code === 409, String(code))
      }
    }
    await Promise.all(Array.from({ length: 20 }, increment))
    assert.equal((await api.admin.send('GET', `${configMaps}/sum`)).json['data'].n, '20')
  })

  test('of writers with the same version one wins', async () => {
    const made = (await api.admin.send('POST', configMaps, { body: configMap('race') })).json
    const codes = await Promise.all(
      Array.from(
        { length: 10 },
        async (_, i) => (await api.admin.send('PUT', `${configMaps}/race`, { body: { ...made, data: { by: `${i}` } } })).code,
      ),
    )
    assert.deepEqual(codes.sort(), [200, ...Array(9).fill(409)])
  })

  test('deletes ask for what they expect', async () => {
    const { metadata } = (await api.admin.send('POST', configMaps, { body: configMap('expected') })).json
    const remove = (preconditions: object) => api.admin.send('DELETE', `${configMaps}/expected`, { body: { preconditions } })
    const other = await remove({ uid: 'another' })
    assert.deepEqual([other.code, other.json['reason']], [409, 'Conflict'])
    assert.match(other.json['message'], /Precondition failed: UID in precondition: another, UID in object meta: /)
    assert.equal((await remove({ resourceVersion: '1' })).code, 409)
    assert.equal((await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })).code, 200)
  })

  test('finalizers hold an object until the last is gone', async () => {
    await api.admin.send('POST', configMaps, { body: configMap('held', {}, { finalizers: ['example.com/a'] }) })
    const at = `${configMaps}/held`
    const first = await api.admin.send('DELETE', at)
    assert.equal(first.code, 200)
    assert.ok(first.json['metadata'].deletionTimestamp)
    assert.equal((await api.admin.send('DELETE', at)).json['metadata'].resourceVersion, first.json['metadata'].resourceVersion)
    const more = await api.admin.send('PATCH', at, patchWish('merge', { metadata: { finalizers: ['example.com/a', 'example.com/b'] } }))
    assert.equal(more.code, 422)
    assert.equal((await api.admin.send('PATCH', at, patchWish('merge', { metadata: { finalizers: null } }))).code, 200)
    assert.equal((await api.admin.send('GET', at)).code, 404)
  })

  test('propagation becomes a finalizer', async () => {
    for (const [policy, finalizers] of [
      ['Foreground', ['foregroundDeletion']],
      ['Orphan', ['orphan']],
    ] as const) {
      const name = `owner-${policy.toLowerCase()}`
      await api.admin.send('POST', deployments, { body: deployment(name) })
      const deleted = await api.admin.send('DELETE', `${deployments}/${name}`, { body: { propagationPolicy: policy } })
      assert.deepEqual([deleted.code, deleted.json['metadata'].finalizers], [200, finalizers])
    }
    await api.admin.send('POST', deployments, { body: deployment('owner') })
    assert.equal((await api.admin.send('DELETE', `${deployments}/owner?propagationPolicy=Background`)).code, 200)
    assert.equal((await api.admin.send('GET', `${deployments}/owner`)).code, 404)
    const unknown = await api.admin.send('DELETE', `${deployments}/owner`, { body: { propagationPolicy: 'Backwards' } })
    assert.deepEqual([unknown.code, unknown.json['reason']], [422, 'Invalid'])
    const both = await api.admin.send('DELETE', `${deployments}/owner`, { body: { propagationPolicy: 'Orphan', orphanDependents: true } })
    assert.equal(both.code, 422)
  })

  test('a pod on a node ends gracefully; one that is on none goes at once', async () => {
    await api.admin.send('POST', pods, { body: pod('waiting') })
    const gone = await api.admin.send('DELETE', `${pods}/waiting`)
    assert.deepEqual([gone.code, gone.json['kind']], [200, 'Pod'])
    assert.equal((await api.admin.send('GET', `${pods}/waiting`)).code, 404)

    await api.admin.send('POST', pods, { body: pod('running', { nodeName: 'n1', terminationGracePeriodSeconds: 45 }) })
    const marked = await api.admin.send('DELETE', `${pods}/running`)
    assert.equal(marked.json['metadata'].deletionGracePeriodSeconds, 45)
    const longer = await api.admin.send('DELETE', `${pods}/running?gracePeriodSeconds=60`)
    assert.equal(longer.json['metadata'].deletionGracePeriodSeconds, 45)
    const shorter = await api.admin.send('DELETE', `${pods}/running`, { body: { gracePeriodSeconds: 5 } })
    assert.equal(shorter.json['metadata'].deletionGracePeriodSeconds, 5)
    assert.equal((await api.admin.send('DELETE', `${pods}/running?gracePeriodSeconds=0`)).code, 200)
    assert.equal((await api.admin.send('GET', `${pods}/running`)).code, 404)
  })

  test('a collection is deleted by selector', async () => {
    for (const [name, color] of [
      ['r1', 'red'],
      ['r2', 'red'],
      ['b1', 'blue'],
    ] as const)
      await api.admin.send('POST', configMaps, { body: configMap(name, {}, { labels: { color } }) })
    const deleted = await api.admin.send('DELETE', `${configMaps}?labelSelector=color%3Dred`)
    assert.deepEqual([deleted.code, deleted.json['items'].map((o: { metadata: { name: string } }) => o.metadata.name)], [200, ['r1', 'r2']])
    assert.equal((await api.admin.send('GET', `${configMaps}/r1`)).code, 404)
    assert.equal((await api.admin.send('GET', `${configMaps}/b1`)).code, 200)
    assert.equal((await api.admin.send('DELETE', '/api/v1/configmaps')).code, 405)
  })

  test('namespaces end by their finalizer, and the first ones never', async () => {
    await api.admin.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'short' } } })
    const at = '/api/v1/namespaces/short'
    const ending = await api.admin.send('DELETE', at)
    assert.deepEqual([ending.json['status'].phase, ending.json['spec'].finalizers], ['Terminating', ['kubernetes']])
    const refused = await api.admin.send('POST', `${at}/configmaps`, { body: configMap('late') })
    assert.deepEqual([refused.code, refused.json['details'].causes[0].reason], [403, 'NamespaceTerminating'])
    const emptied = { ...ending.json, spec: { finalizers: [] } }
    assert.equal((await api.admin.send('PUT', at, { body: emptied })).json['spec']?.finalizers?.length, 1)
    assert.equal((await api.admin.send('PUT', `${at}/finalize`, { body: emptied })).code, 200)
    assert.equal((await api.admin.send('GET', at)).code, 404)
    const kept = await api.admin.send('DELETE', '/api/v1/namespaces/kube-system')
    assert.deepEqual([kept.code, kept.json['message']], [403, 'namespaces "kube-system" is forbidden: this namespace may not be deleted'])
    const nowhere = await api.admin.send('POST', collection('pods', 'api/v1', 'nowhere'), { body: pod('lost') })
    assert.deepEqual([nowhere.code, nowhere.json['message']], [404, 'namespaces "nowhere" not found'])
  })

  test('an event is one object under two groups', async () => {
    const regarding = { kind: 'Pod', namespace: 'test', name: 'x' }
    const body = { metadata: { name: 'seen' }, involvedObject: regarding, reason: 'Seen', message: 'hello', type: 'Normal' }
    assert.equal((await api.admin.send('POST', collection('events'), { body })).code, 201)
    const other = collection('events', 'apis/events.k8s.io/v1')
    const shown = (await api.admin.send('GET', `${other}/seen`)).json
    assert.deepEqual([shown['apiVersion'], shown['note'], shown['regarding']], ['events.k8s.io/v1', 'hello', regarding])
    const patched = await api.admin.send('PATCH', `${other}/seen`, patchWish('merge', { metadata: { labels: { a: 'b' } } }))
    assert.equal(patched.code, 200)
    const core = (await api.admin.send('GET', `${collection('events')}/seen`)).json
    assert.deepEqual([core['apiVersion'], core['message'], core['metadata'].labels], ['v1', 'hello', { a: 'b' }])
    const list = (await api.admin.send('GET', `${other}?fieldSelector=metadata.name%3Dseen`)).json
    assert.deepEqual([list['kind'], list['items'].length, list['items'][0].note], ['EventList', 1, 'hello'])
  })

  test('forms of an answer: YAML, Table, metadata alone', async () => {
    await api.admin.send('POST', configMaps, {
      body: 'metadata:\n  name: yaml\ndata:\n  a: "1"\n',
      headers: { 'content-type': 'application/yaml' },
    })
    const yaml = await api.admin.send('GET', `${configMaps}/yaml`, { headers: { accept: 'application/yaml' } })
    assert.match(yaml.text, /^kind: ConfigMap$/m)
    const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` } })
    const table = (await api.admin.send('GET', `${configMaps}/yaml`, accept('Table'))).json
    assert.deepEqual(
      [table['kind'], table['columnDefinitions'].map((c: { name: string }) => c.name), table['rows'][0].cells.slice(0, 2)],
      ['Table', ['Name', 'Data', 'Age'], ['yaml', '1']],
    )
    const partial = (await api.admin.send('GET', `${configMaps}/yaml`, accept('PartialObjectMetadata'))).json
    assert.deepEqual([partial['kind'], partial['data'], partial['metadata'].name], ['PartialObjectMetadata', undefined, 'yaml'])
    const head = await api.admin.send('HEAD', `${configMaps}/yaml`)
    assert.deepEqual([head.code, head.text], [200, ''])
  })
})
