// What is wrong gets a clear word, and nothing is lost by it.
import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { ConfigMap } from '../../src/api/core/config-map.ts'
import { StatusError } from '../../src/meta/status-error.ts'
import { startCluster, type TestCluster, type TestMachine, type TestNamespace, testMachine, whyNoClusters } from '../testkit/cluster.ts'
import { execute, succeed } from '../testkit/command.ts'
import { eventually } from '../testkit/waiting.ts'
import { isReady, pod, shell, waitingReason } from './manifests.ts'

const bundle = resolve(import.meta.dirname, '../../dist/cox.mjs')

describe('bad input to a cluster', { skip: whyNoClusters(), timeout: 180_000, concurrency: 2 }, () => {
  let cluster: TestCluster
  let ns: TestNamespace
  before(async () => {
    cluster = await startCluster()
    ns = await cluster.namespace()
  })
  after(() => cluster?.close())

  const refused = async (line: string | readonly string[], expected: RegExp, input?: string) => {
    const { code, stdout, stderr } = await ns.tryKubectl(line, input === undefined ? {} : { input })
    assert.equal(code, 1, stdout)
    assert.match(stderr, expected)
  }

  it('a missing image: ErrImagePull, then ImagePullBackOff, and it is taken as soon as it is there', async () => {
    const missing = { name: 'main', image: 'registry.invalid/team/missing:1' }
    await ns.apply(pod('no-image', [missing]))
    const first = await ns.untilPod('no-image', 'the pull fails', each => waitingReason(each) === 'ErrImagePull')
    assert.match(
      first.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /failed to pull and unpack image "registry\.invalid\/team\/missing:1"/,
    )
    const second = await ns.untilPod('no-image', 'it backs off', each => waitingReason(each) === 'ImagePullBackOff')
    assert.match(
      second.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '',
      /^Back-off pulling image "registry\.invalid\/team\/missing:1"/,
    )
    assert.match(await ns.kubectl('get pod no-image'), /no-image +0\/1 +(ImagePullBackOff|ErrImagePull) +0/)
    await eventually('the events tell', async () =>
      assert.match(
        await ns.kubectl('describe pod no-image'),
        /Warning +Failed .*Failed to pull image "registry\.invalid\/team\/missing:1"/,
      ),
    )
    await ns.kubectl(['patch', 'pod', 'no-image', '-p', '{"spec":{"containers":[{"name":"main","image":"nginx:1.22"}]}}'])
    await ns.untilPod('no-image', 'another image is tried', isReady, 60_000)
  })

  it('a command that the image has not', async () => {
    await ns.apply(pod('no-command', [{ ...shell('main'), command: ['/no/such/thing'] }]))
    const broken = await ns.untilPod('no-command', 'it does not start', each => {
      const { state, lastState } = each.status?.containerStatuses?.[0] ?? {}
      return (state?.terminated ?? lastState?.terminated)?.reason === 'StartError'
    })
    const { state, lastState } = broken.status?.containerStatuses?.[0] ?? {}
    const terminated = state?.terminated ?? lastState?.terminated
    assert.equal(terminated?.exitCode, 128)
    assert.match(terminated?.message ?? '', /exec: "\/no\/such\/thing": stat \/no\/such\/thing: no such file or directory/)
    assert.match(await ns.kubectl('get pod no-command'), /(RunContainerError|CrashLoopBackOff|StartError)/)
    await refused('exec no-command -- ls', /container not found \("main"\)/)
  })

  it('a volume that cannot be had keeps the pod waiting, and tells why', async () => {
    await ns.apply(
      pod('no-volume', [shell('main', undefined, { volumeMounts: [{ name: 'x', mountPath: '/x' }] })], {
        volumes: [{ name: 'x', secret: { secretName: 'none' } }],
      }),
    )
    await eventually('the event tells', async () =>
      assert.match(await ns.kubectl('describe pod no-volume'), /Warning +FailedMount .*secret "none" not found/),
    )
    await ns.kubectl('create secret generic none --from-literal=a=b')
    await ns.untilPod('no-volume', 'it runs when the secret is there', isReady, 60_000)
  })

  it('manifests that are malformed, unknown or wrong', async () => {
    await refused('apply -f -', /error parsing|error converting YAML to JSON/, 'kind: Pod\n  metadata: {\n')
    await refused(
      'create -f - --validate=false',
      /no matches for kind "Podd" in version "v1"/,
      'apiVersion: v1\nkind: Podd\nmetadata: {name: x}\n',
    )
    const wrong = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'x' },
      spec: { containerz: [], containers: [{ name: 'a', image: 'b', ports: [{ containerPort: 'x' }] }] },
    })
    await refused('create -f - --validate=strict', /unknown field "spec\.containerz"|cannot unmarshal|expected/, wrong)
    await refused('create deployment Bad_Name --image=x', /The Deployment "Bad_Name" is invalid|a lowercase RFC 1123 subdomain/)
    await refused('run x --image=', /--image is required|required value/i)
    await refused('get pods --selector=a==b==c', /unable to parse|found/)
    await refused('get nothing', /the server doesn't have a resource type "nothing"/)
    await refused(['exec', 'nowhere', '--', 'ls'], /pods "nowhere" not found/)
    await refused('logs nowhere', /pods "nowhere" not found/)
  })

  it('immutable fields stay', async () => {
    await ns.apply(pod('fixed', [shell('main')]))
    await refused(['patch', 'pod', 'fixed', '-p', '{"spec":{"nodeName":"elsewhere"}}'], /pod updates may not change fields other than/)
    await ns.kubectl('create configmap frozen --from-literal=a=b')
    await ns.kubectl(['patch', 'configmap', 'frozen', '-p', '{"immutable":true}'])
    await refused(['patch', 'configmap', 'frozen', '-p', '{"data":{"a":"c"}}'], /field is immutable when `immutable` is set/)
    assert.equal(await ns.kubectl('get configmap frozen -o jsonpath={.data.a}'), 'b')
  })

  it('a wrong token', async () => {
    const args = [
      '--kubeconfig=/dev/null',
      `--server=https://127.0.0.1:${cluster.plan.apiServerPort}`,
      '--insecure-skip-tls-verify',
      '--token=wrong',
      'get',
      'pods',
    ]
    await refused(args, /You must be logged in to the server/)
  })
})

