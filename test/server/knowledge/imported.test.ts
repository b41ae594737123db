import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DocumentStore, memoryStore } from 'countersign'
import { postgresStore } from 'countersign/stores/postgres'
import { sqliteStore } from 'countersign/stores/sqlite'
import type { DecisionServer } from 'countersign/server'
import { afterAll, describe, expect, it } from 'vitest'
import { onPostgres } from '../../stores/on-postgres.js'
import { ask, serve, sessionOf, teach, type Who } from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'countersign-imports-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const claim = (to: string) => ({
  domain: 'payments',
  actor_id: 'support-bot',
  action: { tool: 'refund', action: 'refund', arguments: { to, amount: 120 } },
  verdict: { verdict: 'ALLOWED' },
})

/** Imports a case, and says how it turned out. Its id. */
async function bring(server: DecisionServer, to: string, status: string, who: Who = 'acme'): Promise<string> {
  const { body } = await ask(server, 'POST /cases', claim(to), who)
  const reported = await ask(server, `POST /cases/${body.case_id}/outcome`, { status }, who)
  expect(reported.status).toBe(200)
  return body.case_id
}

async function bringAll(server: DecisionServer, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await bring(server, 'ada', 'SUCCESS')
    await bring(server, 'mallory', 'FRAUD')
  }
}

let calls = 0
/** What is expected of a call, once all is learnt. */
async function riskOf(server: DecisionServer, to: string, who: Who = 'acme'): Promise<number> {
  const governor = sessionOf(server, who)
  const call = { id: `look-${++calls}`, name: 'refund', input: { to, amount: 120 } }
  await governor.precedents(call)
  return (await governor.decide(call)).learned?.risk ?? Number.NaN
}

const LIKE = {
  domain: 'payments',
  action: { action: 'refund', arguments: { to: 'mallory', amount: 120 } },
  min_similarity: 0,
}

describe('imported cases', () => {
  it('change what is expected of calls like them, and are cited as precedents', async () => {
    const { server } = serve()
    await using _ = server
    const before = await riskOf(server, 'mallory')
    await bringAll(server, 8)
    expect(await riskOf(server, 'mallory')).toBeGreaterThan(before + 0.1)
    expect(await riskOf(server, 'mallory')).toBeGreaterThan((await riskOf(server, 'ada')) + 0.2)
    const { body } = await ask(server, 'POST /cases/precedents', LIKE)
    expect(body.precedents[0]).toMatchObject({
      case_id: expect.stringMatching(/^case_/),
      is_bad: true,
      tool: 'refund',
      outcome_status: 'FRAUD',
    })
    const retrieved = await ask(server, 'POST /retrieval/query', { tool: 'refund', action: 'refund' })
    expect(retrieved.body.results.length).toBeGreaterThan(0)
    expect(await riskOf(server, 'mallory', 'globex')).toBe(await riskOf(server, 'ada', 'globex'))
  })

  it('teach when somebody says how they turned out, once, and again where that is corrected', async () => {
    const { server } = serve()
    await using _ = server
    await bringAll(server, 4)
    const { body: imported } = await ask(server, 'POST /cases', claim('mallory'))
    expect(imported.learned_from).toBe(false)
    const unsaid = await riskOf(server, 'mallory')
    await ask(server, `POST /cases/${imported.case_id}/outcome`, { status: 'FRAUD' })
    expect((await ask(server, `GET /cases/${imported.case_id}`)).body.learned_from).toBe(true)
    const once = await riskOf(server, 'mallory')
    expect(once).toBeGreaterThan(unsaid)
    for (let time = 0; time < 5; time++)
      await ask(server, `POST /cases/${imported.case_id}/outcome`, { status: 'FRAUD' })
    expect(await riskOf(server, 'mallory')).toBe(once)
    await ask(server, `POST /cases/${imported.case_id}/outcome`, { status: 'SUCCESS' })
    expect(await riskOf(server, 'mallory')).toBeLessThan(once)
  })

  it('teach by events from elsewhere that name them', async () => {
    const { server } = serve()
    await using _ = server
    const { body: imported } = await ask(server, 'POST /cases', claim('mallory'))
    await ask(server, 'POST /ingest', { event_type: 'FRAUD_DETECTED', case_id: imported.case_id, event_id: 'e1' })
    const { body } = await ask(server, 'POST /cases/precedents', LIKE)
    expect(body.precedents).toMatchObject([{ case_id: imported.case_id, is_bad: true, outcome_status: 'FRAUD' }])
  })

  it('are indexed as soon as they have turned out one way or the other', async () => {
    const { server, clock } = serve()
    await using _ = server
    await teach(sessionOf(server), clock, 2)
    const index = async (id: string) => (await ask(server, 'POST /retrieval/index', { case_id: id })).body
    const { body: imported } = await ask(server, 'POST /cases', claim('eve'))
    const id = imported.case_id
    expect(await index(id)).toMatchObject({ indexed: false, reason: expect.stringContaining('Nobody') })
    await ask(server, `POST /cases/${id}/outcome`, { status: 'CHURN' })
    expect(await index(id)).toEqual({ case_id: id, indexed: true, reason: null })
    expect((await ask(server, 'GET /retrieval/stats')).body).toMatchObject({ indexed: 5, cases: 5 })
    expect((await ask(server, 'GET /precedents/stats')).body).toMatchObject({ total: 5, negative: 3 })
  })
})

