import * as fc from 'fast-check'
import { createGovernor, type DocumentStore, memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { History } from '../../adapters/server/past/history.js'
import type { Past, PastFilter } from '../../adapters/server/past/past.js'
import { Shared } from '../../adapters/server/past/shared.js'
import { runs, testClock } from '../support/governing.js'
import { POLICY, serve } from './support.js'

async function all(history: History, filter?: PastFilter): Promise<readonly Past[]> {
  const found: Past[] = []
  for await (const page of history.pages(filter)) found.push(...page)
  return found
}

const historyOf = (store: DocumentStore, isAudited = true) =>
  new History({ store, clock: testClock(), meanings: {}, isAudited })

const STEPS = ['allow', 'hold', 'block', 'dry', 'answer', 'report', 'tenant', 'end', 'erase', 'look'] as const

describe('the history of a service', () => {
  it('is, whatever happened since it was looked at, what the store says', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...STEPS), { maxLength: 40 }), async steps => {
        const store = memoryStore()
        const known = historyOf(store)
        await using service = serve({ store, policy: POLICY })
        const { governor } = service.server
        const ids: string[] = []
        const evaluate = async (body: object, key?: string) => {
          const sending = key === undefined ? {} : { key }
          ids.push((await service.ask('POST /actions/evaluate', body, sending)).body.request_id)
        }
        for (const [index, step] of steps.entries()) {
          const id = ids[index % Math.max(1, ids.length)] ?? 'none'
          if (step === 'allow') await evaluate({ action: 'look', context: { note: 'private' } })
          if (step === 'hold') await evaluate({ action: 'refund', value: 900, context: { call_id: `c${index}` } })
          if (step === 'block') await evaluate({ action: 'drop' })
          if (step === 'tenant') await evaluate({ action: 'look' }, 'other-key-of-the-tests')
          if (step === 'dry') await service.ask('POST /actions/submit/dry-run', { action: 'look' })
          if (step === 'answer') await service.boss(`POST /approvals/${id}/resolve`, { resolution: 'denied' })
          if (step === 'report') await service.ask('POST /outcomes/report', { request_id: id, status: 'FAILURE' })
          if (step === 'end') await service.ask('POST /outcomes/report', { request_id: id, status: 'BLOCKED' })
          if (step === 'erase' && ids.length > 0)
            await governor.audit.erase({ decisionId: id, fields: ['value'], by: 'dpo', reason: 'asked' })
          if (step === 'look') expect(await all(known)).toEqual(await all(historyOf(store, false)))
        }
        expect(await all(known)).toEqual(await all(historyOf(store, false)))
        const mine = (await all(known)).filter(({ record }) => record.tenant === 'acme')
        expect(await all(known, { tenant: 'acme' })).toEqual(mine)
      }),
      runs(60),
    ))

  it('holds what many decisions have in common once, and takes no text for what it is written like', () => {
    const shared = new Shared()
    const record = (id: string, reason: string) => ({ id, reason, findings: [{ rule: 'rest', effect: 'allow' }] })
    const [first, second, third] = ['fine', 'fine', JSON.stringify([{ rule: 'rest', effect: 'allow' }])].map(
      (reason, index) => shared.record(record(`d${index}`, reason)),
    )
    expect(first).toEqual(record('d0', 'fine'))
    expect(second?.findings).toBe(first?.findings)
    expect(third).toEqual(record('d2', JSON.stringify([{ rule: 'rest', effect: 'allow' }])))
    // However many different ones there are, what comes out is what went in.
    for (let index = 0; index < 25_000; index++) expect(shared.record({ reason: `r${index}` }).reason).toBe(`r${index}`)
    expect(shared.record(record('d3', 'fine'))).toEqual(record('d3', 'fine'))
  })

  it('forgets with a store that forgets', async () => {
    const store = memoryStore({ maxDecisions: 5 })
    const known = historyOf(store)
    await using governor = createGovernor({ store, unlisted: 'allow' })
    for (let count = 0; count < 12; count++) {
      await governor.run({ id: `c${count}`, name: 'look', input: {} }, () => 'seen')
      expect(await all(known)).toEqual(await all(historyOf(store, false)))
    }
  })

  it('reads what is new and what has changed, and nothing else again', async () => {
    const inner = memoryStore()
    let read = 0
    const store: DocumentStore = {
      ...inner,
      listDecisions: async filter => {
        const found = await inner.listDecisions(filter)
        read += found.length
        return found
      },
    }
    await using governor = createGovernor({ store, unlisted: 'allow' })
    const calls = Array.from({ length: 3000 }, (_, index) => ({ id: `c${index}`, name: 'look', input: {} }))
    for (const call of calls) await governor.run(call, () => 'seen')
    const known = historyOf(store)
    expect(await all(known)).toHaveLength(3000)
    read = 0
    await governor.run({ id: 'one-more', name: 'look', input: {} }, () => 'seen')
    expect(await all(known)).toHaveLength(3001)
    expect(read).toBeLessThanOrEqual(100)
  })

  it('shows an agent of no tenant what belongs to none', async () => {
    await using service = serve()
    await service.ask('POST /actions/evaluate', { action: 'look' })
    await service.ask('POST /actions/evaluate', { action: 'look' }, { key: 'other-key-of-the-tests' })
    const seen = async (key: string) =>
      (await service.ask('GET /actions/observer/stats', undefined, { key })).body.all_time.total
    expect([
      await seen('agent-key-of-the-tests'),
      await seen('other-key-of-the-tests'),
      await seen('approver-key-of-the-tests'),
    ]).toEqual([1, 1, 2])
    const decisions = async (key: string) =>
      (await service.ask('GET /calibration/report', undefined, { key })).body.decisions
    expect([
      await decisions('agent-key-of-the-tests'),
      await decisions('other-key-of-the-tests'),
      await decisions('approver-key-of-the-tests'),
    ]).toEqual([1, 1, 2])
  })
})
