import { type Clock, sha256 } from '../ambient.js'
import type { Profiles } from '../capture/profiles.js'
import { restore } from '../capture/storable.js'
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
  /** `not-undoable`: its tool has no `undo`, or what it would need was not kept. `skipped`: one after it could not be undone. */
  readonly status: 'undone' | 'undone-before' | 'not-undoable' | 'failed' | 'unknown' | 'skipped'
  readonly error?: string
}

/** What rolling back needs of a governor. */
export interface RollbackParts {
  readonly store: Store
  readonly journal: Journal
  readonly ledger: Ledger
  readonly profiles: Profiles
  readonly clock: Clock
}

type Done = Extract<Receipt, { status: 'succeeded' }>
type Undo = (input: unknown, output: unknown, context: { readonly idempotencyKey: string }) => unknown

const PAGE = 1000

/**
 * Undoes what a session did, the latest effect first, and stops at the first that cannot be taken back although it should.
 * Each undoing is an effect of its own in the ledger: done once, and gone on with where it stopped.
 */
export async function rollBack(
  parts: RollbackParts,
  sessionId: string,
  tenant: string | undefined,
): Promise<readonly Rollback[]> {
  const results: Rollback[] = []
  let isStopped = false
  for await (const receipt of effectsOf(parts.store, sessionId, tenant)) {
    const { key, tool } = receipt
    const result: Rollback = isStopped ? { key, tool, status: 'skipped' } : await undoOne(parts, receipt)
    isStopped ||= result.status === 'failed' || result.status === 'unknown'
    results.push(result)
  }
  return results
}

async function undoOne(parts: RollbackParts, receipt: Done): Promise<Rollback> {
  const { profiles, ledger } = parts
  const { key, tool, input, output } = receipt
  const undo = profiles.latest(tool)?.undo as Undo | undefined
  if (undo === undefined || input?.kind !== 'json') return { key, tool, status: 'not-undoable' }
  const idempotencyKey = await sha256(`undo ${key}`)
  const known = await ledger.get(idempotencyKey)
  const state = standing(known, parts.clock.now())
  if (known?.status === 'succeeded') return { key, tool, status: 'undone-before' }
  if (state === 'lost' && known !== undefined) await ledger.lose(known)
  if (state !== 'free' && known?.status !== 'failed') return { key, tool, status: 'unknown' }
  const opened = await open(parts, known, effectFor(receipt, idempotencyKey))
  if (opened === undefined) return { key, tool, status: 'unknown', error: 'somebody else undoes it now' }
  try {
    await undo(restore(input.value), output.kind === 'json' ? restore(output.value) : undefined, { idempotencyKey })
  } catch (error) {
    const message = describeError(error)
    await end(parts, opened, unsettled => fail(unsettled, { name: 'Error', message }, parts.clock.now()))
    return { key, tool, status: 'failed', error: message }
  }
  await end(parts, opened, unsettled => succeed(unsettled, { kind: 'json', value: null }, parts.clock.now()))
  return { key, tool, status: 'undone' }
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
    ...(user === undefined ? {} : { user }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(sessionId === undefined ? {} : { sessionId }),
  }
}

/** All effects that took place, latest first; not what only undid others. */
async function* effectsOf(store: Store, sessionId: string, tenant: string | undefined): AsyncGenerator<Done> {
  const filter = { sessionId, status: 'succeeded', limit: PAGE, ...(tenant === undefined ? {} : { tenant }) } as const
  let before: string | undefined
  for (;;) {
    const page = await store.listReceipts(before === undefined ? filter : { ...filter, before })
    for (const receipt of page) if (receipt.status === 'succeeded' && receipt.undoes === undefined) yield receipt
    before = page.at(-1)?.key
    if (page.length < PAGE || before === undefined) return
  }
}
