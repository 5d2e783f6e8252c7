// The cgroups above containers: kubepods, its QoS classes, and one for each pod with the pod's own limits. Written directly, as the
// cgroupfs driver does; the runtime makes the containers' cgroups below. Works on version 1 (a hierarchy a controller) and on version 2.
import { join } from 'node:path'
import type { Pod } from '../api/core/pod.ts'
import { errorCode, type Host, isNoEntry, readTextIfThere } from './host.ts'
import { podCgroup, qosCgroup } from './pod/cgroup-names.ts'
import { cpuPeriodUs, cpuShares, cpuWeight, type KernelAmounts, unlimited } from './pod/container-resources.ts'
import { qosClass } from './pod/qos.ts'
import { podAmount } from './pod/resources.ts'

const neededControllers = ['cpu', 'memory']
/** Version 1 spells "no limit" as the largest number of whole pages. */
export const noLimitBytes = 2 ** 62

export class Cgroups {
  readonly isVersion2: boolean
  readonly #files: Host['files']
  readonly #kill: Host['kill']
  readonly #mount: string
  readonly #root: string
  /** The hierarchies of version 1 that are there. */
  readonly #controllers: readonly string[]
  readonly #burstable = new Map<string, number>()

  private constructor(host: Pick<Host, 'files' | 'kill'>, mount: string, root: string, controllers: readonly string[] | undefined) {
    this.#files = host.files
    this.#kill = host.kill
    this.#mount = mount
    this.#root = root
    this.isVersion2 = controllers === undefined
    this.#controllers = controllers ?? []
  }

  /** Finds out the version and makes the cgroups of the QoS classes. `root` is the node's cgroup, such as `/coxswain/dev/dev-worker`. */
  static async open(host: Pick<Host, 'files' | 'kill'>, mount: string, root: string): Promise<Cgroups> {
    const { files } = host
    const isVersion2 = await files.access(join(mount, 'cgroup.controllers')).then(
      () => true,
      () => false,
    )
    const entries = isVersion2 ? undefined : await files.readdir(mount, { withFileTypes: true }).catch(() => [])
    // Links (cpu -> cpu,cpuacct) name a hierarchy a second time. Those without limits of ours count as well: runtimes make cgroups in all.
    const controllers = entries?.filter(e => e.isDirectory()).map(e => e.name)
    const cgroups = new Cgroups(host, mount, root, controllers)
    for (const qos of ['Guaranteed', 'Burstable', 'BestEffort'] as const)
      await cgroups.#ensure(qosCgroup(root, qos), qos === 'Guaranteed' ? {} : { shares: 2 })
    return cgroups
  }

  /** Makes the pod's cgroup, or sets what is to change of it. */
  async ensurePod(pod: Pod, amounts: Partial<KernelAmounts>): Promise<void> {
    const { spec, metadata } = pod
    if (amounts.shares !== undefined && qosClass(spec) === 'Burstable')
      await this.#weighBurstable(() => this.#burstable.set(metadata.uid, podAmount(spec, 'cpu', 'requests')))
    await this.#ensure(this.#pod(pod), amounts)
  }

