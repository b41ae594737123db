import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Approval, Outcome } from 'countersign'
import { labelOf, meaningOf, type OutcomeMeanings } from '../../../src/learn/insight/label.js'
import { runs } from '../../support/governing.js'

let ids = 0
const outcome = (status: string, rest: Partial<Outcome> = {}): Outcome => ({
  id: `o-${String(++ids).padStart(6, '0')}`,
  decisionId: 'd',
  at: ids,
  status,
  ...rest,
})
const approval = (status: Approval['status'], rest: object = {}): Approval =>
  ({
    status,
    resolvedAt: 7,
    by: 'grace',
    digest: 'x',
    stages: [{ quorum: 1 }],
    votes: [],
    ...rest,
  }) as unknown as Approval
const kindOf = (outcomes: readonly Outcome[], asked?: Approval, meanings?: OutcomeMeanings): string =>
  labelOf({ outcomes }, asked, meanings)?.kind ?? 'none'

describe('the label of a decision', () => {
  it.each([
    ['approved', 'good'],
    ['consumed', 'good'],
    ['rejected', 'bad'],
    ['expired', 'none'],
    ['cancelled', 'none'],
    ['pending', 'none'],
  ] as const)('is, where its request is %s: %s', (status, kind) => {
    expect(kindOf([], approval(status))).toBe(kind)
  })

  it.each([
    ['SUCCESS', 'good'],
    ['FAILURE', 'bad'],
    ['FRAUD', 'bad'],
    ['CHURN', 'bad'],
    ['BLOCKED', 'none'],
    ['success', 'none'],
    ['SHIPPED', 'none'],
    ['constructor', 'none'],
    ['__proto__', 'none'],
  ])('is, where the world answered %s: %s', (status, kind) => {
    expect(kindOf([outcome(status)])).toBe(kind)
  })

  it('is bad where something had to be put right or taken back, whatever it was called', () => {
    expect(kindOf([outcome('SUCCESS', { correctionNeeded: true })])).toBe('bad')
    expect(kindOf([outcome('SHIPPED', { rollbackPerformed: true })])).toBe('bad')
    expect(kindOf([outcome('SUCCESS', { correctionNeeded: false, rollbackPerformed: false })])).toBe('good')
  })

  it('follows words of your own, which go before ours', () => {
    const meanings = { SHIPPED: 'good', FAILURE: 'none', BLOCKED: 'good' } as const
    expect(kindOf([outcome('SHIPPED')], undefined, meanings)).toBe('good')
    expect(kindOf([outcome('FAILURE')], undefined, meanings)).toBe('none')
    expect(kindOf([outcome('BLOCKED')], undefined, meanings)).toBe('good')
    expect(kindOf([outcome('FRAUD')], undefined, meanings)).toBe('bad')
    expect(meaningOf(outcome('toString'), meanings)).toBe('none')
  })

  it('is none where nobody said anything, and an approval in another form says nothing of the call as it was', () => {
    expect(kindOf([])).toBe('none')
    expect(kindOf([], approval('consumed', { edit: { tool: 't' } }))).toBe('none')
    expect(kindOf([outcome('SUCCESS')], approval('consumed', { edit: { tool: 't' } }))).toBe('good')
  })

  it('is what a person said, whether or not the approval was used in time', () => {
    const vote = { by: 'grace', at: 5, resolution: 'approved', stage: 0, digest: 'x', channel: 'api' }
    const expired = (votes: readonly object[], rest: object = {}): string =>
      kindOf([], approval('expired', { votes, ...rest }))
    expect(expired([vote])).toBe('good')
    expect(labelOf({ outcomes: [] }, approval('expired', { votes: [vote] }))?.at).toBe(5)
    // Of an edit, of one of two who were asked, of the first of two rounds, and before it was escalated.
    expect(expired([{ ...vote, digest: 'y' }])).toBe('none')
    expect(expired([vote], { stages: [{ quorum: 2 }] })).toBe('none')
    expect(expired([vote], { stages: [{ quorum: 1 }, { quorum: 1 }] })).toBe('none')
    expect(expired([vote], { stages: [{ quorum: 1 }, { quorum: 1 }], escalated: true })).toBe('none')
    expect(expired([{ ...vote, stage: 1 }], { stages: [{ quorum: 2 }, { quorum: 1 }], escalated: true })).toBe('good')
  })

  it('is what was reported last, in whatever order reports are read', () => {
    const reports = [outcome('SUCCESS'), outcome('FRAUD'), outcome('SUCCESS'), outcome('CHURN'), outcome('SHIPPED')]
    fc.assert(
      fc.property(fc.shuffledSubarray(reports, { minLength: 5 }), shuffled => {
        const last = { kind: 'bad', source: 'outcome', at: reports[3]?.at, contradictions: 2 }
        expect(labelOf({ outcomes: shuffled })).toEqual(last)
      }),
      runs(50),
    )
  })

  it('is, of two reports of one instant, that of the later id', () => {
    const [first, second] = [outcome('SUCCESS', { at: 1 }), outcome('FRAUD', { at: 1 })]
    expect(kindOf([second, first])).toBe('bad')
    expect(kindOf([first, second])).toBe('bad')
  })

  it('is what the world says, over what a person said, and the contradiction is counted', () => {
    expect(labelOf({ outcomes: [outcome('FRAUD', { at: 9 })] }, approval('consumed'))).toEqual({
      kind: 'bad',
      source: 'outcome',
      at: 9,
      contradictions: 1,
    })
    // Also where the person answered after it.
    expect(labelOf({ outcomes: [outcome('SUCCESS', { at: 1 })] }, approval('rejected', { resolvedAt: 99 }))).toEqual({
      kind: 'good',
      source: 'outcome',
      at: 1,
      contradictions: 1,
    })
    expect(labelOf({ outcomes: [outcome('BLOCKED')] }, approval('rejected'))).toEqual({
      kind: 'bad',
      source: 'resolution',
      at: 7,
      contradictions: 0,
    })
  })
})
