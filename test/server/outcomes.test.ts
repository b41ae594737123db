import type { Served } from './support.js'
import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

const decide = async (service: Served, action: object = { action: 'look' }): Promise<string> =>
  (await service.ask('POST /actions/evaluate', { domain: 'shop', ...action })).body.request_id as string

describe('outcomes', () => {
  it('are reported against decisions, and found by every name of them', async () => {
    await using service = serve()
    const id = await decide(service, { action: 'look', value: 7 })
    service.clock.advance(90_000)
    const report = {
      validation_id: id,
      status: 'FAILURE',
      description: 'came too late',
      correction_needed: true,
      time_to_detect_s: 1.5,
      revenue_impact: -20,
      tags: ['late'],
    }
    const { body } = await service.ask('POST /outcomes/report', report)
    expect(body).toMatchObject({
      request_id: id,
      case_id: id,
      status: 'FAILURE',
      category: 'negative',
      reported_by: 'bot',
      time_to_outcome_s: 90,
      decision_context: { domain: 'shop', tool: 'look', verdict_was: 'allowed' },
      correction: { needed: true, time_to_detect_s: 1.5 },
      business_impact: { revenue_impact: -20 },
      tags: ['late'],
    })
    for (const path of [id, `by-validation/${id}`, `by-case/${id}`]) {
      expect((await service.ask(`GET /outcomes/${path}`)).body).toEqual(body)
    }
    const { events } = (await service.ask(`GET /outcomes/${id}/timeline`)).body
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['decision', 'execution', 'outcome'])
  })

  it('that say nothing of a decision, or in a word that nobody knows, are refused with the place', async () => {
    await using service = serve()
    const id = await decide(service)
    const ask = (body: object) => service.ask('POST /outcomes/report', body)
    expect(await ask({ status: 'SUCCESS' })).toMatchObject({ status: 422, body: { detail: [{ loc: ['body'] }] } })
    expect(await ask({ status: 'GREAT', request_id: id })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'status'] }] },
    })
    expect(await ask({ status: 'SUCCESS', request_id: 'x' })).toMatchObject({ status: 404 })
    expect(await ask({ status: 'SUCCESS', request_id: id, observed_at: 'soon' })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'observed_at'] }] },
    })
  })

  it('come in batches, each stored or not by itself', async () => {
    await using service = serve()
    const id = await decide(service)
    const outcomes = [
      { status: 'SUCCESS', request_id: id },
      { status: 'SUCCESS', request_id: 'nothing' },
    ]
    const { body } = await service.ask('POST /outcomes/report/batch', { outcomes })
    expect(body).toMatchObject({
      accepted: 1,
      rejected: 1,
      results: [{ request_id: id }],
      errors: [{ index: 1, detail: { code: 'not_found' } }],
    })
  })

  it('that are missing are listed', async () => {
    await using service = serve()
    const open = await decide(service)
    const known = await decide(service)
    await decide(service, { action: 'drop' })
    await service.ask('POST /outcomes/report', { status: 'SUCCESS', request_id: known })
    const list = async (query = '') => (await service.ask(`GET /outcomes/pending/list${query}`)).body
    expect(await list()).toMatchObject([{ request_id: open, action: 'look', domain: 'shop' }])
    expect(await list('?min_age_hours=1')).toEqual([])
    service.clock.advance(3_600_000)
    expect(await list('?min_age_hours=1')).toHaveLength(1)
  })

  it('are not missed of calls that wait for a person, or that one refused', async () => {
    await using service = serve()
    const hold = async () => decide(service, { action: 'refund', value: 200 })
    const [waiting, refused, approved] = [await hold(), await hold(), await hold()]
    await service.boss(`POST /approvals/${refused}/resolve`, { resolution: 'denied' })
    await service.boss(`POST /approvals/${approved}/resolve`, { resolution: 'approved' })
    const { body } = await service.ask('GET /outcomes/pending/list')
    expect(body.map((known: any) => known.request_id)).toEqual([approved])
    expect(waiting).not.toBe(approved)
  })

  it('say what recommendations were worth', async () => {
    await using service = serve({ outcomes: { REFUNDED: 'bad' } })
    const report = async (status: string) =>
      service.ask('POST /outcomes/report', { status, request_id: await decide(service) })
    for (const status of ['SUCCESS', 'SUCCESS', 'FAILURE', 'REFUNDED']) await report(status)
    expect((await service.ask('GET /outcomes/taxonomy')).body.statuses).toContain('REFUNDED')
    const summary = (await service.ask('GET /outcomes/analytics/summary?domain=shop')).body
    expect(summary).toMatchObject({
      total: 4,
      by_status: { SUCCESS: 2, FAILURE: 1, REFUNDED: 1 },
      by_category: { positive: 2, negative: 2 },
      coverage: 1,
    })
    expect((await service.ask('GET /outcomes/analytics/summary?domain=other')).body).toMatchObject({ total: 0 })
    const quality = (await service.ask('GET /outcomes/analytics/recommendation-quality')).body
    expect(quality).toMatchObject({
      total_with_outcome: 4,
      follow_rate: 1,
      positive_after_following: 0.5,
      by_domain: [{ domain: 'shop' }],
    })
    const partner = (await service.ask('GET /outcomes/analytics/partner-view/shop')).body
    expect(partner).toMatchObject({
      overview: { domain: 'shop', total_decisions: 4 },
      by_action: [{ action: 'look', total: 4 }],
      sparse_evidence: true,
    })
    expect(await service.ask('GET /outcomes/analytics/summary?since=yesterday')).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'since'] }] },
    })
  })
})

