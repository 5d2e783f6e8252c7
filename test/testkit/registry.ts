// A real registry for tests: Debian's docker-registry, unpacked into a temporary directory and run from there, with images of archives.
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { extract } from 'tar-stream'
import { Background, execute, succeed } from './command.ts'
import { eventually } from './waiting.ts'

export interface TestRegistry {
  /** `address:port`, over plain HTTP. */
  readonly host: string
  /** Puts the first image of an archive that is an OCI layout there, such as by the name `team/app:1`. */
  push(archive: string, name: string): Promise<void>
  close(): Promise<void>
}

export const registryUser = { username: 'joe', password: 's3cret' }
/** bcrypt, the only form that the registry takes. */
const htpasswd = 'joe:$2y$05$abcdefghijklmnopqrstuuLK7U1u6pVRmL7L1BBM2aS35PSZnDXlK\n'

/** The registry's program, or why it cannot be had. */
export async function registryProgram(): Promise<{ program: string } | { why: string }> {
  const dir = join(tmpdir(), 'coxswain-docker-registry')
  const program = join(dir, 'usr', 'bin', 'docker-registry')
  if (existsSync(program)) return { program }
  mkdirSync(tmpdir(), { recursive: true })
  const work = mkdtempSync(`${dir}.part-`)
  try {
    const fetched = await execute('apt-get', ['download', 'docker-registry'], { cwd: work })
    const [file] = readdirSync(work)
    if (fetched.code !== 0 || file === undefined) return { why: `apt-get cannot download docker-registry: ${fetched.stderr.trim()}` }
    await succeed('dpkg', ['--extract', join(work, file), join(work, 'root')])
    // Someone else may have been faster: theirs is as good.
    if (!existsSync(dir)) renameSync(join(work, 'root'), dir)
    return { program }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

export async function startRegistry(program: string, dir: string, address: string, isPrivate: boolean): Promise<TestRegistry> {
  const own = join(dir, `registry-${randomBytes(3).toString('hex')}`)
  const host = `${address}:${await freePort(address)}`
  mkdirSync(own)
  const auth = isPrivate ? `auth: {htpasswd: {realm: test, path: ${join(own, 'htpasswd')}}}\n` : ''
  writeFileSync(join(own, 'htpasswd'), htpasswd)
  writeFileSync(
    join(own, 'config.yml'),
    `version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: ${join(own, 'data')}}}\nhttp: {addr: "${host}"}\n${auth}`,
  )
  const server = new Background(program, ['serve', join(own, 'config.yml')], {
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  })
  const headers = { authorization: `Basic ${Buffer.from(`${registryUser.username}:${registryUser.password}`).toString('base64')}` }
  const ask = async (url: string, init: RequestInit = {}) => {
    const response = await fetch(url, { ...init, headers: { ...headers, ...init.headers } })
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${await response.text()}`)
    return response
  }
  await eventually('the registry answers', () => ask(`http://${host}/v2/`))
  return {
    host,
    async push(archive, name) {
      const [repository = '', tag = ''] = name.split(':')
      const base = `http://${host}/v2/${repository}`
      const { manifest, mediaType, blobs } = await readFirstImage(archive)
      for (const [digest, body] of blobs) {
        const upload = await ask(`${base}/blobs/uploads/`, { method: 'POST' })
        const place = new URL(upload.headers.get('location') ?? '', base)
        place.searchParams.set('digest', digest)
        await ask(place.href, { method: 'PUT', body: new Uint8Array(body), headers: { 'content-type': 'application/octet-stream' } })
      }
      await ask(`${base}/manifests/${tag}`, { method: 'PUT', body: new Uint8Array(manifest), headers: { 'content-type': mediaType } })
    },
    async close() {
      await server.stop()
      rmSync(own, { recursive: true, force: true })
    },
  }
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
}

async function readFirstImage(archive: string) {
  const files = new Map<string, Buffer>()
  const input = createReadStream(archive).pipe(extract())
  for await (const entry of input) files.set(entry.header.name, await buffer(entry))
  const blob = (digest: string) => files.get(`blobs/${digest.replace(':', '/')}`) ?? Buffer.alloc(0)
  const index = JSON.parse(String(files.get('index.json'))) as { manifests: readonly [Descriptor] }
  const [{ digest, mediaType }] = index.manifests
  const manifest = blob(digest)
  const { config, layers } = JSON.parse(String(manifest)) as { config: Descriptor; layers: readonly Descriptor[] }
  return { manifest, mediaType, blobs: [config, ...layers].map(each => [each.digest, blob(each.digest)] as const) }
}

async function freePort(address: string): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, address, resolve))
  const found = probe.address()
  await new Promise(resolve => probe.close(resolve))
  return typeof found === 'object' && found !== null ? found.port : 0
}
