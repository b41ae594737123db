import { createGovernor, type DecisionResult, type EnforcementMode, memoryStore, remoteDecisions } from 'countersign'
import { fakeClock, standInService, type StandInService } from 'countersign/testing'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { payCall } from './support.js'

let service: StandInService
beforeAll(async () => {
  service = await standInService()
})
afterAll(() => service.close())

/** Its time stands still: no deadline decides, however slow the machine is. */
const governorIn = (mode: EnforcementMode, clock = fakeClock()) =>
  createGovernor({
    store: memoryStore(),
    mode,
    clock,
    decisions: remoteDecisions({
      baseUrl: service.url,
      apiKey: 'agent-key',
      retry: { attempts: 1 },
      circuitBreaker: false,
      outcomes: false,
      memory: false,
      clock,
    }),
  })

const word = (...known: readonly string[]) => fc.oneof(fc.constantFrom(...known), fc.string(), fc.constant(null))
const flag = fc.oneof(fc.boolean(), fc.constant(null), fc.constantFrom<unknown>(0, 1, '', 'false', [], {}))
const RECOMMENDATIONS = ['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed']
const VERDICTS = ['allowed', 'proceed', 'requires_approval', 'blocked']
const MODES = ['advisory', 'review', 'enforced'] as const

/** Answers as services write them, with anything in any field, or none. */
const answers = fc.record(
  {
    recommendation: word(...RECOMMENDATIONS),
    enforcement_mode: word(...MODES),
    enforced_verdict: word(...VERDICTS),
    requires_approval: flag,
    human_review: flag,
    allowed: flag,
    result: word('allowed', 'blocked', 'requires_approval'),
    reason: fc.oneof(fc.string(), fc.constant(null), fc.integer()),
    risk_score: fc.oneof(fc.double(), fc.string(), fc.constant(null)),
    request_id: fc.oneof(fc.string(), fc.constant(null), fc.integer()),
    intelligence: fc.oneof(fc.jsonValue(), fc.record({ trajectory_id: fc.string() })),
  },
  { requiredKeys: [] },
)

type Answer = Readonly<Record<string, unknown>>

/** The table of docs/modes.md, written down once more. */
function expected(answer: Answer, governorMode: EnforcementMode): DecisionResult {
  const of = (name: string): unknown => answer[name] ?? undefined
  const recommendation = of('recommendation')
  const verdict = of('enforced_verdict')
  const legacy = (): DecisionResult =>
    of('allowed') === true ? 'allowed' : of('result') === 'requires_approval' ? 'requires_approval' : 'blocked'
  if (of('enforcement_mode') === undefined && recommendation === undefined && verdict === undefined) return legacy()
  switch (of('enforcement_mode') ?? governorMode) {
    case 'enforced':
      if (verdict === 'allowed' || verdict === 'proceed') return 'allowed'
      return verdict === 'requires_approval' ? 'requires_approval' : 'blocked'
    case 'review':
      if (recommendation === 'proceed') return 'allowed'
      return recommendation === 'do_not_proceed' ? 'blocked' : 'requires_approval'
    case 'advisory': {
      if (recommendation === undefined) return legacy()
      if (!RECOMMENDATIONS.includes(recommendation as string) || recommendation === 'do_not_proceed') return 'blocked'
      const asks = ['requires_approval', 'human_review'].some(name => of(name) !== undefined && of(name) !== false)
      return recommendation === 'review_recommended' && asks ? 'requires_approval' : 'allowed'
    }
    default:
      return 'blocked'
  }
}

const RESULTS: readonly DecisionResult[] = ['allowed', 'blocked', 'requires_approval']

describe('whatever a service answers', () => {
  it.each(MODES)('in mode %s, the result follows the table, and the tool runs once if it is allowed', async mode => {
    const governor = governorIn(mode)
    await fc.assert(
      fc.asyncProperty(answers, async answer => {
        service.answer(answer as never)
        const call = payCall()
        let runs = 0
        const run = () => governor.run(call, () => ++runs)
        const [first, second] = await Promise.all([run(), run()])
        const result = expected(answer, mode)
        expect([first.decision.result, second.decision.result]).toEqual([result, result])
        expect(runs).toBe(result === 'allowed' ? 1 : 0)
      }),
      { numRuns: 150 },
    )
    await governor.close()
  })

  it('bytes of any kind come to one of the three results, and never to a call that runs twice', async () => {
    const governor = governorIn('enforced')
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), fc.string(), answers), async body => {
        // At the question alone: of approvals that earlier cases left, the governor asks every few seconds beside it.
        service.fault('/actions/evaluate', { kind: 'json', body })
        const call = payCall()
        let runs = 0
        const first = await governor.run(call, () => ++runs)
        const again = await governor.run(call, () => ++runs)
        expect(RESULTS).toContain(first.decision.result)
        expect(RESULTS).toContain(again.decision.result)
        expect(runs).toBeLessThanOrEqual(1)
        if (first.decision.result === 'allowed') expect(expected(body as Answer, 'enforced')).toBe('allowed')
      }),
      { numRuns: 300 },
    )
    await governor.close()
  })
})
