import { type Column, table } from '../output/table.js'
import { atDesk } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { ApprovalView } from '../target/views.js'
import type { Handler } from '../tree/invocation.js'
import { styleOf } from './decisions-list.js'

/** Options of `approvals list`. */
export interface ListApprovalsOptions extends TargetOptions {
  readonly status: string
  readonly limit: number
}

/** `approvals list` */
export const handler: Handler<ListApprovalsOptions> = async invocation => {
  const { screen, options } = invocation
  const found = await atDesk(invocation, desk => desk.approvals(options.status, options.limit))
  const columns: readonly Column<ApprovalView>[] = [
    { title: 'ID', of: ({ id }) => id },
    { title: 'ASKED', of: ({ at }) => screen.time(at) },
    { title: 'STATUS', of: ({ status }) => status, style: ({ status }) => styleOf(status) },
    { title: 'TOOL', of: ({ tool }) => tool },
    { title: 'ACTOR', of: ({ actor }) => actor },
    { title: 'VALUE', of: ({ value }) => (value === undefined ? '' : String(value)), align: 'right' },
    { title: 'EXPIRES', of: ({ expiresAt = '' }) => screen.time(expiresAt) },
    { title: 'REASON', of: ({ reason }) => reason, flexible: true },
  ]
  if (found.length === 0) screen.note(options.status === 'pending' ? 'Nobody waits for an answer.' : 'No requests.')
  if (found.length > 0 || screen.json) screen.result(found, () => table(screen, columns, found))
  return undefined
}
