// kube-controller-manager: all controllers over one set of informers.
import type { Clock, Random } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder } from '../client/events.ts'
import { InformerSet } from '../client/informer-set.ts'
import { reconcilers } from './all.ts'
import { Runner } from './runtime/runner.ts'
import type { EventWrite } from './runtime/writes.ts'

export interface ControllerManagerOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** PEM of the authority that pods find in their token folder. */
  readonly rootCa: string
  readonly signal: AbortSignal
}

/** Runs until the signal aborts. */
export async function runControllerManager(options: ControllerManagerOptions): Promise<void> {
  const { client, clock, random, logger, signal } = options
  const informers = new InformerSet({
    client,
    clock,
    random,
    onError: (kind, error) => logger.warn('cannot watch', { kind: kind.kind, error: error.message }),
  })
  const runners: Runner[] = []
  const running: Promise<void>[] = []
  for (const reconciler of reconcilers) {
    const recorder = new EventRecorder({ client, clock, random, source: { component: reconciler.name } })
    const record = ({ about, type, reason, message }: EventWrite) => recorder.record(about, type, reason, message)
    running.push(recorder.run(signal))
    runners.push(new Runner({ reconciler, informers, client, clock, random, logger, record }))
  }
  running.push(informers.run(signal))
  await informers.synced(signal).catch(error => {
    if (!signal.aborted) throw error
  })
  logger.info('controllers started', { controllers: reconcilers.map(r => r.name) })
  await Promise.all([...running, ...runners.map(runner => runner.run(signal))])
}
