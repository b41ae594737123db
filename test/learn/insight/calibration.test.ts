import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Store } from 'countersign'
import { describe, expect, it } from 'vitest'
import { breakdown, reliability, report } from '../../../src/learn/insight/calibration.js'
import { drift } from '../../../src/learn/insight/drift.js'
import { feedback } from '../../../src/learn/insight/feedback.js'
import { history } from '../../../src/learn/insight/history.js'
import { chance, DAY, endlessStore, NOON, Past } from './support.js'

describe('a calibration report', () => {
  it('is of decisions that have a risk and a label, and counts the others', async () => {
    const past = new Past()
    await past.add({ riskScore: 0.9, person: 'rejected', at: NOON })
    await past.add({ riskScore: 0.1, person: 'consumed', at: NOON + 1 })
    await past.add({ riskScore: 0.2, world: ['SUCCESS', 'FRAUD'], at: NOON + 2 })
    await past.add({ riskScore: 0.3, status: 'tool_error', at: NOON + 3 })
    await past.add({ person: 'rejected', at: NOON + 4 })
    const found = await report(past.source)
    expect(found).toMatchObject({
      n: 3,
      bad: 2,
      scored: 4,
      decisions: 5,
      truncated: false,
      oldest: NOON,
      newest: NOON + 3,
      labels: { good: 1, bad: 2, unlabelled: 1, fromOutcomes: 1, fromResolutions: 2, contradicted: 1 },
    })
    expect(found.brier).toBeCloseTo((0.01 + 0.01 + 0.64) / 3, 12)
    expect(found.auroc).toBe(1)
  })

  it('does not count dry runs: what was foretold of them is foretold again of the call itself', async () => {
    const past = new Past()
    await past.add({ riskScore: 0.2, world: ['SUCCESS'] })
    await past.add({ riskScore: 0.9, world: ['SUCCESS'], dryRun: true })
    expect(await report(past.source)).toMatchObject({ n: 1, scored: 1, decisions: 1, meanRisk: 0.2 })
    expect((await reliability(past.source)).n).toBe(1)
    expect((await feedback(past.source)).overcautious).toHaveLength(1)
  })

  it('of nothing says nothing', async () => {
    expect(await report(new Past().source)).toEqual({
      n: 0,
      bad: 0,
      scored: 0,
      decisions: 0,
      truncated: false,
      labels: { good: 0, bad: 0, unlabelled: 0, fromOutcomes: 0, fromResolutions: 0, contradicted: 0 },
    })
  })

  it('takes the meaning of words from the option', async () => {
    const past = new Past({ CHARGED_BACK: 'bad', FAILURE: 'none' })
    await past.add({ riskScore: 0.5, world: ['CHARGED_BACK'] })
    await past.add({ riskScore: 0.5, world: ['FAILURE'] })
    expect(await report(past.source)).toMatchObject({ n: 1, bad: 1 })
  })

  it('is of what the filter names', async () => {
    const past = new Past()
    await past.add({ riskScore: 0.5, world: ['SUCCESS'], domain: 'shop', at: NOON })
    await past.add({ riskScore: 0.5, world: ['SUCCESS'], tool: 'mail', at: NOON + 1 })
    await past.add({ riskScore: 0.5, world: ['SUCCESS'], actor: 'other', tenant: 'acme', at: NOON + 2 })
    const count = async (filter: object): Promise<number> => (await report(past.source, filter)).n
    expect(await count({ domain: 'shop' })).toBe(1)
    expect(await count({ tool: 'refund' })).toBe(2)
    expect(await count({ actor: 'other' })).toBe(1)
    expect(await count({ tenant: 'acme' })).toBe(1)
    expect(await count({ since: NOON + 1 })).toBe(2)
    expect(await count({ until: NOON + 1 })).toBe(1)
    expect(await count({ domain: 'constructor' })).toBe(0)
  })

  it.each([
    [{ tol: 'x' }, 'Option `calibration.report.tol`: unknown option'],
    [{ tool: 5 }, 'Option `calibration.report.tool`: expected a name'],
    [{ since: 'now' }, 'Option `calibration.report.since`: expected a number of 0 or more'],
    [{ maxRecords: 0 }, 'Option `calibration.report.maxRecords`: expected a number of 1 or more'],
    [null, 'Option `calibration.report`: expected a filter'],
  ])('refuses the filter %j', async (filter, message) => {
    await expect(report(new Past().source, filter as never)).rejects.toThrow(message)
  })

  it('reads the newest, and says so where there were more', async () => {
    const past = new Past()
    for (let index = 0; index < 5; index++)
      await past.add({ riskScore: index / 10, world: ['SUCCESS'], at: NOON + index })
    expect(await report(past.source, { maxRecords: 2 })).toMatchObject({ n: 2, truncated: true, oldest: NOON + 3 })
    expect(await report(past.source, { maxRecords: 5 })).toMatchObject({ n: 5, truncated: false })
  })

  it('of 50,000 decisions holds no more than two pages of them at any time', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const next = chance(7)
    const made: WeakRef<object>[] = []
    const store = endlessStore(50_000, () => {
      const risk = next()
      const outcomes = [{ id: 'o', decisionId: '', status: next() < risk ? 'FRAUD' : 'SUCCESS', at: 1 }]
      made.push(new WeakRef(outcomes))
      return { riskScore: risk, outcomes }
    })
    let pages = 0
    const alive: number[] = []
    const listDecisions: Store['listDecisions'] = filter => {
      if (++pages % 10 === 0) {
        collect()
        alive.push(made.filter(ref => ref.deref() !== undefined).length)
      }
      return store.listDecisions(filter)
    }
    const found = await report({ store: { ...store, listDecisions }, meanings: {} })
    expect(found).toMatchObject({ n: 50_000, decisions: 50_000, truncated: false })
    expect(found.ece).toBeLessThan(0.01)
    expect(found.auroc).toBeGreaterThan(0.8)
    expect(pages).toBe(51)
    expect(alive).toHaveLength(5)
    expect(Math.max(...alive)).toBeLessThanOrEqual(2000)
  }, 30_000)
})