describe('bad input to cox', { skip: whyNoClusters(), timeout: 120_000 }, () => {
  let machine: TestMachine
  before(async () => {
    machine = await testMachine()
  })
  after(() => machine?.close())

  const config = (text: string) => {
    const file = join(machine.dir, 'bad.yml')
    writeFileSync(file, `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n${text}`)
    return file
  }
  const refused = async (line: string | readonly string[], expected: RegExp, env: NodeJS.ProcessEnv = {}) => {
    const { code, stdout, stderr } = await machine.cox(line, { env })
    assert.notEqual(code, 0, stdout)
    assert.match(stderr, expected)
    assert.doesNotMatch(stderr, /^ +at /m, 'no stack trace is shown')
    assert(!existsSync(join(machine.roots.home, 'clusters')), 'nothing is made')
  }

  it('a configuration that is malformed, with its place', async () => {
    await refused(`create cluster --name bad --config ${config('nodes:\n- role: worker\n  rolle: x\n')}`, /bad\.yml:5:3: .*rolle/)
    await refused(`create cluster --name bad --config ${config('nodes: [\n')}`, /bad\.yml:\d+:\d+: /)
    await refused(`create cluster --name bad --config ${config('nodes:\n- role: boss\n')}`, /bad\.yml:4:9: /)
    await refused('create cluster --name bad --config /no/such/file', /cannot read the configuration: .*\/no\/such\/file/)
    await refused('create cluster --name Bad_Name', /must consist of lower case letters/)
  })

  it('clusters and nodes that do not exist', async () => {
    for (const words of ['start', 'stop', 'get nodes', 'get kubeconfig', 'load image x.tar', 'export logs'])
      await refused(`${words} --name nowhere`, /there is no cluster "nowhere"/)
    const { code, stderr } = await machine.cox('delete cluster --name nowhere')
    assert.deepEqual([code, stderr], [0, 'There is no cluster "nowhere".\n'])
  })

  it('words and flags that do not exist', async () => {
    await refused('create clutser', /clutser|unknown command/)
    await refused('create cluster --nmae x', /--nmae/)
    await refused('create cluster --wait soon', /soon.*60s|no duration/)
  })

  it('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    try {
      await new Promise(resolve => server.once('listening', resolve))
      const address = server.address()
      assert(address !== null && typeof address === 'object')
      await refused(
        `create cluster --name bad --config ${config(`networking: {apiServerPort: ${address.port}}\n`)}`,
        new RegExp(`apiServerPort ${address.port} is in use`),
      )
      const mapping = `nodes:\n- role: control-plane\n  extraPortMappings: [{containerPort: 80, hostPort: ${address.port}}]\n`
      await refused(`create cluster --name bad --config ${config(mapping)}`, new RegExp(`hostPort ${address.port} is in use`))
    } finally {
      server.close()
    }
  })

  it('no root', async () => {
    const { env } = machine
    const args = ['--reuid=65534', '--regid=65534', '--clear-groups', '--', process.execPath, bundle, 'create', 'cluster']
    const { code, stderr } = await execute('setpriv', args, { env, cwd: '/' })
    assert.equal(code, 1, stderr)
    assert.match(stderr, /needs root\nfix: sudo cox create cluster/)
  })

  it('no containerd', async () => {
    // Programs are found at the system's places too, so these must be hidden: a mount namespace without them.
    const hide = 'for file in $(which -a containerd); do mount --bind /dev/null $file; done; exec "$@"'
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', hide, 'sh', process.execPath, bundle, 'create', 'cluster']
    const { code, stderr } = await execute('unshare', args, { env: machine.env })
    assert.equal(code, 1, stderr)
    assert.match(stderr, /packages that a node needs are missing: containerd\nfix: as root: apt-get update && apt-get install .*containerd/)
  })
})

