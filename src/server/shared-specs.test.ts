import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByText, deriveSpec, keepDerived, sharedSpec, sharedSpecText } from './shared-specs.ts'

const specOf = (name: string) => ({ containers: [{ name }] })

test('equal specs are one', () => {
  const first = sharedSpec(specOf('one'))
  assert.equal(sharedSpec(specOf('one')), first)
  assert.equal(sharedSpec(first), first)
  assert.notEqual(sharedSpec(specOf('two')), first)
  assert.equal(sharedSpecText(first), JSON.stringify(specOf('one')))
  assert.equal(sharedSpecText(specOf('one')), undefined)
  assert.equal(sharedSpecText(undefined), undefined)
})

test('what is made of a lasting spec is made once for the same inputs', () => {
  let made = 0
  const derive = (spec: object, inputs: string) => deriveSpec(spec, inputs, s => ({ ...s, inputs, made: ++made }))
  const passing = specOf('passing')
  assert.notEqual(derive(passing, 'a'), derive(passing, 'a'))
  const lasting = specOf('lasting')
  keepDerived(lasting)
  const a = derive(lasting, 'a')
  assert.equal(derive(lasting, 'a'), a)
  assert.notEqual(derive(lasting, 'b'), a)
  assert.equal(derive(a, 'c'), derive(a, 'c'), 'and what is made of that')
  const equal = { ...lasting }
  keepDerived(equal)
  assert.equal(sharedSpec(equal), sharedSpec(lasting))
})

test('what is not met again goes when newer texts have come', () => {
  const known = new ByText<number>(100)
  known.set('met', 0)
  for (let i = 1; i < 200; i++) {
    known.set(`text ${i}`, i)
    assert.equal(known.get('met'), 0)
  }
  assert.equal(known.get('text 199'), 199)
  assert.equal(known.get('text 1'), undefined)
})
