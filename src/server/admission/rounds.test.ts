import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfigMap } from '../../api/core/config-map.ts'
import { stored } from '../../api/testkit.ts'
import { Admission, type AdmissionPlugin } from './admission.ts'
import type { Rounds } from './rounds.ts'
import { having, request } from './testkit.ts'

/** Somebody who is asked: how often it would change the object, and whether it wishes to be asked again. */
interface Asked {
  readonly name: string
  readonly changes?: number
  readonly again?: boolean
}

const grown = (object: ConfigMap, key: string): ConfigMap => ({
  ...object,
  data: { ...object.data, [key]: `${object.data?.[key] ?? ''}x` },
})

/** A plugin that asks these in turn, and a log of whom it asked. */
function asking(name: string, log: string[], ...all: readonly Asked[]): AdmissionPlugin {
  const left = new Map(all.map(one => [one.name, one.changes ?? 0]))
  return {
    name,
    mutate({ object: found }, _, rounds: Rounds) {
      let object = found as ConfigMap
      const turn = rounds.turn(name, object)
      for (const one of all) {
        if (!turn.isDue(one.name)) continue
        log.push(one.name)
        const changes = left.get(one.name) ?? 0
        if (changes > 0) {
          object = grown(object, one.name)
          left.set(one.name, changes - 1)
          turn.changed()
        }
        turn.asked(one.name, one.again ? 'IfNeeded' : 'Never')
      }
      turn.end(object)
      return object
    },
  }
}

/** One of the server's own. `changes` says in which runs it changes the object. */
function own(log: string[], ...changes: readonly boolean[]): AdmissionPlugin {
  let runs = 0
  return {
    name: 'Own',
    mutate({ object }) {
      log.push('own')
      // A new object that is equal to the old one is no change.
      return changes[runs++] ? grown(object as ConfigMap, 'own') : { ...object }
    },
  }
}

describe('Two rounds', () => {
  const rows: readonly {
    readonly name: string
    readonly earlier: readonly Asked[]
    readonly later: readonly Asked[]
    readonly asks: string
  }[] = [
    { name: 'nothing changes', earlier: [{ name: 'a', again: true }], later: [{ name: 'b', again: true }], asks: 'own a b' },
    { name: 'nobody wishes to be asked again', earlier: [{ name: 'a' }], later: [{ name: 'b', changes: 1 }], asks: 'own a b own' },
    {
      name: 'a later plugin makes an earlier one ask again',
      earlier: [{ name: 'a', again: true }],
      later: [{ name: 'b', changes: 1, again: true }],
      asks: 'own a b own a',
    },
    {
      name: 'what an earlier one changes in the second round makes a later one ask again',
      earlier: [{ name: 'a', changes: 2, again: true }],
      later: [{ name: 'b', changes: 1, again: true }],
      asks: 'own a b own a b',
    },
    {
      name: 'within a plugin, those before the change',
      earlier: [
        { name: 'a', again: true },
        { name: 'b', changes: 1, again: true },
        { name: 'c', again: true },
      ],
      later: [],
      asks: 'own a b c own a',
    },
    {
      name: 'a change in the second round is news to those after it, and there is no third',
      earlier: [
        { name: 'a', changes: 9, again: true },
        { name: 'b', changes: 9, again: true },
      ],
      later: [],
      asks: 'own a b own a b',
    },
  ]
  for (const { name, earlier, later, asks } of rows)
    test(name, async () => {
      const log: string[] = []
      const plugins = [own(log), asking('Earlier', log, ...earlier), asking('Later', log, ...later)]
      await new Admission(plugins, having()).mutate(request(ConfigMap, { object: stored(ConfigMap, {}) }))
      assert.equal(log.join(' '), asks)
    })

  test("what the server's own plugins change in the second round is news to all", async () => {
    const log: string[] = []
    const plugins = [own(log, true, true), asking('Earlier', log, { name: 'a', changes: 1, again: true }, { name: 'b', again: true })]
    const made = await new Admission(plugins, having()).mutate(request(ConfigMap, { object: stored(ConfigMap, {}) }))
    assert.equal(log.join(' '), 'own a b own a b')
    assert.deepEqual((made as ConfigMap).data, { own: 'xx', a: 'x' })
  })

  test('who was not asked in the first round is not asked in the second', async () => {
    const log: string[] = []
    const late: AdmissionPlugin = {
      name: 'Late',
      mutate({ object }, _, rounds) {
        if (Object.keys((object as ConfigMap).data ?? {}).length === 0) return object
        log.push(`late ${rounds.turn('Late', object).isDue('l')}`)
        return object
      },
    }
    const plugins = [late, asking('Earlier', log, { name: 'a', changes: 1 })]
    await new Admission(plugins, having()).mutate(request(ConfigMap, { object: stored(ConfigMap, {}) }))
    assert.deepEqual(log, ['a', 'late false'])
  })
})
