import { sheet } from '../output/table.js'
import { plain } from '../output/text.js'
import { atDesk } from '../target/desk.js'
import type { TargetOptions } from '../target/target.js'
import type { DecisionView } from '../target/views.js'
import type { Handler } from '../tree/invocation.js'
import { styleOf } from './decisions-list.js'

/** `decisions show` */
export const handler: Handler<TargetOptions> = async invocation => {
  const { screen, args } = invocation
  const { view, record } = await atDesk(invocation, desk => desk.decision(args[0] ?? ''))
  const styled = (word: string | undefined): string | undefined => {
    const style = word === undefined ? undefined : styleOf(word)
    return word === undefined || style === undefined ? word && plain(word) : screen.style(style, word)
  }
  screen.result({ ...view, record }, () =>
    sheet(screen, {
      decision: plain(view.id),
      when: screen.isTerminal ? `${view.at} (${screen.time(view.at)})` : view.at,
      tool: plain(view.tool),
      action: view.action === view.tool ? undefined : plain(view.action),
      actor: plain(view.actor),
      domain: known(view.domain),
      target: known(view.target),
      value: known(view.value),
      session: known(view.sessionId),
      tenant: known(view.tenant),
      result: styled(view.result),
      reason: plain(view.reason),
      recommended: known(view.recommendation),
      risk: view.riskScore?.toFixed(3),
      ended: styled(view.status),
      outcome: styled(view.outcome),
      findings: findingsOf(record),
    }),
  )
  return undefined
}

function known(value: DecisionView[keyof DecisionView]): string | undefined {
  return value === undefined ? undefined : plain(value)
}

function findingsOf(record: unknown): string | undefined {
  const { findings } = record as { readonly findings?: readonly { readonly rule: string; readonly effect: string }[] }
  if (findings === undefined || findings.length === 0) return undefined
  return findings.map(({ rule, effect }) => `${plain(rule)}: ${plain(effect)}`).join(', ')
}
