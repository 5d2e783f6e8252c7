// Clusters come, stop, break and go by the real command, and nothing of them stays.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text as readText } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { readPlan } from '../../src/cluster/clusters.ts'
import { clusterLayout } from '../../src/cluster/layout.ts'
import { type TestMachine, testMachine, whyNoClusters } from '../testkit/cluster.ts'
import { execute } from '../testkit/command.ts'
import { leftovers } from '../testkit/leftovers.ts'

const launcher = resolve(import.meta.dirname, '../../bin/cox')

describe('a cluster', { skip: whyNoClusters(), timeout: 180_000 }, () => {
  const name = `coxtest-${randomBytes(3).toString('hex')}`
  let machine: TestMachine
  before(async () => {
    machine = await testMachine()
  })
  after(() => machine.close())

  const kubectl = async (...args: string[]) => {
    const { code, stdout, stderr } = await execute('kubectl', args, { timeoutMs: 20_000, env: machine.env })
    assert.equal(code, 0, stderr)
    return stdout
  }
  const cox = async (line: string) => {
    const result = await machine.cox(line)
    assert.equal(result.code, 0, `cox ${line}: ${result.stderr}`)
    return result
  }
  const controlPlanePid = () => JSON.parse(readFileSync(clusterLayout(machine.roots, name).controlPlanePid, 'utf8')).pid as number

  it('comes up with a demo that answers on every node, and says what to do next', async () => {
    const { stdout, stderr } = await cox(`up --name ${name}`)
    for (const step of ['control plane', '3 nodes', '3 nodes ready', 'demo'])
      assert.match(stderr, new RegExp(` ✓ ${step} +\\d+\\.\\d\\d s`))
    const port = /http:\/\/[\d.]+:(\d+)\//.exec(stdout)?.[1]
    const plan = readPlan(machine.roots, name)
    assert(plan)
    for (const { address } of plan.nodes) assert.match(await (await fetch(`http://${address}:${port}/`)).text(), /Hello from Coxswain/)
    assert.match(stdout, /kubectl get nodes/)
    assert.match(await kubectl('get', 'nodes'), new RegExp(`${name}-control-plane +Ready +control-plane`))
    assert.match(await kubectl('config', 'current-context'), new RegExp(`^cox-${name}$`, 'm'))
    assert.match(await kubectl('cluster-info', '--context', `cox-${name}`), /is running at/)
  })

  it('that is there stays as it is when brought up again', async () => {
    const pid = controlPlanePid()
    const { stderr } = await cox(`up --name ${name}`)
    assert.match(stderr, /is there already, and runs/)
    assert.equal(controlPlanePid(), pid)
  })

  it('cannot be created a second time, nor under the same name from another home', async () => {
    const again = await machine.cox(`create cluster --name ${name}`)
    assert.equal(again.code, 1)
    assert.match(again.stderr, /error: there is a cluster .* already\nfix: /)
    const elsewhere = await machine.cox(`create cluster --name ${name}`, { env: { COXSWAIN_HOME: join(machine.dir, 'home2') } })
    assert.equal(elsewhere.code, 1)
    assert.match(elsewhere.stderr, /error: a cluster .* runs on this machine, made with another COXSWAIN_HOME\nfix: /)
  })

  it('stops as a whole, and comes back with what it held', async () => {
    await kubectl('create', 'configmap', 'kept', '--from-literal=a=b')
    await cox(`stop --name ${name}`)
    assert.doesNotMatch((await cox(`get nodes --wide --name ${name}`)).stdout, /running/)
    await cox(`start --name ${name}`)
    assert.doesNotMatch((await cox(`get nodes --wide --name ${name}`)).stdout, /stopped|degraded/)
    assert.equal(await kubectl('get', 'configmap', 'kept', '-o', 'jsonpath={.data.a}'), 'b')
  })

  it('has nodes that stop and start by themselves', async () => {
    await cox(`stop ${name}-worker2 --name ${name}`)
    assert.match((await cox(`get nodes --wide --name ${name}`)).stdout, new RegExp(`${name}-worker2 +worker +stopped`))
    await cox(`start ${name}-worker2 --name ${name}`)
    assert.match((await cox(`get nodes --wide --name ${name}`)).stdout, new RegExp(`${name}-worker2 +worker +running`))
    const unknown = await machine.cox(`stop nowhere --name ${name}`)
    assert.match(unknown.stderr, /error: cluster .* has no node "nowhere"\nfix: choose one of: /)
  })

  it('is started again after its control plane was killed', async () => {
    process.kill(controlPlanePid(), 'SIGKILL')
    await delay(50)
    assert.match((await cox(`get nodes --wide --name ${name}`)).stdout, /degraded \(control plane not running\)/)
    await cox(`start --name ${name}`)
    await kubectl('get', 'nodes')
  })

  it('gives its logs', async () => {
    const dir = join(machine.dir, 'logs')
    assert.equal((await cox(`export logs ${dir} --name ${name}`)).stdout.trim(), dir)
    assert(existsSync(join(dir, 'components', 'kube-apiserver.log')))
  })

  it('goes without a trace, together with its context', async () => {
    const plan = readPlan(machine.roots, name)
    assert(plan)
    await cox(`down --name ${name}`)
    assert.deepEqual(await leftovers(machine.roots, plan), [])
    assert.doesNotMatch(await kubectl('config', 'view'), new RegExp(name))
    assert.match((await cox(`delete cluster --name ${name}`)).stderr, /There is no cluster/)
  })

  for (const [how, afterMs] of [
    ['SIGINT', 150],
    ['SIGINT', 500],
    ['SIGTERM', 900],
    ['SIGKILL', 400],
    ['SIGKILL', 900],
  ] as const)
    it(`half-made, cut off by ${how} after ${afterMs} ms, can be taken away whole`, async () => {
      const half = `coxtest-${randomBytes(3).toString('hex')}`
      const child = spawn(launcher, ['create', 'cluster', '--name', half], { env: machine.env, stdio: ['ignore', 'ignore', 'pipe'] })
      const said = readText(child.stderr)
      await delay(afterMs)
      child.kill(how)
      const [code] = await once(child, 'exit')
      const plan = readPlan(machine.roots, half)
      // A signal that comes before the command has begun anything ends it as it would any program.
      const hasBegun = plan !== undefined || code !== null
      if (how !== 'SIGKILL' && hasBegun) assert(code === 130 || code === 0, `exit code ${code}: ${await said}`)
      await cox(`delete cluster --name ${half}`)
      if (plan) assert.deepEqual(await leftovers(machine.roots, plan), [])
      assert.equal(existsSync(clusterLayout(machine.roots, half).dir), false)
    })

  it('whose port is taken is refused before anything is made', async () => {
    const { createServer } = await import('node:net')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const file = join(machine.dir, 'taken.yml')
    writeFileSync(
      file,
      `kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nname: coxtest-taken\nnetworking:\n  apiServerPort: ${address.port}\n`,
    )
    const refused = await machine.cox(`create cluster --config ${file}`)
    server.close()
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, new RegExp(`error: apiServerPort ${address.port} is in use\nfix: `))
    assert.equal(existsSync(clusterLayout(machine.roots, 'coxtest-taken').dir), false)
  })
})
