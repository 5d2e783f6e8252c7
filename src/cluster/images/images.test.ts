import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { arch, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { extract, pack } from 'tar-stream'
import { inspectArchive, openArchive } from './archive.ts'
import { entriesOf, packLayer } from './layer.ts'
import { type Image, imageArchive } from './oci-image.ts'
import { pauseProgram } from './pause.ts'

const dir = mkdtempSync(join(tmpdir(), 'images-test-'))
after(() => rmSync(dir, { recursive: true }))
const write = (name: string, content: Buffer | string) => {
  writeFileSync(join(dir, name), content)
  return join(dir, name)
}
async function tar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const made = pack()
  const bytes = buffer(made)
  for (const [name, content] of Object.entries(files)) made.entry({ name }, content)
  made.finalize()
  return bytes
}
async function untar(bytes: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  const reader = extract()
  reader.end(bytes)
  for await (const entry of reader) files.set(entry.header.name, await buffer(entry))
  return files
}
const layer = await packLayer([{ path: '/hello', kind: 'file', content: 'hi' }])
const image = (name: string): Image => ({ name, layers: [layer], config: { Cmd: ['/hello'] } })

describe('a layer', () => {
  it('of a directory is the same bytes whenever it is packed', async () => {
    const root = join(dir, 'root')
    mkdirSync(join(root, 'sub', 'doc'), { recursive: true })
    writeFileSync(join(root, 'sub', 'run'), 'x', { mode: 0o755 })
    const entries = entriesOf(root, path => path === 'sub/doc')
    assert.deepEqual(
      entries.map(entry => entry.path),
      ['sub', 'sub/run'],
    )
    assert.equal((await packLayer(entries)).digest, (await packLayer(entriesOf(root, path => path === 'sub/doc'))).digest)
  })
})

describe('an archive of our own', () => {
  it('stores a shared layer once, and every digest is that of its blob', async () => {
    const files = await untar(await imageArchive([image('docker.io/library/a:1'), image('example.com/b:2')]))
    const blobs = [...files.keys()].filter(name => name.startsWith('blobs/'))
    assert.equal(blobs.length, 3, 'one layer, one configuration, one manifest')
  })

  it('is found good, as it is and gzipped, with its names', async () => {
    const bytes = await imageArchive([image('docker.io/library/a:1'), image('example.com/b:2')])
    for (const [name, content] of [
      ['own.tar', bytes],
      ['own.tar.gz', gzipSync(bytes)],
    ] as const) {
      const result = await inspectArchive(write(name, content))
      assert(result.ok, JSON.stringify(result))
      assert.deepEqual([result.archive.format, result.archive.names], ['oci', ['docker.io/library/a:1', 'example.com/b:2']])
      assert.equal(result.archive.gzip, name.endsWith('gz'))
      assert.deepEqual(await buffer(openArchive(result.archive)), bytes)
    }
  })
})

