import { knownKeys, oneOf } from 'countersign'
import { type Clock, systemClock } from '../../ambient.js'
import type { Role } from '../../service/protocol/route.js'
import { type Fault, FaultQueue, type PendingFault } from './fault.js'
import { Listener } from './listener.js'
import { KINDS } from './play.js'
import type { StandInRequest } from './recorded.js'
import { Service } from './service.js'
import type { WireAnswer } from './wire.js'
import { type Decide, type StandInDecision, type WireRecord, World } from './world.js'

/** Options of {@link standInService}. */
export interface StandInOptions {
  /** Credentials of agents, as `X-API-Key` or as a bearer token. @defaultValue `['agent-key']` */
  readonly apiKeys?: readonly string[]
  /** Credentials of people, who alone resolve approvals, change rules and switch a kill switch off. @defaultValue `['approver-key']` */
  readonly approverKeys?: readonly string[]
  /** What is answered about an action that no `answer` waits for. The answer stands as it is; only a `request_id` is added where it has none. @defaultValue `proceed`, in mode `advisory` */
  readonly decide?: Decide
  /** Statuses an outcome may have. @defaultValue `SUCCESS`, `FAILURE`, `BLOCKED`, `FRAUD`, `CHURN` */
  readonly taxonomy?: readonly string[]
  /** For times in answers, latencies and drips. @defaultValue the machine's clock */
  readonly clock?: Clock
}

/** An answer that waits until a test lets it go. */
export interface Held {
  /** Settles when a request has met it: the request is served by then, but for its answer. */
  readonly arrived: Promise<void>
  readonly release: () => void
}

/** What an answer can be besides an object: nothing a service should say. */
export type NotAnAnswer = string | number | boolean | null | readonly unknown[]

/** A decision service on loopback, for tests. */
export interface StandInService {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Every request that was complete, in the order they came. */
  readonly requests: readonly StandInRequest[]
  /** Of those, the ones that were to change something, and did not say which request they are. */
  readonly withoutIdempotencyKey: readonly StandInRequest[]
  /** Connections accepted so far. */
  readonly connections: number
  /** Connections that are open. */
  readonly openConnections: number
  /** Faults that no request has met yet. */
  readonly faults: readonly PendingFault[]
  /** What was decided, oldest first; so are the others. */
  readonly decisions: readonly StandInDecision[]
  readonly outcomes: readonly WireRecord[]
  /** Events that were ingested, each `event_id` once. */
  readonly memory: readonly WireRecord[]
  readonly approvals: readonly WireRecord[]
  /** Answers to the next actions, one each; sent as they are, but for a `request_id` where an object has none. */
  readonly answer: (...answers: readonly (WireAnswer | NotAnAnswer)[]) => void
  /** Lets the next requests (to `path`) go wrong. Faults are met in the order in which they were asked for. @defaultValue once */
  readonly fault: {
    (fault: Fault, times?: number): void
    (path: string, fault: Fault, times?: number): void
  }
  /** Keeps the answer to the next request (to `path`) back. */
  readonly hold: (path?: string) => Held
  /** Lets the answer to the next request (to `path`) come byte by byte, without an end. */
  readonly drip: (path?: string, at?: 'headers' | 'body') => Held
  /** Refuses connections, and ends those there are. */
  readonly down: () => Promise<void>
  /** Listens again, on the same port. */
  readonly up: () => Promise<void>
  /** Ends everything: connections, what is held back, and the port. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const OPTIONS = ['apiKeys', 'approverKeys', 'decide', 'taxonomy', 'clock'] satisfies (keyof StandInOptions)[]
const TAXONOMY = ['SUCCESS', 'FAILURE', 'BLOCKED', 'FRAUD', 'CHURN']

/**
 * A BIGHUB-compatible decision service in this process, on a port of loopback, with its state in memory. It refuses what
 * the real one would not understand, fields that are not documented among them, and it can be made to fail in every way
 * a service fails on the wire. Nothing is sent anywhere else.
 *
 * @throws GovernanceError `invalid-option` for an option, or later a kind of fault, that does not exist
 */
export async function standInService(options: StandInOptions = {}): Promise<StandInService> {
  knownKeys(options, OPTIONS, '')
  const { apiKeys = ['agent-key'], approverKeys = ['approver-key'], taxonomy = TAXONOMY, clock = systemClock } = options
  const world = new World(clock, options.decide, taxonomy)
  const admit = (keys: readonly string[], role: Role): void => {
    for (const key of keys) world.credentials.set(key, role)
  }
  admit(apiKeys, 'agent')
  admit(approverKeys, 'approver')
  const faults = new FaultQueue()
  const listener = new Listener(new Service(world), world, faults)
  await listener.up()
  return assemble(listener, world, faults)
}

function assemble(listener: Listener, world: World, faults: FaultQueue): StandInService {
  const add = (path: string | undefined, fault: Fault, times = 1): void => {
    oneOf('kind', fault.kind, KINDS)
    faults.add({ ...(path === undefined ? {} : { path }), fault, times })
  }
  const { url, requests } = listener
  const close = (): Promise<void> => listener.close()
  return {
    url,
    requests,
    get withoutIdempotencyKey() {
      return requests.filter(({ method, idempotencyKey }) => method !== 'GET' && idempotencyKey === undefined)
    },
    get connections() {
      return listener.connections
    },
    get openConnections() {
      return listener.openConnections
    },
    get faults() {
      return faults.pending
    },
    decisions: world.decisions,
    outcomes: world.outcomes,
    memory: world.memory,
    approvals: world.approvals,
    answer: (...answers) => {
      world.script.push(...answers)
    },
    fault: (first: string | Fault, second?: Fault | number, third?: number) => {
      if (typeof first === 'string') add(first, second as Fault, third)
      else add(undefined, first, second as number | undefined)
    },
    hold: path => held(until => add(path, { kind: 'hold', until })),
    drip: (path, at = 'body') => held(until => add(path, { kind: 'drip', until, at })),
    down: () => listener.down(),
    up: () => listener.up(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Whoever asks when it is let go has arrived. */
function held(add: (until: PromiseLike<void>) => void): Held {
  const arrival = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  add({
    // oxlint-disable-next-line unicorn/no-thenable -- being asked is the sign that a request is there
    then: (...handlers) => {
      arrival.resolve()
      // oxlint-disable-next-line promise/prefer-await-to-then -- hands on what it was handed
      return release.promise.then(...handlers)
    },
  })
  return { arrived: arrival.promise, release: release.resolve }
}
