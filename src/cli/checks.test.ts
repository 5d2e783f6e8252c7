import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkDisk, checkPackages, checkRoot } from './checks.ts'
import { Failure } from './failure.ts'

const failureOf = (check: () => void): Failure => {
  try {
    check()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('should have failed')
}

test('without root, the fix is the same command with sudo', () => {
  checkRoot('cox up', true)
  assert.equal(failureOf(() => checkRoot('cox up', false)).fix, 'sudo cox up')
})

test('missing packages are named, with what installs them', () => {
  checkPackages([])
  const failure = failureOf(() => checkPackages(['runc', 'nftables']))
  assert.match(failure.message, /missing: runc nftables$/)
  assert.match(failure.fix ?? '', /^as root: apt-get update && apt-get install .* runc nftables$/)
})

test('a disk with less than 500 MB is refused, asked at the nearest directory that exists', () => {
  const asked: string[] = []
  const free = (bytes: number) => (dir: string) => {
    asked.push(dir)
    return bytes
  }
  const cli = { roots: { home: '/tmp/does/not/exist', run: '/run' } }
  checkDisk(cli, free(500 * 1024 * 1024))
  assert.deepEqual(asked, ['/tmp'])
  assert.match(
    failureOf(() => checkDisk(cli, free(499.9 * 1024 * 1024))).message,
    /^\/tmp has 499 MB left, a cluster needs at least 500 MB$/,
  )
})
