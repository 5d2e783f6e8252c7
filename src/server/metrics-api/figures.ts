// What nodes use, as long as somebody asks: a node's kubelet is read when its figures are older than 15 seconds. Nothing goes on by
// itself, so the first to ask waits for two looks that are a second apart.
import { type Clock, sleep } from '../../base/clock.ts'
import type { NodePoints } from './points.ts'

/** The newest look, and one before it to compare with. */
export interface Looks {
  readonly before: NodePoints
  readonly after: NodePoints
}

const freshMs = 15_000
/** What is older says nothing of now. */
const comparableMs = 60_000
const apartMs = 1000

interface Known {
  readonly atMs: number
  /** Undefined where the kubelet could not be read. */
  readonly looks: Looks | undefined
}

/** Resolves with undefined where the kubelet cannot be read. */
export type ReadPoints = (node: string) => Promise<NodePoints | undefined>

export class NodeFigures {
  readonly #read: ReadPoints
  readonly #clock: Clock
  /** The oldest first. */
  readonly #known = new Map<string, Known>()
  readonly #asking = new Map<string, Promise<Looks | undefined>>()

  constructor(read: ReadPoints, clock: Clock) {
    this.#read = read
    this.#clock = clock
  }

  /** Undefined while there are no figures of the node. */
  of(node: string): Promise<Looks | undefined> {
    this.#forgetOld()
    const known = this.#known.get(node)
    if (known && this.#clock.now() - known.atMs < freshMs) return Promise.resolve(known.looks)
    const asked = this.#asking.get(node) ?? this.#ask(node, known?.looks?.after).finally(() => this.#asking.delete(node))
    this.#asking.set(node, asked)
    return asked
  }

  async #ask(node: string, known: NodePoints | undefined): Promise<Looks | undefined> {
    const before = known ?? (await this.#read(node))
    if (before && !known) await sleep(this.#clock, apartMs)
    const after = before && (await this.#read(node))
    const looks = before && after && { before, after }
    this.#known.delete(node)
    this.#known.set(node, { atMs: this.#clock.now(), looks })
    return looks
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - comparableMs
    for (const [node, { atMs }] of this.#known) {
      if (atMs >= oldest) return
      this.#known.delete(node)
    }
  }
}
