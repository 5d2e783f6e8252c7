import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { claim } from './claim.ts'

test('a claim is held once, says by whom, and is free again after its release', async () => {
  const name = `test-${process.pid}`
  const first = await claim(name, 'testing')
  assert(first.ok)
  const second = await claim(name, 'also testing')
  assert.deepEqual(second, { ok: false, heldBy: `testing (pid ${process.pid})` })
  first.release()
  const third = await claim(name, 'again')
  assert(third.ok)
  third.release()
})

test('a claim ends with its process, also by SIGKILL', async () => {
  const name = `test-killed-${process.pid}`
  const script = `const { claim } = await import(${JSON.stringify(new URL('./claim.ts', import.meta.url).href)})
    await claim(${JSON.stringify(name)}, 'child'); console.log('held'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const refused = await claim(name, 'parent')
  assert.equal(refused.ok, false)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const held = await claim(name, 'parent')
  assert(held.ok)
  held.release()
})
