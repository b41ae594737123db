import { misused } from '../failure.js'
import { plain } from '../output/text.js'
import { atDesk } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { Handler } from '../tree/invocation.js'

/** Options of `outcomes report`. */
export interface ReportOptions extends TargetOptions {
  readonly description?: string
  readonly details?: unknown
  readonly by?: string
  readonly revenueImpact?: number
  readonly correctionNeeded?: boolean
  readonly rollbackPerformed?: boolean
  readonly tag?: readonly string[]
}

/** `outcomes report` */
export const handler: Handler<ReportOptions> = async invocation => {
  const { screen, args, options } = invocation
  const [decisionId = '', status = ''] = args
  const { description, details, by, revenueImpact, correctionNeeded, rollbackPerformed, tag } = options
  if (Number.isNaN(revenueImpact)) throw misused('--revenue-impact: expected a number.')
  if (details !== undefined && (typeof details !== 'object' || details === null || Array.isArray(details))) {
    throw misused('--details: expected an object.')
  }
  const outcome = {
    decisionId,
    status,
    ...(description === undefined ? {} : { description }),
    ...(details === undefined ? {} : { details: details as Readonly<Record<string, unknown>> }),
    ...(by === undefined ? {} : { reportedBy: by }),
    ...(revenueImpact === undefined ? {} : { revenueImpact }),
    ...(correctionNeeded === undefined ? {} : { correctionNeeded }),
    ...(rollbackPerformed === undefined ? {} : { rollbackPerformed }),
    ...(tag === undefined ? {} : { tags: tag }),
  }
  await atDesk(invocation, desk => desk.report(outcome))
  screen.result({ reported: true, ...outcome }, () => `Reported ${plain(status)} of ${plain(decisionId)}.`)
  return undefined
}
