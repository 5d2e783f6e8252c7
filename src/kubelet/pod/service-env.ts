// The variables by which containers find services: those of their own namespace, and always the API server's.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
import type { Service } from '../../api/core/service.ts'

const apiServer = { namespace: 'default', name: 'kubernetes' }

export function serviceEnv(services: readonly Service[], namespace: string, enableServiceLinks: boolean): ReadonlyMap<string, string> {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const { name, namespace: ns } = service.metadata
    const { clusterIP } = service.spec
    if (!clusterIP || clusterIP === 'None') continue
    if (ns === apiServer.namespace && name === apiServer.name) {
      if (!chosen.has(name)) chosen.set(name, service)
    } else if (ns === namespace && enableServiceLinks) chosen.set(name, service)
  }
  const env = new Map<string, string>()
  for (const name of [...chosen.keys()].sort()) addService(env, chosen.get(name)!)
  return env
}

function addService(env: Map<string, string>, service: Service): void {
  const prefix = variable(service.metadata.name)
  const address = service.spec.clusterIP ?? ''
  const ports = service.spec.ports ?? []
  const [first] = ports
  env.set(`${prefix}_SERVICE_HOST`, address)
  if (!first) return
  env.set(`${prefix}_SERVICE_PORT`, String(first.port))
  for (const { name, port } of ports) if (name) env.set(`${prefix}_SERVICE_PORT_${variable(name)}`, String(port))
  const host = address.includes(':') ? `[${address}]` : address
  env.set(`${prefix}_PORT`, `${first.protocol.toLowerCase()}://${host}:${first.port}`)
  for (const { port, protocol } of ports) {
    const link = `${prefix}_PORT_${port}_${protocol}`
    env.set(link, `${protocol.toLowerCase()}://${host}:${port}`)
    env.set(`${link}_PROTO`, protocol.toLowerCase())
    env.set(`${link}_PORT`, String(port))
    env.set(`${link}_ADDR`, address)
  }
}

function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}
