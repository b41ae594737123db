import { createGovernor, memoryStore, remoteDecisions } from 'countersign'
import type { GovernanceEvent, Governor, GovernorOptions, RemoteDecisionsOptions, ToolCall } from 'countersign'
import {
  type FakeClock,
  fakeClock,
  standInService,
  type StandInOptions,
  type StandInService,
} from 'countersign/testing'

// What is loaded on first use takes real time to load, and the time of these tests does not wait for that.
await Promise.all([import('cockatiel'), import('../../src/later.js')])

/** A governor that asks a stand-in service. Time stands still. */
export interface RemoteWorld {
  readonly service: StandInService
  readonly governor: Governor
  readonly clock: FakeClock
  readonly events: GovernanceEvent[]
  readonly close: () => Promise<void>
}

export interface RemoteWorldOptions {
  readonly service?: StandInOptions
  readonly remote?: Partial<RemoteDecisionsOptions>
  readonly governor?: Omit<GovernorOptions, 'decisions' | 'clock'>
}

export async function remoteWorld(options: RemoteWorldOptions = {}): Promise<RemoteWorld> {
  const clock = fakeClock()
  const service = await standInService({ clock, ...options.service })
  const governor = createGovernor({
    store: memoryStore(),
    ...options.governor,
    clock,
    decisions: remoteDecisions({
      baseUrl: service.url,
      apiKey: 'agent-key',
      retry: { jitter: 0 },
      outcomes: false,
      memory: false,
      clock,
      ...options.remote,
    }),
  })
  const events: GovernanceEvent[] = []
  governor.on(event => events.push(event))
  const close = async (): Promise<void> => {
    await Promise.all([governor.close(), service.close()])
  }
  return { service, governor, clock, events, close }
}

/** Turns of the event loop in which all that is on its way over loopback arrives. */
const QUIET_TURNS = 25
const MAX_STEPS = 1000

/** Lets everything happen that takes no time: what is on its way over loopback, and real timers of zero length. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setTimeout(resolve, 2))
  for (let turn = 0; turn < QUIET_TURNS; turn++) await new Promise(resolve => setImmediate(resolve))
}

/**
 * Waits for work; whenever nothing happens any more, time goes on to where something does.
 *
 * @param rounds how often it must be quiet before time goes on: more for what takes a while to arrive
 */
export async function inFakeTime<T>(clock: FakeClock, work: Promise<T>, rounds = 1): Promise<T> {
  const state = { isOver: false }
  const over = (): void => {
    state.isOver = true
  }
  work.then(over, over)
  for (let step = 0; step < MAX_STEPS; step++) {
    for (let round = 0; round < rounds && !state.isOver; round++) await settled()
    if (state.isOver) return work
    clock.advance(clock.untilNext() ?? 0)
  }
  throw new Error('nothing came of it')
}

let calls = 0

/** A call with an id of its own. */
export function payCall(input: unknown = { amount: 50, to: 'ada' }): ToolCall {
  return { id: `call_${++calls}`, name: 'pay', input }
}
