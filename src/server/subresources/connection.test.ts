import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type OptionsKind, PodExecOptions, PodPortForwardOptions, PodProxyOptions } from '../../api/core/connect-options.ts'
import { readOptions } from './connection.ts'

describe('Options in a URL', () => {
  const rows: readonly (readonly [query: string, kind: OptionsKind, options: object])[] = [
    ['', PodExecOptions, {}],
    ['stdin&stdout=&stderr=no&tty=1', PodExecOptions, { stdin: true, stdout: true, stderr: true, tty: true }],
    ['stdin=0&stdout=FALSE&tty=false&tty=true', PodExecOptions, {}],
    ['container=a&container=b&command=x&command=&command=y', PodExecOptions, { container: 'a', command: ['x', '', 'y'] }],
    ['container=&kind=Pod&apiVersion=v2&unknown=1', PodExecOptions, {}],
    ['ports=1,2&ports=65535', PodPortForwardOptions, { ports: [1, 2, 65_535] }],
    ['path=/a%20b', PodProxyOptions, { path: '/a b' }],
  ]
  for (const [query, kind, options] of rows)
    test(`${kind.kind} of "${query}"`, () => {
      assert.deepEqual(readOptions(kind, new URLSearchParams(query)), { kind: kind.kind, apiVersion: 'v1', ...options })
    })

  for (const [text, why] of [
    ['', 'invalid syntax'],
    ['-1', 'invalid syntax'],
    ['1,', 'invalid syntax'],
    ['65536', 'value out of range'],
  ] as const)
    test(`"${text}" is no port`, () => {
      const message = new RegExp(`^cannot convert to \\[\\]int32: strconv\\.ParseUint: parsing "[^"]*": ${why}$`)
      assert.throws(() => readOptions(PodPortForwardOptions, new URLSearchParams({ ports: text })), { reason: 'BadRequest', message })
    })
})
