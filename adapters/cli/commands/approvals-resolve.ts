import { plain } from '../output/text.js'
import { atDesk } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { Handler } from '../tree/invocation.js'
import { requestSheet } from './approvals-show.js'

/** Options of `approvals approve` and `approvals reject`. */
export interface ResolveOptions extends TargetOptions {
  readonly comment?: string
  readonly by?: string
  readonly input?: unknown
  readonly policy?: string
}

/** `approvals approve`, `approvals reject`. The core says who may answer; it is never who acts. */
export function answering(resolution: 'approved' | 'rejected'): { readonly handler: Handler<ResolveOptions> } {
  return {
    handler: async invocation => {
      const { screen, args, options } = invocation
      const { comment, by, input, policy } = options
      const answered = await atDesk(invocation, desk =>
        desk.resolve(args[0] ?? '', { resolution, comment, by, input, policy }),
      )
      if (screen.isTerminal) screen.note(requestSheet(screen, answered))
      const who = answered.by ?? answered.votes?.at(-1)?.by
      const by_ = who === undefined ? '' : ` by ${plain(who)}`
      const line =
        answered.status === 'pending'
          ? `Counted${by_}; others must answer as well.`
          : `${answered.status === 'rejected' ? 'Rejected' : 'Approved'}${by_}: ${plain(answered.tool)} (${answered.id}).`
      screen.result(answered, () => line)
      return undefined
    },
  }
}
