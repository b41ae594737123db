import type { Evaluator } from 'countersign'
import { GovernanceError, remoteDecisions } from 'countersign'
import { standInService } from 'countersign/testing'

/** A decision service to ask besides the policy. */
export interface DecisionService {
  readonly url: string
  readonly decisions: Evaluator
  readonly close: () => Promise<void>
}

/**
 * What `--remote` asks for: the service at its URL, with the key in `COUNTERSIGN_API_KEY`; without a URL, a stand-in on
 * loopback that knows of an order to be careful with. Nothing without `--remote`.
 */
export async function decisionService(args: readonly string[]): Promise<DecisionService | undefined> {
  const at = args.findIndex(arg => arg === '--remote' || arg.startsWith('--remote='))
  if (at === -1) return undefined
  const [, inline] = args[at]?.split('=', 2) ?? []
  const next = args[at + 1]
  const url = inline ?? (next === undefined || next.startsWith('--') ? undefined : next)
  if (url !== undefined) {
    const apiKey = process.env['COUNTERSIGN_API_KEY']
    if (apiKey === undefined || apiKey === '')
      throw new GovernanceError('invalid-option', '--remote: set COUNTERSIGN_API_KEY to a key of the decision service.')
    return { url, decisions: remoteDecisions({ baseUrl: url, apiKey }), close: async () => undefined }
  }
  const standIn = await standInService({
    decide: ({ action, target }) =>
      action === 'refund_payment' && target === '1001'
        ? {
            recommendation: 'review_recommended',
            requires_approval: true,
            enforcement_mode: 'advisory',
            risk_score: 0.6,
            reason: 'order 1001 was refunded before',
          }
        : { recommendation: 'proceed', enforcement_mode: 'advisory', risk_score: 0.1 },
  })
  const decisions = remoteDecisions({ baseUrl: standIn.url, apiKey: 'agent-key' })
  return { url: `${standIn.url} (a stand-in)`, decisions, close: () => standIn.close() }
}
