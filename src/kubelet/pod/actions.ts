// What the pod machine asks the worker to do. An action's key names the thing it works on: while an operation with that key is under
// way no other is started, so the machine can ask again and again.
import type { Backoff } from './observed.ts'

export type Action =
  /** Puts what is set aside for the pod on disk, so that it outlives the kubelet. */
  | { readonly type: 'keepAllocation' }
  | { readonly type: 'mountVolumes' }
  | { readonly type: 'createSandbox'; readonly attempt: number; readonly replaces?: string }
  | { readonly type: 'stopSandbox'; readonly id: string }
  | { readonly type: 'removeSandbox'; readonly id: string }
  | { readonly type: 'ensureImage'; readonly container: string }
  /** Creates, starts and runs the postStart hook. */
  | {
      readonly type: 'startContainer'
      readonly container: string
      readonly attempt: number
      readonly sandboxId: string
      readonly backoff?: Backoff
    }
  /** Runs the preStop hook, then stops; the grace covers both. `why` is for the Killing event. */
  | {
      readonly type: 'stopContainer'
      readonly id: string
      readonly container: string
      readonly graceSeconds: number
      readonly why?: string
      /** Another instance is to follow. */
      readonly isReplaced?: boolean
    }
  /** Gives the pod's cgroup and its running containers what is set aside for them. */
  | { readonly type: 'resize' }
  | { readonly type: 'removeContainer'; readonly id: string }
  /** Unmounts volumes, removes cgroups. */
  | { readonly type: 'cleanUp' }
  /** Everything is gone: remove logs and, where it is there still, the API object. */
  | { readonly type: 'forget' }

export type ActionOf<T extends Action['type']> = Extract<Action, { type: T }>

export function operationKey(action: Action): string {
  switch (action.type) {
    case 'keepAllocation':
    case 'mountVolumes':
    case 'createSandbox':
    case 'resize':
    case 'cleanUp':
    case 'forget':
      return action.type
    case 'ensureImage':
    case 'startContainer':
      return `${action.type}/${action.container}`
    case 'stopSandbox':
    case 'removeSandbox':
    case 'stopContainer':
    case 'removeContainer':
      return `${action.type}/${action.id}`
  }
}
