import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import { credentialsFor, fits, type PullCredential, parseDockerConfig, plainPattern } from './credentials.ts'
import { chooseImages } from './image-gc.ts'
import { Images } from './images.ts'
import { PulledImages } from './pulled-images.ts'

describe('credentials', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['docker.io', 'docker.io/library/nginx', true],
    ['docker.io/library', 'docker.io/other/nginx', false],
    ['registry.example:5000', 'registry.example:5000/a/b', true],
    ['http://registry.example:5000/', 'registry.example:5000/a/b', true],
    ['registry.example', 'registry.example:5000/a', false],
    ['registry.*', 'registry.example:5000/a', false],
    ['registry.*:5000', 'registry.example:5000/a', true],
    ['https://registry.example/v2/', 'registry.example/a', true],
    ['https://registry.example/v1/team', 'registry.example/team/app', true],
    ['https://registry.example/v2/team', 'registry.example/other', false],
    ['*.example.com', 'eu.example.com/a', true],
    ['*.example.com', 'a.b.example.com/a', false],
    ['*.example.com', 'example.com/a', false],
    ['e?.ex*le.com', 'eu.example.com/a', true],
    ['registry.example/team', 'registry.example/team/app', true],
    // Plain prefixes, as upstream's documentation shows them.
    ['registry.example/team', 'registry.example/teams/app', true],
    ['registry.example/team/', 'registry.example/teams/app', false],
    ['[::1]:5000', '[::1]:5000/a', true],
  ]
  for (const [pattern, target, wanted] of rows)
    it(`${pattern} ${wanted ? 'is' : 'is not'} for ${target}`, () => assert.equal(fits(plainPattern(pattern), target), wanted))

  const users = (image: string, ...auths: readonly Record<string, object>[]) =>
    credentialsFor(
      image,
      auths.map(each => parseDockerConfig(JSON.stringify({ auths: each }))).flatMap(config => (config === undefined ? [] : [{ config }])),
    ).map(({ auth }) => [auth.username, auth.password])

  it('are tried from the most specific on, whichever config they are in', () => {
    const auth = Buffer.from('joe:pa:ss').toString('base64')
    const host = { 'r.example': { username: 'u', password: 'p' } }
    assert.deepEqual(users('r.example/team/app:1', host, { 'r.example/team': { auth } }), [
      ['joe', 'pa:ss'],
      ['u', 'p'],
    ])
    assert.deepEqual(users('r.example/team/app:1', host, { 'r.example': { username: 'second', password: '' } }), [
      ['u', 'p'],
      ['second', ''],
    ])
  })

  it("of Docker Hub's own name are for images without a registry, where nothing else fits", () => {
    const hub = { 'https://index.docker.io/v1/': { username: 'hub', password: '' } }
    assert.deepEqual(users('nginx', hub), [['hub', '']])
    assert.deepEqual(users('joe/app', hub), [['hub', '']])
    assert.deepEqual(users('nginx', hub, { 'docker.io': { username: 'own', password: '' } }), [['own', '']])
    assert.deepEqual(users('r.example/app', hub), [])
  })

  it('are not read from what is no such file', () => {
    for (const text of ['{', '[]', '"x"', '{"auths":[]}', '{"r.example":"joe"}']) assert.equal(parseDockerConfig(text), undefined, text)
    assert.deepEqual(parseDockerConfig('{}'), {})
  })

  it('name no server, which runtimes would compare to a mirror that they ask', () => {
    const [found] = credentialsFor('r.example/app', [{ config: { 'r.example/app': { username: 'u' } } }])
    assert.equal(found?.auth.serverAddress, undefined)
  })
})

