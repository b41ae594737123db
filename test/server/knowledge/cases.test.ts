import { describe, expect, it } from 'vitest'
import { ask, serve, sessionOf, teach } from './support.js'

const IMPORTED = {
  domain: 'claims',
  action: { tool: 'pay_claim', action: 'pay', value: 250 },
  verdict: { verdict: 'ALLOWED', risk_score: 0.4, reasons: ['looked fine'] },
  tags: ['migrated'],
}

describe('cases of a decision service', () => {
  it('are the decisions that were made, with what people answered', async () => {
    const { server, clock } = serve()
    await using _ = server
    const ids = await teach(sessionOf(server), clock)
    const { body } = await ask(server, 'GET /cases?limit=3')
    expect(body.cases.map((item: { case_id: string }) => item.case_id)).toEqual(ids.toReversed().slice(0, 3))
    expect(body).toMatchObject({
      total: null,
      has_more: true,
      cases: [{ label: 'bad', label_source: 'resolution' }, { label: 'good' }, {}],
    })
    expect((await ask(server, 'GET /cases?limit=3&offset=6')).body).toMatchObject({ total: 8, has_more: false })
    expect((await ask(server, `GET /cases/${ids[0]}`)).body).toMatchObject({
      case_id: ids[0],
      request_id: ids[0],
      domain: 'payments',
      action: { tool: 'refund', value: 100 },
      verdict: { verdict: 'APPROVAL_REQUIRED' },
    })
  })

  it('can be brought from elsewhere, and stand among the others in the order of time', async () => {
    const { server, clock } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const { decision: first } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => 1)
    clock.advance(10)
    const { body: imported } = await ask(server, 'POST /cases', IMPORTED)
    clock.advance(10)
    const { decision: last } = await governor.run({ id: '2', name: 'lookup', input: {} }, () => 1)
    expect(imported).toMatchObject({ source: 'import', request_id: null, learned_from: false, tags: ['migrated'] })
    const { body } = await ask(server, 'GET /cases')
    expect(body.cases.map((item: { case_id: string }) => item.case_id)).toEqual([last.id, imported.case_id, first.id])
    expect((await ask(server, `GET /cases/${imported.case_id}`)).body).toEqual(imported)
  })

  it('are filtered by all that they are asked for', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    await governor.run({ id: '1', name: 'drop_table', input: {} }, () => 1)
    const { decision } = await governor.run({ id: '2', name: 'lookup', input: {} }, () => 1)
    await ask(server, `POST /cases/${decision.id}/outcome`, { status: 'FRAUD' })
    await ask(server, 'POST /cases', IMPORTED)
    const tools = async (query: string) =>
      (await ask(server, `GET /cases?${query}`)).body.cases.map(
        (item: { action: { tool: string } }) => item.action.tool,
      )
    expect(await tools('verdict=BLOCKED')).toEqual(['drop_table'])
    expect(await tools('has_outcome=true')).toEqual(['lookup'])
    expect(await tools('outcome_status=FRAUD')).toEqual(['lookup'])
    expect(await tools('domain=claims')).toEqual(['pay_claim'])
    expect(await tools('tool=pay_claim&action=pay')).toEqual(['pay_claim'])
    expect(await tools('domain=claims&min_risk_score=0.5')).toEqual([])
    expect(await tools('domain=claims&min_risk_score=0.3&max_risk_score=0.4')).toEqual(['pay_claim'])
    expect((await ask(server, 'GET /cases?min_risk_score=2')).status).toBe(422)
  })

  it('take an outcome, whether they were decided here or brought', async () => {
    const { server } = serve()
    await using _ = server
    const governor = sessionOf(server)
    const { decision } = await governor.run({ id: '1', name: 'lookup', input: {} }, () => 1)
    const reported = await ask(server, `POST /cases/${decision.id}/outcome`, { status: 'FAILURE', revenue_impact: -12 })
    expect(reported.body).toMatchObject({
      case_id: decision.id,
      status: 'FAILURE',
      revenue_impact: -12,
      reported_by: 'acme',
    })
    expect((await governor.decisions.get(decision.id))?.outcomes).toMatchObject([{ status: 'FAILURE' }])
    const { body: imported } = await ask(server, 'POST /cases', IMPORTED)
    await ask(server, `POST /cases/${imported.case_id}/outcome`, { status: 'SUCCESS' })
    const { body } = await ask(server, `GET /cases/${imported.case_id}`)
    expect(body).toMatchObject({ label: 'good', outcome: { status: 'SUCCESS' }, has_outcome: true })
    expect((await ask(server, 'POST /cases/none/outcome', { status: 'SUCCESS' })).status).toBe(404)
  })

  it('take no outcome in a word that nobody knows: it would count as nothing', async () => {
    const { server } = serve({ outcomes: { CHARGED_BACK: 'bad' } })
    await using _ = server
    const { decision } = await sessionOf(server).run({ id: '1', name: 'lookup', input: {} }, () => 1)
    const { body: imported } = await ask(server, 'POST /cases', IMPORTED)
    for (const id of [decision.id, imported.case_id]) {
      const refused = await ask(server, `POST /cases/${id}/outcome`, { status: 'fraud' })
      const like = await ask(server, 'POST /outcomes/report', { case_id: decision.id, status: 'fraud' })
      expect(refused.status).toBe(422)
      expect(refused.body.detail).toEqual(like.body.detail)
      expect((await ask(server, `GET /cases/${id}`)).body.outcome_count).toBe(0)
      expect((await ask(server, `POST /cases/${id}/outcome`, { status: 'CHARGED_BACK' })).status).toBe(200)
    }
  })

  it('are seen by their own tenant alone', async () => {
    const { server, clock } = serve()
    await using _ = server
    const [id] = await teach(sessionOf(server), clock)
    const { body: imported } = await ask(server, 'POST /cases', IMPORTED)
    for (const one of [id, imported.case_id]) {
      expect((await ask(server, `GET /cases/${one}`, undefined, 'globex')).status).toBe(404)
      expect((await ask(server, `POST /cases/${one}/outcome`, { status: 'FRAUD' }, 'globex')).status).toBe(404)
    }
    expect((await ask(server, 'GET /cases', undefined, 'globex')).body).toMatchObject({ cases: [], total: 0 })
    const like = { action: { action: 'refund', arguments: { to: 'mallory' } }, min_similarity: 0 }
    expect((await ask(server, 'POST /cases/precedents', like, 'globex')).body.precedents).toEqual([])
  })

  it('say how well their risks were foretold', async () => {
    const { server, clock } = serve()
    await using _ = server
    await teach(sessionOf(server), clock)
    expect((await ask(server, 'GET /cases/calibration')).body).toMatchObject({ n: 8, bad: 4, base_rate: 0.5 })
    expect((await ask(server, 'GET /cases/calibration?domain=other')).body).toMatchObject({ n: 0, brier: null })
  })
})
