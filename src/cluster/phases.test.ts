import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { PhaseError, Phases, type Progress, silentProgress } from './phases.ts'

function recorder(): { progress: Progress; seen: string[] } {
  const seen: string[] = []
  return {
    seen,
    progress: { begin: name => seen.push(`begin ${name}`), end: name => seen.push(`end ${name}`), fail: name => seen.push(`fail ${name}`) },
  }
}
const never = new AbortController().signal
const failure = (work: Promise<unknown>) =>
  work.then(
    () => assert.fail('should have failed'),
    (error: unknown) => error,
  )

describe('a phase', () => {
  it('answers what its work answers, and is shown', async () => {
    const { seen, progress } = recorder()
    assert.equal(await new Phases(progress, never).run({ name: 'a', deadlineMs: 1_000 }, async () => 7), 7)
    assert.deepEqual(seen, ['begin a', 'end a'])
  })

  it('that fails names itself, the cause, and the end of its log', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'cox-phases-'))
    try {
      const logFile = join(dir, 'log')
      writeFileSync(logFile, '0\n1\n2\n3\n\n4\nError: no room\n    at f (x.js:1:1)\n  code: 1\n}\n5\n6\n\nNode.js v24\n')
      const { seen, progress } = recorder()
      const work = async () => {
        throw new Error('no room')
      }
      const error = await failure(new Phases(progress, never).run({ name: 'a', deadlineMs: 1_000, logFile }, work))
      assert(error instanceof PhaseError)
      assert.equal(error.message, 'a: no room')
      assert.deepEqual(error.logEnd, ['1', '2', '3', '4', 'Error: no room', '  code: 1', '5', '6'])
      assert.deepEqual(seen, ['begin a', 'fail a'])
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('past its deadline fails with what its work waited for, where it says so', async () => {
    const waiting = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('nobody came')), { once: true }))
    const heeding = await failure(new Phases(silentProgress, never).run({ name: 'a', deadlineMs: 5 }, waiting))
    assert.equal((heeding as Error).message, 'a: nobody came')
    const deaf = await failure(new Phases(silentProgress, never).run({ name: 'a', deadlineMs: 5 }, () => new Promise(() => {})))
    assert.equal((deaf as Error).message, 'a: not done after 0.005 s')
  })

  it('inside another is blamed itself', async () => {
    const phases = new Phases(silentProgress, never)
    const inner = () => phases.run({ name: 'inner', deadlineMs: 1_000 }, () => Promise.reject(new Error('no')))
    assert.equal(((await failure(phases.run({ name: 'outer', deadlineMs: 1_000 }, inner))) as Error).message, 'inner: no')
  })

  it('ends with the command, whose reason it passes on, and `settled` waits for what goes on', async () => {
    const command = new AbortController()
    const phases = new Phases(silentProgress, command.signal)
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = failure(phases.run({ name: 'a', deadlineMs: 1_000 }, () => promise))
    const reason = new Error('told to stop')
    command.abort(reason)
    assert.equal(await running, reason)
    let settled = false
    const waiting = phases.settled().then(() => {
      settled = true
    })
    await new Promise(setImmediate)
    assert.equal(settled, false)
    resolve()
    await waiting
    await assert.rejects(
      phases.run({ name: 'b', deadlineMs: 1 }, async () => {}),
      reason,
    )
  })
})
