import { type DecisionFilter, type DecisionRecord, type DocumentStore, memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decisionOf, outcomeOf } from '../../src/testing/store-cases/samples.js'

const AMOUNT = 24_000
const [grouped, plain] = [sqliteStore(':memory:', { groupCommit: true }), sqliteStore(':memory:')]
/** What listings are to be like. */
const reference = memoryStore({ maxDecisions: AMOUNT })
const stores: readonly DocumentStore[] = [grouped, plain, reference]

/** Of two tenants and of none; rare ones are far apart, further than what is looked at in one go. */
function decisionAt(index: number) {
  return decisionOf({
    id: `d${index}`,
    at: 1000 + index,
    tool: index % 7919 === 5 ? 'rare' : 'usual',
    actor: `actor-${index % 3}`,
    result: index % 5 === 0 ? 'blocked' : 'allowed',
    ...(index % 4 === 0 ? {} : { tenant: index % 4 === 1 ? 'globex' : 'acme' }),
  })
}

beforeAll(async () => {
  for (let from = 0; from < AMOUNT; from += 100) {
    const indexes = Array.from({ length: 100 }, (_, offset) => from + offset)
    await Promise.all(
      stores.flatMap(store =>
        indexes.map(async index => {
          const outcome = index % 6007 === 3 ? { outcome: outcomeOf(`d${index}`, { id: `o${index}` }) } : {}
          await store.commit({ at: 1000 + index, decision: decisionAt(index), ...outcome })
        }),
      ),
    )
  }
}, 60_000)

afterAll(async () => {
  for (const store of stores) await store.close()
})

async function allOf(store: DocumentStore, filter: DecisionFilter): Promise<string[]> {
  const found: string[] = []
  for (let before: string | undefined; ;) {
    const page: readonly DecisionRecord[] = await store.listDecisions({ ...filter, ...(before && { before }) })
    found.push(...page.map(({ id }) => id))
    if (page.length < (filter.limit ?? 100)) return found
    before = page.at(-1)?.id
  }
}

describe('a listing of SQLite that looks through many decisions', () => {
  it.each<DecisionFilter>([
    { tool: 'rare' },
    { tool: 'rare', limit: 1 },
    { tool: 'rare', tenant: 'acme' },
    { tool: 'rare', tenant: null },
    { tool: 'nowhere' },
    { hasOutcome: true },
    { hasOutcome: true, result: 'blocked', limit: 2 },
    { tenant: null, actor: 'actor-1', limit: 700 },
    { since: 1000 + AMOUNT - 15_000, result: 'blocked', limit: 1000 },
    { tool: 'usual', limit: 1000 },
  ])('lists for %j what a listing in one go does, page by page', async filter => {
    const expected = await allOf(reference, filter)
    expect(await allOf(grouped, filter)).toEqual(expected)
    expect(await allOf(plain, filter)).toEqual(expected)
  })

  it('lists nothing behind a decision that there is none of', async () => {
    expect(await grouped.listDecisions({ tool: 'rare', before: 'nobody' })).toEqual([])
    expect(await plain.listDecisions({ tool: 'rare', before: 'nobody' })).toEqual([])
  })

  it('answers meanwhile what else is asked', async () => {
    const answered: string[] = []
    const scan = Promise.resolve(grouped.listDecisions({ tool: 'nowhere' })).then(() => answered.push('scan'))
    // Asked one after the other, each when the one before is answered.
    for (const id of ['d1', 'd2']) {
      await grouped.getDecision(id)
      answered.push(id)
    }
    await scan
    expect(answered).toEqual(['d1', 'd2', 'scan'])
  })

  it('has answered when it returns, where reads are not grouped', () => {
    expect(plain.listDecisions({ tool: 'rare', limit: 1 })).toMatchObject([{ tool: 'rare' }])
  })
})
