// Holds the message tables against the published CRI runtime.v1: every field, its number, type and label, no more and no less.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as config from './cri-config.ts'
import * as messages from './cri-messages.ts'
import * as observed from './cri-observed.ts'
import type { EnumTable, FieldRow, MessageTable } from './proto.ts'

interface Spec {
  readonly messages: Record<string, Record<string, { number: number; type: string; label?: string; map?: boolean }>>
  readonly enums: Record<string, Record<string, number>>
  readonly services: Record<string, Record<string, { request: string; response: string }>>
}
const path = new URL('../../../../shared/specs/protobuf/cri.json', import.meta.url)
const skip = existsSync(path) ? false : 'the specifications are not here'
const spec = (): Spec => JSON.parse(readFileSync(path, 'utf8'))['runtime.v1']

const { runtimeService, imageService, ...requests } = messages
const tables = new Map<string, MessageTable | EnumTable>(Object.entries({ ...config, ...observed, ...requests }))
const names = new Map([...tables].map(([name, table]) => [table, name]))
const plain = (name: string) => name.replaceAll('_', '').toLowerCase()

function described(field: string, [number, type, label]: FieldRow): string {
  const isTime = type === 'nanos'
  const typeName = typeof type === 'string' ? (isTime ? 'int64' : type) : names.get(type)
  return `${plain(isTime ? field.replace(/Ms$/, '') : field)} = ${number} ${label ?? 'one'} ${typeName}`
}

for (const [name, table] of tables) {
  test(`${name} is as published`, { skip }, () => {
    const { messages, enums } = spec()
    const published = messages[name]
    if (!published) {
      const values = enums[name] ?? enums[`SecurityProfile.${name}`]
      return assert.deepEqual(table, values)
    }
    const expected = Object.entries(published)
      .filter(([, field]) => !field.type.startsWith('Windows'))
      .map(([field, { number, type, label, map }]) => `${plain(field)} = ${number} ${map ? 'map' : label || 'one'} ${type}`)
    const actual = Object.entries(table as MessageTable).map(([field, row]) => described(field, row))
    assert.deepEqual(actual.sort(), expected.sort())
  })
}

test('every call has the published request and response', { skip }, () => {
  for (const [service, methods] of Object.entries({ RuntimeService: runtimeService, ImageService: imageService })) {
    for (const [method, [request, response]] of Object.entries(methods)) {
      const published = spec().services[service]?.[method]
      assert.equal(tables.get(published?.request ?? ''), request, `${method} request`)
      assert.equal(tables.get(published?.response ?? ''), response, `${method} response`)
    }
  }
})