describe('a recompute', () => {
  it('changes nothing where nothing was erased, and forgets what was', async () => {
    const { server, clock } = serve()
    await using _ = server
    const ids = await teach(sessionOf(server), clock)
    await bringAll(server, 3)
    const known = await riskOf(server, 'mallory')
    const recompute = async () => (await ask(server, 'POST /ops/learning/recompute', { async_mode: false })).body
    expect(await recompute()).toMatchObject({ status: 'completed', progress: 1, cases: 14, labelled: 14, lessons: 22 })
    expect(await riskOf(server, 'mallory')).toBe(known)
    for (const decisionId of ids.filter((_id, index) => index % 2 === 1))
      await sessionOf(server).audit.erase({ decisionId, fields: ['input'], by: 'dpo', reason: 'asked to' })
    await recompute()
    expect(await riskOf(server, 'mallory')).toBeLessThan(known)
  })

  it('goes on in the background, one at a time for each tenant, and can be asked how far it is', async () => {
    const { server, clock } = serve()
    await using _ = server
    await teach(sessionOf(server), clock, 60)
    const { body: begun } = await ask(server, 'POST /ops/learning/recompute', {})
    expect(begun).toMatchObject({ status: 'running', finished_at: null })
    const [again, other, theirs] = await Promise.all([
      ask(server, 'POST /ops/learning/recompute', {}),
      ask(server, 'POST /ops/learning/backfill', {}),
      ask(server, 'POST /ops/learning/recompute', {}, 'globex'),
    ])
    expect([again.body.job_id, other.body.job_id]).toEqual([begun.job_id, begun.job_id])
    expect(theirs.body.job_id).not.toBe(begun.job_id)
    await expect
      .poll(async () => (await ask(server, 'GET /ops/learning/runs')).body.runs)
      .toMatchObject([{ job_id: begun.job_id, status: 'completed', lessons: 240, cases: 120 }])
    expect((await ask(server, 'POST /ops/learning/recompute', {})).body.job_id).not.toBe(begun.job_id)
  })

  it('is ended by a server that is closed, so that another one may begin one at once', async () => {
    const file = join(folder, 'closed.db')
    const first = serve({ store: sqliteStore(file) }).server
    await teach(sessionOf(first), { advance: () => 0 }, 60)
    const { body: begun } = await ask(first, 'POST /ops/learning/recompute', {})
    await first.close()
    const { server } = serve({ store: sqliteStore(file) })
    await using _ = server
    expect((await ask(server, 'GET /ops/learning/runs')).body.runs).toMatchObject([
      { job_id: begun.job_id, status: 'failed', note: expect.stringContaining('was closed') },
    ])
    const { body: next } = await ask(server, 'POST /ops/learning/recompute', { async_mode: false })
    expect(next).toMatchObject({ status: 'completed', lessons: 240 })
  })

  it('whose process is gone is said to be interrupted after a minute, and another one may begin', async () => {
    const store = memoryStore()
    // Nothing is heard any more of what this one reads.
    const gone = serve({ store: { ...store, readLessons: () => new Promise<never>(() => undefined) } }).server
    const { server, clock } = serve({ store })
    await using _ = server
    await teach(sessionOf(server), clock, 2)
    const { body: begun } = await ask(gone, 'POST /ops/learning/recompute', {})
    expect((await ask(server, 'POST /ops/learning/recompute', {})).body.job_id).toBe(begun.job_id)
    clock.advance(60_000)
    expect((await ask(server, 'GET /ops/learning/runs')).body.runs).toMatchObject([
      { job_id: begun.job_id, status: 'interrupted', finished_at: null },
    ])
    const { body: next } = await ask(server, 'POST /ops/learning/recompute', { async_mode: false })
    expect(next).toMatchObject({ status: 'completed', lessons: 8 })
  })
})

