import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Encoding, type Form, negotiate } from './negotiation.ts'

const table = ';as=Table;g=meta.k8s.io;v=v1'
const rows: readonly (readonly [accept: string | undefined, form: Form, encoding: Encoding])[] = [
  [undefined, 'object', 'json'],
  ['', 'object', 'json'],
  ['*/*', 'object', 'json'],
  ['application/*', 'object', 'json'],
  ['application/json', 'object', 'json'],
  ['application/json;stream=watch', 'object', 'json'],
  ['application/json; charset=utf-8', 'object', 'json'],
  ['text/html, application/json;q=0.9', 'object', 'json'],
  ['application/yaml', 'object', 'yaml'],
  ['application/vnd.kubernetes.protobuf', 'object', 'protobuf'],
  ['application/vnd.kubernetes.protobuf,application/json', 'object', 'protobuf'],
  [`application/json${table},application/json;as=Table;g=meta.k8s.io;v=v1beta1,application/json`, 'Table', 'json'],
  [`application/json; as=Table; g=meta.k8s.io; v=v1`, 'Table', 'json'],
  ['application/json;as=Table;g=meta.k8s.io;v=v7,application/json', 'object', 'json'],
  ['application/json;as=Table;g=other;v=v1,application/json', 'object', 'json'],
  [`application/vnd.kubernetes.protobuf${table},application/json${table}`, 'Table', 'json'],
  ['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1', 'PartialObjectMetadata', 'json'],
  ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', 'PartialObjectMetadataList', 'json'],
]

test('the first form that can be written', () => {
  for (const [accept, form, encoding] of rows) {
    for (const _ of [1, 2]) assert.deepEqual(negotiate(accept), { form, encoding }, accept)
  }
})

test('what cannot be written', () => {
  for (const accept of [
    'text/html',
    'application/xml',
    'json',
    ',',
    'application/json;as=Table;g=meta.k8s.io;v=v7',
    'application/json;as=Other;g=meta.k8s.io;v=v1',
  ])
    assert.throws(() => negotiate(accept), { name: 'StatusError', code: 406 }, accept)
})
