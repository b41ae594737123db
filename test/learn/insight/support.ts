import { memoryStore } from 'countersign'
import type { Approval, Decision, DecisionRecord, ExecutionStatus, Outcome, Store } from 'countersign'
import type { InsightSource } from '../../../src/learn/insight/cases.js'

/** Monday noon. */
export const NOON = Date.UTC(2026, 0, 5, 12)
export const DAY = 86_400_000

/** What a test says of a decision; all else is usual. */
export interface Told extends Partial<Omit<Decision, 'id'>> {
  readonly status?: ExecutionStatus
  /** Words the world answered, in their order. */
  readonly world?: readonly (string | Partial<Outcome>)[]
  /** What the person who was asked said; the call is held for it. */
  readonly person?: Approval['status']
  /** What was held. */
  readonly input?: unknown
}

/** A store with decisions as they are told, and a way to ask about them. */
export class Past {
  readonly store: Store
  readonly source: InsightSource
  #count = 0

  constructor(meanings: InsightSource['meanings'] = {}, store = memoryStore()) {
    this.store = store
    this.source = { store, meanings }
  }

  async add({ status, world = [], person, input, ...told }: Told = {}): Promise<string> {
    const number = String(++this.#count).padStart(8, '0')
    const id = `d-${number}`
    const { at = NOON, tool = 'refund', actor = 'agent' } = told
    const isHeld = person !== undefined
    const decision: Decision = {
      id,
      at,
      traceId: 'trace',
      callId: `call-${number}`,
      tool,
      digest: '',
      action: tool,
      actor,
      findings: [],
      mode: 'enforced',
      result: isHeld ? 'requires_approval' : 'allowed',
      reason: 'because',
      policy: { name: 'policy', version: 'v' },
      evaluator: 'local',
      ...(isHeld ? { approvalId: `a-${number}` } : {}),
      ...told,
    }
    const ended = status ?? (isHeld ? (person === 'consumed' ? 'executed' : 'approval_required') : undefined)
    await this.store.commit({
      at,
      decision,
      ...(ended === undefined ? {} : { execution: { decisionId: id, status: ended, at, durationMs: 1 } }),
      ...(isHeld ? { approval: approvalOf(decision, `a-${number}`, person, input) } : {}),
    })
    for (const [index, word] of world.entries()) {
      const outcome = typeof word === 'string' ? { status: word } : word
      const rest = { id: `o-${number}-${index}`, decisionId: id, status: '', at: at + index + 1 }
      await this.store.commit({ at, outcome: { ...rest, ...outcome } })
    }
    return id
  }
}

function approvalOf(decision: Decision, id: string, status: Approval['status'], input: unknown): Approval {
  const { at, actor, tool, callId, tenant, domain, value } = decision
  return {
    id,
    revision: 1,
    key: id,
    policyVersion: decision.policy.version,
    decisionId: decision.id,
    at,
    expiresAt: at + DAY,
    call: { id: callId, name: tool, input },
    digest: '',
    actor,
    ...(tenant === undefined ? {} : { tenant }),
    ...(domain === undefined ? {} : { domain }),
    ...(value === undefined ? {} : { value }),
    reason: 'because',
    approver: 'inbox',
    stages: [{ quorum: 1 }],
    onExpiry: 'reject',
    escalateTo: [],
    votes: [],
    status,
    resolvedAt: at + 1,
    by: 'grace',
  } as unknown as Approval
}

/** Chance that repeats itself (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = Math.trunc(state + 0x6d2b79f5)
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A store of as many decisions as are asked for, which makes each when it is read: none of them is held. */
export function endlessStore(count: number, make: (index: number) => Partial<DecisionRecord>): Store {
  const usual: DecisionRecord = {
    id: '',
    at: NOON,
    traceId: '',
    callId: '',
    tool: 't',
    digest: '',
    action: 't',
    actor: 'agent',
    findings: [],
    mode: 'enforced',
    result: 'allowed',
    reason: '',
    policy: { name: '', version: '' },
    evaluator: 'local',
    outcomes: [],
  }
  return {
    ...memoryStore(),
    listDecisions: ({ before, limit = 100 }) => {
      const from = before === undefined ? 0 : Number(before) + 1
      const size = Math.max(0, Math.min(limit, count - from))
      return Array.from({ length: size }, (_, index) => ({ ...usual, ...make(from + index), id: String(from + index) }))
    },
  }
}
