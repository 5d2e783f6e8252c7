import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import { credentialsFor, fits, parseDockerConfig } from './credentials.ts'
import { chooseImages } from './image-gc.ts'
import { Images } from './images.ts'

describe('credentials', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['https://index.docker.io/v1/', 'docker.io/library/nginx', true],
    ['docker.io', 'docker.io/library/nginx', true],
    ['registry.example:5000', 'registry.example:5000/a/b', true],
    ['registry.example', 'registry.example:5000/a', false],
    ['*.example.com', 'eu.example.com/a', true],
    ['*.example.com', 'a.b.example.com/a', false],
    ['registry.example/team', 'registry.example/team/app', true],
    ['registry.example/team', 'registry.example/teams/app', false],
  ]
  for (const [pattern, target, wanted] of rows)
    it(`${pattern} ${wanted ? 'is' : 'is not'} for ${target}`, () => assert.equal(fits(pattern, target), wanted))

  it('are tried from the most specific on', () => {
    const auth = Buffer.from('joe:pa:ss').toString('base64')
    const config = parseDockerConfig(
      JSON.stringify({ auths: { 'r.example': { username: 'u', password: 'p' }, 'r.example/team': { auth } } }),
    )
    const found = credentialsFor('r.example/team/app:1', config ? [config] : [])
    assert.deepEqual(
      found.map(c => [c.username, c.password]),
      [
        ['joe', 'pa:ss'],
        ['u', 'p'],
      ],
    )
    assert.equal(parseDockerConfig('{'), undefined)
  })
})

describe('images', () => {
  const ask = (images: Images, image: string, policy: 'Always' | 'IfNotPresent' | 'Never' = 'IfNotPresent') => {
    const told: string[] = []
    const signal = new AbortController().signal
    const outcome = images.ensure({ image, policy, credentials: async () => [], signal, tell: (_type, reason) => told.push(reason) })
    return outcome.then(o => ({ reason: o.ok ? 'ok' : o.reason, told }))
  }
  const fixture = (maxParallel = 5) => {
    const clock = new VirtualClock()
    const runtime = new FakeRuntime({ clock, pullMs: 1_000, registry: name => (name.includes('missing') ? undefined : { sizeBytes: 1 }) })
    return {
      clock,
      runtime,
      images: new Images(runtime, clock, maxParallel),
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
