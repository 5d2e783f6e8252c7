import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtoReader } from '../../base/protobuf-wire.ts'
import { ResourceTable } from '../resource.ts'
import { OpenApiDocuments } from './documents.ts'
import { encodeGnostic, wantsGnostic } from './gnostic.ts'

const documents = new OpenApiDocuments(new ResourceTable())

/** Fields of a message: bytes of runs, numbers of varints. */
function fields(bytes: Uint8Array): Map<number, (Buffer | bigint)[]> {
  const from = new ProtoReader(bytes)
  const found = new Map<number, (Buffer | bigint)[]>()
  while (!from.atEnd) {
    const { number, wireType } = from.tag()
    const value = wireType === 0 ? from.varint() : from.run()
    found.set(number, [...(found.get(number) ?? []), value])
  }
  return found
}
/** Follows fields down to one. */
function at(bytes: Uint8Array, ...path: readonly number[]): Buffer | bigint | undefined {
  const [number = 0, ...rest] = path
  const value = fields(bytes).get(number)?.[0]
  return rest.length === 0 || value === undefined || typeof value === 'bigint' ? value : at(value, ...rest)
}

test('documents, paths, parameters and schemas stand where gnostic has them', () => {
  const bytes = encodeGnostic({
    swagger: '2.0',
    info: { title: 'T', version: 'v1' },
    paths: {
      '/x': {
        get: {
          operationId: 'getX',
          parameters: [
            { name: 'q', in: 'query', type: 'string', uniqueItems: true },
            { name: 'body', in: 'body', required: true, schema: { $ref: '#/a' } },
          ],
          responses: { 200: { description: 'OK' } },
          'x-y': { z: 1 },
        },
      },
    },
    definitions: {
      A: {
        type: 'object',
        properties: { p: { type: 'array', items: { $ref: '#/b' } } },
        required: ['p'],
        additionalProperties: { type: 'string' },
      },
    },
    security: [{ Token: [] }],
    securityDefinitions: { Token: { type: 'apiKey', name: 'authorization', in: 'header' } },
  })
  const text = (...path: number[]) => at(bytes, ...path)?.toString()
  assert.equal(text(1), '2.0')
  assert.deepEqual([text(2, 1), text(2, 2)], ['T', 'v1'])
  assert.equal(text(8, 2, 1), '/x')
  const get = at(bytes, 8, 2, 2, 2) as Buffer
  assert.equal(at(get, 5)?.toString(), 'getX')
  const [query, body] = (fields(get).get(8) ?? []) as Buffer[]
  assert.deepEqual([at(query!, 1, 2, 3, 4)?.toString(), at(query!, 1, 2, 3, 6)?.toString(), at(query!, 1, 2, 3, 20)], ['q', 'string', 1n])
  assert.deepEqual([at(body!, 1, 1, 2)?.toString(), at(body!, 1, 1, 4), at(body!, 1, 1, 5, 1)?.toString()], ['body', 1n, '#/a'])
  assert.deepEqual([at(get, 9, 1, 1)?.toString(), at(get, 9, 1, 2, 1, 1)?.toString()], ['200', 'OK'])
  assert.deepEqual([at(get, 13, 1)?.toString(), at(get, 13, 2, 2)?.toString()], ['x-y', '{"z":1}'])
  const schema = at(bytes, 9, 1, 2) as Buffer
  assert.deepEqual([text(9, 1, 1), at(schema, 22, 1)?.toString(), at(schema, 19)?.toString()], ['A', 'object', 'p'])
  assert.deepEqual([at(schema, 25, 1, 1)?.toString(), at(schema, 25, 1, 2, 23, 1, 1)?.toString()], ['p', '#/b'])
  assert.equal(at(schema, 21, 1, 22, 1)?.toString(), 'string')
  assert.deepEqual([text(12, 1, 1), text(13, 1, 1), text(13, 1, 2, 2, 3)], ['Token', 'Token', 'header'])
})

test('a member that gnostic does not know is a bug', () => {
  assert.throws(() => encodeGnostic({ bogus: 1 }), /no field for bogus/)
})

test('the whole document is written', () => {
  const { definitions, paths } = JSON.parse(documents.v2().toString())
  const count = (...path: number[]) => fields(at(documents.v2Gnostic(), path[0] ?? 0) as Buffer).get(path[1] ?? 0)?.length
  assert.deepEqual([count(8, 2), count(9, 1)], [Object.keys(paths).length, Object.keys(definitions).length])
})

test('who asks for it', () => {
  assert.ok(wantsGnostic('application/com.github.proto-openapi.spec.v2@v1.0+protobuf'))
  assert.ok(wantsGnostic('application/com.github.proto-openapi.spec.v2.v1.0+protobuf,application/json'))
  assert.ok(!wantsGnostic('application/json'))
})
