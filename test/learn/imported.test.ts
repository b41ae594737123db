import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGovernor, type DocumentStore, type Governor, memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'countersign-imported-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let calls = 0
const refund = (to: string, amount = 120) => ({ id: `call_${++calls}`, name: 'refund', input: { to, amount } })

async function learning(store: DocumentStore): Promise<Governor> {
  const rules = [{ id: 'ask', tools: ['refund'], effect: 'require_approval', autonomy: true }] as const
  const governor = createGovernor({ store, policy: { rules }, learning: true })
  await learnt(governor)
  return governor
}

/** Waits until what was written has been learnt. */
const learnt = (governor: Governor) => governor.precedents(refund('anybody'), { limit: 100 })

const riskOf = async (governor: Governor, to: string): Promise<number> => {
  await learnt(governor)
  return (await governor.decide(refund(to))).learned?.risk ?? Number.NaN
}

async function bring(governor: Governor, store: DocumentStore, id: string, to: string, isBad = to === 'mallory') {
  const lesson = await governor.lessons.imported(refund(to), { id, isBad })
  if (lesson === undefined) throw new Error('expected a lesson')
  await store.commit({ at: Date.now(), lessons: [lesson] })
}

async function bringAll(governor: Governor, store: DocumentStore, times: number): Promise<void> {
  for (let time = 0; time < times; time++)
    for (const to of ['ada', 'mallory']) await bring(governor, store, `case_${to}_${time}`, to)
}

/** A person refuses a call, and lets another through. The id of the refused one. */
async function answer(governor: Governor, to: string): Promise<string> {
  const held = await governor.run(refund(to), () => 'paid')
  if (held.status !== 'approval_required') throw new Error(`expected to be asked, got ${held.status}`)
  const resolution = to === 'mallory' ? 'rejected' : 'approved'
  await governor.approvals.resolve(held.approvalId, { resolution, by: 'grace' })
  return held.decision.id
}

describe('cases that were decided elsewhere', () => {
  it('are learnt, and found as precedents', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    const before = await riskOf(governor, 'mallory')
    await bringAll(governor, store, 10)
    expect(await riskOf(governor, 'mallory')).toBeGreaterThan(before + 0.1)
    expect(await riskOf(governor, 'mallory')).toBeGreaterThan((await riskOf(governor, 'ada')) + 0.2)
    const [first] = await governor.precedents(refund('mallory'))
    expect(first).toMatchObject({ id: expect.stringMatching(/^case_mallory_/), isBad: true })
    await governor.close()
  })

  it('count less than what people here answered, and nothing for the bound of autonomy', async () => {
    const [own, others] = [memoryStore(), memoryStore()]
    const [first, second] = [await learning(own), await learning(others)]
    for (let time = 0; time < 4; time++) for (const to of ['ada', 'mallory']) await answer(first, to)
    await bringAll(second, others, 4)
    expect(await riskOf(second, 'mallory')).toBeLessThan(await riskOf(first, 'mallory'))
    expect(await riskOf(second, 'ada')).toBeGreaterThan(await riskOf(first, 'ada'))
    expect(await second.autonomy.report()).toEqual({})
    await Promise.all([first.close(), second.close()])
  })

  it('teach once each, however often they are brought, and again where they are corrected', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    await bringAll(governor, store, 5)
    const once = await riskOf(governor, 'mallory')
    for (let time = 0; time < 20; time++) await bring(governor, store, 'case_mallory_0', 'mallory')
    expect(await riskOf(governor, 'mallory')).toBe(once)
    expect(await learnt(governor)).toHaveLength(10)
    for (let time = 0; time < 5; time++) await bring(governor, store, `case_mallory_${time}`, 'mallory', false)
    expect(await riskOf(governor, 'mallory')).toBeLessThan(once)
    expect((await learnt(governor)).filter(({ isBad }) => isBad)).toEqual([])
    await governor.close()
  })

  it('cannot talk people out of what they refuse: however many are brought, they are heard as one person is', async () => {
    const [own, others] = [memoryStore(), memoryStore()]
    const [first, second] = [await learning(own), await learning(others)]
    for (const governor of [first, second])
      for (let time = 0; time < 20; time++) for (const to of ['ada', 'mallory']) await answer(governor, to)
    for (let time = 0; time < 300; time++) {
      await bring(second, others, `poison_${time}`, 'mallory', false)
      const held = await first.run(refund('mallory'), () => 'paid')
      if (held.status !== 'approval_required') throw new Error(`expected to be asked, got ${held.status}`)
      await first.approvals.resolve(held.approvalId, { resolution: 'approved', by: 'eve' })
    }
    expect(await riskOf(second, 'mallory')).toBeGreaterThan(await riskOf(first, 'mallory'))
    expect(await riskOf(second, 'mallory')).toBeGreaterThan((await riskOf(second, 'ada')) + 0.1)
    await Promise.all([first.close(), second.close()])
  })

  it('are known alike to all processes on a store, and after a restart', async () => {
    const path = join(folder, 'alike.db')
    const stores = [sqliteStore(path), sqliteStore(path)] as const
    const [first, second] = [await learning(stores[0]), await learning(stores[1])]
    await bringAll(first, stores[0], 5)
    for (const to of ['ada', 'mallory']) await answer(second, to)
    await bring(second, stores[1], 'case_eve', 'eve', true)
    const known = await riskOf(first, 'mallory')
    expect(await riskOf(second, 'mallory')).toBe(known)
    await Promise.all([first.close(), second.close()])
    const third = await learning(sqliteStore(path))
    expect(await riskOf(third, 'mallory')).toBe(known)
    await third.close()
  })

  it('teach nothing where what was kept of them was erased, or is nothing that was ever written', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    await bringAll(governor, store, 3)
    const known = await riskOf(governor, 'mallory')
    const views = ['', '%%%', 'AAAA', '_'.repeat(9000), 7, null]
    const bodies = views.map(view => JSON.stringify({ isBad: false, source: 'import', view }))
    const lessons = ['', '{', ...bodies].map((body, index) => ({
      decisionId: `x${index}`,
      kind: 'label' as const,
      body,
      at: 0,
    }))
    await store.commit({ at: 0, lessons })
    expect(await riskOf(governor, 'mallory')).toBe(known)
    expect(await learnt(governor)).toHaveLength(6)
    await governor.close()
  })

  it('are learnt by their own tenant alone', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    const [acme, other] = [governor.session({ tenant: 'acme' }), governor.session({ tenant: 'other' })]
    await bringAll(acme, store, 5)
    expect(await learnt(acme)).toHaveLength(10)
    expect(await learnt(other)).toEqual([])
    expect(await learnt(governor)).toEqual([])
    await governor.close()
  })

  it('are nothing to a governor that does not learn', async () => {
    const governor = createGovernor({ store: memoryStore() })
    expect(await governor.lessons.imported(refund('ada'), { id: 'a', isBad: false })).toBeUndefined()
    await expect(governor.lessons.relearn()).rejects.toMatchObject({ code: 'not-found' })
    await governor.close()
  })
})

