import {
  createGovernor,
  type GovernanceEvent,
  type Governor,
  type GovernorOptions,
  memoryStore,
  remoteDecisions,
  type RemoteDecisionsOptions,
} from 'countersign'
import {
  type FakeClock,
  fakeClock,
  type StandInOptions,
  standInService,
  type StandInService,
  type WireAnswer,
  type WireRecord,
} from 'countersign/testing'
import { afterEach } from 'vitest'

/** What a test may choose. */
export interface Chosen extends Omit<GovernorOptions, 'decisions' | 'clock'> {
  readonly remote?: Partial<RemoteDecisionsOptions>
  readonly service?: StandInService
  readonly clock?: FakeClock
  readonly standIn?: StandInOptions
}

/** A governor that asks, and tells, a service on loopback; its time stands still until a test moves it. */
export interface Told {
  readonly governor: Governor
  readonly service: StandInService
  readonly clock: FakeClock
  readonly events: GovernanceEvent[]
  /** Deliveries that failed, as they were told: `memory 2 later`, `outcome 1 dropped`. */
  readonly failures: () => readonly string[]
}

const opened: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of opened.splice(0).toReversed()) await end()
})

/** Something that ends with its test. */
export function ending<T>(thing: T, end: (thing: T) => Promise<unknown>): T {
  opened.push(() => end(thing))
  return thing
}

export async function told(chosen: Chosen = {}): Promise<Told> {
  const { remote = {}, standIn, ...options } = chosen
  const clock = chosen.clock ?? fakeClock()
  const service = chosen.service ?? ending(await standInService(standIn), made => made.close())
  const decisions = remoteDecisions({
    baseUrl: service.url,
    apiKey: 'agent-key',
    clock,
    retry: { attempts: 1 },
    ...remote,
  })
  const { service: _service, ...rest } = options
  const governor = ending(createGovernor({ store: memoryStore(), ...rest, decisions, clock }), async made => {
    // Whatever hangs still ends with the stand-in; what waits for the clock is let go.
    await service.close()
    const closed = made.close()
    let isClosed = false
    closed.then(
      () => (isClosed = true),
      () => (isClosed = true),
    )
    await until(() => {
      clock.advance(1000)
      return isClosed
    })
  })
  const events: GovernanceEvent[] = []
  governor.on(event => events.push(event))
  const failures = (): readonly string[] =>
    events.flatMap(event =>
      event.type === 'report-failed' ? [`${event.kind} ${event.count} ${event.dropped ? 'dropped' : 'later'}`] : [],
    )
  return { governor, service, clock, events, failures }
}

let calls = 0

/** A call with an id of its own. */
export function call(name = 'refund', input: unknown = {}): { id: string; name: string; input: unknown } {
  return { id: `call-${++calls}`, name, input }
}

/** Lets real I/O go on, without any time of the clock, until something has become true. */
export async function until(isTrue: () => boolean, what = 'it'): Promise<void> {
  for (let turn = 0; turn < 100_000 && !isTrue(); turn++) await new Promise(resolve => setImmediate(resolve))
  if (!isTrue()) throw new Error(`${what} did not become true`)
}

/** Lets I/O that would go on do so: for what must not happen. */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Bodies of the requests to a path, as they came. */
export function sentTo({ service }: Pick<Told, 'service'>, path: string): readonly WireRecord[] {
  return service.requests.filter(request => request.path === path).map(({ json }) => json as WireRecord)
}

export const INGEST = '/actions/memory/ingest'
export const OUTCOME = '/outcomes/report'
export const OUTCOMES = '/outcomes/report/batch'

export const ALLOW: WireAnswer = { recommendation: 'proceed', enforcement_mode: 'advisory', risk_score: 0.3 }
export const BLOCK: WireAnswer = {
  recommendation: 'do_not_proceed',
  enforcement_mode: 'enforced',
  enforced_verdict: 'blocked',
  risk_score: 0.9,
  reason: 'like the last ones',
}
export const HOLD: WireAnswer = {
  ...BLOCK,
  recommendation: 'review_recommended',
  enforced_verdict: 'requires_approval',
}
