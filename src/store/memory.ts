// The store without durability, for tests and simulations.
import type { Clock } from '../base/clock.ts'
import { MvccStore } from './mvcc.ts'
import type { Retention } from './retention.ts'
import type { Store } from './store.ts'
import { Versions } from './versions.ts'

export function openMemoryStore(options: { readonly clock: Clock; readonly retention?: Partial<Retention> }): Store {
  const backend = { persist: async () => {}, drop: async () => {}, close: async () => {} }
  return new MvccStore({ backend, clock: options.clock, versions: new Versions(), retention: options.retention })
}
