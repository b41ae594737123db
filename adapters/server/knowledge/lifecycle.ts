import { nextTurn } from '../../../src/ambient.js'
import { isBlocked } from '../../../src/learn/insight/context.js'
import { Groups } from '../../../src/learn/insight/groups.js'
import type { Service } from '../service.js'
import type { Past } from '../past/past.js'
import { decidedOf } from './decided.js'
import { decisionsOf } from './decisions.js'
import { KEY_NAMES, type KeyName } from './key-names.js'
import { type Kept, recordsOf } from './records.js'
import { fieldsOf, textOf } from './sent.js'

/** What an event names a decision or a case by: they are one id here. */
export const IDS = ['request_id', 'case_id', 'validation_id'] as const

/** What is kept of an event from elsewhere: as it was sent. */
export type IngestedEvent = Readonly<Record<string, unknown>>

/** Events whose name says how something turned out. */
const SAYING: Readonly<Record<string, string>> = { FRAUD_DETECTED: 'FRAUD', CHURN_SIGNAL: 'CHURN' }

/** The status that an event tells of an outcome: as it says, else as its name does. */
export function statusTold(event: IngestedEvent): string | undefined {
  return textOf(fieldsOf(event['outcome'])['status']) ?? SAYING[textOf(event['event_type']) ?? '']
}

/** Everything that is known of one course of events. */
export interface Lifecycle {
  /** The id of its decision where there is one, else its first key. */
  readonly id: string
  readonly keys: Readonly<Record<KeyName, readonly string[]>>
  /** `closed`: somebody said how it turned out. `blocked`: no call ran, so that nothing is to be waited for. Else `pending`. */
  readonly status: 'closed' | 'blocked' | 'pending'
  /** Oldest first. */
  readonly events: readonly Kept<IngestedEvent>[]
  readonly decisions: readonly Past[]
  /** Epoch milliseconds. */
  readonly firstSeen: number
  readonly lastSeen: number
}

/** Lifecycles, and whether older events or decisions were left out. */
export interface Lifecycles {
  /** The one in which something happened last comes first. */
  readonly found: readonly Lifecycle[]
  readonly truncated: boolean
}

/** Events and decisions that are put together for one question, of each the newest. */
const MOST = 10_000

/** Lifecycles that are put together before others have their turn. */
const AT_ONCE = 1000

interface Member {
  readonly event?: Kept<IngestedEvent>
  readonly decided?: Past
  readonly at: number
  readonly marks: readonly string[]
}

/**
 * Puts events and decisions together that share an id (of a request, a case or a validation, which are the same here), an
 * `external_ref` or an `entity_id`. A `tenant_ref` is of many, and puts nothing together. Dry runs belong to nothing.
 */
export async function lifecyclesOf(service: Service): Promise<Lifecycles> {
  const members: Member[] = []
  let truncated = false
  for await (const event of recordsOf<IngestedEvent>(service, 'ingested-event')) {
    if (members.length === MOST) {
      truncated = true
      break
    }
    members.push({ event, at: event.at, marks: marksOfEvent(event) })
  }
  let decisions = 0
  for await (const decided of decisionsOf(service)) {
    if (decisions++ === MOST) {
      truncated = true
      break
    }
    members.push({ decided, at: decided.record.at, marks: marksOfDecision(decided) })
  }
  return { found: (await joined(members)).toSorted((a, b) => b.lastSeen - a.lastSeen), truncated }
}

/**
 * Ids of everything that a key names: decisions made here by their id, their metadata, or what events tie to it. Of a key that a
 * decision or an event bears itself, nothing is too old; through other keys, only what {@link lifecyclesOf} puts together.
 */
export async function idsNamed(service: Service, name: KeyName, value: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>()
  if (name === 'request_id' || name === 'case_id') ids.add(value)
  for await (const { body } of recordsOf<IngestedEvent>(service, 'ingested-event'))
    if (body[name] === value) addIds(ids, body)
  for (const lifecycle of (await lifecyclesOf(service)).found) {
    if (!hasKey(lifecycle, name, value)) continue
    for (const { record } of lifecycle.decisions) ids.add(record.id)
    for (const { body } of lifecycle.events) addIds(ids, body)
  }
  if (ids.has(value) && (await decidedOf(service, value)) !== undefined) return ids
  const isNamed = ({ record }: Past): boolean => record.metadata?.[name] === value
  for await (const { record } of decisionsOf(service, { isWanted: isNamed })) ids.add(record.id)
  return ids
}

function addIds(ids: Set<string>, event: IngestedEvent): void {
  for (const name of IDS) {
    const id = textOf(event[name])
    if (id !== undefined) ids.add(id)
  }
}

