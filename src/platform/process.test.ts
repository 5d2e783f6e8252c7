import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, describe, it } from 'node:test'
import { CommandError, isAlive, parseStat, run, startDaemon, terminate } from './process.ts'

const dir = mkdtempSync(join(tmpdir(), 'process-test-'))
after(() => rmSync(dir, { recursive: true }))

const failure = async (promise: Promise<unknown>): Promise<CommandError> => {
  const error = await promise.then(
    () => assert.fail('should have failed'),
    (reason: unknown) => reason,
  )
  assert(error instanceof CommandError)
  return error
}

const saysUp = async (logFile: string) => {
  while (!readFileSync(logFile, 'utf8').includes('up')) await new Promise(resolve => setImmediate(resolve))
}

describe('run', () => {
  it('answers stdout and passes input, as text or as a stream', async () => {
    assert.equal(await run('cat', [], { input: 'hello' }), 'hello')
    assert.equal(await run('cat', [], { input: Readable.from(['a', 'b']) }), 'ab')
  })

  it('is not disturbed by a command that leaves its input unread', async () => {
    assert.equal(await run('true', [], { input: 'x'.repeat(1_000_000) }), '')
  })

  it('fails with command, exit code and stderr', async () => {
    const error = await failure(run('sh', ['-c', 'echo bad >&2; exit 3']))
    assert.deepEqual([error.exitCode, error.stderr, error.command], [3, 'bad\n', 'sh -c echo bad >&2; exit 3'])
  })

  it('fails when the command does not exist, takes too long or is aborted', async () => {
    assert.match((await failure(run('/nowhere/at-all', []))).message, /ENOENT/)
    assert.match((await failure(run('sleep', ['30'], { timeoutMs: 20 }))).message, /no end after 20 ms/)
    assert.match((await failure(run('sleep', ['30'], { signal: AbortSignal.timeout(20) }))).message, /aborted/)
    assert.match((await failure(run('sleep', ['30'], { signal: AbortSignal.abort() }))).message, /aborted/)
  })
})

describe('a daemon', () => {
  it('writes to its log, is known by pid and start time, and ends when told', async () => {
    const logFile = join(dir, 'logs', 'daemon.log')
    const record = await startDaemon({
      cmd: 'sh',
      args: ['-c', 'trap "echo bye; exit" TERM; echo up; while :; do sleep 0.01; done'],
      logFile,
    })
    assert.equal(isAlive(record), true)
    assert.equal(isAlive({ ...record, startTime: record.startTime + 1 }), false)
    await saysUp(logFile)
    await terminate(record, 5_000)
    assert.equal(isAlive(record), false)
    assert.match(readFileSync(logFile, 'utf8'), /up[\s\S]*bye/)
    await terminate(record, 1)
  })

  it('is killed when it does not listen', async () => {
    const logFile = join(dir, 'deaf.log')
    const record = await startDaemon({ cmd: 'sh', args: ['-c', 'trap "" TERM; echo up; while :; do sleep 0.01; done'], logFile })
    await saysUp(logFile)
    await terminate(record, 100)
    assert.equal(isAlive(record), false)
  })

  it('that cannot be started fails', async () => {
    await failure(startDaemon({ cmd: '/nowhere/at-all', args: [], logFile: join(dir, 'none.log') }))
  })
})

it('a stat line is read behind the last parenthesis', () => {
  const line = `42 (a) b (c) S 7 ${Array.from({ length: 30 }, (_, i) => i + 5).join(' ')}`
  assert.deepEqual(parseStat(line), { pid: 42, parent: 7, state: 'S', startTime: 22 })
  assert.equal(parseStat(''), undefined)
})
