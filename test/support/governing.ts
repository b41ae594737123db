import { createGovernor, memoryStore } from 'countersign'
import type { Clock, Governor, GovernanceEvent, GovernorOptions, PolicyDocument, Store, ToolCall } from 'countersign'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  readonly advance: (ms: number) => void
  readonly set: (at: number) => void
  /** Timers that wait. */
  readonly pending: () => number
}

export function testClock(start = Date.UTC(2026, 0, 5, 12)): TestClock {
  let at = start
  const timers = new Set<{ readonly due: number; readonly action: () => void }>()
  const fire = (): void => {
    for (const timer of [...timers].toSorted((a, b) => a.due - b.due)) {
      if (timer.due > at || !timers.delete(timer)) continue
      timer.action()
    }
  }
  return {
    now: () => at,
    after: (ms, action) => {
      const timer = { due: at + ms, action }
      timers.add(timer)
      return () => {
        timers.delete(timer)
      }
    },
    advance: ms => {
      at += ms
      fire()
    },
    set: to => {
      at = to
      fire()
    },
    pending: () => timers.size,
  }
}

/** A governor in memory that a test can watch. */
export interface Governed {
  readonly governor: Governor
  readonly clock: TestClock
  readonly events: GovernanceEvent[]
}

export function govern(options: Omit<GovernorOptions, 'clock'> & { readonly clock?: TestClock } = {}): Governed {
  const clock = options.clock ?? testClock()
  const governor = createGovernor({ store: memoryStore(), ...options, clock })
  const events: GovernanceEvent[] = []
  governor.on(event => events.push(event))
  return { governor, clock, events }
}

let calls = 0

/** A call with an id of its own. */
export function call(name: string, input: unknown = {}): ToolCall {
  return { id: `call-${++calls}`, name, input }
}

/** Lets everything that is ready to run do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Waits until work that goes through the clock has asked for its timer. */
export async function untilWaiting(clock: TestClock): Promise<void> {
  for (let turn = 0; turn < 200 && clock.pending() === 0; turn++) await Promise.resolve()
  if (clock.pending() === 0) throw new Error('nothing waits for the clock')
}

/** A policy document of the design's example. */
export const SUPPORT_DESK = `
version: 1
name: support-desk
rules:
  - { id: read-freely,  annotations: { readOnly: true }, effect: allow }
  - { id: small-refund, tools: [refund], when: { input.amount: { lte: 100 } }, effect: allow, reason: "small refund" }
  - { id: big-refund,   tools: [refund], when: { input.amount: { gt: 100 } }, effect: require_approval, reason: "refund of {input.amount} is over 100" }
  - { id: daily-cap,    tools: ["refund*"], limit: { sum: value, per: actor, window: 24h, max: 5000 }, effect: deny }
  - { id: velocity,     tools: ["*"], limit: { count: calls, per: session, window: 1m, max: 30 }, effect: require_approval }
  - { id: no-sql-drop,  tools: [run_sql], when: { input.query: { matches: "/\\\\bdrop\\\\b/i" } }, effect: deny, hard: true }
`

/** The message of what a function throws. */
export function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  throw new Error('nothing was thrown')
}

/** One rule as a document. */
export const oneRule = (rule: object): PolicyDocument => ({ rules: [{ id: 'r', effect: 'deny', ...rule }] })

/** How often a property is tried; less often where each mutant of the source is tried against all of them. */
export const runs = (count: number): { readonly numRuns: number } => ({
  numRuns: process.env['MUTATION'] === undefined ? count : Math.min(count, 30),
})

/** A store in memory of which every answer takes a while, as those of a database do. */
export function slowStore(inner: Store = memoryStore()): Store {
  const slowly =
    <ARGS extends unknown[], T>(method: (...args: ARGS) => T) =>
    async (...args: ARGS): Promise<Awaited<T>> => {
      await Promise.resolve()
      const answer = await method(...args)
      await Promise.resolve()
      return answer
    }
  return Object.fromEntries(
    Object.entries(inner).map(([name, method]) => [
      name,
      typeof method === 'function' ? slowly(method as never) : method,
    ]),
  ) as unknown as Store
}
