import assert from 'node:assert/strict'
import { it } from 'node:test'
import { fstabLine, parseMountInfo } from './mounts.ts'

it('mountinfo lines are read with and without optional fields', () => {
  const text = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw shared:5 master:1 - cgroup cgroup rw,cpu,cpuacct
40 31 0:38 / /mnt/a\\040b rw - ext4 /dev/vda rw
`
  assert.deepEqual(parseMountInfo(text), [
    { mountPoint: '/sys/fs/cgroup', type: 'tmpfs', superOptions: ['rw', 'mode=755'] },
    { mountPoint: '/sys/fs/cgroup/cpu', type: 'cgroup', superOptions: ['rw', 'cpu', 'cpuacct'] },
    { mountPoint: '/mnt/a b', type: 'ext4', superOptions: ['rw'] },
  ])
})

it('white space in a path does not end an fstab field', () => {
  assert.equal(fstabLine('/a b', '/c\td\\e', ['bind', 'ro']), '/a\\040b /c\\011d\\134e none bind,ro 0 0\n')
})
