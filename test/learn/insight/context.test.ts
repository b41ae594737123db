import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { context } from '../../../src/learn/insight/context.js'
import { runs } from '../../support/governing.js'
import { DAY, NOON, Past, type Told } from './support.js'

const deny = (rule: string): Told => ({
  result: 'blocked',
  status: 'blocked',
  findings: [{ rule, effect: 'deny', reason: 'no' }],
})

describe('what is remembered of a time', () => {
  it('is counted, with rates, the tools most called and what blocked most', async () => {
    const past = new Past()
    await past.add({ status: 'executed', at: NOON - 2 * DAY })
    await past.add({ status: 'executed', riskScore: 0.2 })
    await past.add({ status: 'tool_error', riskScore: 0.4, tool: 'mail' })
    await past.add(deny('no-drop'))
    await past.add(deny('no-drop'))
    await past.add({ ...deny('x'), findings: [], failMode: 'closed' })
    await past.add({ ...deny('x'), findings: [], evaluator: 'service' })
    await past.add({ status: 'blocked' })
    await past.add({ person: 'rejected', status: 'blocked' })
    await past.add({ person: 'consumed' })
    await past.add({ dryRun: true, result: 'blocked' })
    const found = await context(past.source, NOON)
    expect(found).toMatchObject({ windowMs: DAY, truncated: false, totalEvents: 9 })
    expect(found.blockedRate).toBeCloseTo(6 / 9, 12)
    expect(found.approvalRate).toBeCloseTo(2 / 9, 12)
    expect(found.toolErrorRate).toBeCloseTo(1 / 3, 12)
    expect(found.avgRiskScore).toBeCloseTo(0.3, 12)
    expect(found.topTools).toEqual([
      { tool: 'refund', count: 8 },
      { tool: 'mail', count: 1 },
    ])
    expect(found.topBlockReasons).toEqual([
      { blockedBy: 'no-drop', count: 2 },
      { blockedBy: 'approval', count: 1 },
      { blockedBy: 'changed-input', count: 1 },
      { blockedBy: 'fail-mode', count: 1 },
      { blockedBy: 'service', count: 1 },
    ])
  })

  it('lists the newest events, with nothing that a call held', async () => {
    const past = new Past()
    for (let index = 0; index < 30; index++)
      await past.add({ value: 5, target: 'ada', metadata: { a: 1 }, user: 'ada', reason: 'ada', at: NOON - 30 + index })
    const { recentEvents } = await context(past.source, NOON)
    expect(recentEvents).toHaveLength(25)
    expect(recentEvents[0]).toEqual({
      decisionId: 'd-00000030',
      at: NOON - 1,
      tool: 'refund',
      actor: 'agent',
      result: 'allowed',
    })
    expect((await context(past.source, NOON, { limitRecent: 0 })).recentEvents).toEqual([])
  })

  it('of nothing says nothing', async () => {
    expect(await context(new Past().source, NOON)).toEqual({
      windowMs: DAY,
      truncated: false,
      totalEvents: 0,
      topTools: [],
      topBlockReasons: [],
      recentEvents: [],
    })
  })

  it('has rates between 0 and 1', async () => {
    const told = fc.record({
      result: fc.constantFrom('allowed', 'blocked', 'requires_approval'),
      status: fc.constantFrom('executed', 'blocked', 'approval_required', 'tool_error'),
      riskScore: fc.double({ min: 0, max: 1, noNaN: true }),
      tool: fc.constantFrom('a', 'b', '__proto__', 'constructor'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(told, { maxLength: 20 }), async all => {
        const past = new Past()
        for (const one of all) await past.add(one)
        const found = await context(past.source, NOON)
        for (const name of ['blockedRate', 'approvalRate', 'toolErrorRate', 'avgRiskScore'] as const) {
          expect(found[name] ?? 0).toBeGreaterThanOrEqual(0)
          expect(found[name] ?? 0).toBeLessThanOrEqual(1)
        }
        expect(found.topTools.reduce((sum, { count }) => sum + count, 0)).toBe(all.length)
      }),
      runs(50),
    )
  })

  it.each([{ window: 1 }, { windowMs: 0 }, { limitRecent: -1 }, { since: 'x' }])(
    'refuses the filter %j',
    async filter => {
      await expect(context(new Past().source, NOON, filter as never)).rejects.toThrow('Option `memory.context')
    },
  )
})