describe('reliability', () => {
  it('shows what was foretold against what came', async () => {
    const past = new Past()
    for (let index = 0; index < 20; index++) {
      await past.add({
        riskScore: index < 10 ? 0.1 : 0.8,
        world: [index % 10 < (index < 10 ? 1 : 8) ? 'FRAUD' : 'SUCCESS'],
      })
    }
    const found = await reliability(past.source, { bins: 2 })
    expect(found).toMatchObject({
      n: 20,
      bins: [
        { n: 10, bad: 1, badRate: 0.1 },
        { n: 10, bad: 8, badRate: 0.8 },
      ],
    })
    expect(found.ece).toBeCloseTo(0, 12)
    expect((await reliability(new Past().source)).bins).toEqual([])
    await expect(reliability(past.source, { bins: 0 })).rejects.toThrow('expected a number from 1 to 1000')
  })
})

describe('a breakdown', () => {
  it.each([
    ['domain', ['shop', '']],
    ['tool', ['refund', 'mail']],
    ['actor', ['agent']],
    ['band', ['0.0-0.2', '0.8-1.0']],
  ] as const)('by %s has a group for each', async (by, keys) => {
    const past = new Past()
    await past.add({ riskScore: 0.1, world: ['SUCCESS'], domain: 'shop' })
    await past.add({ riskScore: 0, world: ['SUCCESS'], domain: 'shop' })
    await past.add({ riskScore: 1, world: ['FRAUD'], tool: 'mail' })
    const found = await breakdown(past.source, { by })
    expect(found.groups.map(({ key }) => key)).toEqual(keys)
    expect(found.groups.reduce((sum, { n }) => sum + n, 0)).toBe(3)
  })
})

