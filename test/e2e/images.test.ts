// Images on their way into containers: from archives that users load, and from registries, with mirrors and credentials.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Event } from '../../src/api/core/event.ts'
import type { Pod } from '../../src/api/core/pod.ts'
import { busyboxImage, busyboxLayer } from '../../src/cluster/images/busybox.ts'
import { type Image, writeImageArchive } from '../../src/cluster/images/oci-image.ts'
import { clusterLayout } from '../../src/cluster/layout.ts'
import { startCluster, type TestCluster, type TestNamespace, whyNoClusters } from '../testkit/cluster.ts'
import { succeed } from '../testkit/command.ts'
import { imageArchives } from '../testkit/images.ts'
import { registryProgram, registryUser, startRegistry, type TestRegistry } from '../testkit/registry.ts'
import { curl } from '../testkit/waiting.ts'
import { isReady, pod, shell, waitingReason } from './manifests.ts'

type Policy = 'Always' | 'IfNotPresent' | 'Never'

describe('images', { skip: whyNoClusters(), timeout: 300_000 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  let worker: string
  let image: Image
  before(async () => {
    cluster = await startCluster({ workers: 1 })
    ns = await cluster.namespace()
    worker = `${cluster.name}-worker`
    image = await busyboxImage(await busyboxLayer())
  })
  after(() => cluster?.close())

  const file = (name: string) => join(cluster.dir, name)
  /** An archive of busybox by another name, an OCI layout and a docker-archive at once. */
  const archive = async (name: string) => {
    const path = file(`${name.replace(/\W+/g, '-')}.tar`)
    await writeImageArchive(path, [{ ...image, name }])
    return path
  }
  const unpacked = async (path: string) => {
    mkdirSync(`${path}.unpacked`)
    await succeed('tar', ['-xf', path, '-C', `${path}.unpacked`])
    return `${path}.unpacked`
  }
  const ociArchive = async (name: string) => {
    const path = await archive(name)
    await succeed('tar', ['-cf', path, '-C', await unpacked(path), 'oci-layout', 'index.json', 'blobs'])
    return path
  }
  /** As `docker save` wrote it before it knew OCI layouts. */
  const dockerArchive = async (name: string) => {
    const path = await archive(name)
    const dir = await unpacked(path)
    const [{ Config, Layers }] = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as [{ Config: string; Layers: string[] }]
    const layers = Layers.map((_, i) => `layer${i}.tar`)
    copyFileSync(join(dir, Config), join(dir, 'config.json'))
    for (const [i, layer] of Layers.entries()) copyFileSync(join(dir, layer), join(dir, `layer${i}.tar`))
    writeFileSync(join(dir, 'manifest.json'), JSON.stringify([{ Config: 'config.json', RepoTags: [name], Layers: layers }]))
    await succeed('tar', ['-cf', path, '-C', dir, 'manifest.json', 'config.json', ...layers])
    return path
  }
  const gzipped = (path: string) => {
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 1 }))
    return `${path}.gz`
  }
  const load = (...words: string[]) => cluster.cox(['load', 'image', '--name', cluster.name, ...words])
  const messageOf = (each: Pod) => each.status?.containerStatuses?.[0]?.state?.waiting?.message ?? ''
  const running = (policy: Policy, name: string) => ({ ...shell('main'), image: name, imagePullPolicy: policy })
  const untilEvent = (podName: string, what: string, pattern: RegExp) =>
    ns.until(Event, what, events => events.some(each => each.involvedObject.name === podName && pattern.test(each.message ?? '')))

  describe('from archives', () => {
    it('are loaded whatever the form: docker-archive, OCI layout, gzipped, several at once', async () => {
      const names = ['docker', 'docker-gz', 'oci', 'oci-gz'].map(form => `local.test/forms/${form}:1`)
      const [docker = '', dockerGz = '', oci = '', ociGz = ''] = names
      const files = [
        await dockerArchive(docker),
        gzipped(await dockerArchive(dockerGz)),
        await ociArchive(oci),
        gzipped(await ociArchive(ociGz)),
      ]
      const { code, stderr } = await load(...files)
      assert.equal(code, 0, stderr)
      for (const name of names) assert(stderr.includes(`Loaded ${name} into 2 nodes.`), stderr)
      for (const node of cluster.plan.nodes) {
        const containers = names.map((name, i) => ({ ...running('Never', name), name: `c${i}` }))
        await ns.apply(pod(`forms-on-${node.name}`, containers, { nodeName: node.name }))
      }
      for (const node of cluster.plan.nodes) await ns.untilPod(`forms-on-${node.name}`, 'all of its images run', isReady)
    })

    it('are those of nginx and busybox, which answer', async () => {
      await ns.apply(pod('web', [{ name: 'web', image: 'nginx:1.22', imagePullPolicy: 'Never' }]))
      const { status } = await ns.untilPod('web', 'nginx runs', isReady)
      assert.match((await curl(`http://${status?.podIP}/`)).body, /Welcome to nginx/)
    })

    it('go only into the nodes that are named', async () => {
      const name = 'local.test/one-node:1'
      const { code, stderr } = await load(await archive(name), '--nodes', worker)
      assert.equal(code, 0, stderr)
      await ns.apply(
        pod('here', [running('Never', name)], { nodeName: worker }),
        pod('not-here', [running('Never', name)], { nodeName: `${cluster.name}-control-plane` }),
      )
      await ns.untilPod('here', 'it runs', isReady)
      const missing = await ns.untilPod('not-here', 'its image is missing', each => waitingReason(each) === 'ErrImageNeverPull')
      assert.equal(messageOf(missing), `Container image "${name}" is not present with pull policy of Never`)
    })

    it('get their name on the command line where they have only a tag', async () => {
      const path = await archive('local.test/tagged:1')
      const dir = await unpacked(path)
      const index = JSON.parse(readFileSync(join(dir, 'index.json'), 'utf8')) as { manifests: { annotations?: object }[] }
      for (const manifest of index.manifests) manifest.annotations = { 'org.opencontainers.image.ref.name': 'v1' }
      writeFileSync(join(dir, 'index.json'), JSON.stringify(index))
      await succeed('tar', ['-cf', path, '-C', dir, 'oci-layout', 'index.json', 'blobs'])
      const refused = await load(path)
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /tagged-1\.tar: its image has only a tag for a name; give its name/)
      const { code, stderr } = await load(path, '--as', 'local.test/named')
      assert.equal(code, 0, stderr)
      assert.match(stderr, /Loaded local\.test\/named:latest into 2 nodes/)
    })

    it('are refused with a clear word when they are none', async () => {
      const good = await archive('local.test/good:1')
      const broken = (name: string, from: string, size: number) => {
        copyFileSync(from, file(name))
        truncateSync(file(name), size)
        return file(name)
      }
      writeFileSync(file('garbage.tar'), 'this is no archive at all\n'.repeat(100))
      writeFileSync(file('empty.tar'), '')
      writeFileSync(file('text'), 'hello')
      await succeed('tar', ['-cf', file('other.tar'), '-C', cluster.dir, 'text'])
      const size = readFileSync(good).length
      const rows: readonly (readonly [string, RegExp])[] = [
        [file('missing.tar'), /missing\.tar: there is no such file/],
        [cluster.dir, /is a directory, not an archive/],
        [file('empty.tar'), /empty\.tar: is empty/],
        [file('garbage.tar'), /garbage\.tar: is not a whole tar archive: /],
        [file('other.tar'), /other\.tar: holds no images/],
        [broken('cut.tar', good, Math.floor(size / 2)), /cut\.tar: is not a whole tar archive: /],
        [broken('cut.tar.gz', gzipped(good), 10_000), /cut\.tar\.gz: is not a whole tar archive: /],
      ]
      for (const [path, expected] of rows) {
        const { code, stderr } = await load(path)
        assert.equal(code, 1, path)
        assert.match(stderr, expected)
        assert.doesNotMatch(stderr, /\n\s+at /, 'no stack')
      }
      const elsewhere = await load(good, '--nodes', 'nowhere')
      assert.equal(elsewhere.code, 1)
      assert.match(elsewhere.stderr, /has no node "nowhere"\nfix: choose one of: /)
    })

    it('are used by every pull policy; Always asks the registry first', async () => {
      const name = 'nowhere.invalid/loaded:1'
      assert.equal((await load(await archive(name))).code, 0)
      for (const policy of ['Always', 'IfNotPresent', 'Never'] as const)
        await ns.apply(pod(`policy-${policy.toLowerCase()}`, [running(policy, name)]))
      for (const each of ['always', 'ifnotpresent', 'never']) await ns.untilPod(`policy-${each}`, 'it runs', isReady)
      await untilEvent('policy-always', 'the registry was asked', /^Failed to pull image "nowhere\.invalid\/loaded:1": /)
      await untilEvent('policy-always', 'the loaded one is used', /is used as it was loaded into the node/)
      await untilEvent('policy-never', 'it was there', /already present on machine/)
    })
  })

  describe('from registries', () => {
    const registries: TestRegistry[] = []
    let reason = ''
    const host = (index: number) => registries[index]?.host ?? ''
    const hosts = (registry: string, text: string) => {
      const dir = join(clusterLayout(cluster.roots, cluster.name).registry, registry)
      mkdirSync(dir, { recursive: true })
      writeFileSync(join(dir, 'hosts.toml'), text)
    }
    const config = (auths: object) => JSON.stringify({ auths })
    const secret = async (name: string, dockerConfig: string) => {
      const data = { '.dockerconfigjson': Buffer.from(dockerConfig).toString('base64') }
      await ns.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data })
    }
    const withSecrets = (...names: string[]) => ({ imagePullSecrets: names.map(name => ({ name })) })
    before(async () => {
      const found = await registryProgram()
      if ('why' in found) {
        reason = found.why
        return
      }
      for (const isPrivate of [false, true])
        registries.push(await startRegistry(found.program, cluster.dir, cluster.plan.gateway, isPrivate))
      const { busybox } = await imageArchives()
      await registries[0]?.push(busybox, 'library/app:1')
      for (const name of ['team/app:1', 'team/second:1', 'account/app:1', 'wrong/app:1', 'node/app:1', 'late/app:1'])
        await registries[1]?.push(busybox, name)
      hosts('mirrored.test', `server = "http://${host(0)}"\n[host."http://${host(0)}"]\n`)
      hosts('docker.io', `server = "https://registry-1.docker.io"\n[host."http://${host(0)}"]\n  capabilities = ["pull", "resolve"]\n`)
      hosts('private.test', `[host."http://${host(1)}"]\n`)
    })
    after(() => Promise.all(registries.map(each => each.close())))
    const from = (name: string, test: () => Promise<void>) => it(name, context => (reason === '' ? test() : context.skip(reason)))

    from('are pulled from a plain HTTP registry, and through a mirror', async () => {
      await ns.apply(pod('plain', [running('Always', 'mirrored.test/library/app:1')]), pod('mirror', [running('IfNotPresent', 'app:1')]))
      await ns.untilPod('plain', 'it runs', isReady)
      const { status } = await ns.untilPod('mirror', 'it runs', isReady)
      assert.match(status?.containerStatuses?.[0]?.imageID ?? '', /^docker\.io\/library\/app@sha256:|^sha256:/)
      await untilEvent('mirror', 'the pull is told', /^Successfully pulled image "app:1" in .* Image size: \d+ bytes\.$/)
    })

    from('need credentials that fit, which the pod names', async () => {
      await ns.apply(pod('no-secret', [running('IfNotPresent', 'private.test/team/app:1')], { nodeName: worker }))
      const refused = await ns.untilPod('no-secret', 'it is refused', each =>
        /ErrImagePull|ImagePullBackOff/.test(waitingReason(each) ?? ''),
      )
      assert.match(messageOf(refused), /private\.test\/team\/app:1.*(401 Unauthorized|no basic auth credentials|authorization failed)/s)

      await secret('elsewhere', config({ 'other.test': registryUser }))
      await secret('good', config({ 'private.test': { auth: Buffer.from('joe:s3cret').toString('base64') } }))
      await ns.apply(
        pod('with-secret', [running('IfNotPresent', 'private.test/team/app:1')], {
          ...withSecrets('elsewhere', 'absent', 'good'),
          nodeName: worker,
        }),
      )
      await ns.untilPod('with-secret', 'it runs', isReady)
      await untilEvent('with-secret', 'the absent secret is told', /^Unable to retrieve some image pull secrets \(absent\); /)
    })

    from('that were pulled with a secret are not for pods without it', async () => {
      await ns.apply(pod('borrower', [running('Never', 'private.test/team/app:1')], { nodeName: worker }))
      const refused = await ns.untilPod('borrower', 'it is refused', each => waitingReason(each) === 'ErrImageNeverPull')
      assert.match(messageOf(refused), /is present with pull policy of Never but does not have the proper credentials/)
    })

    from('are pulled with the best fitting of several credentials', async () => {
      const wrong = { username: 'joe', password: 'wrong' }
      await secret('several', config({ '*.test': registryUser, 'http://private.test/team': wrong, 'private.test:5000': wrong }))
      await ns.apply(pod('several', [running('Always', 'private.test/team/second:1')], withSecrets('several')))
      await ns.untilPod('several', 'it runs', isReady)
    })

    from("are pulled with the service account's secrets", async () => {
      await secret('of-account', config({ 'private.test/account': registryUser }))
      await ns.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'puller' }, imagePullSecrets: [{ name: 'of-account' }] })
      await ns.apply(pod('by-account', [running('Always', 'private.test/account/app:1')], { serviceAccountName: 'puller' }))
      const { spec } = await ns.untilPod('by-account', 'it runs', isReady)
      assert.deepEqual(spec.imagePullSecrets, [{ name: 'of-account' }])
    })

    from('are refused for wrong credentials, until they are right', async () => {
      await secret('late', config({ 'private.test': { username: 'joe', password: 'wrong' } }))
      await ns.apply(pod('late', [running('Always', 'private.test/late/app:1')], withSecrets('late')))
      const refused = await ns.untilPod('late', 'it is refused', each => waitingReason(each) === 'ErrImagePull')
      assert.match(messageOf(refused), /private\.test\/late\/app:1.*(401 Unauthorized|authorization failed)/s)
      await ns.untilPod('late', 'the next attempt waits', each => waitingReason(each) === 'ImagePullBackOff')
      await secret('late', config({ 'private.test': registryUser }))
      await ns.untilPod('late', 'it runs', isReady, 40_000)
    })

    from("are pulled with the node's own credentials", async () => {
      const inNode = join(clusterLayout(cluster.roots, cluster.name).dir, 'nodes', worker, 'kubelet', 'config.json')
      writeFileSync(inNode, config({ 'private.test/node': registryUser }), { mode: 0o600 })
      await ns.apply(pod('by-node', [running('Always', 'private.test/node/app:1')], { nodeName: worker }))
      await ns.untilPod('by-node', 'it runs', isReady)
    })

    from('that do not exist are told', async () => {
      await ns.apply(pod('unknown', [running('Always', 'mirrored.test/library/unknown:9')]))
      const missing = await ns.untilPod('unknown', 'it is missing', each => waitingReason(each) === 'ErrImagePull')
      assert.match(messageOf(missing), /^rpc error: code = NotFound desc = .*mirrored\.test\/library\/unknown:9.*not found/s)
    })
  })
})
