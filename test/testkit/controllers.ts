// The cluster's controllers at work on a test's server, each as whom the control plane has it.
import { type Logger, silentLogger } from '../../src/base/logger.ts'
import type { ControllerOptions } from '../../src/controllers/all.ts'
import { runControllerManager } from '../../src/controllers/controller-manager.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { serviceAccountUser } from '../../src/server/authn/user-info.ts'
import { inProcessClient } from '../../src/server/in-process-client.ts'
import { servedKinds } from '../../src/server/resource.ts'
import type { TestServer } from './api-server.ts'

export interface Controllers {
  stop(): Promise<void>
}

export function startControllers(
  { server, client }: TestServer,
  options: Omit<ControllerOptions, 'kinds'> = {},
  logger: Logger = silentLogger,
): Controllers {
  const stopping = new AbortController()
  const running = runControllerManager({
    client: client('system:kube-controller-manager', []),
    clientFor: name => inProcessClient(server.context, serviceAccountUser({ namespace: 'kube-system', name })),
    serverClient: client('system:apiserver'),
    clock: systemClock,
    random: Math.random,
    logger,
    options: { kinds: servedKinds(server.context.resources), ...options },
    signal: stopping.signal,
  })
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
