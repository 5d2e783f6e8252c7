import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pod } from '../api/core/pod.ts'
import { StatusError } from '../meta/status-error.ts'
import { decodeObject, type Findings, parseBody, readObject } from './body.ts'
import { recognizeSpec } from './known-specs.ts'
import type { FieldValidation } from './options.ts'

const body = (text: string) => ({ type: 'bytes' as const, contentType: 'application/json', bytes: Buffer.from(text) })

type Outcome = { readonly object: object; readonly warnings: readonly string[] } | { readonly error: string }

function outcome(validation: FieldValidation, read: (findings: Findings) => object): Outcome {
  const findings: Findings = { validation, warnings: [], duplicates: [] }
  try {
    return { object: read(findings), warnings: findings.warnings }
  } catch (error) {
    return { error: StatusError.from(error).message }
  }
}

/** What a body means to a reader that knows of no other. */
function plainly(text: string, validation: FieldValidation): Outcome {
  return outcome(validation, findings => decodeObject(Pod, parseBody(body(text), findings, Pod.schema), findings))
}

function knowingly(text: string, validation: FieldValidation): Outcome {
  return outcome(validation, findings => readObject(Pod, body(text), findings))
}

const spec = (name: string) => `{"containers":[{"name":"${name}","image":"i","resources":{"limits":{"cpu":"0.5"}}}]}`
const pod = (name: string, specText = spec('c')) => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"},"spec":${specText}}`

test('a spec that came before is recognized, and means the same', () => {
  knowingly(pod('first', spec('known')), 'Warn')
  const text = pod('second', spec('known'))
  assert.ok(recognizeSpec(Pod, text))
  assert.deepEqual(knowingly(text, 'Warn'), plainly(text, 'Warn'))
  assert.equal(recognizeSpec(Pod, pod('third', spec('unknown'))), undefined)
})

test('all that is wrong with a body is found, whether its spec is known or not', () => {
  const bodies = [
    pod('p').slice(0, -1),
    `${pod('p')}x`,
    pod('p').replace('"metadata"', '"meta"'),
    pod('p').replace('"name":"p"', '"name":"p","name":"q"'),
    pod('p').replace('"name":"p"', '"name":7'),
    pod('p').replace('"name":"p"', `"name":"p","spec":${spec('c')}`),
    `{"metadata":{"name":"p","annotations":{"spec":${spec('c')}}},"spec":"(the spec)"}`,
    `{"metadata":{"name":"p","annotations":{"spec":${spec('c')}}},"spec":"(the \\u0073pec)"}`,
    pod('p').replace('"kind":"Pod"', '"kind":"Node"'),
    `{"metadata":{"name":"p"},"spec":${spec('c')},"spec":${spec('other')}}`,
    `{"metadata":{"name":"p"},"spec":${spec('other')},"spec":${spec('c')}}`,
    `{"metadata":{"name":"p","annotations":{"a":"\\"spec\\":${spec('c').replaceAll('"', '\\"')}"}},"spec":${spec('c')}}`,
    `{"metadata":{"name":"p"}, "spec":${spec('c')}}`,
    pod('p', '{"containers":[{"name":"c","bogus":1}]}'),
    pod('p', '{"containers":[{"name":"c","name":"d"}]}'),
    pod('p', '{"containers":7}'),
    pod('p', 'null'),
    pod('p', '[]'),
  ]
  for (const validation of ['Warn', 'Strict', 'Ignore'] as const) {
    for (const text of [pod('p'), ...bodies, ...bodies]) assert.deepEqual(knowingly(text, validation), plainly(text, validation), text)
  }
})

test('whatever is read in whatever order', () => {
  const image = fc.constantFrom('a', 'b', 'c')
  const field = fc.constantFrom('"nodeName":"n"', '"hostNetwork":true', '"bogus":1', '"nodeName":"n","nodeName":"m"', '"priority":"x"')
  const specText = fc
    .tuple(image, fc.array(field, { maxLength: 2 }))
    .map(([i, fields]) => `{${[`"containers":[{"name":"c","image":"${i}"}]`, ...fields].join(',')}}`)
  const text = fc
    .tuple(fc.constantFrom('p', 'q', '"'), specText, fc.constantFrom('', ' ', ',"status":{}', ',"bogus":[{}]'))
    .map(([name, spec, rest]) => `{"metadata":{"name":"${name}"},"spec":${spec}${rest}}`)
  const validation = fc.constantFrom<FieldValidation>('Warn', 'Strict', 'Ignore')
  fc.assert(
    fc.property(fc.array(fc.tuple(text, validation), { maxLength: 12 }), reads => {
      for (const [text, validation] of reads) assert.deepEqual(knowingly(text, validation), plainly(text, validation), text)
    }),
  )
})
