// Charges the quotas of a namespace by compare-and-swap on their status. Writes that come while one charge is being stored wait for it and
// are then charged together, so a burst of them costs a few writes of the quota, and none loses a race against the other.
import { ResourceQuota as QuotaKind, type ResourceQuota } from '../../../api/core/resource-quota.ts'
import { StatusError } from '../../../meta/status-error.ts'
import { type Entry, prefixEnd } from '../../../store/store.ts'
import { resourceFor, storePrefix } from '../../resource.ts'
import { objectOf, type Storage } from '../../storage.ts'
import { type Charge, charged } from './charges.ts'

/** How often a charge is tried again when the controller, or somebody else, has written the quota meanwhile. */
const attempts = 20

interface Wish {
  readonly sign: 1 | -1
  /** What it adds to these quotas, as they are with everything before it. Throws to refuse. */
  amounts(quotas: readonly ResourceQuota[]): readonly Charge[]
  /** What is stored already. */
  readonly charges: Charge[]
  resolve(charges: readonly Charge[]): void
  reject(error: unknown): void
}

export class QuotaLedger {
  /** By namespace, while somebody is at work there: those that wait. */
  readonly #waiting = new Map<string, Wish[]>()

  /** Resolves with what was charged, once that is stored. Nothing stays charged when it rejects. */
  charge(storage: Storage, namespace: string, amounts: Wish['amounts']): Promise<readonly Charge[]> {
    return this.#enqueue(storage, namespace, 1, amounts)
  }

  async giveBack(storage: Storage, namespace: string, charges: readonly Charge[]): Promise<void> {
    if (charges.length > 0)
      await this.#enqueue(storage, namespace, -1, quotas => charges.filter(c => quotas.some(q => q.metadata.uid === c.uid)))
  }

  #enqueue(storage: Storage, namespace: string, sign: 1 | -1, amounts: Wish['amounts']): Promise<readonly Charge[]> {
    return new Promise((resolve, reject) => {
      const wish: Wish = { sign, amounts, charges: [], resolve, reject }
      const waiting = this.#waiting.get(namespace)
      if (waiting) waiting.push(wish)
      else void this.#work(storage, namespace, wish)
    })
  }

  async #work(storage: Storage, namespace: string, first: Wish): Promise<void> {
    const waiting = [first]
    this.#waiting.set(namespace, waiting)
    while (waiting.length > 0) {
      const wishes = waiting.splice(0)
      try {
        await this.#settle(storage, namespace, wishes)
      } catch (error) {
        for (const wish of wishes) wish.reject(error)
      }
    }
    this.#waiting.delete(namespace)
  }

  async #settle(storage: Storage, namespace: string, wishes: readonly Wish[]): Promise<void> {
    let open = wishes
    let failure: unknown
    for (let attempt = 1; attempt <= attempts && open.length > 0 && failure === undefined; attempt++) {
      const round = new Round(storage, namespace)
      const tried = open.flatMap(wish => {
        try {
          return [{ wish, charges: round.add(wish) }]
        } catch (error) {
          this.#refuse(storage, namespace, wish, error)
          return []
        }
      })
      const { stored, error } = await round.write()
      failure = error
      open = tried.flatMap(({ wish, charges }) => {
        wish.charges.push(...charges.filter(c => stored.has(c.uid)))
        if (!charges.every(c => stored.has(c.uid))) return [wish]
        wish.resolve(wish.charges)
        return []
      })
    }
    for (const wish of open)
      this.#refuse(storage, namespace, wish, failure ?? StatusError.conflict(resourceFor(QuotaKind), namespace, 'the quota keeps changing'))
  }

  #refuse(storage: Storage, namespace: string, wish: Wish, error: unknown): void {
    const reject = () => wish.reject(error)
    if (wish.sign === 1) this.giveBack(storage, namespace, wish.charges).then(reject, reject)
    else reject()
  }
}

/** The quotas as they are now, with what is added to them in turn, to be stored at once. */
class Round {
  readonly #storage: Storage
  readonly #books: { readonly entry: Entry; quota: ResourceQuota }[]

  constructor(storage: Storage, namespace: string) {
    this.#storage = storage
    const start = storePrefix(resourceFor(QuotaKind), namespace)
    const { entries } = storage.store.range({ start, end: prefixEnd(start) })
    this.#books = entries.map(entry => ({ entry, quota: objectOf(entry) as ResourceQuota }))
  }

  add(wish: Wish): readonly Charge[] {
    const open = this.#books.filter(({ quota }) => !wish.charges.some(c => c.uid === quota.metadata.uid))
    const charges = wish.amounts(open.map(book => book.quota))
    for (const { uid, amounts } of charges) {
      const book = open.find(({ quota }) => quota.metadata.uid === uid)
      if (book) book.quota = charged(book.quota, amounts, wish.sign)
    }
    return charges
  }

  /** `stored`: the uids of the quotas that are as was wished. */
  async write(): Promise<{ readonly stored: ReadonlySet<string>; readonly error: unknown }> {
    const stored = new Set<string>()
    let failure: unknown
    const writes = this.#books.map(async ({ entry, quota }) => {
      try {
        if (quota === objectOf(entry) || (await this.#storage.replace(resourceFor(QuotaKind), entry, quota))) stored.add(quota.metadata.uid)
      } catch (error) {
        failure = error
      }
    })
    await Promise.all(writes)
    return { stored, error: failure }
  }
}