describe('the quality history', () => {
  it('has the days of the window, the oldest first', async () => {
    const past = new Past()
    await past.add({ riskScore: 0.5, world: ['FRAUD'], at: NOON - 40 * DAY })
    await past.add({ riskScore: 0.5, world: ['FRAUD'], at: NOON - 2 * DAY })
    await past.add({ riskScore: 0, world: ['SUCCESS'], at: NOON })
    const { days } = await history(past.source, NOON)
    expect(days.map(({ day, n, brier }) => [day, n, brier])).toEqual([
      ['2026-01-03', 1, 0.25],
      ['2026-01-05', 1, 0],
    ])
    expect((await history(past.source, NOON, { days: 1 })).days).toHaveLength(1)
    await expect(history(past.source, NOON, { days: 181 })).rejects.toThrow('expected a number from 1 to 180')
  })
})

describe('feedback', () => {
  it('lists the worst misses of each kind, the worst first', async () => {
    const past = new Past()
    for (let index = 0; index < 30; index++)
      await past.add({ riskScore: index / 30, world: [index % 2 ? 'FRAUD' : 'SUCCESS'] })
    const { missed, overcautious } = await feedback(past.source, { limit: 2 })
    expect(missed.map(({ risk, label }) => [risk, label])).toEqual([
      [1 / 30, 'bad'],
      [3 / 30, 'bad'],
    ])
    expect(overcautious.map(({ risk }) => risk)).toEqual([28 / 30, 26 / 30])
    expect(missed[0]).toEqual({
      decisionId: 'd-00000002',
      at: NOON,
      tool: 'refund',
      actor: 'agent',
      risk: 1 / 30,
      label: 'bad',
      source: 'outcome',
      error: 29 / 30,
    })
  })
})

describe('drift', () => {
  /** Four weeks and then one, of which the last is otherwise. */
  const weeks = async (perDay: number, recent: (risk: number, next: () => number) => readonly [number, boolean]) => {
    const [past, next] = [new Past(), chance(3)]
    for (let day = -34; day <= 0; day++) {
      for (let index = 0; index < perDay; index++) {
        const drawn = next() ** 2
        const [riskScore, isBad] = day > -7 ? recent(drawn, next) : [drawn, next() < drawn]
        await past.add({ riskScore, world: [isBad ? 'FRAUD' : 'SUCCESS'], at: NOON + day * DAY - 1 })
      }
    }
    return drift(past.source, NOON)
  }

  it('is not found where nothing has changed', async () => {
    const found = await weeks(20, (risk, next) => [risk, next() < risk])
    expect(found.drifted).toEqual([])
    expect(found.recent.scored + found.reference.scored).toBe(found.decisions)
    expect(found.risk?.psi).toBeLessThan(found.risk?.critical ?? 0)
  })

  it('is found in the risks, in how many turned out bad, and in how good the risks were', async () => {
    expect((await weeks(20, (risk, next) => [Math.sqrt(risk), next() < risk])).drifted).toContain('risk')
    expect((await weeks(20, risk => [risk, true])).drifted).toEqual(['baseRate', 'brier'])
    const worse = await weeks(20, (risk, next) => [risk, next() < 1 - risk])
    expect(worse.brier?.low).toBeGreaterThan(0)
  })

  it('is found by chance as often as is said: less than one in seven', async () => {
    let found = 0
    for (let seed = 0; seed < 60; seed++) {
      const next = chance(seed * 7919)
      const past = endlessStore(500, index => {
        const riskScore = next()
        const outcomes = [{ id: 'o', decisionId: '', status: next() < riskScore ? 'FRAUD' : 'SUCCESS', at: 1 }]
        return { riskScore, outcomes, at: NOON - 1 - index * (DAY / 15) }
      })
      if ((await drift({ store: past, meanings: {} }, NOON)).drifted.length > 0) found++
    }
    expect(found).toBeGreaterThan(0)
    expect(found / 60).toBeLessThan(0.25)
  })

  it('says nothing of what it cannot compare', async () => {
    const past = new Past()
    await past.add({ riskScore: 0.5, world: ['FRAUD'], at: NOON - 1 })
    const found = await drift(past.source, NOON, { windowMs: DAY, referenceMs: 2 * DAY })
    expect(found).toMatchObject({
      windowMs: DAY,
      referenceMs: 2 * DAY,
      recent: { n: 1 },
      reference: { n: 0 },
      drifted: [],
    })
    expect([found.risk, found.baseRate, found.brier]).toEqual([undefined, undefined, undefined])
  })
})
