import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigMap } from '../api/core/config-map.ts'
import { stored } from '../api/testkit.ts'
import { type Entries, entryOf } from '../meta/apply/entries.ts'
import { setOf } from '../meta/apply/field-set.ts'
import type { Call } from './call.ts'
import { entriesOf, withEntries, withSoundEntries } from './managed-fields.ts'

const set = setOf(['f:data'])
const entries: Entries = [entryOf({ manager: 'm', operation: 'Update', apiVersion: 'v1', subresource: '' }, '2026-01-01T00:00:00Z', set)]
const object = withEntries(stored(ConfigMap, { data: { a: '1' } }), entries)

test('entries that admission breaks are put back, with a warning', () => {
  const after = (managedFields: unknown) => {
    const warnings: string[] = []
    const changed = { ...object, metadata: { ...object.metadata, managedFields } } as typeof object
    return { warnings, entries: entriesOf(withSoundEntries({ warnings } as unknown as Call, object, changed)) }
  }
  assert.equal(after(structuredClone(entries)).entries, entries)
  assert.deepEqual(after([{ ...entries[0], manager: 'other' }]).entries[0]?.manager, 'other')
  assert.deepEqual(after(undefined), { warnings: [], entries: [] })
  const broken = after([{ ...entries[0], operation: 'x' }])
  assert.equal(broken.entries, entries)
  assert.match(
    broken.warnings[0] ?? '',
    /^\.metadata\.managedFields was in an invalid state after admission;.*: operation must be `Apply` or `Update`$/,
  )
})
