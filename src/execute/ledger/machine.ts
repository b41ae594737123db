import { present } from '../../ambient.js'
import { GovernanceError } from '../../errors.js'
import type { Receipt, ReceiptBase, StoredError, StoredOutput } from '../../receipt.js'

/** The receipt of an effect that runs. */
export type Started = Extract<Receipt, { status: 'started' }>
type Unknown = Extract<Receipt, { status: 'unknown' }>
/** The receipt of an effect that was begun, and has not ended as far as is known. */
export type Unsettled = Started | Unknown

/** What a receipt is about, before it is claimed. */
export type Effect = Omit<ReceiptBase, 'revision' | 'fence' | 'at'>

/**
 * What a claimant finds under a key. `free`: it may claim. `running`: somebody else is at it. `lost`: whoever ran it is
 * gone, and how it ended is not known. `settled`: there is a result.
 */
export type Standing = 'free' | 'running' | 'lost' | 'unknown' | 'settled'

/** How a receipt stands at a time. */
export function standing(receipt: Receipt | undefined, now: number): Standing {
  switch (receipt?.status) {
    case undefined:
      return 'free'
    case 'claimed':
      return receipt.leaseUntil > now ? 'running' : 'free'
    case 'started':
      return receipt.leaseUntil > now ? 'running' : 'lost'
    case 'unknown':
      return 'unknown'
    default:
      return 'settled'
  }
}

/**
 * Claims a key that is free.
 *
 * @throws GovernanceError `not-pending` when it is not
 */
export function claim(known: Receipt | undefined, effect: Effect, now: number, leaseMs: number): Receipt {
  if (standing(known, now) !== 'free') throw wrongState(known, 'claimed')
  return taken(known, effect, now, leaseMs)
}

/**
 * Claims a key once more after an effect that failed, or whose end is unknown: only for a tool that is idempotent, or
 * where it is known that nothing had happened.
 *
 * @throws GovernanceError `not-pending` for one that succeeded, or still runs
 */
export function reclaim(known: Receipt, effect: Effect, now: number, leaseMs: number): Receipt {
  if (known.status !== 'failed' && known.status !== 'unknown') throw wrongState(known, 'claimed again')
  return taken(known, effect, now, leaseMs)
}

/** The effect begins. @throws GovernanceError `not-pending` unless it is claimed */
export function start(receipt: Receipt, now: number): Started {
  if (receipt.status !== 'claimed') throw wrongState(receipt, 'started')
  return { ...receipt, revision: receipt.revision + 1, status: 'started', startedAt: now }
}

/** The receipt of a call that is let go on where it is executed elsewhere: one write, after which nobody begins it here. */
export function handOver(effect: Effect, now: number): Receipt {
  const { leaseUntil: _lease, ...begun } = startAtOnce(taken(undefined, effect, now, 0), now)
  const output = { kind: 'lost', reason: 'it is executed elsewhere' } as const
  return { ...begun, elsewhere: true, status: 'succeeded', endedAt: now, output }
}

/** A claim that is begun in the same write: what runs at once need not be claimed before. */
export function startAtOnce(receipt: Receipt, now: number): Started {
  return { ...start(receipt, now), revision: receipt.revision }
}

/** It still runs. */
export function renew(receipt: Started, now: number, leaseMs: number): Started {
  return { ...receipt, revision: receipt.revision + 1, leaseUntil: now + leaseMs }
}

/** It ended with a result: also one whose lease had run out meanwhile, as long as nobody else has claimed it. */
export function succeed(receipt: Unsettled, output: StoredOutput, now: number): Receipt {
  return { ...bare(receipt), status: 'succeeded', startedAt: receipt.startedAt, endedAt: now, output }
}

/** It ended with an error. */
export function fail(receipt: Unsettled, error: StoredError, now: number): Receipt {
  return { ...bare(receipt), status: 'failed', startedAt: receipt.startedAt, endedAt: now, error }
}

/** It is given back: it did not run, as is known now, or stopped at a point from which the framework begins it anew. */
export function release(receipt: Extract<Receipt, { status: 'claimed' | 'started' | 'unknown' }>): Receipt {
  return { ...bare(receipt), status: 'claimed', leaseUntil: 0 }
}

/**
 * Whoever ran it is gone.
 *
 * @throws GovernanceError `not-pending` while its lease holds, or when it had not begun
 */
export function lose(receipt: Receipt, now: number): Unknown {
  if (standing(receipt, now) !== 'lost') throw wrongState(receipt, 'given up')
  return { ...bare(receipt), status: 'unknown', startedAt: (receipt as Started).startedAt, since: now }
}

function taken(known: Receipt | undefined, effect: Effect, now: number, leaseMs: number): Receipt {
  return {
    ...effect,
    revision: (known?.revision ?? 0) + 1,
    fence: (known?.fence ?? 0) + 1,
    at: known?.at ?? now,
    status: 'claimed',
    leaseUntil: now + leaseMs,
  }
}

/** The next revision, with what is the same in every state. */
function bare(receipt: Receipt): ReceiptBase {
  const { key, fence, decisionId, callId, tool, digest, actor, at } = receipt
  const { user, tenant, sessionId, approvalId, input, undoes } = receipt
  return {
    key,
    revision: receipt.revision + 1,
    fence,
    decisionId,
    callId,
    tool,
    digest,
    actor,
    at,
    ...present({ user, tenant, sessionId, approvalId, input, undoes }),
  }
}

function wrongState(receipt: Receipt | undefined, wanted: string): GovernanceError {
  const state = receipt === undefined ? 'not there' : `${receipt.status} (revision ${receipt.revision})`
  return new GovernanceError('not-pending', `Receipt "${receipt?.key ?? '?'}" is ${state}; it cannot be ${wanted}.`)
}
