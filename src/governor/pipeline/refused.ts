import { GovernanceError } from '../../errors.js'
import type { Execution } from '../../execute/execution.js'
import { refusalText } from '../../execute/refusal.js'
import type { Decision } from '../../types.js'
import type { Preparation } from '../governor.js'

/** What `run` comes to for a call that was refused. */
export function refusal(decision: Decision): Execution<never> & { readonly status: 'blocked' } {
  return { status: 'blocked', decision, message: refusalText(decision) }
}

/** What `prepare` comes to for a call that was refused. */
export function refused(decision: Decision): Preparation {
  return { decision, next: 'refuse', message: refusalText(decision) }
}

/** Somebody else has written what was to be kept alongside a decision. */
export function notedAlready(): GovernanceError {
  return new GovernanceError('not-pending', 'prepare: what was to be kept `alongside` is there already.')
}
