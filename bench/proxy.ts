// How long the proxy takes to write the table of 1,000 and 10,000 services with 5 endpoints each, and to change one endpoint of one.
// Runs nft in a network namespace of its own, so it needs root.

import { nft } from '../src/platform/packet-filter.ts'
import { run } from '../src/platform/process.ts'
import { Ruleset } from '../src/proxy/diff.ts'
import { serviceRules } from '../src/proxy/rules.ts'
import { sampleService, sampleSlice } from '../src/proxy/samples.ts'

const config = { nodeName: 'n1', clusterCIDR: '10.0.0.0/8' }
const netns = `proxy-bench-${process.pid}`
const into = ['ip', 'netns', 'exec', netns]

function rulesOf(i: number, count: number) {
  const ports = [{ port: 80, nodePort: 20000 + i }]
  const endpoints = Array.from({ length: count }, (_, e) => ({ ip: `10.${e}.${i >> 8}.${i & 255}`, node: e === 0 ? 'n1' : 'n2' }))
  const service = sampleService(`s${i}`, { type: 'NodePort', clusterIP: `10.96.${i >> 8}.${i & 255}`, ports })
  return serviceRules(service, [sampleSlice(`s${i}`, `s${i}-1`, endpoints, ports)], config)
}

async function timed(act: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

const ms = (value: number) => `${value.toFixed(1)} ms`

await run('ip', ['netns', 'add', netns])
try {
  for (const services of [1000, 10_000]) {
    const ruleset = new Ruleset()
    let script = ''
    const rules = await timed(() => {
      for (let i = 0; i < services; i++) ruleset.set(`s${i}`, rulesOf(i, 5))
      script = ruleset.whole()
    })
    const apply = await timed(() => nft(script, into))
    const replace = await timed(() => nft(script, into))
    const one: number[] = []
    for (let i = 0; i < 10; i++) {
      one.push(
        await timed(async () => {
          ruleset.set(`s${i}`, rulesOf(i, 4))
          await nft(ruleset.changes(), into)
        }),
      )
    }
    one.sort((a, b) => a - b)
    console.log(
      `${services} services x 5: rules ${ms(rules)}, apply ${ms(apply)}, replace ${ms(replace)}, one endpoint less ${ms(one[5]!)}`,
    )
  }
} finally {
  await run('ip', ['netns', 'delete', netns])
}
