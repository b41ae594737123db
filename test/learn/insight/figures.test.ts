import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binsOf } from '../../../src/learn/insight/bins.js'
import { type CalibrationFigures, figuresOf } from '../../../src/learn/insight/figures.js'
import { Observations } from '../../../src/learn/insight/observations.js'
import { runs } from '../../support/governing.js'
import { chance } from './support.js'

type Pair = readonly [risk: number, isBad: boolean]

const observe = (pairs: readonly Pair[]): Observations => {
  const observations = new Observations()
  for (const [risk, isBad] of pairs) observations.add(risk, isBad)
  return observations
}
const figures = (pairs: readonly Pair[]): CalibrationFigures => figuresOf(observe(pairs).ties())

const pairs = fc.array(
  fc.tuple(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.25, 0.5, 1)), fc.boolean()),
  { minLength: 1, maxLength: 300 },
)

describe('calibration figures', () => {
  it('are those worked out by hand', () => {
    const worked = figures([
      [0.1, false],
      [0.4, true],
      [0.4, false],
      [0.9, true],
    ])
    expect(worked).toMatchObject({ n: 4, bad: 2, baseRate: 0.5 })
    expect(worked.meanRisk).toBeCloseTo(0.45, 12)
    expect(worked.brier).toBeCloseTo((0.01 + 0.36 + 0.16 + 0.01) / 4, 12)
    expect(worked.brierSkill).toBeCloseTo(1 - 0.135 / 0.25, 12)
    // Four pairs: 0.4 > 0.1, 0.4 = 0.4, 0.9 > both.
    expect(worked.auroc).toBe(3.5 / 4)
    // Three bins: |0.1 − 0|, |0.8 − 1|, |0.9 − 1|.
    expect(worked.ece).toBeCloseTo(0.4 / 4, 12)
  })

  it('say nothing where there is nothing to say', () => {
    expect(figures([])).toEqual({ n: 0, bad: 0 })
    const allGood = figures([
      [0.25, false],
      [0.75, false],
    ])
    expect(allGood).toEqual({ n: 2, bad: 0, baseRate: 0, meanRisk: 0.5, brier: 0.3125, ece: 0.5 })
  })

  it('lie between 0 and 1, and do not depend on the order of arrival', () => {
    fc.assert(
      fc.property(pairs, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (seen, stream) => {
        const counted = figures(seen)
        for (const name of ['baseRate', 'meanRisk', 'brier', 'ece', 'auroc'] as const) {
          expect(counted[name] ?? 0).toBeGreaterThanOrEqual(0)
          expect(counted[name] ?? 0).toBeLessThanOrEqual(1)
        }
        const shuffled = seen
          .map(pair => ({ pair, at: stream.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ pair }) => pair)
        expect(figures(shuffled)).toEqual(counted)
      }),
      runs(200),
    )
  })

  it('count AUROC as comparing every bad decision with every good one does', () => {
    fc.assert(
      fc.property(pairs, seen => {
        const [goods, bads] = [false, true].map(kind => seen.filter(([, isBad]) => isBad === kind))
        const wins = (bads ?? []).flatMap(([bad]) =>
          (goods ?? []).map(([good]) => (bad > good ? 1 : bad === good ? 0.5 : 0) as number),
        )
        const { auroc } = figures(seen)
        if (wins.length === 0) expect(auroc).toBeUndefined()
        else expect(auroc).toBeCloseTo(wins.reduce((sum, win) => sum + win, 0) / wins.length, 10)
      }),
      runs(100),
    )
  })

  it('find no calibration error where there is none, the less the more was seen, and find it where there is one', () => {
    const eceOf = (n: number, distort: (risk: number) => number): number => {
      const next = chance(n)
      return (
        figures(
          Array.from({ length: n }, (): Pair => {
            const truth = next() ** 2
            return [distort(truth), next() < truth]
          }),
        ).ece ?? Number.NaN
      )
    }
    const [few, some, many] = [300, 10_000, 300_000].map(n => eceOf(n, risk => risk)) as [number, number, number]
    expect(few).toBeLessThan(0.12)
    expect(some).toBeLessThan(0.015)
    expect(many).toBeLessThan(0.003)
    expect(eceOf(10_000, risk => Math.min(1, risk + 0.1))).toBeGreaterThan(0.05)
  })
})

describe('reliability bins', () => {
  it('hold every decision once, in order, as many in each as can be', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 40 }), (seen, count) => {
        const bins = binsOf(observe(seen).ties(), count)
        expect(bins.length).toBeLessThanOrEqual(count)
        expect(bins.reduce((sum, { n }) => sum + n, 0)).toBe(seen.length)
        expect(bins.reduce((sum, { bad }) => sum + bad, 0)).toBe(seen.filter(([, isBad]) => isBad).length)
        for (const [index, bin] of bins.entries()) {
          expect(bin.from).toBeGreaterThan(bins[index - 1]?.to ?? -1)
          expect(bin.from).toBeLessThanOrEqual(bin.to)
          expect(bin.meanRisk).toBeGreaterThanOrEqual(bin.from - 1e-12)
          expect(bin.meanRisk).toBeLessThanOrEqual(bin.to + 1e-12)
          expect(bin.low).toBeLessThanOrEqual(bin.badRate)
          expect(bin.high).toBeGreaterThanOrEqual(bin.badRate)
        }
      }),
      runs(200),
    )
  })

  it('are of equal mass where every risk differs, and are one where all are the same', () => {
    const differ = Array.from({ length: 1000 }, (_, index): Pair => [index / 1000, index % 2 === 0])
    expect(binsOf(observe(differ).ties(), 10).map(({ n }) => n)).toEqual(Array.from({ length: 10 }, () => 100))
    const same = Array.from({ length: 100 }, (_, index): Pair => [0.5, index % 4 === 0])
    expect(binsOf(observe(same).ties())).toMatchObject([{ from: 0.5, to: 0.5, n: 100, bad: 25, meanRisk: 0.5 }])
    expect(figures(same).ece).toBe(0.25)
  })
})
