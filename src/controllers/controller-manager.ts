// Runs all controllers of a cluster over one set of informers; with an identity, only while leading.
import type { ObjectReference } from '../api/core/reference.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder } from '../client/events.ts'
import { InformerSet } from '../client/informer-set.ts'
import { LeaderElection } from '../client/leader-election.ts'
import { allControllers, type ControllerOptions } from './all.ts'
import type { Reconciler } from './runtime/reconciler.ts'
import { Runner, type RunnerOptions } from './runtime/runner.ts'

export interface ControllerManagerOptions {
  /** Reads everything, and takes part in elections. */
  readonly client: Client
  /** The client of one controller, which may do what its service account may. */
  clientFor(account: string): Client
  /** The API server's own. */
  readonly serverClient: Client
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly options: ControllerOptions
  /** Who this is among several that stand ready; without it nobody else may run. */
  readonly identity?: string
  readonly onReconciled?: NonNullable<RunnerOptions['onReconciled']>
  readonly signal: AbortSignal
}

/** Resolves when the signal aborts, or with `lost` when another one leads: then the caller starts over, or ends. */
export async function runControllerManager(manager: ControllerManagerOptions): Promise<'lost' | 'stopped'> {
  const { client, clock, random, logger, identity, signal } = manager
  if (identity === undefined) {
    await runControllers(manager, signal)
    return 'stopped'
  }
  const election = new LeaderElection({
    client,
    clock,
    random,
    identity,
    lease: { namespace: 'kube-system', name: 'kube-controller-manager' },
    onLeader: leader => logger.info('new leader', { leader }),
    onError: error => logger.warn('leader election failed', { error: error.message }),
  })
  return election.run(signal, leading => runControllers(manager, leading))
}

async function runControllers(manager: ControllerManagerOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, logger } = manager
  const informers = new InformerSet({
    client,
    clock,
    random,
    onError: (kind, error) => logger.warn('watching failed', { kind: kind.kind, error: error.message }),
  })
  const parts = allControllers(manager.options).map(reconciler => part(manager, reconciler, informers))
  const running = [informers.run(signal), ...parts.map(({ recorder }) => recorder.run(signal))]
  const start = async ({ runner }: (typeof parts)[number]) => {
    try {
      await runner.synced(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    await runner.run(signal)
  }
  logger.info('controllers started', { controllers: parts.length })
  await Promise.all([...running, ...parts.map(start)])
}

/** Each controller tells events in its own name. */
function part(
  manager: ControllerManagerOptions,
  reconciler: Reconciler,
  informers: InformerSet,
): { runner: Runner; recorder: EventRecorder } {
  const { clock, random, logger, onReconciled } = manager
  const client = reconciler.isServers ? manager.serverClient : manager.clientFor(reconciler.account ?? reconciler.name)
  const onDropped = (occurrence: { readonly about: ObjectReference; readonly reason: string }, error: Error | undefined) => {
    if (error) logger.warn('event dropped', { reason: occurrence.reason, object: occurrence.about.name ?? '', error: error.message })
  }
  const recorder = new EventRecorder({ client, clock, random, source: { component: reconciler.name }, onDropped })
  const runner = new Runner({
    reconciler,
    informers,
    client,
    clock,
    random,
    logger,
    record: event => recorder.record(event.about, event.type, event.reason, event.message),
    ...(onReconciled && { onReconciled }),
  })
  return { runner, recorder }
}
