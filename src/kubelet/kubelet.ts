// The kubelet: its parts, wired. Pods come in from the API server and from manifests, the runtime is listed, workers keep pods as they
// are wanted, and the node is kept registered.
import { isMirrorPod } from '../api/core/mirror-pod.ts'
import { Pod } from '../api/core/pod.ts'
import { Service } from '../api/core/service.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Connect } from '../base/connect.ts'
import type { Logger } from '../base/logger.ts'
import type { Client } from '../client/client.ts'
import { EventRecorder, referenceTo } from '../client/events.ts'
import { Informer } from '../client/informer.ts'
import { StatusError } from '../meta/status-error.ts'
import { Cgroups } from './cgroups.ts'
import { runChores } from './chores.ts'
import type { KubeletConfig } from './config.ts'
import { type Host, readTextIfThere } from './host.ts'
import { type DockerConfig, parseDockerConfig } from './images/credentials.ts'
import { Images } from './images/images.ts'
import { PulledImages, recordFiles } from './images/pulled-images.ts'
import { type BuiltinPod, BuiltinPods } from './mirror/builtin-pods.ts'
import { isLocal, MirrorPods } from './mirror/mirror-pods.ts'
import { StaticPods } from './mirror/static-pods.ts'
import { NodeAgent } from './node/node-agent.ts'
import { allocatableOf } from './node/node-status.ts'
import { PodObjects } from './objects.ts'
import { readAllocations } from './pod/allocation.ts'
import type { PodEvents } from './pod/events.ts'
import type { Ending } from './pod/observed.ts'
import { Pods } from './pods.ts'
import type { Runtime } from './runtime/runtime.ts'
import { RuntimeWatch } from './runtime-watch.ts'
import { servedTogether } from './served-pods.ts'
import { startKubeletServer } from './server/server.ts'
import { StatusWriter } from './status-writer.ts'
import { Tokens } from './volumes/tokens.ts'
import { WorkerPods } from './worker-pods.ts'

export interface KubeletOptions {
  readonly client: Client
  readonly runtime: Runtime
  readonly host: Host
  readonly config: KubeletConfig
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly connect: Connect
  /** Components that run as processes of the node, to be shown as pods. */
  readonly builtinPods?: readonly BuiltinPod[]
  readonly signal: AbortSignal
}

