import type { Answers, DecisionService, Evaluated, OutcomeReported } from 'countersign/client'
import { describe, expectTypeOf, it } from 'vitest'

declare const service: DecisionService

type Names<AREA, PREFIX extends string = ''> = {
  [NAME in keyof AREA & string]: AREA[NAME] extends (...args: never[]) => unknown
    ? `${PREFIX}${NAME}`
    : Names<AREA[NAME], `${PREFIX}${NAME}.`>
}[keyof AREA & string]

describe('the types of the client', () => {
  it('describe answers only of methods that there are', () => {
    expectTypeOf<Exclude<keyof Answers, Names<Omit<DecisionService, 'connection' | 'close'>>>>().toEqualTypeOf<never>()
  })

  it('know what comes back', () => {
    expectTypeOf(service.actions.evaluate({ action: 'refund' })).resolves.toEqualTypeOf<Evaluated>()
    expectTypeOf(service.actions.evaluateBatch({ actions: [{ action: 'a' }] })).resolves.toEqualTypeOf<
      readonly Evaluated[]
    >()
    expectTypeOf(service.outcomes.get('r')).resolves.toEqualTypeOf<OutcomeReported>()
    expectTypeOf(service.insights.learn()).resolves.toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })

  it('require what is required', () => {
    // @ts-expect-error -- an action is missing
    void service.actions.evaluate({ actor: 'agent' })
    // @ts-expect-error -- the request is missing
    void service.actions.evaluate()
    // @ts-expect-error -- the id is missing
    void service.rules.get()
    // @ts-expect-error -- the verdict of the verdict is missing
    void service.cases.create({ domain: 'd', action: {}, verdict: {} })
  })

  it('refuse what nobody knows', () => {
    // @ts-expect-error -- the wire's spelling
    void service.outcomes.report({ status: 'SUCCESS', request_id: 'r' })
    // @ts-expect-error -- no such resolution
    void service.approvals.resolve('r', { resolution: 'maybe' })
    // @ts-expect-error -- no such option
    void service.actions.status({ timeout: 3 })
    // @ts-expect-error -- a text is no number
    void service.actions.evaluate({ action: 'a', value: '3' })
  })

  it('take what may be said', () => {
    void service.approvals.list()
    void service.approvals.list({ status: 'approved' }, { deadlineMs: 3 })
    void service.webhooks.replay('w', 3, { credential: { apiKey: 'k' } })
    void service.rules.update('r', { minValue: null, maxValue: undefined })
    void service.actions.submitPayload({ action: 'a', anything: 1 })
    void service.actions.memory.ingest({ events: [{ tool: 't', traceId: 'x' }] })
    expectTypeOf(service.features.explainFeature).parameter(1).toEqualTypeOf<string | number>()
  })
})
