import { describe, expect, it } from 'vitest'
import { serve, type Served } from '../support.js'

/** A call that is judged, and three dry runs of it with all that can be said of them. */
async function tried(service: Served): Promise<string[]> {
  const refund = { action: 'refund', value: 50, domain: 'payments', context: { external_ref: 'order-7' } }
  const ids: string[] = []
  for (const dry of [false, true, true, true]) {
    const { body } = await service.ask('POST /actions/evaluate', { ...refund, dry_run: dry })
    ids.push(body.request_id)
    await service.ask('POST /outcomes/report', { request_id: body.request_id, status: dry ? 'FRAUD' : 'SUCCESS' })
  }
  return ids
}

describe('dry runs', () => {
  it('are in no list and no figure of what was decided', async () => {
    await using service = serve()
    await tried(service)
    const body = async (route: string) => (await service.ask(route)).body
    expect(await body('GET /cases')).toMatchObject({ total: 1, cases: [{ outcome_status: 'SUCCESS' }] })
    expect(await body('GET /cases?has_outcome=true&outcome_status=FRAUD')).toMatchObject({ total: 0, cases: [] })
    expect(await body('GET /calibration/report')).toMatchObject({ decisions: 1 })
    expect(await body('GET /cases/calibration')).toMatchObject({ decisions: 1 })
    expect(await body('GET /retrieval/stats')).toMatchObject({ cases: 1 })
    expect(await body('GET /features/stats')).toMatchObject({ cases: 1 })
    expect(await body('GET /actions/observer/stats')).toMatchObject({ all_time: { total: 1 } })
    expect(await body('GET /outcomes/analytics/summary')).toMatchObject({
      decisions: 1,
      total: 1,
      by_status: { SUCCESS: 1 },
    })
    expect(await body('GET /outcomes/analytics/recommendation-quality')).toMatchObject({ total_with_outcome: 1 })
    expect(await body('GET /actions/memory/context')).toMatchObject({ total_events: 1 })
    expect(await body('GET /events?event_type=decision_event.created')).toMatchObject({ total: 1 })
    expect((await body('GET /ingest/lifecycles')).total).toBe(1)
    expect(await body('GET /outcomes/pending/list')).toEqual([])
  })

  it('are there for whoever asks for them: by their verdict, or by their id', async () => {
    await using service = serve()
    const [, ...dry] = await tried(service)
    const { body } = await service.ask('GET /cases?verdict=DRY_RUN')
    expect(body.total).toBe(3)
    expect(body.cases.map((known: { case_id: string }) => known.case_id).toSorted()).toEqual(dry.toSorted())
    const [first = ''] = dry
    expect((await service.ask(`GET /cases/${first}`)).body).toMatchObject({
      case_id: first,
      verdict: { verdict: 'DRY_RUN' },
    })
    expect((await service.ask(`GET /actions/validations/${first}/verify`)).status).toBe(200)
  })
})