  /** What the kernel says of a pod, or of a container in it. Weights of version 2 do not tell which shares they were made of. */
  async amountsOf(pod: Pod, containerId = ''): Promise<Partial<KernelAmounts>> {
    const cgroup = join(this.#pod(pod), containerId)
    const read = async (controller: string, file: string) => (await this.#read(cgroup, controller, file))?.trim()
    if (this.isVersion2) {
      const [quota, memory] = await Promise.all([read('cpu', 'cpu.max'), read('memory', 'memory.max')])
      const [us, periodUs] = quota?.split(' ') ?? []
      return { ...quotaAmount(us, periodUs), ...(memory !== undefined && { memoryBytes: memory === 'max' ? unlimited : Number(memory) }) }
    }
    const [shares, us, periodUs, memory] = await Promise.all([
      read('cpu', 'cpu.shares'),
      read('cpu', 'cpu.cfs_quota_us'),
      read('cpu', 'cpu.cfs_period_us'),
      read('memory', 'memory.limit_in_bytes'),
    ])
    return {
      ...(shares !== undefined && { shares: Number(shares) }),
      ...quotaAmount(us, periodUs),
      ...(memory !== undefined && { memoryBytes: Number(memory) < noLimitBytes ? Number(memory) : unlimited }),
    }
  }

  /** Bytes of memory, cached files among them; undefined where nobody counts. */
  async memoryUsage(pod: Pod, containerId = ''): Promise<number | undefined> {
    const file = this.isVersion2 ? 'memory.current' : 'memory.usage_in_bytes'
    const text = await this.#read(join(this.#pod(pod), containerId), 'memory', file)
    return text === undefined ? undefined : Number(text)
  }

  /** To be called when the runtime knows of nothing there any more. */
  async removePod(pod: Pod): Promise<void> {
    await this.#remove(this.#pod(pod))
    if (this.#burstable.has(pod.metadata.uid)) await this.#weighBurstable(() => this.#burstable.delete(pod.metadata.uid))
  }

  /** Cgroups of pods that nobody knows any more, left by an earlier run. */
  async removeOthers(known: ReadonlySet<string>): Promise<void> {
    for (const qos of ['Guaranteed', 'Burstable', 'BestEffort'] as const) {
      const parent = qosCgroup(this.#root, qos)
      const names = new Set((await Promise.all(this.#paths(parent).map(path => this.#children(path)))).flat())
      for (const name of names) if (name.startsWith('pod') && !known.has(name.slice(3))) await this.#remove(join(parent, name))
    }
  }

  /** All burstable pods together weigh what they ask for together. */
  async #weighBurstable(change: () => void): Promise<void> {
    change()
    const sum = [...this.#burstable.values()].reduce((total, milli) => total + milli, 0)
    await this.#ensure(qosCgroup(this.#root, 'Burstable'), { shares: cpuShares(sum) })
  }

  #pod({ spec, metadata }: Pod): string {
    return podCgroup(this.#root, qosClass(spec), metadata.uid)
  }

  /** Undefined where there is no such file: a kernel without it, or a cgroup that is gone. */
  async #read(cgroup: string, controller: string, file: string): Promise<string | undefined> {
    const hierarchy = this.isVersion2 ? '' : this.#controllers.find(name => name.split(',').includes(controller))
    if (hierarchy === undefined) return undefined
    return readTextIfThere(this.#files, join(this.#mount, hierarchy, cgroup, file)).catch((error: unknown) => {
      // It went between being opened and being read.
      if (errorCode(error) === 'ENODEV') return undefined
      throw error
    })
  }

  #paths(cgroup: string): readonly string[] {
    return this.isVersion2 ? [join(this.#mount, cgroup)] : this.#controllers.map(controller => join(this.#mount, controller, cgroup))
  }

  async #children(path: string): Promise<readonly string[]> {
    const entries = await this.#files.readdir(path, { withFileTypes: true }).catch(() => [])
    return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  }

  async #ensure(cgroup: string, amounts: Partial<KernelAmounts>): Promise<void> {
    const { shares } = amounts
    const [quotaUs, memoryBytes] = [amounts.quotaUs, amounts.memoryBytes].map(limit => (limit === unlimited ? undefined : limit))
    if (this.isVersion2) {
      const path = join(this.#mount, cgroup)
      await this.#files.mkdir(path, { recursive: true })
      await this.#delegate(cgroup)
      if (shares !== undefined) await this.#write(path, 'cpu.weight', String(cpuWeight(shares)))
      if (quotaUs !== undefined) await this.#write(path, 'cpu.max', `${quotaUs} ${cpuPeriodUs}`)
      if (memoryBytes !== undefined) await this.#write(path, 'memory.max', String(memoryBytes))
      return
    }
    await Promise.all(
      this.#controllers.map(async controller => {
        const names = controller.split(',')
        if (!names.some(name => neededControllers.includes(name))) return
        const path = join(this.#mount, controller, cgroup)
        await this.#files.mkdir(path, { recursive: true })
        if (names.includes('cpu')) {
          if (shares !== undefined) await this.#write(path, 'cpu.shares', String(shares))
          if (quotaUs !== undefined) await this.#write(path, 'cpu.cfs_quota_us', String(Math.floor(quotaUs)))
        }
        if (names.includes('memory') && memoryBytes !== undefined) await this.#write(path, 'memory.limit_in_bytes', String(memoryBytes))
      }),
    )
  }

  /** Version 2: every ancestor must hand its controllers on. */
  async #delegate(cgroup: string): Promise<void> {
    const parts = cgroup.split('/').filter(part => part !== '')
    const available = ((await this.#files.readFile(join(this.#mount, 'cgroup.controllers'), 'utf8')) as string).trim().split(' ')
    const wanted = ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'].filter(name => available.includes(name))
    for (let i = 0; i <= parts.length; i++) {
      const path = join(this.#mount, ...parts.slice(0, i), 'cgroup.subtree_control')
      for (const name of wanted) await this.#files.writeFile(path, `+${name}`).catch(() => {})
    }
  }

  /** A limit that the kernel or the rights of this machine do not allow leaves the pod without that limit of its own. */
  async #write(path: string, file: string, value: string): Promise<void> {
    await this.#files.writeFile(join(path, file), value).catch((error: unknown) => {
      if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'EINVAL'].includes(errorCode(error) ?? '')) throw error
    })
  }

  async #remove(cgroup: string): Promise<void> {
    for (const path of this.#paths(cgroup)) await this.#killAll(path)
    await Promise.all(this.#paths(cgroup).map(path => this.#removeTree(path)))
  }

  /** A runtime that was killed while it made a container may leave processes of which it knows nothing. */
  async #killAll(path: string): Promise<void> {
    for (const child of await this.#children(path)) await this.#killAll(join(path, child))
    const pids = (await readTextIfThere(this.#files, join(path, 'cgroup.procs'))) ?? ''
    for (const pid of pids.split('\n')) if (Number(pid) > 0) this.#kill(Number(pid))
  }

  async #removeTree(path: string): Promise<void> {
    for (const child of await this.#children(path)) await this.#removeTree(join(path, child))
    await this.#files.rmdir(path).catch((error: unknown) => {
      if (!isNoEntry(error)) throw error
    })
  }
}

/** For periods of the usual length. Both versions have their own word for no limit. */
function quotaAmount(us: string | undefined, periodUs: string | undefined): Partial<KernelAmounts> {
  if (us === undefined || periodUs === undefined) return {}
  return { quotaUs: us === 'max' || us === '-1' ? unlimited : (Number(us) * cpuPeriodUs) / Number(periodUs) }
}
