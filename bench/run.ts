// `npm run bench [NAME...]`: prints the figures asked for, beside those of Kubernetes on the same kind of machine.
import { benchApi } from './api.ts'
import { benchCluster } from './cluster.ts'

const benches: Readonly<Record<string, () => Promise<void>>> = {
  api: benchApi,
  cluster: benchCluster,
  fuzz: async () => void (await import('./fuzz/run.ts')),
  proxy: async () => void (await import('./proxy.ts')),
  scheduler: async () => void (await import('./scheduler.ts')),
  store: async () => void (await import('./store.ts')),
}
const defaults = ['api', 'cluster']

const wanted = process.argv.slice(2).filter(word => !word.startsWith('--') && !/^\d+$/.test(word))
const unknown = wanted.filter(name => !benches[name])
if (unknown.length > 0) {
  console.error(`error: there is no benchmark ${unknown.join(', ')}\nfix: choose from ${Object.keys(benches).join(', ')}`)
  process.exit(1)
}
for (const name of wanted.length > 0 ? wanted : defaults) await benches[name]?.()
