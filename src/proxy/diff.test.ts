import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Ruleset } from './diff.ts'
import { serviceRules } from './rules.ts'
import { sampleService, sampleSlice } from './samples.ts'

const config = { nodeName: 'n1', clusterCIDR: '10.244.0.0/16' }

/** As much of nft as our scripts use. It refuses what nft refuses: adding twice, deleting what is not there or in use. */
class Table {
  readonly maps = new Map<string, Map<string, string>>()
  readonly chains = new Map<string, string[]>()
  readonly sets = new Set<string>()

  run(script: string): void {
    if (script.startsWith('add table')) this.#whole(script)
    else for (const line of script.split('\n').filter(l => l !== '')) this.#line(line)
    for (const rules of [...this.chains.values()].flat())
      for (const [, name] of rules.matchAll(/(?:goto|jump) (\S+)/g)) assert.ok(this.chains.has(name!), name)
    for (const elements of this.maps.values()) {
      for (const value of elements.values()) if (value.startsWith('goto ')) assert.ok(this.chains.has(value.slice(5)), value)
    }
    for (const rules of [...this.chains.values()].flat()) {
      for (const [, name] of rules.matchAll(/@(clients\S+)/g)) assert.ok(this.sets.has(name!), name)
    }
  }

  #whole(script: string): void {
    for (const collection of [this.maps, this.chains, this.sets]) collection.clear()
    for (const [, name, elements = ''] of script.matchAll(/^(?:set|map) (\S+) \{ type.*?(?: elements = \{ (.*) \})? \}$/gm)) {
      if (name!.startsWith('clients-')) this.sets.add(name!)
      else
        this.maps.set(
          name!,
          new Map(
            elements
              .split(', ')
              .filter(e => e !== '')
              .map(split),
          ),
        )
    }
    for (const [, name, rules] of script.matchAll(/^chain (\S+) \{\n([^}]*(?:\}[^}\n][^}]*)*)\n\}$/gm))
      this.chains.set(name!, rules!.split('\n'))
  }

  #line(line: string): void {
    const [, verb, what, name = '', rest = ''] = /^(add|delete|flush) (\w+) ip coxswain-proxy (\S+) ?(.*)$/.exec(line)!
    switch (`${verb} ${what}`) {
      case 'add set':
        this.sets.add(name)
        return
      case 'delete set':
        assert.ok(this.sets.delete(name), line)
        return
      case 'add chain':
        if (!this.chains.has(name)) this.chains.set(name, [])
        return
      case 'flush chain':
        assert.ok(this.chains.has(name), line)
        this.chains.set(name, [])
        return
      case 'delete chain':
        assert.deepEqual(this.chains.get(name), [], line)
        this.chains.delete(name)
        return
      case 'add rule':
        this.chains.get(name)!.push(rest)
        return
    }
    const elements = this.maps.get(name)!
    for (const [key, value] of rest.slice(2, -2).split(', ').map(split)) {
      assert.equal(elements.has(key), verb === 'delete', `${line} ${key}`)
      if (verb === 'add') elements.set(key, value)
      else {
        assert.equal(elements.get(key), value)
        elements.delete(key)
      }
    }
  }

  contents() {
    const sorted = <V>(map: Iterable<[string, V]>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
    return { maps: sorted([...this.maps].map(([n, m]) => [n, sorted(m)])), chains: sorted(this.chains), sets: [...this.sets].sort() }
  }
}
function split(text: string): [string, string] {
  const [key = '', value = ''] = text.split(' : ')
  return [key, value]
}

const state = fc.record({
  type: fc.constantFrom('NodePort' as const, 'LoadBalancer' as const),
  sessionAffinity: fc.constantFrom('None' as const, 'ClientIP' as const),
  externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
  externalIPs: fc.uniqueArray(fc.constantFrom('1.1.1.1', '2.2.2.2'), { maxLength: 2 }),
  loadBalancerSourceRanges: fc.uniqueArray(fc.constantFrom('3.0.0.0/8', '4.0.0.0/8'), { maxLength: 2 }),
  endpoints: fc.uniqueArray(
    fc.record({
      ip: fc.constantFrom('10.244.0.1', '10.244.0.2', '10.244.0.3', '10.244.0.4'),
      node: fc.constantFrom('n1', 'n2'),
      ready: fc.boolean(),
    }),
    { selector: e => e.ip },
  ),
})
const change = fc.record({ service: fc.integer({ min: 1, max: 3 }), state: fc.option(state), flush: fc.boolean() })

test('changes one after another make the same table as all at once', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), changes => {
      const ruleset = new Ruleset()
      const table = new Table()
      table.run(ruleset.whole())
      for (const { service, state: next, flush } of changes) {
        const ports = [
          { port: 80, nodePort: 30000 + service },
          { port: 53, protocol: 'UDP' as const, name: 'dns' },
        ]
        const { endpoints = [], ...spec } = next ?? {}
        const rules = serviceRules(
          sampleService(`s${service}`, { ...spec, clusterIP: `10.96.0.${service}`, ports }, { ingress: [{ ip: `7.7.7.${service}` }] }),
          [sampleSlice(`s${service}`, 'slice', endpoints, ports)],
          config,
        )
        ruleset.set(`s${service}`, next === null ? undefined : rules)
        if (flush) table.run(ruleset.changes())
      }
      table.run(ruleset.changes())
      assert.equal(ruleset.changes(), '')
      const fresh = new Table()
      fresh.run(ruleset.whole())
      assert.deepEqual(table.contents(), fresh.contents())
    }),
  )
})

test('one endpoint less changes one element and the count', () => {
  const ruleset = new Ruleset()
  const of = (...ips: string[]) =>
    serviceRules(
      sampleService('a', { clusterIP: '10.96.0.1', ports: [{ port: 80 }] }),
      [
        sampleSlice(
          'a',
          's',
          ips.map(ip => ({ ip })),
          [{ port: 80 }],
        ),
      ],
      config,
    )
  ruleset.set('a', of('10.0.0.1', '10.0.0.2'))
  ruleset.set(
    'b',
    serviceRules(
      sampleService('b', { clusterIP: '10.96.0.2', ports: [{ port: 80 }] }),
      [sampleSlice('b', 's', [{ ip: '10.0.0.1' }], [{ port: 80 }])],
      config,
    ),
  )
  ruleset.whole()
  ruleset.set('a', of('10.0.0.1'))
  assert.deepEqual(ruleset.changes().trim().split('\n'), [
    'flush chain ip coxswain-proxy pick-vip-2',
    'flush chain ip coxswain-proxy inside-pick-vip-2',
    'delete element ip coxswain-proxy vips { 10.96.0.1 . tcp . 80 : goto inside-pick-vip-2 }',
    'add element ip coxswain-proxy vips { 10.96.0.1 . tcp . 80 : goto inside-pick-vip-1 }',
    'delete element ip coxswain-proxy vip-endpoints { 10.96.0.1 . tcp . 80 . 0xc50001 : 10.0.0.2 . 8080 }',
    'delete chain ip coxswain-proxy pick-vip-2',
    'delete chain ip coxswain-proxy inside-pick-vip-2',
  ])
})
