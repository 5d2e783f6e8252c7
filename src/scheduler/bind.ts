// From the choice of a node to the binding: reserve, permit, preBind, bind, postBind. What was reserved is given back when any of them fails.
import type { Pod } from '../api/core/pod.ts'
import type { Client } from '../client/client.ts'
import { StatusError } from '../meta/status-error.ts'
import type { Plugin } from './framework.ts'
import type { Profile } from './profile.ts'

export type BindOutcome =
  | { readonly kind: 'bound' }
  /** The pod does not exist any more. */
  | { readonly kind: 'gone' }
  /** A plugin does not let it go on. */
  | { readonly kind: 'held'; readonly plugin: string; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string }

/** Everything up to the first request happens before this returns. */
export async function bindPod(pod: Pod, node: string, { plugins }: Profile, client: Client): Promise<BindOutcome> {
  const reserved: Plugin[] = []
  const giveBack = () => {
    for (const plugin of reserved.reverse()) plugin.unreserve?.(pod, node)
  }
  const held = (plugin: Plugin, reasons: readonly string[]): BindOutcome => {
    giveBack()
    return { kind: 'held', plugin: plugin.name, message: reasons.join(', ') }
  }
  for (const plugin of plugins) {
    if (!plugin.reserve) continue
    reserved.push(plugin)
    const verdict = plugin.reserve(pod, node)
    if (!verdict.fits) return held(plugin, verdict.reasons)
  }
  try {
    for (const plugin of plugins) {
      if (!plugin.permit) continue
      const verdict = await plugin.permit(pod, node)
      if (!verdict.fits) return held(plugin, verdict.reasons)
    }
    for (const plugin of plugins) if (plugin.preBind) await plugin.preBind(pod, node, client)
    let isBound = false
    for (const plugin of plugins) if (plugin.bind && !isBound) isBound = await plugin.bind(pod, node, client)
    if (!isBound) throw StatusError.internal('no plugin bound the pod')
  } catch (error) {
    giveBack()
    if (StatusError.is(error, 'NotFound')) return { kind: 'gone' }
    return { kind: 'failed', message: `binding rejected: ${StatusError.from(error).message}` }
  }
  for (const plugin of plugins) plugin.postBind?.(pod, node)
  return { kind: 'bound' }
}
