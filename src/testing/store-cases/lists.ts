import assert from 'node:assert/strict'
import type { DecisionFilter, Store } from '../../store/store.js'
import type { Decision } from '../../types.js'
import { AT, decisionOf, outcomeOf, recorded, type StoreCase } from './samples.js'

/** Listings: what is in them, in which order, and page by page. */
export const listCases: readonly StoreCase[] = [
  {
    title: 'lists decisions newest first, with executions and outcomes',
    check: async store => {
      const [first, second] = [await recorded(store), await recorded(store)]
      const execution = { decisionId: first.id, status: 'executed', at: AT, durationMs: 1 } as const
      const outcome = outcomeOf(first.id)
      await store.commit({ at: AT, execution })
      await store.commit({ at: AT, outcome })
      assert.deepEqual(await store.listDecisions({}), [
        { ...second, outcomes: [] },
        { ...first, execution, outcomes: [outcome] },
      ])
    },
  },
  {
    title: 'filters by every field, alone and together',
    check: async store => {
      const common = { tool: 'mail', actor: 'bot', sessionId: 's', tenant: 't', result: 'blocked' } as const
      const wanted = await recorded(store, common)
      await store.commit({ at: AT, execution: { decisionId: wanted.id, status: 'blocked', at: AT, durationMs: 0 } })
      const { id: other } = await recorded(store, { at: AT - 1 })
      await store.commit({ at: AT, execution: { decisionId: other, status: 'executed', at: AT, durationMs: 0 } })
      await recorded(store, { at: AT - 1, sessionId: 'S', tenant: 'T' })
      const all = { ...common, status: 'blocked', since: AT } as const
      for (const [key, value] of Object.entries(all)) assert.deepEqual(await ids(store, { [key]: value }), [wanted.id])
      assert.deepEqual(await ids(store, all), [wanted.id])
      for (const key of ['tool', 'actor', 'sessionId', 'tenant']) {
        assert.deepEqual(await ids(store, { ...all, [key]: 'another' }), [])
      }
    },
  },
  {
    title: 'lists what belongs to no tenant, where that is wanted',
    check: async store => {
      const { id: own } = await recorded(store, { tool: 'mail' })
      await recorded(store, { tool: 'mail', tenant: 't' })
      assert.deepEqual(await ids(store, { tenant: null }), [own])
      assert.deepEqual(await ids(store, { tenant: null, tool: 'mail' }), [own])
      assert.deepEqual(await ids(store, { tenant: null, tool: 'pay' }), [])
    },
  },
  {
    title: 'lists the decisions that the world has answered, or those that it has not',
    check: async store => {
      const decisions = [await recorded(store), await recorded(store), await recorded(store)]
      const [first = '', second = '', third = ''] = decisions.map(({ id }) => id)
      const execution = { status: 'executed', at: AT, durationMs: 1 } as const
      for (const decisionId of [first, second]) await store.commit({ at: AT, execution: { decisionId, ...execution } })
      assert.deepEqual(await ids(store, { hasOutcome: true }), [])
      assert.deepEqual(await ids(store, { hasOutcome: false }), [third, second, first])
      await store.commit({ at: AT, outcome: outcomeOf(second) })
      await store.commit({ at: AT, outcome: outcomeOf(second) })
      assert.deepEqual(await ids(store, { hasOutcome: true }), [second])
      assert.deepEqual(await ids(store, { hasOutcome: false }), [third, first])
      assert.deepEqual(await ids(store, { hasOutcome: false, status: 'executed' }), [first])
      assert.deepEqual(await ids(store, { hasOutcome: false, before: third, limit: 1 }), [first])
    },
  },
  {
    title: 'lists what was decided at the instant `since`, and nothing before it',
    check: async store => {
      const times = [AT, AT + 1, AT + 2]
      const decisions = await Promise.all(times.map(at => recorded(store, { at })))
      const since = async (at: number): Promise<number> => (await store.listDecisions({ since: at })).length
      assert.deepEqual([await since(AT), await since(AT + 1), await since(AT + 2), await since(AT + 3)], [3, 2, 1, 0])
      assert.equal(decisions.length, 3)
    },
  },
  {
    title: 'pages through all decisions, each once, whatever the order of their ids',
    check: async store => {
      const ids = Array.from({ length: 25 }, () => decisionOf().id)
      const shuffled = ids.map((_, index) => ids[(index * 7) % ids.length] ?? '')
      for (const [index, id] of shuffled.entries())
        await recorded(store, { id, tool: index % 5 === 0 ? 'mail' : 'pay' })
      assert.deepEqual((await pages(store, { limit: 4 })).toSorted(), ids.toSorted())
      const mails = shuffled.filter((_, index) => index % 5 === 0)
      assert.deepEqual((await pages(store, { limit: 2, tool: 'mail' })).toSorted(), mails.toSorted())
    },
  },
  {
    title: 'begins the next page after the last, though newer decisions came meanwhile',
    check: async store => {
      const [oldest, middle, newest] = [await recorded(store), await recorded(store), await recorded(store)]
      assert.deepEqual(await ids(store, { limit: 1 }), [newest.id])
      await recorded(store)
      assert.deepEqual(await ids(store, { before: newest.id }), [middle.id, oldest.id])
      assert.deepEqual(await ids(store, { before: oldest.id }), [])
    },
  },
  {
    title: 'lists 100 decisions unless asked otherwise, one at least and 1000 at most',
    check: async store => {
      for (let count = 0; count < 1001; count++) await recorded(store)
      const length = async (limit?: number): Promise<number> =>
        (await store.listDecisions(limit === undefined ? {} : { limit })).length
      assert.equal(await length(), 100)
      assert.equal(await length(3), 3)
      assert.equal(await length(2.9), 2)
      assert.equal(await length(0), 1)
      assert.equal(await length(-5), 1)
      assert.equal(await length(Number.NaN), 100)
      assert.equal(await length(1000), 1000)
      assert.equal(await length(Number.POSITIVE_INFINITY), 1000)
    },
  },
]

async function ids(store: Store, filter: DecisionFilter): Promise<string[]> {
  return (await store.listDecisions(filter)).map(({ id }) => id)
}

async function pages(store: Store, filter: DecisionFilter): Promise<string[]> {
  const seen: string[] = []
  let page: readonly Decision[] = await store.listDecisions(filter)
  while (page.length > 0 && seen.length < 1000) {
    seen.push(...page.map(({ id }) => id))
    page = await store.listDecisions({ ...filter, before: seen.at(-1) ?? '' })
  }
  return seen
}
