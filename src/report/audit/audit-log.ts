import { chain, type Clock, isPromiseLike } from '../../ambient.js'
import type { AuditBatch, AuditDraft, AuditEntry, Seal } from '../../audit-entry.js'
import { expect, knownKeys } from '../../check.js'
import { GovernanceError } from '../../errors.js'
import type { Receipt } from '../../receipt.js'
import { RecentMap } from '../../recent-map.js'
import type { Commit, Store } from '../../store/store.js'
import type { Awaitable, KillSwitch } from '../../types.js'
import { auditApproval, auditGrant } from './approval-drafts.js'
import type { SignedCheckpoint } from './checkpoint.js'
import { checkCheckpointOptions, type CheckpointOptions, Checkpoints } from './checkpoints.js'
import { auditDecision, auditExecution, auditKillSwitch, auditOutcome, auditReceipt } from './drafts.js'
import { auditErasure, type ErasureRequest, fieldsToErase } from './erasure.js'
import { entriesOf } from './pages.js'
import { sealWith } from './seal.js'

/** Effects that run at the same time and are certain to be remembered. */
const MAX_RUNNING = 10_000

/** How the audit log is kept. */
export interface AuditOptions {
  /**
   * Seals the log with HMAC-SHA-256: without the key nobody can write it anew. A long random text, the same in every
   * process and for as long as the log is kept. @defaultValue none: the log is sealed with SHA-256
   */
  readonly key?: string
  /** Signed notes of how far the log had come. @defaultValue none */
  readonly checkpoints?: CheckpointOptions
}

/** @throws GovernanceError `invalid-option`, naming what is not as it should be */
export function checkAuditOptions(options: unknown, option = 'audit'): void {
  expect(typeof options === 'object' && options !== null, option, 'an object with `key` or `checkpoints`')
  knownKeys(options, ['key', 'checkpoints'], option)
  const { key, checkpoints } = options as AuditOptions
  sealWith(key, `${option}.key`)
  if (checkpoints !== undefined) checkCheckpointOptions(checkpoints, `${option}.checkpoints`)
}

/** What an audit log needs of a governor. */
export interface AuditLogParts extends AuditOptions {
  readonly store: Pick<Store, 'readAudit' | 'erase' | 'getDecision'>
  readonly clock: Clock
  /** Told when a checkpoint that nobody asked for could not be made. */
  readonly failed?: (error: unknown) => void
  /** Told of a decision whose personal fields are gone. */
  readonly erased?: (decisionId: string) => void
}

/** The audit log of a governor: says what is to be appended with a commit, and reads what was. Commits are the governor's. */
export class AuditLog {
  readonly seal: Seal
  readonly store: AuditLogParts['store']
  readonly #clock: Clock
  readonly #erased: NonNullable<AuditLogParts['erased']>
  readonly #checkpoints: Checkpoints | undefined
  /** Fence and start of the effects that are on record as started, by key. */
  readonly #started = new RecentMap<string, string>(MAX_RUNNING)

  constructor({ key, checkpoints, store, clock, failed = () => undefined, erased }: AuditLogParts) {
    this.#erased = erased ?? (() => undefined)
    this.seal = sealWith(key)
    this.store = store
    this.#clock = clock
    if (checkpoints !== undefined) {
      this.#checkpoints = new Checkpoints({ ...checkpoints, store, clock, seal: this.seal, failed })
    }
  }

  /**
   * What is to be appended with a commit: an entry for each of its parts, but one for a decision and the effect that begins
   * with it, and one for an execution and the effect that ends with it. Nothing for a dry run, and where nothing is new.
   * Waits only where hashing is asynchronous.
   */
  of(commit: Commit): Awaitable<AuditBatch | undefined> {
    const { at, decision, grant, approval, receipt, execution, outcome } = commit
    if (decision?.dryRun === true) return undefined
    const about = decision ?? approval ?? receipt ?? {}
    const told = this.#news(receipt, at)
    const begun = decision !== undefined && told?.status === 'started' ? told : undefined
    const rest = begun === undefined ? told : undefined
    const drafts: Awaitable<AuditDraft>[] = []
    if (decision !== undefined) drafts.push(auditDecision(decision, begun))
    if (grant !== undefined) drafts.push(auditGrant(grant, at, decisionOf(commit)))
    if (approval !== undefined) drafts.push(auditApproval(approval, at))
    if (execution !== undefined) drafts.push(auditExecution(execution, about, rest))
    else if (rest !== undefined) drafts.push(auditReceipt(rest, at))
    if (outcome !== undefined) drafts.push(auditOutcome(outcome, about))
    return drafts.length === 0 ? undefined : this.batch(drafts)
  }

  /** What is to be appended when a switch is turned on, or off. */
  ofKillSwitch(killSwitch: KillSwitch, active: boolean): Awaitable<AuditBatch> {
    return this.batch([auditKillSwitch(killSwitch, active)])
  }

  /** Drafts as a store takes them. */
  batch(drafts: readonly Awaitable<AuditDraft>[]): Awaitable<AuditBatch> {
    this.#checkpoints?.count(drafts.length)
    const { seal } = this
    return drafts.some(isPromiseLike)
      ? Promise.all(drafts as PromiseLike<AuditDraft>[]).then(entries => ({ entries, seal }))
      : { entries: drafts as readonly AuditDraft[], seal }
  }

  /** The entries of a decision, oldest first. */
  async entriesOf(decisionId: string): Promise<readonly AuditEntry[]> {
    const entries: AuditEntry[] = []
    for await (const entry of entriesOf(this.store, { decisionId })) entries.push(entry)
    return entries
  }

  /** Forgets personal fields of a call, and appends that they were. `tenant` is that of the call. */
  async erase(request: ErasureRequest, tenant: string | undefined): Promise<void> {
    const fields = fieldsToErase(request)
    const about = tenant === undefined ? {} : { tenant }
    const draft = auditErasure({ ...request, fields }, about, this.#clock.now())
    const { decisionId } = request
    await chain(this.batch([draft]), batch => this.store.erase({ decisionId, fields }, batch))
    this.#erased(decisionId)
  }

  /** @throws GovernanceError `invalid-call` where no checkpoints were asked for; what {@link Checkpoints.write} throws */
  async checkpoint(): Promise<SignedCheckpoint> {
    if (this.#checkpoints !== undefined) return this.#checkpoints.write()
    throw new GovernanceError('invalid-call', 'audit.checkpoint: option `audit.checkpoints` is missing.')
  }

  /** Signs the last checkpoint. To be waited for before the store is closed. Never rejects. */
  async close(): Promise<void> {
    await this.#checkpoints?.close()
  }

  /** A lease that is moved on says nothing of the effect but that it still runs. */
  #news(receipt: Receipt | undefined, at: number): Receipt | undefined {
    if (receipt?.status !== 'started') return receipt
    const { key, fence, startedAt } = receipt
    const start = `${fence} ${startedAt}`
    if (startedAt < at && this.#started.get(key) === start) return undefined
    this.#started.set(key, start)
    return receipt
  }
}

/** The decision that a grant was used by, or whose approval it is given with. */
function decisionOf({ decision, receipt, approval }: Commit): string | undefined {
  return decision?.id ?? (receipt ?? approval)?.decisionId
}