describe('a full disk', { skip: whyNoClusters(), timeout: 120_000 }, () => {
  let cluster: TestCluster
  const sizeMb = 700
  before(async () => {
    cluster = await startCluster({ diskMb: sizeMb })
  })
  after(() => cluster?.close())

  it('refuses writes with a clear word, keeps what it acknowledged, and goes on when there is space', async () => {
    const ns = await cluster.namespace()
    const filler = join(cluster.roots.home, 'filler')
    const create = (name: string) =>
      cluster.client.create(ConfigMap, { metadata: { namespace: ns.name, name }, data: { text: name.repeat(5_000) } })
    const acknowledged = ['before']
    await create('before')
    await succeed('sh', ['-c', `head -c ${sizeMb}m /dev/zero > ${filler} || true`])
    let failure: StatusError | undefined
    for (let i = 0; i < 500 && failure === undefined; i++) {
      try {
        await create(`full-${i}`)
        acknowledged.push(`full-${i}`)
      } catch (error) {
        failure = StatusError.from(error)
      }
    }
    assert(failure, 'a write is refused')
    assert.equal(failure.code, 503, failure.message)
    assert.match(failure.message, /disk is full|no space left|ENOSPC/i)
    assert.match(await ns.kubectl('get configmap before'), /before +1 /)
    assert.match((await cluster.tryKubectl('get --raw /livez')).stdout, /ok/)

    rmSync(filler)
    await eventually('writes are taken again', () => create('after'))
    acknowledged.push('after')
    const check = async () => {
      const { items } = await cluster.client.list(ConfigMap, { namespace: ns.name })
      const stored = new Map(items.map(each => [each.metadata.name, each.data?.['text']]))
      assert.deepEqual(
        acknowledged.filter(name => stored.get(name) !== name.repeat(5_000)),
        [],
        'nothing acknowledged is lost',
      )
    }
    await check()
    const stopped = await cluster.cox(['stop', '--name', cluster.name])
    assert.equal(stopped.code, 0, stopped.stderr)
    const started = await cluster.cox(['start', '--name', cluster.name])
    assert.equal(started.code, 0, started.stderr)
    await check()
  })
})
