import type { Approval, OutcomeReport } from 'countersign'
import type { WireRecord } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import {
  ALLOW,
  BLOCK,
  call,
  type Chosen,
  HOLD,
  INGEST,
  OUTCOME,
  OUTCOMES,
  sentTo,
  told,
  type Told,
} from './reports-support.js'

/** What the service was told of outcomes, once all that waits is delivered. */
async function outcomesOf({ governor, service }: Told): Promise<readonly WireRecord[]> {
  await governor.reports.flush()
  return service.outcomes
}

/** Runs one call, and gives back what the service was told of it. */
async function outcomesAfter(chosen: Chosen, execute: () => unknown = () => 'done'): Promise<readonly WireRecord[]> {
  const it = await told(chosen)
  await it.governor.run(call(), execute)
  return outcomesOf(it)
}

const failing = (): never => {
  throw new TypeError('card 4242 was declined')
}

describe('an outcome that is reported by itself', () => {
  it('is SUCCESS for a call that was executed, against the id that the service gave its decision', async () => {
    const it = await told()
    it.service.answer({ ...ALLOW, request_id: 'act_1', recommendation: 'proceed_with_caution' })
    it.clock.advance(5)
    await it.governor.run(call(), () => 'done')
    await outcomesOf(it)
    expect(sentTo(it, OUTCOME)).toEqual([
      {
        request_id: 'act_1',
        status: 'SUCCESS',
        description: 'Tool refund executed successfully',
        details: { tool: 'refund', recommendation: 'proceed_with_caution', risk_score_was: 0.3 },
        observed_at: '2026-01-01T00:00:00.005Z',
      },
    ])
  })

  it('is FAILURE for a tool that threw, with the name of its error and not its message', async () => {
    const it = await told()
    it.service.answer({ ...ALLOW, request_id: 'act_1' })
    await it.governor.run(call(), failing)
    await outcomesOf(it)
    expect(sentTo(it, OUTCOME)).toEqual([
      {
        request_id: 'act_1',
        status: 'FAILURE',
        description: 'Tool refund raised: TypeError',
        details: { tool: 'refund', recommendation: 'proceed', risk_score_was: 0.3, error: 'TypeError' },
        correction_needed: true,
        observed_at: '2026-01-01T00:00:00.000Z',
      },
    ])
    expect(it.service.requests.map(({ text }) => text).join()).not.toContain('4242')
  })

  it('has the message of an error where inputs are visible', async () => {
    const [outcome] = await outcomesAfter({ inputs: 'visible' }, failing)
    expect(outcome).toMatchObject({
      description: 'Tool refund raised: TypeError: card 4242 was declined',
      details: { error: 'TypeError: card 4242 was declined' },
    })
  })

  it('is BLOCKED for a call that was refused', async () => {
    const it = await told()
    it.service.answer({ ...BLOCK, request_id: 'act_1' })
    await it.governor.run(call(), () => 'done')
    await outcomesOf(it)
    expect(sentTo(it, OUTCOME)).toEqual([
      {
        request_id: 'act_1',
        status: 'BLOCKED',
        description: 'Tool refund blocked: do_not_proceed',
        details: { tool: 'refund', recommendation: 'do_not_proceed', risk_score_was: 0.9 },
        observed_at: '2026-01-01T00:00:00.000Z',
      },
    ])
  })
})

describe('of a held call', () => {
  async function held(): Promise<Told & { readonly proposed: ReturnType<typeof call>; readonly approvalId: string }> {
    const it = await told({ approvals: { ttlMs: 60_000 } })
    it.service.answer({ ...HOLD, request_id: 'act_held' })
    const proposed = call()
    const execution = await it.governor.run(proposed, () => 'done', { user: 'ada', sessionId: 's' })
    if (execution.status !== 'approval_required') throw new Error(execution.status)
    expect(await outcomesOf(it)).toEqual([])
    expect(it.service.memory.map(({ status }) => status)).toEqual(['approval_required'])
    return { ...it, proposed, approvalId: execution.approvalId }
  }
  const resolve = (
    { governor, approvalId }: Awaited<ReturnType<typeof held>>,
    resolution: 'approved' | 'rejected',
  ): Promise<Approval> => governor.approvals.resolve(approvalId, { resolution, by: 'grace' })
  const again = ({ governor, proposed }: Awaited<ReturnType<typeof held>>) =>
    governor.run(proposed, () => 'done', { user: 'ada', sessionId: 's' })

  it('there is none until it was approved and executed: SUCCESS, once', async () => {
    const it = await held()
    await resolve(it, 'approved')
    expect(await outcomesOf(it)).toEqual([])
    // It is asked once more, as it may have changed its mind; what runs is what was approved.
    it.service.answer({ ...HOLD, request_id: 'act_again' })
    expect((await again(it)).status).toBe('executed')
    await again(it)
    expect(await outcomesOf(it)).toMatchObject([{ request_id: 'act_held', status: 'SUCCESS' }])
    expect(it.service.memory.map(({ status, seq }) => [seq, status])).toEqual([
      [0, 'approval_required'],
      [1, 'executed'],
    ])
  })

  it('it is BLOCKED once somebody has rejected it, however often it is brought again', async () => {
    const it = await held()
    await resolve(it, 'rejected')
    expect(await outcomesOf(it)).toMatchObject([{ request_id: 'act_held', status: 'BLOCKED' }])
    expect((await again(it)).status).toBe('blocked')
    expect(await outcomesOf(it)).toHaveLength(1)
    expect(it.service.memory.map(({ status, seq }) => [seq, status])).toEqual([
      [0, 'approval_required'],
      [1, 'blocked'],
    ])
  })

  it('it is BLOCKED once nobody has answered in time', async () => {
    const it = await held()
    it.clock.advance(60_001)
    expect(await it.governor.approvals.get(it.approvalId)).toMatchObject({ status: 'expired' })
    expect(await outcomesOf(it)).toMatchObject([{ request_id: 'act_held', status: 'BLOCKED' }])
    await again(it)
    expect((await outcomesOf(it)).filter(({ request_id: id }) => id === 'act_held')).toHaveLength(1)
  })
})

