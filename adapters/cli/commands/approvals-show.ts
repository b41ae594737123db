import type { Screen } from '../output/screen.js'
import { sheet } from '../output/table.js'
import { plain } from '../output/text.js'
import { atDesk } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { ApprovalView } from '../target/views.js'
import type { Handler } from '../tree/invocation.js'
import { styleOf } from './decisions-list.js'

/** `approvals show` */
export const handler: Handler<TargetOptions> = async invocation => {
  const { screen, args } = invocation
  const found = await atDesk(invocation, desk => desk.approval(args[0] ?? ''))
  screen.result(found, () => requestSheet(screen, found))
  return undefined
}

/** Whoever approves what they have not seen approves anything. */
const NOT_TOLD = 'not told by the service: look at it in the inbox, or on the database'

/** What one request is about, for whoever is to answer it. */
export function requestSheet(screen: Screen, found: ApprovalView): string {
  const style = styleOf(found.status)
  const changes = found.changes?.map(
    ({ path, from, to }) => `${plain(path)}: ${plain(from ?? null)} → ${plain(to ?? null)}`,
  )
  return sheet(screen, {
    request: plain(found.id),
    decision: plain(found.decisionId),
    status: style === undefined ? plain(found.status) : screen.style(style, found.status),
    tool: plain(found.tool),
    input: found.input === undefined ? NOT_TOLD : plain(JSON.stringify(found.input)),
    changed: changes?.join('; '),
    actor: plain(found.actor),
    target: found.target === undefined ? undefined : plain(found.target),
    value: found.value === undefined ? undefined : String(found.value),
    'held because': plain(found.reason),
    asked: both(screen, found.at),
    expires: found.expiresAt === undefined ? undefined : both(screen, found.expiresAt),
    votes: votesOf(found),
    answered:
      found.by === undefined
        ? undefined
        : `by ${plain(found.by)}${found.comment === undefined ? '' : `: ${plain(found.comment)}`}`,
  })
}

function both(screen: Screen, at: string): string {
  return screen.isTerminal ? `${at} (${screen.time(at)})` : at
}

function votesOf({ votes, quorum }: ApprovalView): string | undefined {
  if (votes === undefined || quorum === undefined) return undefined
  const needed = quorum.reduce((sum, count) => sum + count, 0)
  const given = votes.map(({ by, resolution }) => `${plain(by)} ${resolution}`).join(', ')
  return `${votes.length} of ${needed}${given === '' ? '' : ` (${given})`}`
}
