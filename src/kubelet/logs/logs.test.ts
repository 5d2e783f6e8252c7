import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import * as files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { VirtualClock } from '../../base/virtual-clock.ts'
import { FakeRuntime } from '../runtime/fake-runtime.ts'
import { testHost } from '../test-kubelet.ts'
import { parseRecord } from './line.ts'
import { type LogOptions, lastLines, readLog } from './read.ts'
import { planRotation, rotateLog } from './rotate.ts'

const dir = mkdtempSync(join(tmpdir(), 'logs-test-'))
after(() => rmSync(dir, { recursive: true, force: true }))

let sequence = 0
function logFile(text: string): string {
  const path = join(dir, `${sequence++}.log`)
  writeFileSync(path, text)
  return path
}
const at = (second: number) => `2026-01-01T00:00:0${second}.123456789Z`
const sample = `${at(1)} stdout F one\n${at(2)} stderr F two\n${at(3)} stdout P thr\n${at(3)} stdout F ee\n${at(4)} stdout F four\n`

async function read(path: string, options: Partial<LogOptions> = {}, isPlain = false): Promise<string> {
  const pieces: Buffer[] = []
  const source = { files, clock: new VirtualClock(), path, isPlain, isRunning: () => false }
  for await (const piece of readLog(source, { signal: new AbortController().signal, ...options })) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

describe('reading a log', () => {
  const rows: readonly (readonly [string, Partial<LogOptions>, string])[] = [
    ['all of it', {}, 'one\ntwo\nthree\nfour\n'],
    ['its end, where a broken line counts by its records', { tailLines: 2 }, 'ee\nfour\n'],
    ['nothing but what comes', { tailLines: 0 }, ''],
    ['more than there is', { tailLines: 100 }, 'one\ntwo\nthree\nfour\n'],
    ['since a moment', { sinceMs: Date.parse(at(3)) }, 'three\nfour\n'],
    ['some bytes', { limitBytes: 5 }, 'one\nt'],
    ['with times', { tailLines: 1, timestamps: true }, `${at(4)} four\n`],
    ['one stream', { stream: 'stderr' }, 'two\n'],
  ]
  for (const [name, options, wanted] of rows) it(name, async () => assert.equal(await read(logFile(sample), options), wanted))

  it('a plain one', async () => assert.equal(await read(logFile('a\nb\nc\n'), { tailLines: 2 }, true), 'b\nc\n'))
  it('an empty one', async () => assert.equal(await read(logFile('')), ''))
  it('one with long lines, over blocks', async () => {
    const long = 'x'.repeat(200_000)
    assert.equal(await read(logFile(`${at(1)} stdout F ${long}\n${at(2)} stdout F end\n`)), `${long}\nend\n`)
    assert.equal(await read(logFile(`${at(1)} stdout F ${long}\n${at(2)} stdout F end\n`), { tailLines: 1 }), 'end\n')
  })
  it('the last words', async () => assert.equal(await lastLines(files, logFile(sample), 80, 8), 'ee\nfour\n'))

  it('what is written on and after rotation, until the container has ended', async () => {
    const path = logFile(`${at(1)} stdout F one\n`)
    const clock = new VirtualClock()
    let isRunning = true
    const source = { files, clock, path, isRunning: () => isRunning }
    const pieces = readLog(source, { follow: true, signal: new AbortController().signal })
    const next = async () => {
      const piece = pieces.next()
      let settled = false
      void piece.finally(() => {
        settled = true
      })
      while (!settled) await clock.advance(100)
      return (await piece).value?.toString()
    }
    assert.equal(await next(), 'one\n')
    appendFileSync(path, `${at(2)} stdout F two\n`)
    assert.equal(await next(), 'two\n')
    renameSync(path, `${path}.old`)
    writeFileSync(path, `${at(3)} stdout F three\n`)
    assert.equal(await next(), 'three\n')
    isRunning = false
    assert.equal(await next(), undefined)
  })
})

it('a record has a time, a stream, a tag and text', () => {
  const parse = (text: string) => parseRecord(Buffer.from(text))
  assert.deepEqual(parse(`${at(1)} stdout F a b`), { time: at(1), stream: 'stdout', isPartial: false, text: Buffer.from('a b') })
  assert.equal(parse(`${at(1)} stderr P:x a`)?.isPartial, true)
  assert.equal(parse(`${at(1)} stdout F`)?.text.length, 0)
  assert.equal(parse('nonsense'), undefined)
})

describe('rotation', () => {
  it('moves a log aside, has it opened anew, compresses and removes', async () => {
    const clock = new VirtualClock()
    const runtime = new FakeRuntime({ clock })
    const reopened: string[] = []
    runtime.reopenContainerLog = async id => void reopened.push(id)
    const folder = mkdtempSync(join(dir, 'rotate-'))
    const path = join(folder, '0.log')
    const options = { host: testHost(), runtime, clock, maxBytes: 10, maxFiles: 3 }
    for (let i = 0; i < 4; i++) {
      writeFileSync(path, 'x'.repeat(20))
      assert.equal(await rotateLog(path, 'c', options), true)
      await clock.advance(1_000)
    }
    writeFileSync(path, 'small')
    assert.equal(await rotateLog(path, 'c', options), false)
    assert.deepEqual(reopened, ['c', 'c', 'c', 'c'])
    assert.deepEqual(readdirSync(folder).sort(), ['0.log', '0.log.20260101-000002.gz', '0.log.20260101-000003'])
  })

  it('keeps the newest pieces', () => {
    const pieces = ['0.log.1.gz', '0.log.2.gz', '0.log.2.gz.tmp', '0.log.3', '0.log.4']
    assert.deepEqual(planRotation(pieces, 5), { remove: ['0.log.1.gz', '0.log.2.gz.tmp'], compress: ['0.log.3', '0.log.4'] })
  })
})