describe('an archive from elsewhere', () => {
  const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: ['nginx:1'], Layers: ['l/layer.tar'] }])
  const index = (annotations: Record<string, string>) =>
    JSON.stringify({ schemaVersion: 2, manifests: [{ digest: 'sha256:aa', size: 2, annotations }] })
  const oci = (annotations: Record<string, string>) =>
    tar({ 'oci-layout': '{}', './index.json': index(annotations), 'blobs/sha256/aa': '{}' })

  it('in docker’s format is found good', async () => {
    const result = await inspectArchive(write('docker.tar', await tar({ 'manifest.json': manifest, 'c.json': '{}', 'l/layer.tar': '' })))
    assert(result.ok, JSON.stringify(result))
    assert.deepEqual(
      [result.archive.format, result.archive.names, result.archive.index],
      ['docker-archive', ['docker.io/library/nginx:1'], undefined],
    )
  })

  it('in OCI format gets the full name that its reference stands for', async () => {
    const cases: [Record<string, string>, string | undefined, string][] = [
      [{ 'org.opencontainers.image.ref.name': 'nginx:1.2' }, undefined, 'docker.io/library/nginx:1.2'],
      [{ 'org.opencontainers.image.ref.name': 'latest' }, 'app', 'docker.io/library/app:latest'],
      [{ 'io.containerd.image.name': 'example.com/a:1' }, undefined, 'example.com/a:1'],
    ]
    for (const [annotations, name, expected] of cases) {
      const result = await inspectArchive(write('oci.tar', await oci(annotations)), name)
      assert(result.ok, JSON.stringify(result))
      assert.deepEqual(result.archive.names, [expected])
      const files = await untar(await buffer(openArchive(result.archive)))
      const written = JSON.parse(String(files.get('index.json') ?? files.get('./index.json')))
      assert.equal(written.manifests[0].annotations['io.containerd.image.name'], expected)
      assert.equal(String(files.get('blobs/sha256/aa')), '{}')
    }
  })

  const bad: [string, () => Promise<Buffer>, RegExp][] = [
    ['empty', async () => Buffer.alloc(0), /is empty$/],
    ['text', async () => Buffer.from('hello'.repeat(1000)), /is not a whole tar archive/],
    [
      'cut off',
      async () => (await tar({ 'manifest.json': manifest, big: Buffer.alloc(9000) })).subarray(0, 3000),
      /is not a whole tar archive/,
    ],
    ['cut off gzip', async () => gzipSync(Buffer.alloc(9000)).subarray(0, 20), /is not a whole tar archive/],
    ['a root file system', () => tar({ 'bin/sh': '' }), /holds no images: it has neither/],
    ['zstd', async () => Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), /zstd; only plain and gzipped/],
    ['without its layer', () => tar({ 'manifest.json': manifest, 'c.json': '{}' }), /names "l\/layer.tar", which is not in the archive/],
    ['with a broken index', () => tar({ 'manifest.json': '[' }), /its index is not valid JSON/],
    [
      'without names',
      () => tar({ 'manifest.json': manifest.replace('"nginx:1"', ''), 'c.json': '{}', 'l/layer.tar': '' }),
      /its images have no names/,
    ],
    ['with only a tag', () => oci({ 'org.opencontainers.image.ref.name': 'latest' }), /only a tag for a name/],
    ['without its manifest', () => tar({ 'oci-layout': '{}', 'index.json': index({}) }), /names "sha256:aa", which is not in the archive/],
  ]
  for (const [what, content, message] of bad) {
    it(`is refused: ${what}`, async () => {
      const result = await inspectArchive(write('bad.tar', await content()))
      assert(!result.ok)
      assert.match(result.error, message)
    })
  }

  it('that does not exist or is a directory is refused', async () => {
    const missing = await inspectArchive(join(dir, 'none.tar'))
    assert(!missing.ok && missing.error.endsWith('there is no such file'))
    const directory = await inspectArchive(dir)
    assert(!directory.ok && directory.error.endsWith('is a directory, not an archive'))
  })
})

describe('the pause program', () => {
  const native = arch() === 'x64' ? 'amd64' : arch() === 'arm64' ? 'arm64' : undefined

  it('ignores ended children, sleeps, and ends well on SIGTERM and SIGINT', {
    skip: native === undefined && `not written for ${arch()}`,
  }, async () => {
    const file = join(dir, 'pause')
    writeFileSync(file, pauseProgram(native ?? ''), { mode: 0o755 })
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const child = spawn(file, { stdio: 'ignore' })
      const ended = new Promise(resolve => child.on('exit', (code, by) => resolve([code, by])))
      const status = () => readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const bits = (name: string) => BigInt(`0x${new RegExp(`^${name}:\\s*(\\w+)`, 'm').exec(status())?.[1]}`)
      const caught = (1n << 14n) | (1n << 1n) // SIGTERM and SIGINT
      while ((bits('SigCgt') & caught) !== caught) await new Promise(resolve => setImmediate(resolve))
      assert.equal((bits('SigIgn') >> 16n) & 1n, 1n, 'SIGCHLD is ignored')
      child.kill(signal)
      assert.deepEqual(await ended, [0, null])
    }
  })

  it('is a small ELF file for both processors', () => {
    for (const [name, machine] of [
      ['amd64', 62],
      ['arm64', 183],
    ] as const) {
      const file = pauseProgram(name)
      assert.deepEqual([file.subarray(0, 4).toString('latin1'), file.readUInt16LE(18), file.length], ['\x7fELF', machine, 312])
    }
    assert.throws(() => pauseProgram('riscv64'), /there is no pause program for riscv64/)
  })
})
