import { serve as listen } from '@hono/node-server'
import { type EnforcementMode, memoryStore, remoteDecisions, type Rule } from 'countersign'
import { createDecisionServer } from 'countersign/server'
import { testEvaluator } from 'countersign/testing'
import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { it } from 'vitest'

type Wanted = Readonly<Record<string, unknown>>

/** What the server is to be asked with a case: its mode, and the one rule it has. */
interface Made {
  readonly mode: EnforcementMode
  readonly rule: Rule
}

const DENY = { id: 'no', effect: 'deny', hard: true } as const
const ASK = { id: 'ask', effect: 'require_approval' } as const
const ALLOW = { id: 'go', effect: 'allow' } as const

/** Answers that a server gives of its own accord, and how it is made to give them: all others are for scripted services. */
function made(answer: unknown, governors: EnforcementMode): Made | undefined {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return undefined
  const { enforcement_mode: stated, enforced_verdict: verdict, recommendation, ...rest } = answer as Wanted
  const mode = (stated ?? governors) as EnforcementMode
  const asked = { requires_approval: rest['requires_approval'], human_review: rest['human_review'] }
  if (Object.keys(rest).some(name => !['allowed', 'result', 'requires_approval', 'human_review'].includes(name)))
    return undefined
  if (mode === 'enforced') {
    const rules: Readonly<Record<string, Rule | undefined>> = { allowed: ALLOW, requires_approval: ASK, blocked: DENY }
    const rule = typeof verdict === 'string' && Object.hasOwn(rules, verdict) ? rules[verdict] : undefined
    return rule && { mode, rule }
  }
  // The verdict is that of the enforced mode: here, the advice decides.
  if (mode === 'review' && Object.values(asked).every(value => value === undefined)) {
    if (recommendation === 'proceed') return { mode, rule: ALLOW }
    if (recommendation === 'review_recommended') return { mode, rule: ASK }
    if (recommendation === 'do_not_proceed') return { mode, rule: DENY }
  }
  if (mode === 'advisory' && Object.values(asked).every(value => value !== true && value !== 'yes')) {
    if (recommendation === 'proceed') return { mode, rule: ALLOW }
    if (recommendation === 'review_recommended') return { mode, rule: ASK }
    if (recommendation === 'do_not_proceed') return { mode, rule: DENY }
  }
  return undefined
}

testEvaluator({
  name: 'a governor that asks a decision service',
  test: it,
  create: evaluatorCase => {
    const { answer, mode, trouble, expect } = evaluatorCase
    const wanted = made(answer, mode)
    if (wanted === undefined) return { skip: 'a server never answers this' }
    if (expect.failed === true && trouble === undefined) return { skip: 'a server never answers this' }
    if (expect.recorded !== undefined || expect.service !== undefined) return { skip: 'of a scripted answer' }
    return {
      start: async late => {
        const service = createDecisionServer({
          store: memoryStore(),
          mode: wanted.mode,
          policy: { rules: [wanted.rule] },
          keys: [{ key: 'agent-key-of-the-tests', role: 'agent' }],
        })
        const fetch = async (request: Request): Promise<Response> => {
          if (trouble === 'late') await late
          return service.app.fetch(request)
        }
        const listening = listen({ fetch, port: 0, hostname: '127.0.0.1' }) as Server
        if (!listening.listening) await once(listening, 'listening')
        const { port } = listening.address() as AddressInfo
        const evaluator = remoteDecisions({
          baseUrl: `http://127.0.0.1:${port}`,
          apiKey: trouble === 'error' ? 'wrong-key' : 'agent-key-of-the-tests',
          outcomes: false,
          memory: false,
        })
        const dispose = async (): Promise<void> => {
          evaluator.close?.()
          const closed = once(listening, 'close')
          listening.close()
          if ('closeAllConnections' in listening)
            (listening as { closeAllConnections: () => void }).closeAllConnections()
          await closed
          await service.close()
        }
        return { evaluator, dispose }
      },
    }
  },
})
