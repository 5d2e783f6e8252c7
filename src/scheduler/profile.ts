// A profile: which plugins place the pods of one scheduler name, sorted by extension point once.
import { assert } from '../base/assert.ts'
import type { Plugin, QueuedPod } from './framework.ts'

export interface ProfileOptions {
  /** Pods ask for it by `spec.schedulerName`. */
  readonly schedulerName: string
  /** In the order in which they are asked. */
  readonly plugins: readonly Plugin[]
  /** How much a plugin's scores count; 1 where it is not named. */
  readonly weights?: Readonly<Record<string, number>>
  /** How many of the nodes, in percent, must be found fit before the search ends. By default fewer in larger clusters. */
  readonly percentageOfNodesToScore?: number
}

type With<K extends keyof Plugin> = Plugin & Required<Pick<Plugin, K>>

export class Profile {
  readonly schedulerName: string
  readonly plugins: readonly Plugin[]
  readonly percentageOfNodesToScore: number | undefined
  readonly preEnqueue: readonly With<'preEnqueue'>[]
  readonly filtering: readonly Plugin[]
  readonly postFilter: readonly With<'postFilter'>[]
  readonly scoring: readonly { readonly plugin: With<'score'>; readonly weight: number }[]
  readonly compare: (a: QueuedPod, b: QueuedPod) => number

  constructor(options: ProfileOptions) {
    const { plugins, weights = {} } = options
    this.schedulerName = options.schedulerName
    this.plugins = plugins
    this.percentageOfNodesToScore = options.percentageOfNodesToScore
    this.preEnqueue = plugins.filter(has('preEnqueue'))
    this.filtering = plugins.filter(p => p.preFilter || p.filter)
    this.postFilter = plugins.filter(has('postFilter'))
    this.scoring = plugins.filter(has('score')).map(plugin => ({ plugin, weight: weights[plugin.name] ?? 1 }))
    const sorters = plugins.filter(has('compare'))
    assert(sorters.length === 1, `a profile needs one plugin that sorts its queue, not ${sorters.length}`)
    this.compare = (a, b) => sorters[0]!.compare(a, b)
  }
}

function has<K extends keyof Plugin>(point: K): (plugin: Plugin) => plugin is With<K> {
  return (plugin): plugin is With<K> => plugin[point] !== undefined
}
