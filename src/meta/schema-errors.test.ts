import assert from 'node:assert/strict'
import { test } from 'node:test'
import { always, array, int32, map, object, oneOf, required, string } from '../schema/schema.ts'
import { fieldErrorMessage } from './field-error.ts'
import { enumErrors } from './schema-errors.ts'

const port = object('v1.Port', '', { protocol: oneOf(['TCP', 'UDP', 'SCTP']), port: required(int32()), ready: always(int32(), 0) })
const spec = object('v1.Spec', '', { ports: array(port), byName: map(port), families: array(oneOf(['IPv4', 'IPv6'])) })
const kind = object('v1.Kind', '', { spec: required(spec), name: string() }).node

test('values outside a closed set are named with those that are in it', () => {
  const value = {
    spec: { ports: [{ protocol: 'TCP' }, { protocol: 'X' }, { protocol: '' }], byName: { a: { protocol: 'Y' } }, families: ['IPv5'] },
  }
  assert.deepEqual(enumErrors(kind, value).map(fieldErrorMessage), [
    'spec.ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    'spec.byName[a].protocol: Unsupported value: "Y": supported values: "SCTP", "TCP", "UDP"',
    'spec.families[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
  ])
  assert.equal(enumErrors(port.node, { protocol: 'X' }, 'spec.ports[3]')[0]?.field, 'spec.ports[3].protocol')
})
