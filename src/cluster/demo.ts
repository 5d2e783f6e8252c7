// The demo that `cox up` shows: a Deployment of two pods from an image that every node has, and a NodePort Service in front of them.
import { get } from 'node:http'
import { Deployment } from '../api/apps/deployment.ts'
import { Service } from '../api/core/service.ts'
import { sleep } from '../base/clock.ts'
import type { Client } from '../client/client.ts'
import { StatusError } from '../meta/status-error.ts'
import { systemClock } from '../platform/clock.ts'
import { demoImageName, demoPort } from './images/demo.ts'

const name = 'demo'
const namespace = 'default'
const labels = { app: name }

/** Creates what is not there. Answers whether anything was created, and the port of every node. */
export async function deployDemo(client: Client): Promise<{ readonly created: boolean; readonly nodePort: number }> {
  const metadata = { name, namespace, labels }
  const container = { name, image: demoImageName, ports: [{ containerPort: demoPort }] }
  const made = await Promise.all([
    createIfAbsent(() =>
      client.create(Deployment, {
        metadata,
        spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container] } } },
      }),
    ),
    createIfAbsent(() =>
      client.create(Service, { metadata, spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: demoPort }] } }),
    ),
  ])
  const service = await client.get(Service, { namespace, name })
  const nodePort = service.spec?.ports?.[0]?.nodePort
  if (nodePort === undefined) throw new Error(`the Service ${namespace}/${name} has no node port`)
  return { created: made.includes(true), nodePort }
}

/** Resolves when the demo answers on this port of every address; fails with the last answer when the signal aborts. */
export async function untilAnswering(addresses: readonly string[], port: number, signal: AbortSignal): Promise<void> {
  await Promise.all(addresses.map(address => untilAnswers(`http://${address}:${port}/`, signal)))
}

async function untilAnswers(url: string, signal: AbortSignal): Promise<void> {
  let problem = 'no answer yet'
  while (!signal.aborted) {
    const found = await ask(url, signal)
    if (found === undefined) return
    if (!signal.aborted) problem = found
    await sleep(systemClock, 20, signal).catch(() => {})
  }
  throw new Error(`${url} does not answer: ${problem}`)
}

/** Undefined when it answers as it should. */
function ask(url: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise(resolve => {
    const request = get(url, { agent: false, timeout: 1_000, signal }, response => {
      response.resume()
      resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`)
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 1 s')))
    request.on('error', error => resolve(error.message))
  })
}

async function createIfAbsent(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create()
    return true
  } catch (error) {
    if (StatusError.is(StatusError.from(error), 'AlreadyExists')) return false
    throw error
  }
}
