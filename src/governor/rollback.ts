import { type Clock, present, sha256 } from '../ambient.js'
import type { Profiles } from '../capture/profiles.js'
import { restore } from '../capture/storable.js'
import { knownKeys } from '../check.js'
import type { Ledger } from '../execute/ledger/ledger.js'
import { type Effect, fail, standing, type Started, succeed } from '../execute/ledger/machine.js'
import type { Receipt } from '../receipt.js'
import { describeError } from '../report/ending.js'
import type { Store } from '../store/store.js'
import type { Journal } from './journal.js'

/** What became of one effect of a session that was rolled back. */
export interface Rollback {
  readonly key: string
  readonly tool: string
  /**
   * `not-undoable`: its tool has no `undo`, or what it would need was not kept. `running`, `unknown`: the effect, or what
   * undoes it, has not ended as far as is known. `skipped`: one after it could not be undone.
   */
  readonly status: 'undone' | 'undone-before' | 'not-undoable' | 'failed' | 'running' | 'unknown' | 'skipped'
  readonly error?: string
}

/** How a session is rolled back. */
export interface RollbackOptions {
  /**
   * Starts an `undo` that failed before once more: whoever says so knows that it had done nothing. @defaultValue false:
   * only that of a tool annotated `idempotent`
   */
  readonly retryFailed?: boolean
}

/** What rolling back needs of a governor. */
export interface RollbackParts {
  readonly store: Store
  readonly journal: Journal
  readonly ledger: Ledger
  readonly profiles: Profiles
  readonly clock: Clock
}

/** Whose effects are undone. */
interface Session {
  readonly sessionId: string
  readonly tenant: string | undefined
}

type Done = Extract<Receipt, { status: 'succeeded' }>
type Undo = (input: unknown, output: unknown, context: { readonly idempotencyKey: string }) => unknown

const PAGE = 1000

const STOPS: ReadonlySet<Rollback['status']> = new Set(['failed', 'running', 'unknown'])

/**
 * Undoes what a session did, the latest effect first, and stops at the first that cannot be taken back although it should,
 * or of which it is not known how it ended. Each undoing is an effect of its own in the ledger: done once, and gone on with
 * where it stopped.
 *
 * @throws GovernanceError `invalid-option`
 */
export async function rollBack(
  parts: RollbackParts,
  session: Session,
  options: RollbackOptions = {},
): Promise<readonly Rollback[]> {
  knownKeys(options, ['retryFailed'], 'rollback')
  const results: Rollback[] = []
  let isStopped = false
  for await (const receipt of effectsOf(parts.store, session)) {
    const result = await takeBack(parts, receipt, isStopped, options)
    if (result === undefined) continue
    isStopped ||= STOPS.has(result.status)
    results.push(result)
  }
  return results
}

/** What becomes of one effect; nothing where none took place. */
async function takeBack(
  parts: RollbackParts,
  receipt: Receipt,
  isStopped: boolean,
  options: RollbackOptions,
): Promise<Rollback | undefined> {
  const { key, tool } = receipt
  const state = standing(receipt, parts.clock.now())
  if (state === 'free' || receipt.status === 'failed') return undefined
  if (receipt.status === 'succeeded') {
    return isStopped ? { key, tool, status: 'skipped' } : undoOne(parts, receipt, options)
  }
  if (state === 'lost') await parts.ledger.lose(receipt)
  return { key, tool, status: state === 'running' ? 'running' : 'unknown' }
}

async function undoOne(parts: RollbackParts, receipt: Done, { retryFailed }: RollbackOptions): Promise<Rollback> {
  const { profiles, ledger, clock } = parts
  const { key, tool, input, output } = receipt
  const profile = profiles.latest(tool, receipt)
  const undo = profile?.undo as Undo | undefined
  if (undo === undefined || input?.kind !== 'json') return { key, tool, status: 'not-undoable' }
  const idempotencyKey = await sha256(`undo ${key}`)
  const known = await ledger.get(idempotencyKey)
  const before = begunBefore(known, clock.now(), retryFailed === true || profile?.annotations?.idempotent === true)
  if (known !== undefined && standing(known, clock.now()) === 'lost') await ledger.lose(known)
  if (before !== undefined) return { key, tool, ...before }
  const opened = await open(parts, known, effectFor(receipt, idempotencyKey))
  if (opened === undefined) return { key, tool, status: 'running', error: 'somebody else undoes it now' }
  try {
    await undo(restore(input.value), output.kind === 'json' ? restore(output.value) : undefined, { idempotencyKey })
  } catch (error) {
    const message = describeError(error)
    await end(parts, opened, unsettled => fail(unsettled, { name: 'Error', message }, clock.now()))
    return { key, tool, status: 'failed', error: message }
  }
  await end(parts, opened, unsettled => succeed(unsettled, { kind: 'json', value: null }, clock.now()))
  return { key, tool, status: 'undone' }
}

/** What became of an undoing that was begun before; nothing where it may begin now. */
function begunBefore(
  known: Receipt | undefined,
  now: number,
  mayRetry: boolean,
): Pick<Rollback, 'status' | 'error'> | undefined {
  if (known?.status === 'succeeded') return { status: 'undone-before' }
  if (known?.status === 'failed') return mayRetry ? undefined : { status: 'failed', error: known.error.message }
  const state = standing(known, now)
  if (state === 'free') return undefined
  return { status: state === 'running' ? 'running' : 'unknown' }
}

async function open(
  { ledger, journal, clock }: RollbackParts,
  known: Receipt | undefined,
  effect: Effect,
): Promise<Started | undefined> {
  const receipt = ledger.opening(known, effect)
  const { committed } = await journal.commit({ at: clock.now(), receipt })
  if (!committed) return undefined
  ledger.began(receipt)
  return receipt
}

async function end(
  { ledger, clock }: RollbackParts,
  opened: Started,
  outcome: Parameters<Ledger['end']>[1],
): Promise<void> {
  await ledger.end(opened, outcome, { at: clock.now() })
}

function effectFor(
  { decisionId, callId, tool, digest, actor, user, tenant, sessionId, key: undoes }: Done,
  key: string,
): Effect {
  return {
    key,
    decisionId,
    callId,
    tool,
    digest,
    actor,
    undoes,
    ...present({ user, tenant, sessionId }),
  }
}

/** All effects of a session, latest first; not what only undid others. A session without a tenant is nobody else's. */
async function* effectsOf(store: Store, { sessionId, tenant }: Session): AsyncGenerator<Receipt> {
  const filter = { sessionId, limit: PAGE, ...(tenant === undefined ? {} : { tenant }) } as const
  let before: string | undefined
  for (;;) {
    const page = await store.listReceipts(before === undefined ? filter : { ...filter, before })
    for (const receipt of page) if (receipt.tenant === tenant && receipt.undoes === undefined) yield receipt
    before = page.at(-1)?.key
    if (page.length < PAGE || before === undefined) return
  }
}
