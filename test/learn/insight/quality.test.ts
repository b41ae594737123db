import type { Decision, ExecutionStatus } from 'countersign'
import { describe, expect, it } from 'vitest'
import { quality } from '../../../src/learn/insight/quality.js'
import { DAY, NOON, Past } from './support.js'

describe('whether a recommendation was followed', () => {
  it.each<[Decision['recommendation'], Partial<Decision>, ExecutionStatus, 'followed' | 'ignored']>([
    ['proceed', { result: 'allowed' }, 'executed', 'followed'],
    ['proceed', { result: 'allowed' }, 'tool_error', 'followed'],
    ['proceed', { result: 'blocked' }, 'blocked', 'ignored'],
    ['proceed_with_caution', { result: 'allowed' }, 'executed', 'followed'],
    ['proceed_with_caution', { result: 'requires_approval' }, 'executed', 'followed'],
    ['proceed_with_caution', { result: 'blocked' }, 'blocked', 'ignored'],
    ['review_recommended', { result: 'requires_approval' }, 'executed', 'followed'],
    ['review_recommended', { result: 'allowed', grantId: 'g' }, 'executed', 'followed'],
    ['review_recommended', { result: 'requires_approval' }, 'blocked', 'followed'],
    ['review_recommended', { result: 'allowed' }, 'executed', 'ignored'],
    ['do_not_proceed', { result: 'blocked' }, 'blocked', 'followed'],
    ['do_not_proceed', { result: 'allowed' }, 'executed', 'ignored'],
    ['do_not_proceed', { result: 'requires_approval' }, 'executed', 'ignored'],
  ])('%s, %j, %s: %s', async (recommendation, told, status, deed) => {
    const past = new Past()
    await past.add({ ...(recommendation && { recommendation }), ...told, status, world: ['SUCCESS'] })
    const { quadrants, totalWithOutcome } = await quality(past.source)
    expect([totalWithOutcome, quadrants[`${deed}Positive`]]).toEqual([1, 1])
  })

  it('is not known of a dry run, of a call that waits or runs, without a recommendation or an outcome', async () => {
    const past = new Past()
    const recommendation = 'proceed'
    await past.add({ recommendation, dryRun: true, world: ['SUCCESS'] })
    await past.add({ recommendation, world: ['SUCCESS'] })
    await past.add({ recommendation, status: 'approval_required', world: ['SUCCESS'] })
    await past.add({ status: 'executed', world: ['SUCCESS'] })
    await past.add({ recommendation, status: 'executed' })
    await past.add({ recommendation, status: 'executed', world: ['BLOCKED'] })
    await past.add({ recommendation, person: 'consumed' })
    const found = await quality(past.source)
    expect(found).toMatchObject({ totalWithOutcome: 0, decisions: 6, byDomain: [], trend: [] })
    expect([found.followRate, found.positiveAfterFollowing]).toEqual([undefined, undefined])
  })
})

describe('recommendation quality', () => {
  it('is counted in quadrants, by domain, by actor and by week, with examples', async () => {
    const past = new Past()
    const ran = { status: 'executed', domain: 'shop' } as const
    await past.add({ ...ran, recommendation: 'proceed', world: ['SUCCESS'], at: NOON - 8 * DAY })
    const helped = await past.add({ ...ran, recommendation: 'proceed', world: ['SUCCESS'] })
    await past.add({ ...ran, recommendation: 'proceed', world: ['FRAUD'], actor: 'other' })
    const missed = await past.add({ ...ran, recommendation: 'do_not_proceed', world: ['FRAUD'] })
    await past.add({ status: 'executed', recommendation: 'review_recommended', world: ['SUCCESS'] })
    const found = await quality(past.source)
    expect(found).toMatchObject({
      totalWithOutcome: 5,
      followRate: 3 / 5,
      positiveAfterFollowing: 2 / 3,
      quadrants: { followedPositive: 2, followedNegative: 1, ignoredPositive: 1, ignoredNegative: 1 },
    })
    expect(found.byDomain.map(({ domain, totalWithOutcome }) => [domain, totalWithOutcome])).toEqual([
      ['', 1],
      ['shop', 4],
    ])
    expect(found.byActor.map(({ actor, followRate }) => [actor, followRate])).toEqual([
      ['agent', 2 / 4],
      ['other', 1],
    ])
    expect(found.trend.map(({ week, totalWithOutcome }) => [week, totalWithOutcome])).toEqual([
      ['2025-12-22', 1],
      ['2026-01-05', 4],
    ])
    expect(found.examples.helped[0]?.decisionId).toBe(helped)
    expect(found.examples.missed.map(({ decisionId }) => decisionId)).toEqual([missed])
    await expect(quality(past.source, { week: 1 } as never)).rejects.toThrow('unknown option')
  })
})
