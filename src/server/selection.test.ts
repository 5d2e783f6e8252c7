import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Node } from '../api/core/node.ts'
import { Pod } from '../api/core/pod.ts'
import type { Kind } from '../api/kind.ts'
import { stored } from '../api/testkit.ts'
import type { Call } from './call.ts'
import { resourceFor } from './resource.ts'
import { selectionOf } from './selection.ts'

const call = (query: Record<string, string>, info: object = {}, kind: Kind = Pod) =>
  ({ resource: resourceFor(kind), query: new URLSearchParams(query), info: { namespace: '', name: '', ...info } }) as unknown as Call

const pod = stored(Pod, {
  metadata: { name: 'p', namespace: 'a', labels: { app: 'web' } },
  spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] },
})

test('no selector selects everything, without a look', () => {
  assert.deepEqual(selectionOf(call({})), { namespace: undefined, matches: undefined })
  assert.deepEqual(selectionOf(call({ labelSelector: '', fieldSelector: '' }, { namespace: 'a' })), { namespace: 'a', matches: undefined })
})

test('all parts must hold', () => {
  const rows: [Record<string, string>, object, boolean][] = [
    [{ labelSelector: 'app=web' }, {}, true],
    [{ labelSelector: 'app!=web' }, {}, false],
    [{ fieldSelector: 'spec.nodeName=n1,metadata.name=p' }, {}, true],
    [{ fieldSelector: 'spec.nodeName!=n1' }, {}, false],
    [{ labelSelector: 'app=web', fieldSelector: 'metadata.name=q' }, {}, false],
    [{ fieldSelector: 'metadata.namespace=a' }, {}, true],
    [{ fieldSelector: 'metadata.namespace!=a' }, {}, false],
    [{}, { name: 'p' }, true],
    [{}, { name: 'q' }, false],
  ]
  for (const [query, info, expected] of rows)
    assert.equal(selectionOf(call(query, info)).matches?.(pod), expected, JSON.stringify([query, info]))
})

test('a namespace in the fields is read alone', () => {
  assert.equal(selectionOf(call({ fieldSelector: 'metadata.namespace=a' })).namespace, 'a')
  const contradiction = selectionOf(call({ fieldSelector: 'metadata.namespace=b' }, { namespace: 'a' }))
  assert.deepEqual([contradiction.namespace, contradiction.matches?.(pod)], ['a', false])
})

test('what cannot be selected by', () => {
  const rows: [Record<string, string>, Kind][] = [
    [{ labelSelector: 'a in' }, Pod],
    [{ labelSelector: '=,=' }, Pod],
    [{ fieldSelector: 'spec.nothing=1' }, Pod],
    [{ fieldSelector: 'metadata.namespace=a' }, Node],
    [{ fieldSelector: 'metadata.labels.app=web' }, Pod],
  ]
  for (const [query, kind] of rows) assert.throws(() => selectionOf(call(query, {}, kind)), { code: 400 }, JSON.stringify(query))
})
