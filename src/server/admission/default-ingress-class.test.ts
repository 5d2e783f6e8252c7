import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ingress } from '../../api/networking/ingress.ts'
import { IngressClass } from '../../api/networking/ingress-class.ts'
import { stored } from '../../api/testkit.ts'
import type { Draft } from '../../schema/schema.ts'
import type { Call } from '../call.ts'
import { resourceFor } from '../resource.ts'
import type { Storage } from '../storage.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { mutated } from './testkit.ts'

const isDefault = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
const classOf = (name: string, day: string, annotations: Readonly<Record<string, string>> = isDefault) =>
  stored(IngressClass, { metadata: { name, annotations, creationTimestamp: `2026-01-${day}T00:00:00Z` }, spec: { controller: 'a.b/c' } })

function admitted(classes: readonly IngressClass[], draft: Draft<Ingress> = {}): string | undefined {
  const call = { resource: resourceFor(Ingress), info: { namespace: 'default', name: '' } } as unknown as Call
  const object = stored(Ingress, draft)
  const request = { operation: 'CREATE' as const, call, subresource: '', kind: Ingress, previous: undefined, object }
  const admitted = mutated(defaultIngressClass, request, { all: () => classes } as unknown as Storage) as Ingress
  return admitted.spec.ingressClassName
}

test('an ingress without a class gets the default', () => {
  assert.equal(admitted([classOf('other', '02', {}), classOf('main', '01')]), 'main')
  assert.equal(admitted([classOf('other', '02', {})]), undefined)
  assert.equal(admitted([]), undefined)
})

test('of several defaults the newest, then the first by name', () => {
  assert.equal(admitted([classOf('old', '01'), classOf('new', '03'), classOf('mid', '02')]), 'new')
  assert.equal(admitted([classOf('b', '01'), classOf('a', '01')]), 'a')
})

test('an ingress that says its class keeps it', () => {
  assert.equal(admitted([classOf('main', '01')], { spec: { ingressClassName: 'own' } }), 'own')
  assert.equal(admitted([classOf('main', '01')], { metadata: { annotations: { 'kubernetes.io/ingress.class': 'own' } } }), undefined)
})
