import { openMemoryStore } from './memory.ts'
import { testStore } from './store.contract.ts'

testStore('memory', async (clock, retention) => {
  const store = openMemoryStore({ clock, ...(retention ? { retention } : {}) })
  return { store, dispose: () => store.close() }
})
