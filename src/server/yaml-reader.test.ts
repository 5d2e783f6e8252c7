import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { StatusError } from '../meta/status-error.ts'
import { systemClock } from '../platform/clock.ts'
import { YamlReader } from './yaml-reader.ts'

const reader = new YamlReader(systemClock)
after(() => reader.close())

test('bodies are read as without a worker', async () => {
  assert.deepEqual(await reader.read('a: 1\na: 2\nb: [x, ~]\n'), {
    value: { a: 2, b: ['x', null] },
    duplicates: ['line 2: key "a" already set in map'],
  })
  await assert.rejects(
    reader.read('a: b: c'),
    (error: unknown) => StatusError.is(error, 'BadRequest') && /error converting YAML to JSON: yaml: Nested/.test(error.message),
  )
})

test('several bodies get their own answers', async () => {
  const values = await Promise.all(Array.from({ length: 10 }, (_, i) => reader.read(`count: ${i}`)))
  assert.deepEqual(
    values.map(({ value }) => value),
    Array.from({ length: 10 }, (_, count) => ({ count })),
  )
})

test('three megabytes that are hard to read do not stop the server, and are refused', async () => {
  let longestMs = 0
  let last = performance.now()
  const beat = setInterval(() => {
    const now = performance.now()
    longestMs = Math.max(longestMs, now - last)
    last = now
  }, 5)
  try {
    await assert.rejects(reader.read(`{"a": [${'1,'.repeat(1_490_000)}1]}`), /document is too complex/)
  } finally {
    clearInterval(beat)
  }
  assert.ok(longestMs < 500, `the server stood still for ${longestMs} ms`)
  assert.deepEqual((await reader.read('still: here')).value, { still: 'here' })
})

test('a reader that is closed refuses what waits', async () => {
  const own = new YamlReader(systemClock)
  const waiting = assert.rejects(own.read('a: 1'), /shutting down/)
  await own.close()
  await waiting
})