describe('learning anew', () => {
  it('gives the model that the same lessons gave, and leaves the bound of autonomy as it was', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    for (let time = 0; time < 60; time++) for (const to of ['ada', 'mallory']) await answer(governor, to)
    await bringAll(governor, store, 5)
    const [risk, found, autonomy] = [
      await riskOf(governor, 'mallory'),
      await learnt(governor),
      await governor.autonomy.report(),
    ]
    const heard: number[] = []
    expect(await governor.lessons.relearn(({ done, of }) => void heard.push(done / of))).toBe(250)
    expect(await riskOf(governor, 'mallory')).toBe(risk)
    expect(await learnt(governor)).toEqual(found)
    expect(await governor.autonomy.report()).toEqual(autonomy)
    expect(heard.length).toBeGreaterThan(1)
    expect(heard).toEqual(heard.toSorted((a, b) => a - b))
    expect(heard.at(-1)).toBe(1)
    await governor.close()
  })

  it('forgets what was erased, also for whoever begins with its snapshot', async () => {
    const path = join(folder, 'erased.db')
    const governor = await learning(sqliteStore(path))
    const ids: string[] = []
    for (let time = 0; time < 5; time++) for (const to of ['ada', 'mallory']) ids.push(await answer(governor, to))
    const before = await riskOf(governor, 'mallory')
    for (const decisionId of ids.filter((_, index) => index % 2 === 1))
      await governor.audit.erase({ decisionId, fields: ['input'], by: 'dpo', reason: 'asked to' })
    expect(await riskOf(governor, 'mallory')).toBe(before)
    await governor.lessons.relearn()
    const after = await riskOf(governor, 'mallory')
    expect(after).toBeLessThan(before - 0.1)
    expect((await learnt(governor)).filter(({ isBad }) => isBad)).toEqual([])
    await governor.close()
    const again = await learning(sqliteStore(path))
    expect(await riskOf(again, 'mallory')).toBe(after)
    await again.close()
  })

  it('teaches nothing twice of what is written meanwhile', async () => {
    const store = memoryStore()
    const governor = await learning(store)
    for (let time = 0; time < 40; time++) await answer(governor, 'ada')
    const relearning = governor.lessons.relearn()
    for (let time = 0; time < 40; time++) {
      await answer(governor, time % 2 === 0 ? 'mallory' : 'ada')
      await learnt(governor)
    }
    await relearning
    const risk = await riskOf(governor, 'mallory')
    const other = await learning(store)
    expect((await learnt(governor)).length).toBe(80)
    await governor.lessons.relearn()
    expect(await riskOf(governor, 'mallory')).toBe(risk)
    expect((await learnt(governor)).length).toBe(80)
    await Promise.all([governor.close(), other.close()])
  })
})