/** Runs until the signal aborts. Containers go on without it, and are taken over by the next run. */
export async function runKubelet(options: KubeletOptions): Promise<void> {
  const { client, runtime, host, config, clock, random, logger, signal } = options
  const warn = (what: string) => (error: unknown) => {
    if (!signal.aborted) logger.warn(what, { error: error instanceof Error ? error.message : String(error) })
  }
  // Volumes of pods lie beneath; their files may be open to all, as containers have users of all kinds.
  await host.files.mkdir(`${config.rootDir}/pods`, { recursive: true })
  await host.files.chmod(`${config.rootDir}/pods`, 0o750)
  const cgroups = await Cgroups.open(host, config.cgroupMount, config.cgroupRoot)
  const machine = await host.machine()
  const disk = await host.files.statfs(config.rootDir)
  const allocatable = allocatableOf({ config, machine, diskBytes: disk.blocks * disk.bsize })

  const recorder = new EventRecorder({ client, clock, random, source: { component: 'kubelet', host: config.nodeName } })
  const events: PodEvents = (pod, type, reason, message, fieldPath) =>
    recorder.record({ ...referenceTo(Pod, pod), ...(fieldPath !== undefined && { fieldPath }) }, type, reason, message)
  const node = new NodeAgent({ client, runtime, host, config, clock, logger, signal })
  const statuses = new StatusWriter(client, clock, random, signal, warn('pod status not written'))
  const services = new Informer({ client, kind: Service, clock, random, onError: warn('services not listed') })
  const wanted = new Informer({
    client,
    kind: Pod,
    fieldSelector: `spec.nodeName=${config.nodeName}`,
    clock,
    random,
    onError: warn('pods not listed'),
  })
  const mirrors = new MirrorPods({
    client,
    clock,
    random,
    informer: wanted,
    signal,
    node: () => node.node,
    onError: warn('mirror pods not in order'),
  })
  const objects = new PodObjects({
    client,
    clock,
    random,
    onChange: uid => pods.byUid(uid)?.objectsChanged(),
    onError: warn('object of a pod not read'),
  })
  const pods: Pods = new Pods({
    logger,
    node: () => node.node,
    allocations: await readAllocations(host, config.rootDir),
    refreshNode: () => node.refresh(),
    worker: {
      runtime,
      host,
      clock,
      config,
      cgroups,
      objects,
      events,
      images: new Images(
        runtime,
        new PulledImages(recordFiles(host.files, `${config.rootDir}/image_manager`), clock),
        clock,
        config.maxParallelPulls,
      ),
      tokens: new Tokens(client, clock),
      memoryCapacity: machine.memoryBytes,
      allocatable: () => allocatable,
      services: () => services.list(),
      nodeDockerConfigs: () => readDockerConfigs(host, config.dockerConfigFiles),
      publish: (pod, status) => {
        const target = isLocal(pod) ? mirrors.of(pod) : pod
        if (target) statuses.set(target, status)
      },
      forget: (pod, ending) => removeFromApi(client, statuses, pod, ending),
      onError: (what, error) => warn(what)(error),
    },
  })
  const watch = new RuntimeWatch({
    runtime,
    clock,
    signal,
    onBegin: () => pods.epochs(),
    onListing: (listing, begun) => pods.observe(listing, begun),
    onError: warn('runtime not listed'),
  })

  const builtin = new BuiltinPods({
    components: options.builtinPods ?? [],
    nodeName: config.nodeName,
    nodeIp: config.nodeIp,
    files: host.files,
    clock,
    mirrors,
    signal,
    publish: (mirror, status) => statuses.set(mirror, status),
  })
  const served = servedTogether(new WorkerPods({ pods, host, clock, config }), builtin)
  if (config.server) {
    const { connect } = options
    await startKubeletServer({
      server: config.server,
      config,
      client,
      runtime,
      pods: served,
      files: host.files,
      connect,
      clock,
      memoryBytes: machine.memoryBytes,
      logger,
      signal,
    })
  }
  const running = [node.run(), recorder.run(signal), services.run(signal), wanted.run(signal), mirrors.run(), builtin.run()]
  try {
    await untilListed(watch, clock, signal, warn('runtime not listed'))
    await Promise.all([wanted.synced(signal), services.synced(signal)])
    wanted.onChange(changes => {
      for (const { object, previous } of changes) {
        const pod = object ?? previous
        if (pod && isMirrorPod(pod)) {
          mirrors.changed()
          pods.get(pod.metadata.namespace, pod.metadata.name)?.wake()
        } else if (object) pods.want(object)
        else if (previous) pods.unwant(previous.metadata.uid)
      }
    })
    if (config.staticPodDir !== undefined) {
      const { staticPodDir: dir, nodeName } = config
      const staticPods = new StaticPods({ dir, nodeName, files: host.files, clock, logger, pods, mirrors, signal })
      await staticPods.scan()
      running.push(staticPods.run())
    }
    pods.complete()
    running.push(watch.run(), runChores({ pods, host, runtime, clock, config, signal, onError: warn('chore not done') }))
    await pods.removeLeftovers().catch(warn('leftovers not removed'))
    await Promise.all(running)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    pods.stop()
    await objects.close()
    await Promise.allSettled(running)
  }
}

/** What runs already must be known before anything is decided. */
async function untilListed(watch: RuntimeWatch, clock: Clock, signal: AbortSignal, onError: (error: unknown) => void): Promise<void> {
  for (;;) {
    signal.throwIfAborted()
    try {
      await watch.list()
      return
    } catch (error) {
      onError(error)
      await new Promise<void>(resolve => clock.after(200, resolve))
    }
  }
}

async function readDockerConfigs(host: Host, paths: readonly string[]): Promise<readonly DockerConfig[]> {
  const texts = await Promise.all(paths.map(path => readTextIfThere(host.files, path)))
  return texts.map(text => (text === undefined ? undefined : parseDockerConfig(text))).filter(config => config !== undefined)
}

/** The last status first, as nobody can read it after. */
async function removeFromApi(client: Client, statuses: StatusWriter, pod: Pod, ending: Ending): Promise<void> {
  const { namespace, name, uid } = pod.metadata
  await statuses.flushed(uid)
  statuses.forget(uid)
  if (ending.cause !== 'deleted') return
  try {
    await client.delete(Pod, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!StatusError.is(error, 'NotFound', 'Conflict')) throw error
  }
}
