import { oneOf } from 'countersign'
import type { AskingOptions } from './options.js'

/** How a person is asked about held calls, with the defaults filled in. */
export interface Asking {
  /** Held calls wait inside `execute`. */
  readonly waits: boolean
  /** One call of a step is asked about. */
  readonly onlyFirst: boolean
}

/** @throws GovernanceError `invalid-option` */
export function askingOf(options: {
  readonly [OPTION in keyof AskingOptions]: AskingOptions[OPTION] | undefined
}): Asking {
  const { approvals = 'ask', parallelApprovals = 'all' } = options
  oneOf('approvals', approvals, ['ask', 'wait'])
  oneOf('parallelApprovals', parallelApprovals, ['all', 'first-only'])
  return { waits: approvals === 'wait', onlyFirst: parallelApprovals === 'first-only' }
}
