import { memoryStore } from 'countersign'
import type { OutcomeReport, Store } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, govern } from '../support/governing.js'

const rejection = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => error,
  )

describe('an outcome', () => {
  it('is kept with the decision it is about, each report of it', async () => {
    const { governor, clock } = govern({ unlisted: 'allow' })
    const { decision } = await governor.run(call('t'), () => 1)
    const details = { chargeback: true }
    await governor.reportOutcome({ decisionId: decision.id, status: 'SUCCESS' })
    clock.advance(5)
    await governor.reportOutcome({
      decisionId: decision.id,
      status: 'FRAUD',
      description: 'charged back',
      details,
      reportedBy: 'bank',
      observedAt: 5,
    })
    const record = await governor.decisions.get(decision.id)
    expect(record?.outcomes).toEqual([
      { id: expect.any(String) as unknown, at: clock.now() - 5, decisionId: decision.id, status: 'SUCCESS' },
      {
        id: expect.any(String) as unknown,
        at: clock.now(),
        decisionId: decision.id,
        status: 'FRAUD',
        description: 'charged back',
        details,
        reportedBy: 'bank',
        observedAt: 5,
      },
    ])
  })

  it.each<[unknown, string]>([
    [null, 'reportOutcome: `decisionId` is missing; expected a non-empty string.'],
    [{}, 'reportOutcome: `decisionId` is missing; expected a non-empty string.'],
    [{ decisionId: '' }, 'reportOutcome: `decisionId` is missing; expected a non-empty string.'],
    [{ decisionId: 'd' }, 'reportOutcome: `status` is missing; expected a non-empty string.'],
    [{ decisionId: 'd', status: 5 }, 'reportOutcome: `status` is missing; expected a non-empty string.'],
    [
      { decisionId: 'd', status: 's', detail: {} },
      'reportOutcome: unknown field "detail"; expected decisionId, status, description, details, reportedBy, observedAt, actualImpact, correctionNeeded, correctionDescription, correctionCost, timeToDetectMs, timeToResolveMs, rollbackPerformed, revenueImpact, customerImpactCount, supportTicketsCreated, tags.',
    ],
    [
      { decisionId: 'd', status: 's', constructor: {} },
      'reportOutcome: unknown field "constructor"; expected decisionId, status, description, details, reportedBy, observedAt, actualImpact, correctionNeeded, correctionDescription, correctionCost, timeToDetectMs, timeToResolveMs, rollbackPerformed, revenueImpact, customerImpactCount, supportTicketsCreated, tags.',
    ],
    [{ decisionId: 'd', status: 's', description: 5 }, 'reportOutcome: `description`: expected a string.'],
    [
      { decisionId: 'd', status: 's', details: 'x' },
      'reportOutcome: `details`: expected an object that JSON can hold.',
    ],
    [
      { decisionId: 'd', status: 's', details: null },
      'reportOutcome: `details`: expected an object that JSON can hold.',
    ],
    [{ decisionId: 'd', status: 's', observedAt: '5' }, 'reportOutcome: `observedAt`: expected a number.'],
  ])('%j is refused: %s', async (report, message) => {
    expect(await rejection(govern().governor.reportOutcome(report as OutcomeReport))).toMatchObject({
      code: 'invalid-call',
      message,
    })
  })

  it('of a decision that does not exist is refused', async () => {
    expect(await rejection(govern().governor.reportOutcome({ decisionId: 'd', status: 'SUCCESS' }))).toMatchObject({
      code: 'not-found',
      message: 'reportOutcome: there is no decision "d".',
    })
  })

  it.each(['getDecision', 'commit'] as const)('that cannot be stored is an error of ours: %s', async operation => {
    for (const fail of [
      () => Promise.reject(new Error('disk')),
      () => {
        throw new Error('disk')
      },
    ]) {
      let broken = false
      const inner = memoryStore()
      const store = {
        ...inner,
        [operation]: (...args: [never]) => (broken ? fail() : inner[operation](...args)),
      } as Store
      const { governor } = govern({ store, unlisted: 'allow' })
      const { decision } = await governor.run(call('t'), () => 1)
      broken = true
      expect(await rejection(governor.reportOutcome({ decisionId: decision.id, status: 'SUCCESS' }))).toMatchObject({
        code: 'store-failed',
        message: 'reportOutcome: the memory store failed.',
        cause: { message: 'disk' },
      })
    }
  })
})

describe('what belongs to a tenant', () => {
  it('is not seen, listed or reported on from another, and a governor of no tenant sees all', async () => {
    const { governor } = govern()
    const [acme, other] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'other' })]
    const { decision } = await acme.run(call('t'), () => expect.unreachable())
    const approvalId = decision.approvalId ?? ''
    await other.run(call('t'), () => expect.unreachable())

    expect(await acme.decisions.get(decision.id)).toBeDefined()
    expect(await governor.decisions.get(decision.id)).toBeDefined()
    expect(await other.decisions.get(decision.id)).toBeUndefined()
    expect(await acme.approvals.get(approvalId)).toBeDefined()
    expect(await governor.approvals.get(approvalId)).toBeDefined()
    expect(await other.approvals.get(approvalId)).toBeUndefined()

    for (const filter of [{}, { tenant: 'acme' }, { tenant: 'other' }]) {
      expect((await acme.decisions.list(filter)).map(({ tenant }) => tenant)).toEqual(['acme'])
      expect((await acme.approvals.list(filter)).map(({ tenant }) => tenant)).toEqual(['acme'])
    }
    expect(await governor.decisions.list()).toHaveLength(2)
    expect(await governor.approvals.list({ tenant: 'other' })).toHaveLength(1)
    await expect(other.reportOutcome({ decisionId: decision.id, status: 'FRAUD' })).rejects.toThrow(
      'there is no decision',
    )
    await acme.reportOutcome({ decisionId: decision.id, status: 'SUCCESS' })
    expect((await governor.decisions.get(decision.id))?.outcomes).toHaveLength(1)
  })
})
