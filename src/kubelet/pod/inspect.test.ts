import assert from 'node:assert/strict'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { ContainerStatus } from '../runtime/cri-observed.ts'
import { messageFile, observedContainer } from './inspect.ts'
import { messagePathAnnotation, restartCountAnnotation } from './names.ts'

test('of a termination message only the end is read, however large the file is', async t => {
  const dir = await files.mkdtemp(join(tmpdir(), 'inspect-test-'))
  t.after(() => files.rm(dir, { recursive: true, force: true }))
  const path = messageFile(dir, 'u1', 'app', 2)
  await files.mkdir(dirname(path), { recursive: true })
  const status: Partial<ContainerStatus> = {
    id: 'c1',
    state: 'CONTAINER_EXITED',
    exitCode: 1,
    reason: 'Error',
    message: '',
    annotations: { [restartCountAnnotation]: '2', [messagePathAnnotation]: '/dev/termination-log' },
    labels: {
      'io.kubernetes.pod.uid': 'u1',
      'io.kubernetes.pod.name': 'web',
      'io.kubernetes.pod.namespace': 'default',
      'io.kubernetes.container.name': 'app',
    },
    imageRef: '',
    logPath: '',
  }
  const message = async () => (await observedContainer(status as ContainerStatus, 's1', { files }, dir)).message
  assert.equal(await message(), '')
  await files.writeFile(path, 'short')
  assert.equal(await message(), 'short')
  // Three gigabytes, without taking them on the disk.
  await files.truncate(path, 3 * 1024 ** 3)
  await files.appendFile(path, 'last words')
  const long = await message()
  assert.deepEqual([long.length, long.replaceAll('\0', '')], [4096, 'last words'])
})
