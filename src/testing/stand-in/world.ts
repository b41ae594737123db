import type { Clock } from '../../ambient.js'
import type { Awaitable } from '../../types.js'
import type { Role } from '../../service/protocol/route.js'
import type { WireAction, WireAnswer } from './wire.js'

/** A record with an id of its own, as it is on the wire. */
export type WireRecord = Readonly<Record<string, unknown>>

/** A decision the stand-in made. */
export interface StandInDecision {
  /** As it was sent; `undefined` where the script left it out. */
  readonly requestId: string | undefined
  readonly action: WireAction
  /** As it was sent, whatever that is. */
  readonly answer: unknown
}

/** What the stand-in says of an action; nothing leaves it to the default. */
export type Decide = (action: WireAction) => Awaitable<WireAnswer | undefined>

/** All that a stand-in knows: the state behind its endpoints, in memory. */
export class World {
  readonly clock: Clock
  readonly decide: Decide | undefined
  readonly taxonomy: readonly string[]
  /** Credentials, and whose they are. */
  readonly credentials = new Map<string, Role>()
  /** Answers that were scripted and not given yet. */
  readonly script: unknown[] = []
  readonly decisions: StandInDecision[] = []
  readonly outcomes: WireRecord[] = []
  readonly memory: WireRecord[] = []
  readonly approvals: WireRecord[] = []
  readonly switches: WireRecord[] = []
  /** Every version of every rule, the newest last. */
  readonly rules = new Map<string, WireRecord[]>()
  /** Empties the memory of idempotency keys; set by whoever keeps it. */
  forgetKeys: () => number = () => 0
  readonly #collections = new Map<string, Map<string, WireRecord>>()
  #ids = 0

  constructor(clock: Clock, decide: Decide | undefined, taxonomy: readonly string[]) {
    this.clock = clock
    this.decide = decide
    this.taxonomy = taxonomy
  }

  /** A new id: `act_000001`. */
  id(prefix: string): string {
    this.#ids++
    return `${prefix}_${String(this.#ids).padStart(6, '0')}`
  }

  /** The time, as it is on the wire. */
  now(): string {
    return new Date(this.clock.now()).toISOString()
  }

  /** Records of one kind, by id. */
  collection(name: string): Map<string, WireRecord> {
    const known = this.#collections.get(name)
    if (known !== undefined) return known
    const created = new Map<string, WireRecord>()
    this.#collections.set(name, created)
    return created
  }
}

/** Puts another in the place of a record that is the same but for these fields, and gives it back. */
export function amend(list: WireRecord[], record: WireRecord, fields: WireRecord): WireRecord {
  const amended = { ...record, ...fields }
  list.splice(list.indexOf(record), 1, amended)
  return amended
}
