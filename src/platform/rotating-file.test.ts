import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fileLogger } from './log.ts'
import { outdated, RotatingFile } from './rotating-file.ts'

let root: string
let path: string
let count = 0
before(() => {
  root = mkdtempSync(join(tmpdir(), 'coxswain-rotating-'))
})
beforeEach(() => {
  path = join(root, `${count++}`, 'audit.log')
  execFileSync('mkdir', [join(path, '..')])
})
after(() => rmSync(root, { recursive: true, force: true }))

const files = () => readdirSync(join(path, '..')).sort()

test('lines arrive in order, without waiting for the disk, and the rest at the close', async () => {
  const file = new RotatingFile({ path, mode: 0o600, maxBytes: 0, maxBackups: 0 })
  for (let i = 0; i < 1000; i++) file.append(`${i}\n`)
  assert.equal(readFileSync(path, 'utf8'), '')
  while (readFileSync(path, 'utf8').length < 3890) await turn()
  for (let i = 1000; i < 1010; i++) file.append(`${i}\n`)
  file.close()
  const expected = Array.from({ length: 1010 }, (_, i) => `${i}\n`).join('')
  assert.equal(readFileSync(path, 'utf8'), expected)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('a large file is set aside, and only so many are kept', async () => {
  const file = new RotatingFile({ path, mode: 0o600, maxBytes: 100, maxBackups: 2 })
  for (let i = 0; i < 6; i++) {
    file.append(`${'x'.repeat(120)}${i}\n`)
    // Each goes by a write of its own, which may wait for a busy disk; and the names of old files have milliseconds.
    while (!readFileSync(path, 'utf8').endsWith(`x${i}\n`)) await turn()
    for (const at = Date.now(); Date.now() === at; ) await turn()
  }
  file.close()
  assert.match(readFileSync(path, 'utf8'), /x5\n$/)
  const kept = files()
  assert.equal(kept.length, 3)
  assert.ok(
    kept.slice(0, 2).every(name => /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/.test(name)),
    kept.join(),
  )
})

test('old files go by number and by age', () => {
  const backups = [3, 1, 2].map(n => ({ path: `a-${n}`, modifiedMs: n * 10 }))
  assert.deepEqual(outdated(backups, 2, 0), ['a-1'])
  assert.deepEqual(outdated(backups, 0, 25), ['a-2', 'a-1'])
  assert.deepEqual(outdated(backups, 0, 0), [])
})

test('what was said last is in the file when the process crashes', () => {
  const script = `import { fileLogger } from '${join(import.meta.dirname, 'log.ts')}'
    fileLogger(${JSON.stringify(path)}, 'c').error('the end', { why: 'it "crashed"' })
    throw new Error('crash')`
  assert.throws(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' }))
  assert.match(readFileSync(path, 'utf8'), /^E \d{4}-\S+ c: the end why="it \\"crashed\\""\n$/)
})

test('a log that is closed takes nothing more', () => {
  const logger = fileLogger(path, 'c')
  logger.info('one')
  logger.close()
  logger.info('two')
  logger.close()
  assert.match(readFileSync(path, 'utf8'), /^I \S+ c: one\n$/)
})
