import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hierarchies } from './cgroup.ts'
import { nodeProcesses } from './node-sandbox.ts'
import { isLoopbackOnly } from './resolv-conf.ts'

it('a node’s processes are its own and all that descend from them, but never ourselves', () => {
  const process = (pid: number, parent: number, state = 'S') => ({ pid, parent, state, startTime: 1 })
  const table = [
    process(1, 0),
    process(10, 1), // containerd, of the node
    process(11, 10), // a child that has left the cgroup
    process(12, 11),
    process(20, 1),
    process(30, 10, 'Z'),
    process(40, 10), // ourselves, started within the node
    process(41, 40), // what we run
    process(50, 51), // a loop, as a table read while pids are reused can have
    process(51, 50),
  ]
  const found = nodeProcesses(table, pid => pid === 10 || pid === 40, 40).map(each => each.pid)
  assert.deepEqual(found, [10, 11, 12])
})

it('cgroup hierarchies of version 1, version 2 and both are told apart', () => {
  const mount = (mountPoint: string, type: string, ...superOptions: string[]) => ({ mountPoint, type, superOptions })
  const mounts = [
    mount('/c', 'tmpfs'),
    mount('/c/cpuset', 'cgroup', 'rw', 'cpuset'),
    mount('/c/cpu', 'cgroup', 'rw', 'cpu'),
    mount('/c/unified', 'cgroup2'),
  ]
  assert.deepEqual(
    hierarchies(mounts).map(each => [each.mountPoint, each.version, each.cpuset]),
    [
      ['/c/cpuset', 1, true],
      ['/c/cpu', 1, false],
      ['/c/unified', 2, false],
    ],
  )
})

it('a resolv.conf with name servers on the loopback address only does not serve a node', () => {
  assert.equal(isLoopbackOnly('# x\nnameserver 127.0.0.53\noptions edns0\n'), true)
  assert.equal(isLoopbackOnly('nameserver 127.0.0.53\nnameserver 10.0.0.1\n'), false)
  assert.equal(isLoopbackOnly('search local\n'), false)
})