/** Whether a lifecycle has a key. */
export function hasKey(lifecycle: Lifecycle, name: KeyName, value: string): boolean {
  const names: readonly KeyName[] = name === 'case_id' ? ['case_id', 'request_id'] : [name]
  return names.some(one => keysNamed(one, lifecycle).includes(value))
}

async function joined(members: readonly Member[]): Promise<readonly Lifecycle[]> {
  const roots = new Map<string, string>()
  // Every way that is gone is cut in half: whoever sends events chooses how long it would get.
  const rootOf = (mark: string): string => {
    let root = mark
    for (let next = roots.get(root) ?? root; next !== root; next = roots.get(root) ?? root) {
      const beyond = roots.get(next) ?? next
      roots.set(root, beyond)
      root = beyond
    }
    if (!roots.has(mark)) roots.set(mark, root)
    return root
  }
  for (const { marks } of members) {
    const [first = ''] = marks
    for (const mark of marks) roots.set(rootOf(mark), rootOf(first))
  }
  const groups = new Groups((): Member[] => [])
  for (const member of members) groups.of(rootOf(member.marks[0] ?? '')).push(member)
  const found: Lifecycle[] = []
  for (const [, group] of groups.entries()) {
    found.push(lifecycleOf(group))
    if (found.length % AT_ONCE === 0) await nextTurn()
  }
  return found
}

function lifecycleOf(members: readonly Member[]): Lifecycle {
  // They come newest first: of those of one instant, the one that was written first is the older.
  const ordered = members.length === 1 ? members : members.toReversed().toSorted((a, b) => a.at - b.at)
  const events = ordered.flatMap(({ event }) => (event === undefined ? [] : [event]))
  const decisions = ordered.flatMap(({ decided }) => (decided === undefined ? [] : [decided]))
  return {
    // Of most, nobody asks.
    get id() {
      return decisions[0]?.record.id ?? KEY_NAMES.flatMap(name => this.keys[name])[0] ?? events[0]?.id ?? ''
    },
    get keys() {
      return keysOf({ events, decisions })
    },
    status: statusOf(events, decisions),
    events,
    decisions,
    firstSeen: ordered[0]?.at ?? 0,
    lastSeen: Math.max(...ordered.map(lastIn)),
  }
}

function lastIn({ at, decided }: Member): number {
  const { execution, outcomes = [] } = decided?.record ?? {}
  return Math.max(at, execution?.at ?? 0, ...outcomes.map(outcome => outcome.at))
}

type Known = Pick<Lifecycle, 'events' | 'decisions'>

function keysNamed(name: KeyName, { events, decisions }: Known): readonly string[] {
  const own = name === 'request_id' ? decisions.map(({ record }) => record.id) : []
  const told = [...events.map(({ body }) => body[name]), ...decisions.map(({ record }) => record.metadata?.[name])]
  return [...new Set([...own, ...told.flatMap(value => textOf(value) ?? [])])]
}

function keysOf(known: Known): Lifecycle['keys'] {
  const of = (name: KeyName): readonly string[] => keysNamed(name, known)
  return {
    request_id: of('request_id'),
    case_id: of('case_id'),
    external_ref: of('external_ref'),
    tenant_ref: of('tenant_ref'),
    entity_id: of('entity_id'),
  }
}

function statusOf(events: Lifecycle['events'], decisions: Lifecycle['decisions']): Lifecycle['status'] {
  const isHeard = decisions.some(({ record }) => record.outcomes.length > 0)
  if (isHeard || events.some(({ body }) => statusTold(body) !== undefined)) return 'closed'
  return decisions.length > 0 && decisions.every(({ record }) => isBlocked(record)) ? 'blocked' : 'pending'
}

/** Each with its kind: an id and a reference may be spelt alike. One without a key belongs to nothing else. */
function marksOfEvent({ id, body }: Kept<IngestedEvent>): readonly string[] {
  const marks = [
    ...IDS.flatMap(name => marked('id', body[name])),
    ...marked('external', body['external_ref']),
    ...marked('entity', body['entity_id']),
  ]
  return marks.length === 0 ? [`event:${id}`] : marks
}

function marksOfDecision({ record: { id, metadata } }: Past): readonly string[] {
  return [`id:${id}`, ...marked('external', metadata?.['external_ref']), ...marked('entity', metadata?.['entity_id'])]
}

function marked(kind: string, value: unknown): readonly string[] {
  const text = textOf(value)
  return text === undefined ? [] : [`${kind}:${text}`]
}
