import type { Approval } from '../../approval.js'
import type { Verdict } from '../../enforce/conclude.js'
import type { Receipt } from '../../receipt.js'
import type { Decision } from '../../types.js'

/** What the caller knows of a call under its key. */
export interface Known {
  readonly key: string
  /** The newest request that was opened for it. */
  readonly approval: Approval | undefined
  /** The receipt of an effect that begins now, if the call is allowed; committed with the decision. */
  readonly opening?: ((decision: Decision) => Receipt) | undefined
}

/** A decision, and what was committed with it. */
export interface Ruling {
  readonly decision: Decision
  readonly verdict: Verdict
  /** The request the call waits under. */
  readonly approval?: Approval
  /** The effect that begins. */
  readonly receipt?: Receipt
}

/**
 * What deciding comes to. `claimed-by-another`: somebody else began the effect, or opened the request, meanwhile. `held`: a
 * person has to be asked, and it is not known under which key. `noted-already`: what was to be kept alongside is there.
 * Nothing was recorded then.
 */
export type Ruled = Ruling | 'claimed-by-another' | 'held' | 'noted-already'

/**
 * Why a decision was not recorded, and is made once more. `anew`: a limit was taken meanwhile. `grant-used`: another call
 * used the grant, which is no reason to give up: its uses have an end.
 */
export type Attempted = Ruled | 'anew' | 'grant-used'