describe('no outcome is reported', () => {
  it('of a dry run, and nothing else either', async () => {
    const it = await told()
    for (const answer of [BLOCK, HOLD, {}]) {
      it.service.answer(answer)
      await it.governor.decide(call())
    }
    await it.governor.reports.flush()
    expect(it.service.requests.map(({ path }) => path).filter(path => path !== '/actions/evaluate')).toEqual([])
    expect(await it.governor.reports.status()).toMatchObject({ waiting: 0, delivered: 0 })
  })

  it('of a decision that has no id of the service', async () => {
    const it = await told()
    it.service.answer({ ...ALLOW, request_id: null })
    await it.governor.run(call(), () => 'done')
    expect(await outcomesOf(it)).toEqual([])
    expect(it.service.memory).toHaveLength(1)
  })

  it('of a call that the policy refused, so that the service was not asked', async () => {
    const it = await told({ policy: { rules: [{ id: 'no', effect: 'deny', reason: 'no refunds' }] } })
    await it.governor.run(call(), () => 'done')
    expect(await outcomesOf(it)).toEqual([])
    expect(it.service.memory).toMatchObject([{ status: 'blocked', decision: { blocked_by: 'no' } }])
  })

  it.each<[string, Chosen]>([
    ['the policy decided, as the service could not', { remote: { fallback: ['local'] }, unlisted: 'allow' }],
    ['the fail mode let the call through', { failMode: 'open' }],
    ['the fail mode refused the call', { failMode: 'closed' }],
  ])('where %s; its end is told all the same', async (_, chosen) => {
    const it = await told(chosen)
    it.service.fault('/actions/evaluate', { kind: 'status', status: 501 })
    await it.governor.run(call(), () => 'done')
    expect(await outcomesOf(it)).toEqual([])
    expect(it.service.memory).toHaveLength(1)
    expect(it.service.memory[0]).not.toHaveProperty('request_id')
  })

  it('where the last known answer was used: it was about another decision', async () => {
    const it = await told({ remote: { fallback: ['last_known'] } })
    await it.governor.run(call(), () => 'done')
    it.service.fault('/actions/evaluate', { kind: 'status', status: 501 })
    const { decision } = await it.governor.run(call(), () => 'done')
    expect(decision.fallback).toBe('last_known')
    expect(await outcomesOf(it)).toHaveLength(1)
  })

  it('with `outcomes: false`, also none that somebody reports; memory is told', async () => {
    const it = await told({ remote: { outcomes: false } })
    const { decision } = await it.governor.run(call(), () => 'done')
    await it.governor.reportOutcome({ decisionId: decision.id, status: 'FRAUD' })
    expect(await outcomesOf(it)).toEqual([])
    expect(sentTo(it, INGEST)).toHaveLength(1)
    expect((await it.governor.decisions.get(decision.id))?.outcomes).toHaveLength(1)
  })

  it('to the memory with `memory: false`; outcomes are', async () => {
    const it = await told({ remote: { memory: false } })
    await it.governor.run(call(), () => 'done')
    expect(await outcomesOf(it)).toHaveLength(1)
    expect(sentTo(it, INGEST)).toEqual([])
  })
})

