import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from 'countersign/stores/sqlite'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, serve, sessionOf } from './support.js'

const IMPORTED = { domain: 'claims', action: { tool: 'pay_claim', value: 250 }, verdict: { verdict: 'ALLOWED' } }
const key = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined })
const keys = fc.record({ request_id: key, case_id: key, external_ref: key, entity_id: key })

type Keys = Readonly<Record<'request_id' | 'case_id' | 'external_ref' | 'entity_id', string | undefined>>

/** Ids are one kind; the other keys are each of their own. */
const marksOf = ({ request_id, case_id, external_ref, entity_id }: Keys): readonly string[] =>
  [
    ['id', request_id],
    ['id', case_id],
    ['external', external_ref],
    ['entity', entity_id],
  ].flatMap(([kind, value]) => (value === undefined ? [] : [`${kind} ${value}`]))

/** The long way round: joins whatever shares a key, until nothing changes. */
function groupsOf(events: readonly Keys[]): string[][] {
  let groups = events.map((event, index) => ({ marks: new Set(marksOf(event)), members: [`e${index}`] }))
  for (let before = -1; before !== groups.length;) {
    before = groups.length
    const joined: typeof groups = []
    for (const group of groups) {
      const known = joined.find(({ marks }) => [...group.marks].some(mark => marks.has(mark)))
      if (known === undefined) joined.push(group)
      else {
        for (const mark of group.marks) known.marks.add(mark)
        known.members.push(...group.members)
      }
    }
    groups = joined
  }
  return groups.map(({ members }) => members.toSorted()).toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))
}

describe('what a decision service knows', () => {
  it('puts two events in one lifecycle if and only if keys lead from one to the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(keys, { minLength: 1, maxLength: 9 }), async events => {
        const { server } = serve()
        await using _ = server
        const sent = events.map((event, index) => ({ ...event, event_type: 'CHURN_SIGNAL', event_id: `e${index}` }))
        await ask(server, 'POST /ingest/batch', { events: sent })
        const { body } = await ask(server, 'GET /ingest/lifecycles')
        const found: string[][] = body.lifecycles.map((one: { events: { event_id: string }[] }) =>
          one.events.map(({ event_id }) => event_id).toSorted(),
        )
        expect(found.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1))).toEqual(groupsOf(events))
      }),
      { numRuns: 60 },
    )
  })

  it('finds patterns only where the intervals say so, and counts every call once', async () => {
    const call = fc.record({ name: fc.constantFrom('lookup', 'search', 'drop_table'), fails: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 60 }), async calls => {
        const { server } = serve({ learning: false })
        await using _ = server
        const governor = sessionOf(server)
        for (const [index, { name, fails }] of calls.entries()) {
          await governor.run({ id: `${index}`, name, input: { index } }, () => {
            if (fails) throw new Error('down')
            return 1
          })
        }
        const { body } = await ask(server, 'GET /insights/patterns')
        expect(body.calls).toBe(calls.length)
        for (const { pattern_type, group, rest, difference, direction } of body.patterns) {
          if (pattern_type === 'refusal_rate') expect(group.n + rest.n).toBe(calls.length)
          for (const { count, n, rate, interval } of [group, rest]) {
            expect(rate).toBeCloseTo(count / n, 10)
            expect(interval.low).toBeLessThanOrEqual(rate + 1e-9)
            expect(interval.high).toBeGreaterThanOrEqual(rate - 1e-9)
          }
          expect(direction === 'higher' ? difference.low : -difference.high).toBeGreaterThan(0)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('loses no outcome of a case when many report at once', async () => {
    const { server } = serve()
    await using _ = server
    const { body: imported } = await ask(server, 'POST /cases', IMPORTED)
    const report = async (description: string) =>
      (await ask(server, `POST /cases/${imported.case_id}/outcome`, { status: 'FRAUD', description })).status
    const statuses = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(report))
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
    expect((await ask(server, `GET /cases/${imported.case_id}`)).body.outcome_count).toBe(6)
  })

  it('is still there when the server begins anew on the same file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'))
    const store = () => sqliteStore(join(folder, 'service.db'))
    const told = { event_type: 'CHURN_SIGNAL', event_id: 'e', entity_id: 'ada' }
    const observed = { case_id: 'x', predicted_risk: 0.1, outcome_status: 'SUCCESS' }
    const first = serve({ store: store() }).server
    const { decision } = await sessionOf(first).run({ id: '1', name: 'lookup', input: {} }, () => 1)
    const { body: imported } = await ask(first, 'POST /cases', IMPORTED)
    const { body: kept } = await ask(first, 'POST /features/snapshot', { case_id: imported.case_id, tag: 'a' })
    await ask(first, 'POST /ingest', told)
    await ask(first, 'POST /calibration/observe', observed)
    await ask(first, 'POST /ops/learning/recompute', { async_mode: false })
    await first.close()

    const again = serve({ store: store() }).server
    expect((await ask(again, 'POST /ingest', told)).body.duplicate).toBe(true)
    const listed = (await ask(again, 'GET /cases')).body.cases.map((item: { case_id: string }) => item.case_id)
    expect(new Set(listed)).toEqual(new Set([decision.id, imported.case_id]))
    expect((await ask(again, `GET /features/snapshot/${kept.snapshot_id}`)).body).toEqual(kept)
    expect((await ask(again, 'GET /calibration/report')).body).toMatchObject({ observed: 1, n: 1 })
    expect((await ask(again, 'GET /ops/learning/runs')).body.runs).toMatchObject([{ status: 'completed' }])
    expect((await ask(again, 'GET /ingest/lifecycles', undefined, 'globex')).body.total).toBe(0)
    await again.close()
    rmSync(folder, { recursive: true })
  })
})
