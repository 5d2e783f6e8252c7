import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { ConfigMap } from '../../api/core/config-map.ts'
import type { Pod } from '../../api/core/pod.ts'
import { Secret } from '../../api/core/secret.ts'
import { applyDefaults } from '../../schema/default.ts'
import type { Draft } from '../../schema/schema.ts'
import { localPod } from '../mirror/local-pod.ts'
import { container, testHost } from '../test-kubelet.ts'
import { writePayload } from './atomic-writer.ts'
import { containerMounts, subPathOf } from './container-mounts.ts'
import { mountVolumes, removePodFolder } from './pod-volumes.ts'

const dir = mkdtempSync(join(tmpdir(), 'volumes-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const isRoot = process.getuid?.() === 0

const settings = applyDefaults(ConfigMap.schema.node, {
  metadata: { name: 'settings', namespace: 'default' },
  data: { color: 'blue', shape: 'round' },
  binaryData: { raw: Buffer.from([1, 2]).toString('base64') },
}) as ConfigMap
const key = applyDefaults(Secret.schema.node, {
  metadata: { name: 'key', namespace: 'default' },
  data: { word: Buffer.from('hush').toString('base64') },
}) as Secret

function fixture(volumes: Draft<NonNullable<Pod['spec']['volumes']>>, spec: Draft<Pod['spec']> = {}) {
  const pod = localPod(
    { metadata: { name: 'p', labels: { a: '1', b: 'x"y' } }, spec: { containers: [container('app')], volumes, ...spec } },
    'n',
    'node',
    0,
  )
  const host = testHost()
  const rootDir = mkdtempSync(join(dir, 'root-'))
  const sources = {
    pod,
    podIps: ['10.0.0.1'],
    nodeIp: '172.30.0.2',
    allocatable: { cpu: '4' },
    configMap: (name: string) => (name === 'settings' ? settings : undefined),
    secret: (name: string) => (name === 'key' ? key : undefined),
    token: () => 'jwt',
  }
  return { pod, host, rootDir, mount: () => mountVolumes(pod, { host, rootDir, now: Date.UTC(2026, 0, 1), sources }) }
}
async function only(volume: Draft<NonNullable<Pod['spec']['volumes']>[number]>, spec: Draft<Pod['spec']> = {}) {
  const made = fixture([{ name: 'v', ...volume }], spec)
  const path = (await made.mount()).get('v') ?? ''
  return {
    ...made,
    path,
    read: (name: string) => readFileSync(join(path, name), 'utf8'),
    mode: (name: string) => statSync(join(path, name)).mode & 0o7777,
  }
}

describe('volumes', () => {
  it('configMap: keys as files, with the default mode', async () => {
    const v = await only({ configMap: { name: 'settings' } })
    assert.deepEqual([v.read('color'), v.read('shape'), v.mode('color')], ['blue', 'round', 0o644])
    assert.deepEqual([...readFileSync(join(v.path, 'raw'))], [1, 2])
    assert.match(readlinkSync(join(v.path, '..data')), /^\.\.2026_01_01_00_00_00/)
    assert.equal(v.host.mounts.size, 0)
  })

  it('configMap: chosen items under other paths and modes', async () => {
    const v = await only({ configMap: { name: 'settings', items: [{ key: 'color', path: 'deep/paint', mode: 0o400 }] } })
    assert.deepEqual([v.read('deep/paint'), v.mode('deep/paint'), existsSync(join(v.path, 'shape'))], ['blue', 0o400, false])
  })

  it('secret: in memory', async () => {
    const v = await only({ secret: { secretName: 'key', defaultMode: 0o400 } })
    assert.deepEqual([v.read('word'), v.mode('word'), [...v.host.mounts]], ['hush', 0o400, [v.path]])
  })

  it('projected: a token, a ConfigMap and the downward API in one', async () => {
    const v = await only({
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token' } },
          { configMap: { name: 'settings', items: [{ key: 'color', path: 'color' }] } },
          { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
        ],
      },
    })
    assert.deepEqual([v.read('token'), v.read('color'), v.read('labels')], ['jwt', 'blue', 'a="1"\nb="x\\"y"'])
  })

  it('emptyDir: on disk for all, or in memory', async () => {
    const disk = await only({ emptyDir: {} })
    assert.equal(statSync(disk.path).mode & 0o777, 0o777)
    writeFileSync(join(disk.path, 'kept'), '')
    await disk.mount()
    assert.deepEqual(readdirSync(disk.path), ['kept'])
    const memory = await only({ emptyDir: { medium: 'Memory' } })
    assert.deepEqual([...memory.host.mounts], [memory.path])
  })

  it('fsGroup owns what is in them', { skip: !isRoot && 'needs root' }, async () => {
    const v = await only({ secret: { secretName: 'key', defaultMode: 0o400 } }, { securityContext: { fsGroup: 2000 } })
    const stats = statSync(join(v.path, 'word'))
    assert.deepEqual([stats.gid, v.mode('word')], [2000, 0o440])
    const scratch = await only({ emptyDir: {} }, { securityContext: { fsGroup: 2000 } })
    assert.deepEqual([statSync(scratch.path).gid, statSync(scratch.path).mode & 0o7777], [2000, 0o2777])
  })

  it('hostPath: as it is, made or refused by type', async () => {
    const made = join(dir, 'made')
    assert.equal((await only({ hostPath: { path: made, type: 'DirectoryOrCreate' } })).path, made)
    assert.ok(statSync(made).isDirectory())
    await assert.rejects(only({ hostPath: { path: made, type: 'File' } }), new RegExp(`hostPath type check failed: ${made} is not a file`))
    await assert.rejects(only({ hostPath: { path: join(dir, 'none'), type: 'Socket' } }), /is not a socket file/)
  })

  const refusals: readonly (readonly [Draft<NonNullable<Pod['spec']['volumes']>[number]>, string])[] = [
    [{ configMap: { name: 'none' } }, 'configmap "none" not found'],
    [{ configMap: { name: 'settings', items: [{ key: 'k', path: 'p' }] } }, 'references non-existent config key: k'],
    [{ secret: { secretName: 'none' } }, 'secret "none" not found'],
    [{ secret: { secretName: 'key', items: [{ key: 'k', path: 'p' }] } }, 'references non-existent secret key: k'],
    [{ nfs: { server: 's', path: '/' } }, 'volumes of type nfs are not supported on this node'],
  ]
  for (const [volume, message] of refusals)
    it(`refused: ${message}`, () => assert.rejects(only(volume), { message: `MountVolume.SetUp failed for volume "v" : ${message}` }))

  it('optional objects may be missing', async () => {
    const v = await only({ configMap: { name: 'none', optional: true } })
    assert.deepEqual(
      readdirSync(v.path).filter(name => !name.startsWith('..')),
      [],
    )
  })

  it('are taken away with the pod, and never through a mount that is left', async () => {
    const v = await only({ secret: { secretName: 'key' } })
    await removePodFolder(v.host, v.rootDir, v.pod.metadata.uid)
    assert.equal(existsSync(v.path), false)
    const stuck = await only({ emptyDir: { medium: 'Memory' } })
    const host = { ...stuck.host, unmount: async () => {} }
    await assert.rejects(removePodFolder(host, stuck.rootDir, stuck.pod.metadata.uid), /still mounted/)
    assert.equal(existsSync(stuck.path), true)
  })
})

describe('the atomic writer', () => {
  const file = (text: string) => ({ data: Buffer.from(text), mode: 0o644 })

  it('replaces the set as a whole, and leaves it alone when it is the same', async () => {
    const path = mkdtempSync(join(dir, 'atomic-'))
    assert.equal(
      await writePayload(
        files,
        path,
        new Map([
          ['a', file('1')],
          ['d/b', file('2')],
        ]),
        {},
        1_000,
      ),
      true,
    )
    const before = readlinkSync(join(path, '..data'))
    assert.equal(
      await writePayload(
        files,
        path,
        new Map([
          ['a', file('1')],
          ['d/b', file('2')],
        ]),
        {},
        2_000,
      ),
      false,
    )
    assert.equal(
      await writePayload(
        files,
        path,
        new Map([
          ['a', file('3')],
          ['c', file('4')],
        ]),
        {},
        3_000,
      ),
      true,
    )
    assert.notEqual(readlinkSync(join(path, '..data')), before)
    assert.deepEqual(
      readdirSync(path)
        .filter(name => !name.startsWith('..'))
        .sort(),
      ['a', 'c'],
    )
    assert.equal(readFileSync(join(path, 'a'), 'utf8'), '3')
    assert.equal(readdirSync(path).length, 4)
  })
})

describe('mounts of a container', () => {
  it('are its volumes, the hosts file and the file for last words', async () => {
    const v = await only({ configMap: { name: 'settings' } })
    const spec = container('app', {
      volumeMounts: [
        { name: 'v', mountPath: '/conf' },
        { name: 'v', mountPath: '/one', subPath: 'color' },
      ],
    })
    const pod = localPod(
      { metadata: { name: 'p' }, spec: { containers: [spec], volumes: [{ name: 'v', configMap: { name: 'settings' } }] } },
      'n',
      'node',
      0,
    )
    const mounts = await containerMounts({
      files,
      pod,
      container: pod.spec.containers[0]!,
      volumes: new Map([['v', v.path]]),
      env: new Map(),
      hostsPath: '/h',
      messagePath: '/m',
    })
    assert.deepEqual(
      mounts.map(m => [m.containerPath, m.readonly ?? false]),
      [
        ['/conf', true],
        ['/one', true],
        ['/etc/hosts', false],
        ['/dev/termination-log', false],
      ],
    )
    assert.equal(readFileSync(mounts[1]?.hostPath ?? '', 'utf8'), 'blue')
  })

  it('sub paths are made, and cannot lead out', async () => {
    const root = mkdtempSync(join(dir, 'sub-'))
    assert.equal(await subPathOf(files, root, 'a/b'), join(root, 'a/b'))
    assert.ok(statSync(join(root, 'a/b')).isDirectory())
    mkdirSync(join(dir, 'outside'))
    symlinkSync(join(dir, 'outside'), join(root, 'out'))
    await assert.rejects(subPathOf(files, root, 'out/x'), /leads out of the volume/)
    await assert.rejects(subPathOf(files, root, '../x'), /invalid sub path/)
    assert.deepEqual(readdirSync(join(dir, 'outside')), [])
  })
})
