// Real nodes on this machine: needs root and a node's packages, and leaves nothing behind.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isAlive, run } from '../platform/process.ts'
import { cgroupProcesses, hierarchies } from './cgroup.ts'
import { type ClusterConfig, defaultConfig } from './config.ts'
import { callGrpc } from './grpc-probe.ts'
import { inspectArchive } from './images/archive.ts'
import { demoImageName, demoPort } from './images/demo.ts'
import { importArchive } from './images/import.ts'
import { packLayer } from './images/layer.ts'
import { imageArchive } from './images/oci-image.ts'
import { clusterLayout, nodeLayout, type Roots } from './layout.ts'
import { reserveCluster } from './lifecycle.ts'
import { readMounts } from './mounts.ts'
import { readNetworkState } from './network.ts'
import { deleteNodes, type StartedNode, startNode, startNodes, stopNode } from './node.ts'
import type { ClusterPlan } from './plan.ts'
import { missingPackages } from './system-packages.ts'

const skip =
  process.getuid?.() !== 0 ? 'needs root' : missingPackages().length > 0 ? `needs the packages ${missingPackages().join(' ')}` : false

describe('two real nodes', { skip, timeout: 60_000 }, () => {
  const name = `t${process.pid.toString(36)}`
  const dir = mkdtempSync(join(tmpdir(), 'cox-node-'))
  const roots: Roots = { home: join(dir, 'home'), run: join(dir, 'run') }
  const cluster = clusterLayout(roots, name)
  let plan: ClusterPlan
  let nodes: StartedNode[] = []

  before(async () => {
    writeFileSync(join(dir, 'from-host'), 'hello')
    const none = { labels: {}, extraMounts: [], extraPortMappings: [] }
    const extraMounts = [{ hostPath: dir, containerPath: '/mnt', readOnly: true, propagation: 'None' }] as const
    const config: ClusterConfig = defaultConfig(name, [
      { ...none, role: 'control-plane', extraMounts },
      { ...none, role: 'worker', extraPortMappings: [{ containerPort: 8099, hostPort: 0, listenAddress: '0.0.0.0', protocol: 'TCP' }] },
    ])
    const reserved = await reserveCluster(roots, config)
    plan = reserved.plan
    nodes = await startNodes(roots, plan)
    reserved.release()
  })
  after(async () => {
    await deleteNodes(roots, plan)
    rmSync(dir, { recursive: true, force: true })
  })

  const inside = (index: number, ...command: string[]) => {
    const [cmd = '', ...args] = [...nodes[index]!.enter, ...command]
    return run(cmd, args, { timeoutMs: 20_000 })
  }
  const layout = (index: number) => nodeLayout(cluster, plan.nodes[index]!)

  it('have names, addresses and directories of their own', async () => {
    assert.equal((await inside(1, 'hostname')).trim(), `${name}-worker`)
    assert.match(await inside(0, 'ip', '-4', 'address', 'show', 'eth0'), new RegExp(`inet ${plan.nodes[0]!.address}/24`))
    await inside(0, 'sh', '-c', 'echo mine >/var/lib/kubelet/probe')
    assert.equal(readFileSync(join(layout(0).dir, 'kubelet', 'probe'), 'utf8'), 'mine\n')
    assert.equal(existsSync(join(layout(1).dir, 'kubelet', 'probe')), false)
  })

  it('see extra mounts, read-only where asked for', async () => {
    assert.equal(await inside(0, 'cat', '/mnt/from-host'), 'hello')
    await assert.rejects(inside(0, 'touch', '/mnt/new'), /Read-only file system/)
    await assert.rejects(inside(1, 'cat', '/mnt/from-host'), /No such file/)
  })

  it('reach each other, and the host reaches them', async () => {
    await inside(0, 'busybox', 'ping', '-c', '1', '-W', '2', plan.nodes[1]!.address)
    await run('busybox', ['ping', '-c', '1', '-W', '2', plan.nodes[1]!.address])
  })

  it('have the system images', async () => {
    for (const { containerdSocket } of nodes) {
      const listed = (await run('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'list', '--quiet'])).split('\n')
      for (const image of ['coxswain.local/pause:1', 'docker.io/library/busybox:latest', demoImageName])
        assert(listed.includes(image), image)
    }
  })

  it('take images from archives, whatever form they have', async () => {
    const sockets = nodes.map(node => node.containerdSocket)
    const layer = await packLayer([{ path: 'x', kind: 'file', content: name }])
    const names = ['docker.io/library/loaded:1', 'example.com/loaded:2']
    const file = join(dir, 'loaded.tar.gz')
    writeFileSync(file, gzipSync(await imageArchive(names.map(each => ({ name: each, layers: [layer], config: { Cmd: ['/x'] } })))))
    const found = await inspectArchive(file)
    assert(found.ok, JSON.stringify(found))
    await importArchive(sockets, found.archive)
    for (const socket of sockets) {
      const listed = (await run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', 'list', '--quiet'])).split('\n')
      for (const image of names) assert(listed.includes(image), `${image} in ${listed}`)
    }
    assert.equal((await inspectArchive(join(dir, 'from-host'))).ok, false)
  })

  it('run a pod in the pod network, reached from the other node and from the host', async () => {
    const [, worker] = nodes
    assert(worker)
    const sandboxConfig = message(
      field(1, message(field(1, 'probe'), field(2, 'uid-1'), field(3, 'default'))),
      field(2, 'probe'),
      field(3, '/var/log/pods/probe'),
      field(8, message(field(1, `${layout(1).cgroup}/kubepods/probe`))),
    )
    const call = async (method: string, body: Buffer) => {
      const answer = await callGrpc(worker.containerdSocket, `/runtime.v1.RuntimeService/${method}`, body, 20_000)
      assert(answer.ok, `${method}: ${answer.ok ? '' : answer.error}`)
      return answer.message
    }
    const sandbox = firstString(await call('RunPodSandbox', message(field(1, sandboxConfig))))
    const containerConfig = message(
      field(1, message(field(1, 'web'))),
      field(2, message(field(1, demoImageName))),
      field(11, 'web.log'),
      field(15, ''),
    )
    const container = firstString(
      await call('CreateContainer', message(field(1, sandbox), field(2, containerConfig), field(3, sandboxConfig))),
    )
    await call('StartContainer', message(field(1, container)))

    const podAddress = plan.nodes[1]!.podCidr.replace(/0\/24$/, '2')
    const page = ['wget', '-q', '-O', '-', `http://${podAddress}:${demoPort}/cgi-bin/index.cgi`]
    const retried = `for i in 1 2 3 4 5 6 7 8 9 10; do busybox ${page.join(' ')} && exit; sleep 0.1; done; exit 1`
    assert.match(await inside(0, 'sh', '-c', retried), /from the pod <strong>probe<\/strong>/)
    assert.match(await run('busybox', page), /from the pod/)
    assert.match(readFileSync(join(layout(1).dir, 'log', 'pods', 'probe', 'web.log'), 'utf8'), /probe listens on port/)
  })

  it('are reached by a mapped port of the host', async () => {
    const port = plan.nodes[1]!.extraPortMappings[0]!.hostPort
    const server = inside(1, 'busybox', 'nc', '-l', '-p', '8099', '-w', '5', '-e', 'echo', 'mapped')
    const client = `for i in 1 2 3 4 5 6 7 8 9 10; do busybox nc -w 2 127.0.0.1 ${port} </dev/null && exit; sleep 0.1; done`
    assert.equal((await run('sh', ['-c', client])).trim(), 'mapped')
    await server
  })

  it('stay as they are when started again', async () => {
    const pid = () => readFileSync(layout(0).containerdPid, 'utf8')
    const first = pid()
    await startNodes(roots, plan)
    assert.equal(pid(), first)
    assert.equal(isAlive(JSON.parse(first)), true)
  })

  it('stop with all their processes and come back with their disk', async () => {
    const node = plan.nodes[1]!
    const running = cgroupProcesses(layout(1).cgroup)
    assert(running.size >= 4, 'containerd, a shim and the pod')
    await stopNode(roots, plan, node)
    assert.equal(cgroupProcesses(layout(1).cgroup).size, 0)
    assert.equal(readNetworkState().netns.has(node.netns), false)
    assert.equal(existsSync(layout(1).containerdStore), true)
    nodes[1] = await startNode(roots, plan, node)
    await inside(0, 'busybox', 'ping', '-c', '1', '-W', '2', node.address)
  })

  it('go without a trace, also after their processes were killed', async () => {
    for (const pid of cgroupProcesses(layout(0).cgroup)) process.kill(pid, 'SIGKILL')
    await deleteNodes(roots, plan)
    const state = readNetworkState()
    const links = [plan.bridge, ...plan.nodes.map(node => node.hostLink)]
    assert.deepEqual(
      links.filter(link => state.links.has(link)),
      [],
    )
    assert.deepEqual(
      plan.nodes.filter(node => state.netns.has(node.netns) || existsSync(join('/run/netns', node.netns))),
      [],
    )
    assert.deepEqual(
      readMounts().filter(mount => mount.mountPoint.startsWith(dir)),
      [],
    )
    assert.deepEqual(
      hierarchies().filter(({ mountPoint }) => existsSync(join(mountPoint, 'coxswain', name))),
      [],
    )
    assert.doesNotMatch(await run('nft', ['list', 'tables']), new RegExp(`coxswain-${name}`))
    assert.doesNotMatch(await run('ip', ['route']), new RegExp(plan.bridge))
    assert.deepEqual(processesNaming(dir), [])
    assert.equal(existsSync(cluster.dir) || existsSync(cluster.runDir), false)
    await deleteNodes(roots, plan)
  })
})

function processesNaming(text: string): string[] {
  return readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      return line.includes(text) ? [line] : []
    } catch {
      return []
    }
  })
}

// Just enough protocol buffers for three CRI calls: fields of strings and messages, all shorter than 16 KiB.
function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  const length = bytes.length < 128 ? [bytes.length] : [(bytes.length & 0x7f) | 0x80, bytes.length >> 7]
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes])
}
const message = (...fields: Buffer[]) => Buffer.concat(fields)
const firstString = (bytes: Buffer) => bytes.subarray(2, 2 + bytes[1]!).toString()