describe('images', () => {
  const ask = (
    images: Images,
    image: string,
    policy: 'Always' | 'IfNotPresent' | 'Never' = 'IfNotPresent',
    credentials: readonly PullCredential[] = [],
  ) => {
    const told: string[] = []
    const signal = new AbortController().signal
    const outcome = images.ensure({
      image,
      policy,
      credentials: async () => credentials,
      signal,
      tell: (_type, reason) => told.push(reason),
    })
    return outcome.then(o => ({ reason: o.ok ? 'ok' : o.reason, told }))
  }
  const fixture = (maxParallel = 5) => {
    const clock = new VirtualClock()
    const runtime = new FakeRuntime({ clock, pullMs: 1_000, registry: name => (name.includes('missing') ? undefined : { sizeBytes: 1 }) })
    const texts = new Map<string, string>()
    const pulled = new PulledImages(
      {
        read: async name => texts.get(name),
        write: async (name, text) => void texts.set(name, text),
        remove: async name => void texts.delete(name),
        list: async () => [...texts.keys()],
      },
      clock,
    )
    return {
      clock,
      runtime,
      pulled,
      damage: () => {
        for (const name of texts.keys()) texts.set(name, '')
      },
      images: new Images(runtime, pulled, clock, maxParallel),
      pulls: () => runtime.calls.filter(c => c.method === 'pullImage').length,
    }
  }

  it('are pulled as the policy says', async () => {
    const { images, runtime, clock } = fixture()
    runtime.addImage('r.example/here:1')
    assert.deepEqual(await ask(images, 'r.example/here:1'), { reason: 'ok', told: ['Pulled'] })
    assert.deepEqual(await ask(images, 'r.example/none:1', 'Never'), { reason: 'ErrImageNeverPull', told: ['ErrImageNeverPull'] })
    assert.deepEqual(await ask(images, 'Not An Image'), { reason: 'InvalidImageName', told: ['InspectFailed'] })
    const pulled = ask(images, 'r.example/here:1', 'Always')
    await clock.advance(1_000)
    assert.deepEqual(await pulled, { reason: 'ok', told: ['Pulling', 'Pulled'] })
    const missing = ask(images, 'r.example/missing:1')
    await clock.advance(1_000)
    assert.deepEqual(await missing, { reason: 'ErrImagePull', told: ['Pulling', 'Failed'] })
  })

  it('that were loaded are used where no registry has them', async () => {
    const { images, runtime, clock } = fixture()
    runtime.addImage('r.example/missing:1')
    const loaded = ask(images, 'r.example/missing:1', 'Always')
    await clock.advance(1_000)
    assert.deepEqual(await loaded, { reason: 'ok', told: ['Pulling', 'Failed', 'Pulled'] })
  })

  it('that were pulled with a secret are for pods that have it', async () => {
    const { images, runtime, clock, pulled, pulls } = fixture()
    const image = 'r.example/team/app:1'
    const secret = (uid: string, password: string) => ({ auth: { username: 'u', password }, secret: { uid, namespace: 'a', name: 's' } })
    const after = async (work: Promise<unknown>) => {
      await clock.advance(1_000)
      return work
    }
    await after(ask(images, image, 'IfNotPresent', [secret('1', 'p')]))
    assert.deepEqual(await ask(images, image, 'Never', [secret('1', 'rotated')]), { reason: 'ok', told: ['Pulled'] })
    assert.deepEqual(await ask(images, image, 'Never', [secret('2', 'p')]), { reason: 'ok', told: ['Pulled'] })
    for (const credentials of [[], [secret('2', 'other')]])
      assert.deepEqual(await ask(images, image, 'Never', credentials), { reason: 'ErrImageNeverPull', told: ['ErrImageNeverPull'] })
    assert.equal(pulls(), 1)
    assert.deepEqual(await after(ask(images, image)), { reason: 'ok', told: ['Pulling', 'Pulled'] })
    assert.deepEqual(await ask(images, image, 'Never'), { reason: 'ok', told: ['Pulled'] }, 'the registry gave it to everyone')
    assert.equal((await pulled.record('r.example/elsewhere', (await runtime.listImages())[0]?.id ?? '')) !== undefined, true)
    await pulled.keepOnly([])
    assert.equal(await pulled.record(image, (await runtime.listImages())[0]?.id ?? ''), undefined)
  })

  it('may get several names at once', async () => {
    const { pulled } = fixture()
    await Promise.all(['r.example/a', 'r.example/b'].map(image => pulled.succeed(image, 'sha256:1', undefined)))
    const record = await pulled.record('r.example/a', 'sha256:1')
    assert.deepEqual(Object.keys(record?.credentialMapping ?? {}), ['r.example/a', 'r.example/b'])
  })

  it('whose record is damaged are pulled again', async () => {
    const { images, clock, damage } = fixture()
    const pull = async () => {
      const outcome = ask(images, 'r.example/a:1')
      await clock.advance(1_000)
      return outcome
    }
    await pull()
    damage()
    assert.deepEqual(await pull(), { reason: 'ok', told: ['Pulling', 'Pulled'] })
    assert.deepEqual(await pull(), { reason: 'ok', told: ['Pulled'] })
  })

  it('of a pull that was cut short are nobody’s until a registry says otherwise', async () => {
    const { images, runtime, pulled } = fixture()
    runtime.addImage('r.example/a:1')
    await pulled.begin('r.example/a:1')
    assert.equal((await ask(images, 'r.example/a:1', 'Never')).reason, 'ErrImageNeverPull')
  })

  it('are pulled once for all who wait, and a few at a time', async () => {
    const { images, clock, pulls } = fixture(1)
    const all = [ask(images, 'r.example/a:1'), ask(images, 'r.example/a:1'), ask(images, 'r.example/b:1')]
    await clock.advance(500)
    assert.equal(pulls(), 1)
    await clock.advance(3_000)
    assert.deepEqual(
      (await Promise.all(all)).map(o => o.reason),
      ['ok', 'ok', 'ok'],
    )
    assert.equal(pulls(), 2)
  })

  it('go when the disk is full, as few as will do', () => {
    const idle = ['a', 'b', 'c'].map(id => ({ id, sizeBytes: 60 }))
    const disk = { totalBytes: 1000, availableBytes: 100 }
    assert.deepEqual(chooseImages(idle, disk, 85, 80), ['a', 'b'])
    assert.deepEqual(chooseImages(idle, { ...disk, availableBytes: 200 }, 85, 80), [])
    assert.deepEqual(chooseImages(idle, disk, 100, 80), [])
  })
})
