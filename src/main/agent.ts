// The process of a node: kubelet and kube-proxy, wired to the node's runtime and to the API server. `node agent.mjs --config FILE`,
// started inside the node's namespaces. Ends in order on SIGTERM; containers go on.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { kubernetesVersion } from '../base/version.ts'
import { createHttpClient } from '../client/http.ts'
import type { AgentConfig } from '../cluster/agent-config.ts'
import { kubeletConfig } from '../kubelet/config.ts'
import { runKubelet } from '../kubelet/kubelet.ts'
import { connectCri } from '../kubelet/runtime/cri.ts'
import { systemClock } from '../platform/clock.ts'
import { connect } from '../platform/connect.ts'
import { fileLogger } from '../platform/log.ts'
import { flowForgetter, nft, tracksSctp } from '../platform/packet-filter.ts'
import { runProxy } from '../proxy/proxy.ts'
import { builtinComponents } from './builtin-components.ts'
import { kubeletHost } from './kubelet-host.ts'
import { stopSignal } from './stop-signal.ts'

const kubeletPort = 10250

const { values } = parseArgs({ options: { config: { type: 'string' } } })
if (!values.config) throw new Error('usage: agent --config FILE')
const config = JSON.parse(readFileSync(values.config, 'utf8')) as AgentConfig
const signal = stopSignal()
const clock = systemClock
const random = Math.random
const pkiFile = (name: string) => join(config.pkiDir, name)
const pem = (name: string) => readFileSync(pkiFile(name), 'utf8')

function clientAs(certificate: string, userAgent: string) {
  return createHttpClient({
    server: config.server,
    ca: pem('ca.crt'),
    cert: pem(`${certificate}.crt`),
    key: pem(`${certificate}.key`),
    userAgent,
    clock,
  })
}

async function kubelet(): Promise<void> {
  const logger = fileLogger(join(config.logsDir, `kubelet-${config.nodeName}.log`), 'kubelet')
  const client = clientAs(`nodes/${config.nodeName}/kubelet-client`, `kubelet/${kubernetesVersion}`)
  const runtime = connectCri({ socketPath: config.containerdSocket, clock })
  try {
    await runKubelet({
      client,
      runtime,
      host: kubeletHost(),
      config: kubeletConfig({
        nodeName: config.nodeName,
        nodeIp: config.nodeIp,
        podCidr: config.podCidr,
        cgroupRoot: config.cgroupRoot,
        labels: config.labels,
        taints: config.taints,
        staticPodDir: '/etc/kubernetes/manifests',
        server: {
          address: config.nodeIp,
          port: kubeletPort,
          certFile: pkiFile(`nodes/${config.nodeName}/kubelet.crt`),
          keyFile: pkiFile(`nodes/${config.nodeName}/kubelet.key`),
          clientCaFile: pkiFile('ca.crt'),
        },
      }),
      builtinPods: builtinComponents(config),
      clock,
      random,
      logger,
      connect,
      signal,
    })
  } finally {
    client.close()
    runtime.close()
  }
}

async function proxy(): Promise<void> {
  const logger = fileLogger(join(config.logsDir, `kube-proxy-${config.nodeName}.log`), 'kube-proxy')
  const client = clientAs('kube-proxy', `kube-proxy/${kubernetesVersion}`)
  const forgetFlows = flowForgetter()
  try {
    await runProxy({
      client,
      nft: script => nft(script),
      ...(forgetFlows && { forgetFlows }),
      config: { nodeName: config.nodeName, clusterCIDR: config.podSubnet, sctp: tracksSctp() },
      clock,
      random,
      logger,
      signal,
    })
  } finally {
    client.close()
  }
}

await Promise.all([kubelet(), ...(config.runsProxy ? [proxy()] : [])])
process.exit(0)
