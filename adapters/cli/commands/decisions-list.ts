import type { Style } from '../output/screen.js'
import { type Column, table } from '../output/table.js'
import { atDesk, type DecisionQuery } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { DecisionView } from '../target/views.js'
import type { Handler } from '../tree/invocation.js'

/** Options of `decisions list`. */
export type ListDecisionsOptions = TargetOptions & DecisionQuery

/** The colour of a result, or of how a call ended. */
export function styleOf(word: string): Style | undefined {
  if (['allowed', 'executed', 'approved', 'consumed', 'SUCCESS'].includes(word)) return 'green'
  if (['requires_approval', 'approval_required', 'pending'].includes(word)) return 'yellow'
  return ['blocked', 'tool_error', 'rejected', 'FAILURE', 'FRAUD'].includes(word) ? 'red' : undefined
}

/** `decisions list` */
export const handler: Handler<ListDecisionsOptions> = async invocation => {
  const { screen, options } = invocation
  const found = await atDesk(invocation, desk => desk.decisions(options))
  const columns: readonly Column<DecisionView>[] = [
    { title: 'ID', of: ({ id }) => id },
    { title: 'WHEN', of: ({ at }) => screen.time(at) },
    { title: 'TOOL', of: ({ tool }) => tool },
    { title: 'VALUE', of: ({ value }) => (value === undefined ? '' : String(value)), align: 'right' },
    { title: 'RESULT', of: endedAs, style: view => styleOf(endedAs(view)) },
    { title: 'OUTCOME', of: ({ outcome = '' }) => outcome, style: ({ outcome = '' }) => styleOf(outcome) },
    { title: 'REASON', of: ({ reason }) => reason, flexible: true },
  ]
  if (found.length === 0) screen.note('No decisions.')
  if (found.length > 0 || screen.json) screen.result(found, () => table(screen, columns, found))
  return undefined
}

/** How the call ended; where it has not, what was decided. */
function endedAs({ status, result }: DecisionView): string {
  return status ?? result
}
