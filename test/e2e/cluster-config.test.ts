// What a cluster's configuration file asks for is what its nodes are, and two clusters beside each other keep to themselves.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { readPlan } from '../../src/cluster/clusters.ts'
import { cniNetwork } from '../../src/cluster/containerd.ts'
import { clusterLayout, nodeLayout } from '../../src/cluster/layout.ts'
import type { ClusterPlan } from '../../src/cluster/plan.ts'
import { type TestMachine, testMachine, whyNoClusters } from '../testkit/cluster.ts'
import { type CommandOptions, execute, succeed, type Words, words } from '../testkit/command.ts'
import { imageArchives } from '../testkit/images.ts'
import { curl, eventually } from '../testkit/waiting.ts'
import { pod, service, shell, web } from './manifests.ts'

const header = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

const kubeconfigBefore = `# Mine, by hand.
apiVersion: v1
kind: Config
clusters:
- name: work # the one at work
  cluster: {server: https://work.example:6443}
users:
- name: me
  user: {token: secret}
contexts:
- name: work
  context: {cluster: work, user: me, namespace: team}
current-context: work
preferences: {}
`

describe('a configured cluster', { skip: whyNoClusters(), timeout: 240_000 }, () => {
  const id = randomBytes(3).toString('hex')
  const first = `coxtest-${id}a`
  const second = `coxtest-${id}b`
  let machine: TestMachine
  const plans = new Map<string, ClusterPlan>()

  const file = (name: string) => join(machine.dir, name)
  const kubectl = (cluster: string, line: Words, options: CommandOptions = {}) =>
    succeed('kubectl', ['--context', `cox-${cluster}`, ...words(line)], { ...options, env: machine.env })
  const cox = async (line: Words, options?: CommandOptions) => {
    const result = await machine.cox(line, options)
    assert.equal(result.code, 0, result.stderr)
    return result
  }
  const apply = (cluster: string, ...objects: readonly object[]) =>
    kubectl(cluster, 'apply -f -', { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) })
  const ready = (cluster: string, ...names: string[]) =>
    kubectl(cluster, ['wait', '--for=condition=Ready', '--timeout=30s', ...names.map(name => `pod/${name}`)])
  const planOf = (name: string) => {
    const plan = plans.get(name) ?? readPlan(machine.roots, name)
    assert(plan)
    plans.set(name, plan)
    return plan
  }
  const mapped = (containerPort: number) => {
    const mapping = planOf(first).nodes[0]?.extraPortMappings.find(each => each.containerPort === containerPort)
    assert(mapping)
    return mapping.hostPort
  }
  const inNode = (line: readonly string[]) => {
    const [node] = planOf(first).nodes
    assert(node)
    return execute('sh', [nodeLayout(clusterLayout(machine.roots, first), node).enterScript, ...line])
  }

  let stderr = ''
  before(async () => {
    const archives = imageArchives()
    machine = await testMachine()
    writeFileSync(file('kubeconfig'), kubeconfigBefore, { mode: 0o600 })
    for (const dir of ['ro', 'rw', 'live']) mkdirSync(file(dir))
    writeFileSync(file('ro/note'), 'from the machine\n')
    // Mounts of the machine show in nodes where they are shared, as systemd makes them.
    await succeed('mount', ['--bind', file('live'), file('live')])
    await succeed('mount', ['--make-shared', file('live')])
    writeFileSync(
      file('first.yml'),
      `${header}name: ${first}
featureGates: {Something: true}
containerdConfigPatches:
- |-
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"
networking:
  podSubnet: 10.201.0.0/16
  serviceSubnet: 10.202.0.0/16
  apiServerAddress: 127.0.0.1
  apiServerPort: 0
nodes:
- role: control-plane
  image: kindest/node:v1.36.0
  labels: {tier: front}
  extraPortMappings:
  - {containerPort: 30080}
  - {containerPort: 8081, listenAddress: 127.0.0.1}
  - {containerPort: 5353, listenAddress: 127.0.0.1, protocol: UDP}
  extraMounts:
  - {hostPath: ${file('ro')}, containerPath: ${file('in/ro')}, readOnly: true}
  - {hostPath: ${file('rw')}, containerPath: ${file('in/rw')}}
  - {hostPath: ${file('live')}, containerPath: ${file('in/live')}, propagation: HostToContainer}
- role: worker
  labels: {tier: back}
`,
    )
    stderr = (await cox(['create', 'cluster', '--config', file('first.yml')])).stderr
    const { nginx } = await archives
    await cox(['load', 'image', nginx, '--name', first])
  })
  after(async () => {
    if (machine && existsSync(file('live'))) await execute('umount', ['--recursive', file('live')])
    await machine?.close()
  })

  it('tells what has no effect, with its place, and nothing else', () => {
    const notices = stderr.split('\n').filter(line => line.startsWith('notice: '))
    assert.deepEqual(
      notices.map(line => line.replace(/^notice: .*\/(first\.yml:\d+:\d+: \S+): has no effect: .*/, '$1')),
      ['first.yml:4:15: featureGates', 'first.yml:16:10: nodes[0].image'],
    )
  })

  it('has nodes by the names and labels of the file, in its subnets', async () => {
    assert.equal((await cox(`get nodes --name ${first}`)).stdout, `${first}-control-plane\n${first}-worker\n`)
    const columns = ['get', 'nodes', '-o', 'jsonpath={range .items[*]}{.metadata.labels.tier} {.spec.podCIDR}{"\\n"}{end}']
    assert.equal(await kubectl(first, columns), 'front 10.201.0.0/24\nback 10.201.1.0/24\n')
    assert.equal(await kubectl(first, 'get service kubernetes -o jsonpath={.spec.clusterIP}'), '10.202.0.1')
    await apply(first, pod('back', [web()], { nodeSelector: { tier: 'back' } }))
    await ready(first, 'back')
    assert.match(
      await kubectl(first, 'get pod back -o jsonpath={.status.podIP},{.spec.nodeName}'),
      new RegExp(`^10\\.201\\.1\\.\\d+,${first}-worker$`),
    )
  })

  it('maps ports of the machine to a NodePort and to hostPorts, by TCP and UDP', async () => {
    const echo = `const s=require('dgram').createSocket('udp4');s.on('message',(m,f)=>s.send('udp '+m,f.port,f.address));s.bind(53)`
    const machineRoot = { name: 'machine', hostPath: { path: '/' } }
    const udp = {
      ...shell('udp'),
      command: ['chroot', '/machine', realpathSync(process.execPath), '-e', echo],
      volumeMounts: [{ name: 'machine', mountPath: '/machine' }],
      ports: [{ containerPort: 53, hostPort: 5353, protocol: 'UDP' }],
    }
    const onMapped = { nodeName: `${first}-control-plane` }
    await apply(
      first,
      pod('far', [web()], { nodeName: `${first}-worker` }, { labels: { app: 'far' } }),
      service('far', 80, 80, { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }),
      pod('host-port', [web('web', { ports: [{ containerPort: 80, hostPort: 8081 }] })], onMapped),
      pod('udp', [udp], { ...onMapped, volumes: [machineRoot] }),
    )
    await ready(first, 'far', 'host-port', 'udp')
    for (const port of [mapped(30080), mapped(8081)])
      await eventually(`port ${port} answers`, async () => assert.match((await curl(`http://127.0.0.1:${port}/`)).body, /Welcome to nginx/))
    await eventually('UDP answers', async () => assert.equal(await askUdp(mapped(5353), 'hello'), 'udp hello'))
    // One that listens on every address does on those of other links too; the others do not.
    const { gateway } = planOf(first)
    assert.equal((await curl(`http://${gateway}:${mapped(30080)}/`)).status, 200)
    await assert.rejects(curl(`http://${gateway}:${mapped(8081)}/`, 1_000))
  })

  it('has the mounts of the file in its nodes, also for pods', async () => {
    const note = await inNode(['cat', file('in/ro/note')])
    assert.equal(note.stdout, 'from the machine\n')
    assert.match((await inNode(['touch', file('in/ro/x')])).stderr, /Read-only file system/)
    const volumes = [{ name: 'rw', hostPath: { path: file('in/rw'), type: 'Directory' } }]
    const writer = { ...shell('main', 'echo from a pod >/rw/answer; sleep 1000'), volumeMounts: [{ name: 'rw', mountPath: '/rw' }] }
    await apply(first, pod('writer', [writer], { nodeName: `${first}-control-plane`, volumes }))
    await ready(first, 'writer')
    await eventually('the machine sees it', () => assert.equal(readFileSync(file('rw/answer'), 'utf8'), 'from a pod\n'))
    assert.deepEqual(readdirSync(file('in/rw')), [], 'the machine does not see the mount itself')
    mkdirSync(file('live/later'))
    await succeed('mount', ['-t', 'tmpfs', 'tmpfs', file('live/later')])
    writeFileSync(file('live/later/news'), 'mounted later\n')
    assert.equal((await inNode(['cat', file('in/live/later/news')])).stdout, 'mounted later\n')
  })

  it('stands beside another one; each has its own', async () => {
    const { mode } = statSync(file('kubeconfig'))
    writeFileSync(file('second.yml'), `${header}networking: {disableDefaultCNI: true}\n`)
    const created = await cox(['create', 'cluster', '--name', second, '--config', file('second.yml')])
    assert.match(created.stderr, /^notice: the nodes become Ready when a pod network is installed/m)
    assert.equal((await cox('get clusters')).stdout, `${first}\n${second}\n`)
    const [one, two] = [planOf(first), planOf(second)]
    assert.notEqual(one.podSubnet, two.podSubnet)
    assert.notEqual(one.nodeSubnet, two.nodeSubnet)
    assert.notEqual(one.apiServerPort, two.apiServerPort)
    await Promise.all([first, second].map(name => kubectl(name, `create configmap is-${name}`)))
    for (const name of [first, second]) {
      assert.match(await kubectl(name, 'get configmaps -o name'), new RegExp(`configmap/is-${name}\n`))
      assert.equal((await kubectl(name, 'get nodes -o name')).includes(`node/${name}-control-plane\n`), true)
    }
    assert.doesNotMatch(await kubectl(second, 'get configmaps -o name'), new RegExp(`is-${first}`))
    const crossed = await execute(
      'kubectl',
      ['--context', `cox-${first}`, '--server', `https://127.0.0.1:${two.apiServerPort}`, 'get', 'nodes'],
      { env: machine.env },
    )
    assert.match(crossed.stderr, /certificate signed by unknown authority/)
    assert.equal(statSync(file('kubeconfig')).mode, mode)
  })

  it('without the default network has nodes that are Ready once one is installed', async () => {
    const [node] = planOf(second).nodes
    assert(node)
    const condition = () => kubectl(second, ['get', 'node', node.name, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")]}'])
    assert.match(await condition(), /cni plugin not initialized.*"status":"False"/)
    await apply(second, pod('waits', [shell('main')]))
    assert.equal(await kubectl(second, 'get pod waits -o jsonpath={.spec.nodeName}'), '', 'it is not scheduled')
    const { cniConfDir } = nodeLayout(clusterLayout(machine.roots, second), node)
    assert.deepEqual(readdirSync(cniConfDir), [])
    writeFileSync(join(cniConfDir, '10-own.conflist'), cniNetwork(node.podCidr))
    await kubectl(second, `wait --for=condition=Ready node/${node.name} --timeout=30s`)
    await ready(second, 'waits')
  })

  it('gives its logs', async () => {
    await cox(['export', 'logs', file('logs'), '--name', first])
    const found = readdirSync(file('logs'), { recursive: true, encoding: 'utf8' })
    for (const name of ['components/kube-apiserver.log', `components/kubelet-${first}-worker.log`, 'cluster.json'])
      assert(found.includes(name), name)
    const web = found.find(path => new RegExp(`^${first}-control-plane/pods/default_host-port_[^/]+/web/0\\.log$`).test(path))
    assert(web, found.join('\n'))
    assert.match(readFileSync(join(file('logs'), web), 'utf8'), /nginx/)
  })

  it('leaves a kubeconfig as it was but for its own context, and the other cluster alone', async () => {
    const both = readFileSync(file('kubeconfig'), 'utf8')
    assert(both.startsWith('# Mine, by hand.\n'))
    assert.match(both, /name: work # the one at work/)
    assert.match(both, new RegExp(`^current-context: cox-${second}$`, 'm'))
    await cox(`delete cluster --name ${second}`)
    const one = readFileSync(file('kubeconfig'), 'utf8')
    assert.doesNotMatch(one, new RegExp(second))
    assert.match(one, new RegExp(`name: cox-${first}$`, 'm'))
    assert.equal((await cox('get clusters')).stdout, `${first}\n`)
    assert.equal((await curl(`http://127.0.0.1:${mapped(30080)}/`)).status, 200)
    await kubectl(first, `get configmap is-${first}`)
    const other = file('other-kubeconfig')
    await cox(`export kubeconfig --name ${first} --kubeconfig ${other}`)
    assert.match(await succeed('kubectl', ['--kubeconfig', other, 'get', 'nodes']), new RegExp(`${first}-worker`))
    await cox(`delete cluster --name ${first}`)
    const after = readFileSync(file('kubeconfig'), 'utf8')
    assert.equal(after.replace(/^current-context: .*\n/m, ''), kubeconfigBefore.replace(/^current-context: .*\n/m, ''))
    assert.equal(existsSync(clusterLayout(machine.roots, first).dir), false)
  })
})

function askUdp(port: number, text: string): Promise<string> {
  const socket = createSocket('udp4')
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer from UDP port ${port}`)), 1_000)
    socket.on('message', message => {
      clearTimeout(late)
      resolve(message.toString())
    })
    socket.on('error', reject)
    socket.send(text, port, '127.0.0.1')
  }).finally(() => socket.close())
}