describe('an outcome that somebody reports', () => {
  const FULL: Omit<OutcomeReport, 'decisionId'> = {
    status: 'FRAUD',
    description: 'charged back',
    details: { bank: 'b' },
    actualImpact: { lost: 120 },
    correctionNeeded: true,
    correctionDescription: 'refunded',
    correctionCost: 15.5,
    timeToDetectMs: 90_500,
    timeToResolveMs: 3_600_000,
    rollbackPerformed: true,
    revenueImpact: -120,
    customerImpactCount: 2,
    supportTicketsCreated: 1,
    observedAt: Date.UTC(2026, 0, 2),
    reportedBy: 'bank',
    tags: ['card', 'vip'],
  }

  it('is sent with every field of the taxonomy', async () => {
    const it = await told()
    it.service.answer({ ...ALLOW, request_id: 'act_1' })
    const { decision } = await it.governor.run(call(), () => 'done')
    await outcomesOf(it)
    await it.governor.reportOutcome({ decisionId: decision.id, ...FULL })
    await outcomesOf(it)
    expect(sentTo(it, OUTCOME).at(-1)).toEqual({
      request_id: 'act_1',
      status: 'FRAUD',
      description: 'charged back',
      details: { bank: 'b' },
      actual_impact: { lost: 120 },
      correction_needed: true,
      correction_description: 'refunded',
      correction_cost: 15.5,
      time_to_detect_s: 90.5,
      time_to_resolve_s: 3600,
      rollback_performed: true,
      revenue_impact: -120,
      customer_impact_count: 2,
      support_tickets_created: 1,
      observed_at: '2026-01-02T00:00:00.000Z',
      reported_by: 'bank',
      tags: ['card', 'vip'],
    })
    expect(it.failures()).toEqual([])
  })

  it.each([false, undefined])('is sent without what was corrected where correctionNeeded is %s', async needed => {
    const it = await told()
    const { decision } = await it.governor.run(call(), () => 'done')
    const { correctionNeeded: _, ...rest } = FULL
    await it.governor.reportOutcome({
      decisionId: decision.id,
      ...rest,
      ...(needed === undefined ? {} : { correctionNeeded: needed }),
    })
    const sent = (await outcomesOf(it)).at(-1) ?? {}
    for (const field of ['correction_description', 'correction_cost', 'time_to_detect_s', 'time_to_resolve_s'])
      expect(sent).not.toHaveProperty(field)
    expect(sent['correction_needed']).toBe(needed)
    expect(sent['actual_impact']).toEqual({ lost: 120 })
  })

  it('can be several, which are sent together', async () => {
    const it = await told({ remote: { memory: false } })
    const decided: string[] = []
    for (let count = 0; count < 3; count++) decided.push((await it.governor.run(call(), () => 'done')).decision.id)
    await outcomesOf(it)
    await it.governor.reportOutcome(decided.map(decisionId => ({ decisionId, status: 'CHURN' })))
    expect((await outcomesOf(it)).map(({ status }) => status).slice(-3)).toEqual(['CHURN', 'CHURN', 'CHURN'])
    expect(sentTo(it, OUTCOMES).map(({ outcomes }) => (outcomes as readonly unknown[]).length)).toEqual([3, 3])
    expect(await it.governor.decisions.list({ status: 'executed', hasOutcome: false })).toEqual([])
  })

  it.each<[string, (decisionId: string) => OutcomeReport]>([
    ['of a decision that does not exist', () => ({ decisionId: 'd', status: 'SUCCESS' })],
    ['without a status', decisionId => ({ decisionId, status: '' })],
    ['with a field that nobody knows', decisionId => ({ decisionId, status: 'SUCCESS', note: 'x' }) as OutcomeReport],
    [
      'with details that are a list',
      decisionId => ({ decisionId, status: 'SUCCESS', details: [] as unknown as Record<string, unknown> }),
    ],
    ['with half a customer', decisionId => ({ decisionId, status: 'SUCCESS', customerImpactCount: 0.5 })],
    [
      'with details that have no end',
      decisionId => {
        const details: Record<string, unknown> = {}
        details['self'] = details
        return { decisionId, status: 'SUCCESS', details }
      },
    ],
  ])('is refused together with all the others where one is %s', async (_, bad) => {
    const it = await told()
    const { decision } = await it.governor.run(call(), () => 'done')
    const good = { decisionId: decision.id, status: 'SUCCESS' }
    const before = (await outcomesOf(it)).length
    await expect(it.governor.reportOutcome([good, bad(decision.id), good])).rejects.toMatchObject({
      code: expect.stringMatching(/^(not-found|invalid-call)$/) as unknown,
    })
    expect(await outcomesOf(it)).toHaveLength(before)
    expect((await it.governor.decisions.get(decision.id))?.outcomes).toEqual([])
  })

  it('may hold a number beyond those of JSON', async () => {
    const it = await told()
    const { decision } = await it.governor.run(call(), () => 'done')
    await it.governor.reportOutcome({ decisionId: decision.id, status: 'SUCCESS', details: { order: 2n ** 70n } })
    expect((await outcomesOf(it)).at(-1)).toMatchObject({ details: { order: '1180591620717411303424' } })
  })

  it('is on the list of what is still to be reported until then', async () => {
    const it = await told()
    const first = await it.governor.run(call(), () => 'done')
    const second = await it.governor.run(call(), () => 'done')
    it.service.answer(BLOCK)
    await it.governor.run(call(), () => 'done')
    const pending = async (): Promise<readonly string[]> =>
      (await it.governor.decisions.list({ status: 'executed', hasOutcome: false })).map(({ id }) => id)
    expect(await pending()).toEqual([second.decision.id, first.decision.id])
    await it.governor.reportOutcome({ decisionId: first.decision.id, status: 'SUCCESS' })
    expect(await pending()).toEqual([second.decision.id])
  })
})
