import { createGovernor, type DecisionRecord, type DocumentStore, memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { History } from '../../../adapters/server/past/history.js'
import { type Choice, decisionsOf } from '../../../adapters/server/knowledge/decisions.js'
import { ofNoTenant } from '../../../adapters/server/of-no-tenant.js'
import { Tallies } from '../../../adapters/server/rules/usage.js'
import type { Service } from '../../../adapters/server/service.js'
import { wholePast } from '../../../adapters/server/past/whole-past.js'
import { type InsightStore, walk } from '../../../src/learn/insight/walk.js'
import { testClock } from '../../support/governing.js'
import { ask, serve, type Who } from './support.js'

const TOOLS = ['look', 'mail', 'refund', 'drop_table'] as const

/** A store that counts the decisions it is asked for. */
function counting() {
  const inner = memoryStore()
  const counts = { listed: 0, got: 0 }
  const store: DocumentStore = {
    ...inner,
    listDecisions: async filter => {
      const found = await inner.listDecisions(filter)
      counts.listed += found.length
      return found
    },
    getDecision: id => {
      counts.got++
      return inner.getDecision(id)
    },
  }
  return { store, counts }
}

/** Decisions of two tenants and of none, every hundredth a failure that somebody described, every fiftieth a dry run. */
async function fill(store: DocumentStore, amount: number, clock = testClock()): Promise<void> {
  await using governor = createGovernor({
    store,
    policy: {
      rules: [
        { id: 'no-drop', tools: ['drop_table'], effect: 'deny' },
        { id: 'rest', effect: 'allow' },
      ],
    },
    clock,
  })
  const ofAcme = governor.session({ tenant: 'acme', domain: 'claims' })
  const sessions = [ofAcme, ofAcme, governor.session({ tenant: 'globex' }), governor]
  for (let index = 0; index < amount; index++) {
    const session = sessions[index % 4] ?? governor
    clock.advance(10)
    const call = { id: `c${clock.now()}`, name: TOOLS[(index >> 2) % 4] ?? 'look', input: {} }
    const { id } = index % 50 === 0 ? await session.decide(call) : (await session.run(call, () => undefined)).decision
    if (index % 100 === 1)
      await session.reportOutcome({ decisionId: id, status: 'FAILURE', description: `as said of ${index}` })
  }
}

/** What the whole store says, newest first. */
async function everything(store: DocumentStore, tenant: string | null | undefined): Promise<DecisionRecord[]> {
  const found: DecisionRecord[] = []
  for (let before: string | undefined; ;) {
    const page = await store.listDecisions({ limit: 500, ...(before !== undefined && { before }) })
    found.push(...page.filter(record => tenant === undefined || (record.tenant ?? null) === tenant))
    if (page.length < 500) return found
    before = page.at(-1)?.id
  }
}

async function casesAsked(server: Parameters<typeof ask>[0], query: string, who: Who = 'acme') {
  return (await ask(server, `GET /cases?${query}`, undefined, who)).body
}

describe('a list over more decisions than are read at once', () => {
  it('holds, page by page and with any filter, what the store holds, and of the right tenant', async () => {
    const { store } = counting()
    await fill(store, 6000)
    const { server } = serve({ store })
    await using _ = server
    // Figures are looked at first, so that memory holds what there is.
    await ask(server, 'GET /precedents/stats')
    const filters: readonly (readonly [query: string, is: (record: DecisionRecord) => boolean])[] = [
      ['', () => true],
      ['tool=mail', ({ tool }) => tool === 'mail'],
      ['action=refund', ({ action }) => action === 'refund'],
      ['domain=claims', ({ domain }) => domain === 'claims'],
      ['domain=nowhere', () => false],
      ['verdict=BLOCKED&has_outcome=false', ({ result, outcomes }) => result === 'blocked' && outcomes.length === 0],
      ['outcome_status=FAILURE', ({ outcomes }) => outcomes.at(-1)?.status === 'FAILURE'],
      ['has_outcome=true&tool=look', ({ tool, outcomes }) => tool === 'look' && outcomes.length > 0],
      ['min_risk_score=0.99', ({ riskScore = 0 }) => riskScore >= 0.99],
    ]
    for (const who of ['acme', 'globex'] as const) {
      const own = (await everything(store, who)).filter(({ dryRun }) => dryRun !== true)
      for (const [query, is] of filters) {
        const listed: string[] = []
        for (let more = true; more;) {
          const page = await casesAsked(server, `${query}&limit=700&offset=${listed.length}`, who)
          listed.push(...page.cases.map(({ case_id }: { case_id: string }) => case_id))
          more = page.has_more
        }
        expect(listed, `${who} ${query}`).toEqual(own.filter(is).map(({ id }) => id))
      }
    }
    const dry = (await everything(store, 'acme')).filter(({ dryRun }) => dryRun === true).map(({ id }) => id)
    const { cases } = await casesAsked(server, 'verdict=DRY_RUN&limit=1000')
    expect(cases.map(({ case_id }: { case_id: string }) => case_id)).toEqual(dry)
  })

  it('shows old decisions with all that was said of them, and what was said just now', async () => {
    const { store } = counting()
    await fill(store, 6000)
    const { server } = serve({ store })
    await using _ = server
    await ask(server, 'GET /precedents/stats')
    const before = await casesAsked(server, 'outcome_status=FAILURE&limit=1000')
    const described = before.cases.map(({ outcome }: { outcome: { description: string } }) => outcome.description)
    expect(described).toEqual(Array.from({ length: 60 }, (_, index) => `as said of ${5901 - index * 100}`))
    const oldest = (await everything(store, 'acme')).findLast(({ dryRun }) => dryRun !== true)?.id ?? ''
    await ask(server, `POST /cases/${oldest}/outcome`, { status: 'FRAUD', description: 'it was a thief' })
    const { cases } = await casesAsked(server, 'outcome_status=FRAUD')
    expect(cases).toMatchObject([{ case_id: oldest, outcome: { description: 'it was a thief' } }])
  })

  it('reads little from the store for a filter that nothing gets through, once memory holds what there is', async () => {
    const { store, counts } = counting()
    await fill(store, 6000)
    const { server } = serve({ store })
    await using _ = server
    await ask(server, 'GET /precedents/stats')
    for (const route of [
      'GET /cases?domain=nowhere',
      'GET /cases?outcome_status=CHURN&limit=1000',
      'GET /cases?offset=100000',
      'GET /outcomes/pending/list?min_age_hours=100000',
      'GET /ingest/lifecycles',
      'GET /retrieval/stats',
      'GET /features/stats',
      'GET /actions/memory/context',
    ]) {
      counts.listed = counts.got = 0
      expect((await ask(server, route)).status).toBe(200)
      // The newest from the store, and a look at what is new.
      expect(counts.listed, route).toBeLessThanOrEqual(1100 + 100)
      expect(counts.got, route).toBeLessThanOrEqual(2)
    }
  })

  it('reads no more than its first page where that is enough, though memory holds nothing yet', async () => {
    const { store, counts } = counting()
    await fill(store, 6000)
    const { server } = serve({ store })
    await using _ = server
    counts.listed = counts.got = 0
    await casesAsked(server, 'limit=50')
    expect(counts).toEqual({ listed: 100, got: 0 })
  })

  it('goes on in the store behind what memory holds', async () => {
    const { store } = counting()
    await fill(store, 6000)
    await using governor = createGovernor({ store, unlisted: 'allow' })
    const clock = testClock()
    const history = new History({ store, clock, meanings: {}, isAudited: true, most: 2000 })
    for await (const _ of history.pages()) break
    const as = (tenant: string | null | undefined): Service => {
      const seen = tenant === undefined ? governor : ofNoTenant(governor)
      const own = typeof tenant === 'string' ? governor.session({ tenant }) : seen
      return { governor: own, history, store, sees: tenant, outcomes: {} } as unknown as Service
    }
    const choices: readonly (readonly [Choice, (record: DecisionRecord) => boolean])[] = [
      [{ withDryRuns: true }, () => true],
      [{}, ({ dryRun }) => dryRun !== true],
      [{ filter: { tool: 'mail' }, withDryRuns: true }, ({ tool }) => tool === 'mail'],
      [
        { filter: { result: 'blocked', hasOutcome: false }, withDryRuns: true },
        r => r.result === 'blocked' && r.outcomes.length === 0,
      ],
      [{ isWanted: ({ record }) => record.outcomes.length > 0 }, ({ outcomes }) => outcomes.length > 0],
    ]
    expect(history.isCut).toBe(true)
    for (const tenant of [undefined, null, 'acme', 'globex', 'nobody']) {
      const own = await everything(store, tenant)
      for (const [choice, is] of choices) {
        const listed: string[] = []
        for await (const { record } of decisionsOf(as(tenant), choice)) listed.push(record.id)
        expect(listed, JSON.stringify([tenant, choice])).toEqual(own.filter(is).map(({ id }) => id))
      }
    }
  })

  it('of what rules did ends where nothing is new any more', async () => {
    const { store, counts } = counting()
    const clock = testClock()
    await fill(store, 12_000, clock)
    const tallies = new Tallies({ store, clock })
    const known = async () => (await tallies.of('acme')).domains.get('claims')
    // A fiftieth of all were dry runs, and every other one of them was this tenant's.
    expect(await known()).toBe(6000 - 120)
    counts.listed = 0
    await fill(store, 8, clock)
    expect(await known()).toBe(6000 - 120 + 3)
    expect(counts.listed).toBe(2000)
  })

  it('of figures says that older decisions were left out, where memory no longer holds them', async () => {
    const { store } = counting()
    await fill(store, 3000)
    const of = (most: number) => new History({ store, clock: testClock(), meanings: {}, isAudited: true, most })
    const coverage = async (history: InsightStore, since?: number) =>
      walk(history, { ...(since !== undefined && { since }) }, () => undefined, false)
    const [newest] = await store.listDecisions({ limit: 1 })
    expect(await coverage(of(3000))).toMatchObject({ truncated: false })
    expect(await coverage(of(2000))).toMatchObject({ truncated: true })
    expect(await coverage(of(2000), (newest?.at ?? 0) + 1)).toMatchObject({ truncated: false })
    expect(await coverage(wholePast(of(2000), store))).toMatchObject({ truncated: false })
  })

  it('of figures goes on in the store behind what memory holds, too', async () => {
    const { store } = counting()
    await fill(store, 6000)
    const history = new History({ store, clock: testClock(), meanings: {}, isAudited: true, most: 2000 })
    const whole = wholePast(history, store)
    for (const filter of [{}, { tenant: 'acme' }, { tenant: null, tool: 'mail' }, { result: 'blocked' as const }]) {
      const listed: string[] = []
      for (let before: string | undefined; ;) {
        const page = await whole.listDecisions({ ...filter, limit: 300, ...(before !== undefined && { before }) })
        listed.push(...page.map(({ id }) => id))
        if (page.length < 300) break
        before = page.at(-1)?.id
      }
      const { tenant, tool, result } = filter as { tenant?: string | null; tool?: string; result?: string }
      const is = (record: DecisionRecord) =>
        (tool ?? record.tool) === record.tool && (result ?? record.result) === record.result
      expect(listed, JSON.stringify(filter)).toEqual((await everything(store, tenant)).filter(is).map(({ id }) => id))
    }
  })
})