/** @param place where several servers keep the same things: opened anew each time */
function onOneStore(name: string, place: () => Promise<() => DocumentStore>): void {
  describe(`imported cases ${name}`, () => {
    it('teach every server alike, also one that begins anew', async () => {
      const store = await place()
      const one = serve({ store: store() }).server
      const other = serve({ store: store() }).server
      await bringAll(one, 3)
      await bring(other, 'mallory', 'FRAUD')
      const known = await riskOf(one, 'mallory')
      expect(await riskOf(other, 'mallory')).toBe(known)
      await Promise.all([one.close(), other.close()])
      const again = serve({ store: store() }).server
      expect(await riskOf(again, 'mallory')).toBe(known)
      await again.close()
    })

    it('are taught by a backfill where they turned out while learning was not switched on, once', async () => {
      const store = await place()
      const off = serve({ store: store(), learning: false }).server
      await bringAll(off, 6)
      await off.close()
      const { server } = serve({ store: store() })
      await using _ = server
      const before = await riskOf(server, 'mallory')
      const fill = async () => (await ask(server, 'POST /ops/learning/backfill', { async_mode: false })).body
      expect(await fill()).toMatchObject({ status: 'completed', cases: 12, labelled: 12, lessons: 12, progress: 1 })
      const after = await riskOf(server, 'mallory')
      expect(after).toBeGreaterThan(before + 0.1)
      expect(await fill()).toMatchObject({ status: 'completed', labelled: 12, lessons: 0 })
      expect(await riskOf(server, 'mallory')).toBe(after)
    })

    it('are joined by what came of decisions while learning was not switched on, once', async () => {
      const store = await place()
      const first = serve({ store: store() }).server
      const governor = sessionOf(first)
      await governor.precedents({ id: 'warm-up', name: 'refund', input: {} })
      const ids: string[] = []
      for (let time = 0; time < 6; time++) {
        const call = { id: `call-${time}`, name: 'refund', input: { to: 'mallory', amount: 120 } }
        ids.push((await governor.run(call, () => 1)).decision.id)
      }
      await first.close()
      const off = serve({ store: store(), learning: false }).server
      for (const id of ids) await ask(off, `POST /cases/${id}/outcome`, { status: 'FRAUD' })
      await off.close()
      const { server } = serve({ store: store() })
      await using _ = server
      const before = await riskOf(server, 'mallory')
      const fill = async () => (await ask(server, 'POST /ops/learning/backfill', { async_mode: false })).body
      expect(await fill()).toMatchObject({ labelled: 6, lessons: 6 })
      const after = await riskOf(server, 'mallory')
      expect(after).toBeGreaterThan(before)
      expect(await fill()).toMatchObject({ labelled: 6, lessons: 0 })
      expect(await riskOf(server, 'mallory')).toBe(after)
    })

    it('are learnt anew by one run, also where several servers are asked for one in one instant', async () => {
      const store = await place()
      const servers = [0, 1].map(() => serve({ store: store() }).server)
      const asked = await Promise.all(
        [...servers, ...servers].map(async one => (await ask(one, 'POST /ops/learning/recompute', {})).body.job_id),
      )
      expect(new Set(asked).size).toBe(1)
      await expect
        .poll(async () => (await ask(servers[0] as DecisionServer, 'GET /ops/learning/runs')).body.runs)
        .toMatchObject([{ status: 'completed' }])
      for (const one of servers) await one.close()
    })
  })
}

let files = 0
onOneStore('in one SQLite file', async () => {
  const file = join(folder, `${++files}.db`)
  return () => sqliteStore(file)
})
await onPostgres('on PostgreSQL', postgres => {
  onOneStore('in one PostgreSQL', async () => {
    const url = postgres.url(await postgres.database(), 'owner')
    return () => postgresStore(url, { schema: 'countersign' })
  })
})
