import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QueueSet, type Ticket } from './queue-set.ts'

const limits = { seats: 4, queues: 8, queueLengthLimit: 10 }

test('a request that finds a free seat starts at once', () => {
  const set = new QueueSet(limits, 0)
  const tickets = Array.from({ length: 4 }, () => set.start([0], 1, 0))
  assert.deepEqual(
    tickets.map(t => t?.state),
    Array(4).fill('executing'),
  )
  assert.equal(set.start([0], 1, 0)?.state, 'waiting')
})

test('without queues, what finds no seat is refused', () => {
  const set = new QueueSet({ seats: 1, queues: 0, queueLengthLimit: 0 }, 0)
  const first = set.start([], 1, 0)
  assert.equal(first?.state, 'executing')
  assert.equal(set.start([], 1, 0), undefined)
  set.end(first!, 1)
  assert.equal(set.start([], 1, 2)?.state, 'executing')
})

test('a full queue refuses', () => {
  const set = new QueueSet({ seats: 1, queues: 2, queueLengthLimit: 2 }, 0)
  const states = Array.from({ length: 4 }, () => set.start([1], 1, 0)?.state)
  assert.deepEqual(states, ['executing', 'waiting', 'waiting', undefined])
})

test('a request that is wider than the level starts alone', () => {
  const set = new QueueSet(limits, 0)
  const small = set.start([0], 1, 0)!
  const wide = set.start([1], 10, 0)!
  const later = set.start([2], 1, 0)!
  assert.equal(wide.state, 'waiting')
  set.end(small, 1)
  set.end(later, 1)
  assert.equal(wide.state, 'executing')
})

test('more seats start what waits', () => {
  const set = new QueueSet({ ...limits, seats: 1 }, 0)
  const started: number[] = []
  for (let i = 0; i < 3; i++) {
    const ticket = set.start([i], 1, 0)!
    ticket.onStart = () => started.push(i)
  }
  set.configure({ ...limits, seats: 3 }, 1)
  assert.deepEqual(started, [1, 2])
})

/** Keeps each flow's requests coming, and counts what was executed of each by a server of so many seats. */
function simulate(
  flows: readonly { readonly queue: number; readonly backlog: number; readonly lastMs: number; readonly seats?: number }[],
  ms: number,
) {
  const set = new QueueSet(limits, 0)
  const live = flows.map(() => new Set<Ticket>())
  const doneMs = flows.map(() => 0)
  for (let now = 0; now < ms; now++) {
    for (const [i, flow] of flows.entries()) {
      for (const ticket of live[i]!) {
        if (ticket.state !== 'executing' || now - ticket.startedMs < flow.lastMs) continue
        set.end(ticket, now)
        live[i]!.delete(ticket)
        doneMs[i]! += flow.lastMs * (flow.seats ?? 1)
      }
      while (live[i]!.size < flow.backlog) {
        const ticket = set.start([flow.queue], flow.seats ?? 1, now)
        if (!ticket) break
        live[i]!.add(ticket)
      }
    }
  }
  return doneMs
}

test('flows that both ask for more than there is get the same, however many requests one sends', () => {
  const [greedy = 0, modest = 0] = simulate(
    [
      { queue: 0, backlog: 12, lastMs: 10 },
      { queue: 1, backlog: 4, lastMs: 10 },
    ],
    4000,
  )
  assert.ok(Math.abs(greedy - modest) / (greedy + modest) < 0.05, `${greedy} against ${modest}`)
})

test('what counts is the time that requests take, not their number', () => {
  const [long = 0, short = 0] = simulate(
    [
      { queue: 0, backlog: 8, lastMs: 50 },
      { queue: 1, backlog: 8, lastMs: 5 },
    ],
    10_000,
  )
  assert.ok(Math.abs(long - short) / (long + short) < 0.15, `${long} against ${short}`)
})

test('a flow that asks for little gets it while another floods', () => {
  const [, little = 0] = simulate(
    [
      { queue: 0, backlog: 12, lastMs: 20 },
      { queue: 1, backlog: 1, lastMs: 20 },
    ],
    4000,
  )
  // Alone it would have executed for nearly all of the time.
  assert.ok(little > 1200, String(little))
})

type Step =
  | { readonly type: 'start'; readonly queue: number; readonly seats: number }
  | { readonly type: 'end'; readonly which: number }
  | { readonly type: 'limit'; readonly seats: number }

const step = fc.oneof<fc.Arbitrary<Step>[]>(
  fc.record({ type: fc.constant('start' as const), queue: fc.nat(7), seats: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ type: fc.constant('end' as const), which: fc.nat(1000) }),
  fc.record({ type: fc.constant('limit' as const), seats: fc.integer({ min: 1, max: 8 }) }),
)

test('whatever comes, ends and is given up: seats are neither lost nor taken twice, and all who wait get in', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat(20)), { maxLength: 150 }), steps => {
      const set = new QueueSet(limits, 0)
      let live: Ticket[] = []
      let now = 0
      let most = limits.seats
      for (const [what, pause] of steps) {
        now += pause
        if (what.type === 'start') {
          const ticket = set.start([what.queue, (what.queue + 3) % 8], what.seats, now)
          if (ticket) live.push(ticket)
        } else if (what.type === 'limit') {
          most = what.seats
          set.configure({ ...limits, seats: most }, now)
        } else if (live.length > 0) {
          const [gone] = live.splice(what.which % live.length, 1)
          set.end(gone!, now)
          set.end(gone!, now)
        }
        const executing = live.filter(t => t.state === 'executing')
        assert.equal(
          set.seatsInUse,
          executing.reduce((sum, t) => sum + t.seats, 0),
        )
        assert.equal(set.executing, executing.length)
        assert.equal(set.waiting, live.length - executing.length)
        if (what.type === 'start' && executing.length > 1 && executing.includes(live.at(-1)!)) assert.ok(set.seatsInUse <= most)
        // Nobody waits at an empty table.
        if (live.length > 0) assert.ok(executing.length > 0)
      }
      for (let turns = 0; live.length > 0; turns++) {
        assert.ok(turns < 1000, 'somebody waits for ever')
        const executing = live.filter(t => t.state === 'executing')
        live = live.filter(t => t.state !== 'executing')
        for (const ticket of executing) set.end(ticket, ++now)
      }
      assert.deepEqual([set.seatsInUse, set.seatsWaiting, set.executing, set.waiting], [0, 0, 0, 0])
    }),
  )
})
