import { memoryStore } from 'countersign'
import type { AuditDraft, AuditEntry, Receipt, Seal, Store } from 'countersign'
import { sealedText } from '../../src/audit-entry.js'
import { fail, succeed } from '../../src/execute/ledger/machine.js'
import { AuditLog, type AuditOptions } from '../../src/report/audit/audit-log.js'
import { type AuditControl, auditControl } from '../../src/report/audit/control.js'
import type { Commit } from '../../src/store/store.js'
import { approvalOf, decisionOf, outcomeOf, receiptOf } from '../../src/testing/store-cases/samples.js'
import type { Decision } from '../../src/types.js'
import { type TestClock, testClock } from '../support/governing.js'

/** A log in a store in memory, and what writes to it. */
export interface Logged {
  readonly store: Store
  readonly clock: TestClock
  readonly log: AuditLog
  readonly control: AuditControl
  /** Commits as a governor does: with the log's entries in the same write. */
  readonly commit: (commit: Omit<Commit, 'at'>) => Promise<void>
  readonly entries: () => Promise<readonly AuditEntry[]>
}

export function logged(options: AuditOptions = {}, store = memoryStore(), failed?: (error: unknown) => void): Logged {
  const clock = testClock()
  const log = new AuditLog({ ...options, store, clock, ...(failed === undefined ? {} : { failed }) })
  const commit = async (changes: Omit<Commit, 'at'>): Promise<void> => {
    const complete = { at: clock.now(), ...changes }
    const audit = await log.of(complete)
    const result = await store.commit(audit === undefined ? complete : { ...complete, audit })
    if (!result.committed) throw new Error('not committed')
  }
  return {
    store,
    clock,
    log,
    control: auditControl(log),
    commit,
    entries: async () => store.readAudit({ limit: 10_000 }),
  }
}

/** What every call here gives back. */
export const OUTPUT = { kind: 'json', value: { refunded: 40 } } as const

/** The receipt of an effect that has started. */
export function startOf(fields: Partial<Receipt> = {}): Extract<Receipt, { status: 'started' }> {
  return receiptOf(fields) as Extract<Receipt, { status: 'started' }>
}

/** A held call from its decision to its outcome. */
export async function callThrough({ commit, clock }: Logged, fields: Partial<Decision> = {}): Promise<Decision> {
  const decision = decisionOf({ user: 'ada@example.org', value: 40, result: 'requires_approval', ...fields })
  const { user: _user, ...subject } = { ...decision }
  const about = { decisionId: decision.id, ...(subject.tenant === undefined ? {} : { tenant: subject.tenant }) }
  const approval = approvalOf(decision, about)
  await commit({ decision, approval })
  clock.advance(1000)
  const vote = { by: 'grace', at: clock.now(), resolution: 'approved', stage: 0, digest: approval.digest } as const
  const answered = {
    ...approval,
    revision: 2,
    status: 'approved',
    votes: [{ ...vote, channel: 'api', comment: 'fine' }],
  }
  const approved = { ...answered, resolvedAt: clock.now(), by: 'grace', comment: 'fine' } as typeof approval
  await commit({ approval: approved })
  const receipt = startOf({ ...about, approvalId: approval.id, startedAt: clock.now() })
  const consumed = { ...approved, revision: 3, status: 'consumed', consumedAt: clock.now() } as typeof approval
  await commit({ approval: consumed, receipt })
  clock.advance(20)
  await commit({
    receipt: succeed(receipt, OUTPUT, clock.now()),
    execution: { decisionId: decision.id, status: 'executed', at: clock.now(), durationMs: 20 },
  })
  await commit({
    outcome: outcomeOf(decision.id, { status: 'FRAUD', description: 'charged back', reportedBy: 'bank' }),
  })
  return decision
}

/** A call that runs at once, and throws if it is told what. */
export async function runAtOnce(
  { commit, clock }: Logged,
  fields: Partial<Decision> = {},
  error?: string,
): Promise<Decision> {
  const decision = decisionOf({ user: 'ada@example.org', ...fields })
  const { tenant } = decision
  const startedAt = clock.now()
  const receipt = startOf({ decisionId: decision.id, startedAt, ...(tenant === undefined ? {} : { tenant }) })
  await commit({ decision, receipt })
  clock.advance(20)
  const ending = { decisionId: decision.id, at: clock.now(), durationMs: 20 }
  if (error === undefined) {
    await commit({ receipt: succeed(receipt, OUTPUT, clock.now()), execution: { ...ending, status: 'executed' } })
  } else {
    const failed = fail(receipt, { name: 'Error', message: error }, clock.now())
    await commit({ receipt: failed, execution: { ...ending, status: 'tool_error', error: `Error: ${error}` } })
  }
  return decision
}

/** What an entry is about. */
export function kindOf({ body }: AuditDraft): unknown {
  return (JSON.parse(body) as { readonly kind: unknown }).kind
}

/** The same entries, sealed anew from an index on: what somebody can do who can write the whole log. */
export async function resealed(entries: readonly AuditEntry[], seal: Seal, from = 0): Promise<readonly AuditEntry[]> {
  const chained: AuditEntry[] = entries.slice(0, from)
  let previous = entries[from]?.previous ?? ''
  for (const entry of entries.slice(from)) {
    const hash = await seal(sealedText(previous, entry.seq, entry.body))
    chained.push({ ...entry, previous, hash })
    previous = hash
  }
  return chained
}

/** A switch that was turned on. */
export async function killSwitchOf({ store, log, clock }: Logged): Promise<void> {
  const killSwitch = { tool: 'refund', by: 'ops@example.org', reason: 'incident', at: clock.now() }
  await store.activateKillSwitch(killSwitch, await log.ofKillSwitch(killSwitch, true))
}