describe('the kill switch of a service', () => {
  it('is thrown by whoever may ask, and taken back by an approver', async () => {
    await using service = serve()
    const on = await service.ask('POST /kill-switch/activate', { reason: 'odd refunds' })
    const id = on.body.switch_id as string
    const { body } = await service.ask('GET /kill-switch/status')
    expect(body).toMatchObject({
      is_active: true,
      active_switches: [{ id, scope: 'global', reason: 'odd refunds', activated_by: 'bot' }],
    })
    expect((await service.ask(`POST /kill-switch/deactivate/${id}`, {})).status).toBe(403)
    expect((await service.boss(`POST /kill-switch/deactivate/${id}`, {})).body).toEqual({
      switch_id: id,
      success: true,
    })
    expect((await service.boss(`POST /kill-switch/deactivate/${id}`, {})).status).toBe(404)
    expect((await service.ask('GET /kill-switch/status')).body.is_active).toBe(false)
  })

  it('of a tenant stops that tenant alone', async () => {
    await using service = serve()
    await service.ask('POST /kill-switch/activate', { reason: 'x' }, { key: 'other-key-of-the-tests' })
    const theirs = await service.ask('POST /actions/evaluate', { action: 'look' }, { key: 'other-key-of-the-tests' })
    expect(theirs.body).toMatchObject({ blocked_by: 'kill_switch' })
    expect((await service.ask('POST /actions/evaluate', { action: 'look' })).body).toMatchObject({ allowed: true })
  })
})

describe('approvals of a service', () => {
  it('are filtered before they are counted, and name the rule that asked', async () => {
    await using service = serve()
    const held: string[] = []
    for (const value of [200, 300, 400]) held.push(await decide(service, { action: 'refund', value }))
    await service.boss(`POST /approvals/${held[2]}/resolve`, { resolution: 'denied', comment: 'no' })
    await service.boss(`POST /approvals/${held[1]}/resolve`, { resolution: 'approved' })
    const list = async (query: string) => (await service.ask(`GET /approvals${query}`)).body
    expect(await list('?limit=1')).toMatchObject([
      { request_id: held[0], rule_id: 'big-refund', status: 'pending', value: 200 },
    ])
    expect(await list('?status=denied&limit=1')).toMatchObject([
      { request_id: held[2], comment: 'no', resolved_by: 'dana' },
    ])
    expect(await list('?status=approved&limit=1')).toMatchObject([{ request_id: held[1], consumed: false }])
    expect(await list('?status=all')).toHaveLength(3)
    expect(await service.ask('GET /approvals?status=open')).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['query', 'status'] }] },
    })
    expect((await service.ask('GET /approvals?status=all', undefined, { key: 'other-key-of-the-tests' })).body).toEqual(
      [],
    )
  })
})

describe('memory', () => {
  const event = (id: string, fields: object = {}) => ({ event_id: id, tool: 'look', status: 'executed', ...fields })

  it('keeps an event once, and nothing of what went into it unless told to', async () => {
    await using service = serve()
    const ingest = (events: object[], more: object = {}) =>
      service.ask('POST /actions/memory/ingest', { source: 'adapter', events, ...more })
    const secret = { arguments: { card: '4111' }, output: 'secret' }
    expect((await ingest([event('1', secret), event('1', secret), event('2')])).body).toEqual({
      accepted: 2,
      total_stored: 2,
      source: 'adapter',
    })
    expect((await ingest([event('1')])).body).toMatchObject({ accepted: 0, total_stored: 2 })
    const context = (await service.ask('GET /actions/memory/context')).body
    expect(JSON.stringify(context)).not.toContain('4111')
    await ingest([event('3', secret)], { redact: false })
    expect(JSON.stringify((await service.ask('GET /actions/memory/context')).body)).toContain('4111')
  })

  it('joins what was decided here with what was told, and counts nothing twice', async () => {
    await using service = serve()
    const id = await decide(service)
    await decide(service, { action: 'drop' })
    const events = [event('1', { request_id: id }), event('2', { tool: 'pay', status: 'tool_error', risk_score: 0.4 })]
    await service.ask('POST /actions/memory/ingest', { source: 'adapter', events })
    const { body } = await service.ask('GET /actions/memory/context')
    expect(body).toMatchObject({ total_events: 3, blocked_rate: 1 / 3, org_id: 'default', avg_risk_score: 0.4 })
    expect(body.top_tools).toHaveLength(3)
    expect(body.top_block_reasons).toEqual([{ blocked_by: 'no-drop', count: 1 }])
    expect(body.recent_events).toHaveLength(3)
    // What a client says of a call that went on is how it ended.
    expect((await service.server.governor.decisions.get(id))?.execution).toMatchObject({ status: 'executed' })
    service.clock.advance(25 * 3_600_000)
    expect((await service.ask('GET /actions/memory/context')).body).toMatchObject({
      total_events: 0,
      blocked_rate: null,
    })
  })

  it('recommends what the past suggests, and applies nothing', async () => {
    await using service = serve()
    for (let count = 0; count < 30; count++) await decide(service, { action: 'drop' })
    const asked = { min_events: 20, auto_apply: true, tool: 'drop' }
    const { body } = await service.ask('POST /actions/memory/recommendations', asked)
    expect(body).toMatchObject({ window_hours: 24, summary: { auto_applied: 0 }, filters: { tool: 'drop' } })
    expect(body.recommendations[0]).toMatchObject({
      type: 'repeatedly_blocked',
      tool: 'drop',
      target_rule_id: 'no-drop',
      requires_human_review: true,
    })
    expect((await service.ask('POST /actions/memory/refresh-aggregates?concurrent=true', undefined)).body).toEqual({
      refreshed: true,
      mode: 'concurrent',
    })
  })
})
