// When the shooting is over: everything that is stored must be listed, in every form and in pages, and the process must have stayed small.
import type { Requests } from '../../test/testkit/api-requests.ts'
import { knownFailure } from './fire.ts'
import { protobuf, table } from './headers.ts'
import type { FuzzedServer } from './server.ts'

/** What the heap may hold after a run of any length: what is stored, and the history that watches may ask for. */
const maxHeapMiB = 300
const maxRssMiB = 1_500

interface Resources {
  readonly resources: readonly { readonly name: string; readonly verbs: readonly string[] }[]
}

/** The collections of all resources, across namespaces. */
export async function collections(client: Requests): Promise<string[]> {
  const { json } = await client.send('GET', '/apis')
  const groups = json['groups'] as readonly { readonly versions: readonly { readonly groupVersion: string }[] }[]
  const roots = ['/api/v1', ...groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => `/apis/${groupVersion}`))]
  const found: string[] = []
  for (const root of roots) {
    const reply = await client.send('GET', root)
    if (reply.code !== 200) continue
    const { resources } = reply.json as unknown as Resources
    found.push(...resources.filter(({ verbs }) => verbs.includes('list')).map(({ name }) => `${root}/${name}`))
  }
  return found
}

export async function listFindings(client: Requests): Promise<string[]> {
  const findings: string[] = []
  for (const path of await collections(client)) {
    const whole = await client.send('GET', path)
    const isAway = knownFailure.test(whole.text) || path.includes('/metrics.k8s.io/')
    for (const accept of ['application/json', table, protobuf, 'application/yaml']) {
      const { code, text } = await client.send('GET', path, { headers: { accept } })
      // Custom resources have no messages.
      const isRight = code === 200 || (code === 406 && accept === protobuf && path.includes('example.com'))
      if (!isRight && !isAway) findings.push(`${path} as ${accept} answered ${code}: ${text.slice(0, 400)}`)
    }
    if (whole.code === 200) findings.push(...(await pageFindings(client, path, (whole.json['items'] as readonly unknown[]).length)))
  }
  return findings
}

async function pageFindings(client: Requests, path: string, count: number): Promise<string[]> {
  let listed = 0
  let token: string | undefined = ''
  while (token !== undefined) {
    const query: string = token === '' ? 'limit=50' : `limit=50&continue=${encodeURIComponent(token)}`
    const reply = await client.send('GET', `${path}?${query}`)
    if (reply.code !== 200) return [`${path}?${query} answered ${reply.code}: ${reply.text.slice(0, 400)}`]
    listed += (reply.json['items'] as readonly unknown[]).length
    token = reply.json['metadata'].continue || undefined
  }
  return listed === count ? [] : [`${path} lists ${count} as a whole and ${listed} in pages`]
}

export async function memoryFindings(server: FuzzedServer): Promise<string[]> {
  const { heapMiB, rssMiB } = await server.figures('memory')
  console.log(`heap ${Math.round(heapMiB)} MiB, resident ${Math.round(rssMiB)} MiB`)
  return heapMiB > maxHeapMiB || rssMiB > maxRssMiB
    ? [`the process holds ${Math.round(heapMiB)} MiB, resident ${Math.round(rssMiB)} MiB`]
    : []
}
