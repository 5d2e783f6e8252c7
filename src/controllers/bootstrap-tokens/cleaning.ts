// Removes bootstrap tokens when their time is over.
import { bootstrapTimeLeftMs, isBootstrapToken } from '../../api/core/bootstrap-token.ts'
import { Secret } from '../../api/core/secret.ts'
import { keyOf } from '../../api/kind.ts'
import { nothingToDo, type Reconciler, watch } from '../runtime/reconciler.ts'
import { write } from '../runtime/writes.ts'

export const tokenCleaner: Reconciler = {
  name: 'token-cleaner-controller',
  account: 'token-cleaner',
  watches: [watch(Secret, secret => (isBootstrapToken(secret) ? [keyOf(secret)] : []))],
  reconcile(key, { view, now }) {
    const secret = view.get(Secret, key)
    if (!secret || !isBootstrapToken(secret) || secret.metadata.deletionTimestamp) return nothingToDo
    const leftMs = bootstrapTimeLeftMs(secret, now)
    if (leftMs === undefined) return nothingToDo
    return leftMs === 0 ? { writes: [write.delete(Secret, secret)] } : { writes: [], requeueAfterMs: leftMs }
  },
}
