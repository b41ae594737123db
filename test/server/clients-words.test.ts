import { describe, expect, it } from 'vitest'
import { serve } from './support.js'

const HELD = { action: 'refund', value: 900, domain: 'payments', context: { session_id: 's', call_id: 'c' } }

describe('what clients read of an answer', () => {
  it('says of a held call what would be allowed instead, in every place where they look for it', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/evaluate', HELD)
    const [nearest] = body.decision_intelligence.alternatives
    expect(body.intelligence.counterfactual).toEqual({
      available: true,
      easiest_change: nearest.rationale,
      would_allow: true,
    })
    const allowed = await service.ask('POST /actions/evaluate', { action: 'look' })
    expect(allowed.body.intelligence.counterfactual).toMatchObject({ available: false, easiest_change: null })
  })

  it('states no level of risk of precedents where there are none', async () => {
    await using service = serve({ learning: true })
    const { body } = await service.ask('POST /actions/evaluate', { action: 'look' })
    expect(body.intelligence.precedents).toMatchObject({ total_precedents: 0, risk_level: 'unknown' })
  })

  it('is a text where nothing was blocked either', async () => {
    await using service = serve()
    expect((await service.ask('GET /actions/observer/stats')).body.insight).toBe('no call was blocked')
    expect((await service.ask('GET /actions/dashboard/summary')).body.insight).toBe('no call was blocked')
    await service.ask('POST /actions/evaluate', { action: 'drop' })
    expect((await service.ask('GET /actions/observer/stats')).body.insight).toBe('"no-drop" blocked 1 of 1 calls')
  })

  it('names the run that a client calls its trajectory, where it names no session', async () => {
    await using service = serve()
    const context = { trajectory_id: 't-1' }
    const { body } = await service.ask('POST /actions/evaluate', { action: 'look', context })
    expect(body.intelligence.trajectory_id).toBe('t-1')
    const both = { trajectory_id: 't-1', session_id: 's-1' }
    const named = await service.ask('POST /actions/evaluate', { action: 'look', context: both })
    expect(named.body.intelligence.trajectory_id).toBe('s-1')
  })
})

describe('what is said of a call that a person refused', () => {
  it('is what that person said, and not that it waits', async () => {
    await using service = serve()
    const { request_id: id } = (await service.ask('POST /actions/evaluate', HELD)).body
    await service.boss(`POST /approvals/${id}/resolve`, { resolution: 'denied', comment: 'too much' })
    const { body } = await service.ask('POST /actions/evaluate', HELD)
    expect([body.reason, body.decision_intelligence.rationale]).toEqual([
      'rejected by dana: too much',
      'rejected by dana: too much',
    ])
  })
})

describe('events of decisions', () => {
  it('name the rule that kept the call, a rule of the policy too, and are found by it', async () => {
    await using service = serve()
    await service.ask('POST /actions/evaluate', { action: 'drop' })
    await service.ask('POST /actions/evaluate', { action: 'look' })
    const { events } = (await service.ask('GET /events?rule_id=no-drop')).body
    expect(events).toMatchObject([{ event_type: 'decision_event.created', rule_id: 'no-drop', result: 'blocked' }])
  })
})

describe('a call that waited for a person', () => {
  const endingOf = async (resolution: 'approved' | 'denied') => {
    await using service = serve()
    const { request_id: id } = (await service.ask('POST /actions/evaluate', HELD)).body
    const report = () => service.ask('POST /outcomes/report', { request_id: id, status: 'SUCCESS' })
    await report()
    const before = (await service.server.governor.decisions.get(id))?.execution?.status
    await service.boss(`POST /approvals/${id}/resolve`, { resolution })
    await report()
    return [before, (await service.server.governor.decisions.get(id))?.execution?.status]
  }

  it('has ended once its client says how it turned out and somebody had said yes', async () => {
    expect(await endingOf('approved')).toEqual(['approval_required', 'executed'])
  })

  it.each([
    ['POST /outcomes/report', (id: string) => ({ request_id: id, status: 'SUCCESS' })],
    ['POST /outcomes/report', (id: string) => ({ case_id: id, status: 'FAILURE' })],
    ['POST /cases/{id}/outcome', () => ({ status: 'SUCCESS' })],
    [
      'POST /ingest',
      (id: string) => ({ event_type: 'OUTCOME_OBSERVED', request_id: id, outcome: { status: 'SUCCESS' } }),
    ],
    [
      'POST /ingest/reconcile',
      (id: string) => ({ key_name: 'request_id', key_value: id, outcome: { status: 'SUCCESS' } }),
    ],
  ])('has ended whichever way an outcome comes: %s', async (route, body) => {
    await using service = serve()
    const { request_id: id } = (await service.ask('POST /actions/evaluate', { action: 'look' })).body
    expect((await service.ask(route.replace('{id}', id), body(id))).status).toBe(200)
    expect((await service.server.governor.decisions.get(id))?.execution?.status).toBe('executed')
  })

  it('ended before its outcome, also where only that tells of it', async () => {
    let now = 1000
    const clock = { now: () => now++, after: () => () => undefined }
    await using service = serve({ clock })
    const { request_id: id } = (await service.ask('POST /actions/evaluate', { action: 'look' })).body
    await service.ask('POST /outcomes/report', { request_id: id, status: 'SUCCESS' })
    const { events } = (await service.ask(`GET /outcomes/${id}/timeline`)).body
    expect(events.map(({ type }: { type: string }) => type)).toEqual(['decision', 'execution', 'outcome'])
  })

  it('has not where nobody had, whatever its client says', async () => {
    expect(await endingOf('denied')).toEqual(['approval_required', 'blocked'])
  })
})

describe('a path that is asked in another way than it is answered', () => {
  it('says which ways there are, as clients expect of a path that exists', async () => {
    await using service = serve()
    for (const [method, path, allow] of [
      ['GET', '/actions/evaluate', 'POST'],
      ['PUT', '/rules', 'POST, GET'],
      ['DELETE', '/rules', 'POST, GET'],
      ['PATCH', '/approvals/x/resolve', 'POST'],
    ] as const) {
      const { status, headers, body } = await service.ask(`${method} ${path}`)
      expect([status, body.detail.code], path).toEqual([405, 'method_not_allowed'])
      const named = (list: string): string[] => list.split(', ').toSorted((a, b) => (a < b ? -1 : 1))
      expect(named(headers.get('allow') ?? '')).toEqual(named(allow))
    }
    expect((await service.ask('GET /nowhere')).status).toBe(404)
  })
})

describe('events for the memory', () => {
  it('are counted all of them, also of a tenant beside others, and anew after a while', async () => {
    await using service = serve()
    const ingest = async (from: number, count: number, key?: string) => {
      const events = Array.from({ length: count }, (_, index) => ({
        event_id: `e${from + index}`,
        tool: 't',
        status: 'executed',
      }))
      const sent = await service.ask(
        'POST /actions/memory/ingest',
        { source: 's', events },
        key === undefined ? {} : { key },
      )
      return sent.body.total_stored as number
    }
    expect(await ingest(0, 3, 'other-key-of-the-tests')).toBe(3)
    for (let from = 0; from < 10_500; from += 500) expect(await ingest(from, 500)).toBe(from + 500)
    expect(await ingest(10_499, 2)).toBe(10_501)
    service.clock.advance(31 * 86_400_000)
    expect(await ingest(0, 1)).toBe(1)
  })
})
