import { createHmac } from 'node:crypto'
import { fakeClock, type StandInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../../src/testing/stand-in/endpoints/index.js'
import { ask, type Got, standIn } from './client.js'

const BOSS = { key: 'approver-key' }
const evaluate = async (service: StandInService, action = 'refund', more: object = {}): Promise<any> =>
  (await ask(service, 'POST /actions/evaluate', { action, ...more })).body

describe('decisions of the stand-in', () => {
  it('are to go on, by default, and have ids', async () => {
    const service = await standIn()
    const answer = await evaluate(service)
    expect(answer).toMatchObject({
      recommendation: 'proceed',
      enforcement_mode: 'advisory',
      request_id: expect.stringMatching(/^act_\d+$/),
    })
    expect(service.decisions).toEqual([{ requestId: answer.request_id, action: { action: 'refund' }, answer }])
  })

  it('follow a script first, then a function, and stand as they are', async () => {
    const service = await standIn({
      decide: ({ action }) => (action === 'wipe' ? { recommendation: 'do_not_proceed' } : undefined),
    })
    service.answer({ allowed: true }, { request_id: null, result: 'blocked' }, [], null, 'no', 5)
    expect(await evaluate(service)).toEqual({ allowed: true, request_id: expect.any(String) })
    expect(await evaluate(service)).toEqual({ request_id: null, result: 'blocked' })
    for (const answer of [[], null, 'no', 5]) expect(await evaluate(service)).toEqual(answer)
    expect(await evaluate(service, 'wipe')).toEqual({
      recommendation: 'do_not_proceed',
      request_id: expect.any(String),
    })
    expect((await evaluate(service)).recommendation).toBe('proceed')
  })

  it('are made one by one in a batch, in order', async () => {
    const service = await standIn({ decide: ({ action, actor }) => ({ reason: `${action} by ${actor}` }) })
    const { body } = await ask(service, 'POST /actions/evaluate/batch', {
      actor: 'bot',
      actions: [{ action: 'a' }, { action: 'b', actor: 'other' }, { action: 'c', actor: null }],
    })
    expect(body.map(({ reason }: any) => reason)).toEqual(['a by bot', 'b by other', 'c by bot'])
    expect(new Set(body.map(({ request_id: id }: any) => id)).size).toBe(3)
  })

  it('hear older clients: metadata is context, and does not overrule it', async () => {
    const service = await standIn()
    await evaluate(service, 'a', { metadata: { x: 1, y: 1 }, context: { y: 2 } })
    expect(service.decisions[0]?.action).toEqual({ action: 'a', context: { x: 1, y: 2 } })
  })

  it('that are dry runs say so, and ask nobody', async () => {
    const service = await standIn({ decide: () => ({ requires_approval: true }) })
    expect(await evaluate(service, 'a', { dry_run: true })).toMatchObject({ dry_run: true })
    expect((await ask(service, 'POST /actions/submit/dry-run', { action: 'a' })).body).toMatchObject({ dry_run: true })
    expect(service.approvals).toEqual([])
  })
})

describe('approvals of the stand-in', () => {
  it.each([
    { requires_approval: true },
    { human_review: true },
    { result: 'requires_approval' },
    { enforced_verdict: 'requires_approval' },
  ])('are opened by %j, listed, and resolved once', async answer => {
    const service = await standIn({ decide: () => answer })
    const { request_id: id } = await evaluate(service, 'refund', { value: 500, actor: 'bot' })
    const item = { request_id: id, action: 'refund', actor: 'bot', value: 500, status: 'pending' }
    expect((await ask(service, 'GET /approvals')).body).toMatchObject([item])
    const resolve = (resolution: string): Promise<Got> =>
      ask(service, `POST /approvals/${id}/resolve`, { resolution, comment: 'fine' }, BOSS)
    expect((await resolve('maybe')).status).toBe(422)
    expect((await resolve('approved')).body).toMatchObject({ ...item, status: 'approved', resolution: 'approved' })
    expect((await resolve('denied')).status).toBe(409)
    expect((await ask(service, 'GET /approvals')).body).toEqual([])
    expect((await ask(service, 'GET /approvals?status=approved')).body).toHaveLength(1)
  })

  it('are of decisions it made', async () => {
    const answer = await ask(await standIn(), 'POST /approvals/act_9/resolve', { resolution: 'approved' }, BOSS)
    expect(answer.status).toBe(404)
  })
})

describe('outcomes of the stand-in', () => {
  it('belong to decisions, and are pending until they are there', async () => {
    const service = await standIn()
    const { request_id: id } = await evaluate(service)
    expect((await ask(service, `GET /outcomes/${id}`)).status).toBe(404)
    expect((await ask(service, 'GET /outcomes/pending/list')).body).toMatchObject([{ request_id: id }])
    const report = { status: 'SUCCESS', request_id: id, description: 'ran', details: { tool: 'refund' } }
    const { body: outcome } = await ask(service, 'POST /outcomes/report', report)
    expect(outcome).toMatchObject({
      ...report,
      outcome_id: expect.stringMatching(/^out_/),
      decision_context: { action: 'refund' },
    })
    expect((await ask(service, `GET /outcomes/${id}`)).body).toEqual(outcome)
    expect((await ask(service, `GET /outcomes/${id}/timeline`)).body.events).toHaveLength(2)
    expect((await ask(service, 'GET /outcomes/pending/list')).body).toEqual([])
    expect(service.outcomes).toEqual([outcome])
    const unknown = await ask(service, 'POST /outcomes/report', { status: 'SUCCESS', request_id: 'act_9' })
    expect(unknown.status).toBe(404)
  })

  it('are found by case and by validation too', async () => {
    const service = await standIn({ taxonomy: ['SUCCESS', 'RETURNED'] })
    await ask(service, 'POST /outcomes/report', { status: 'RETURNED', case_id: 'c' })
    await ask(service, 'POST /outcomes/report', { status: 'SUCCESS', validation_id: 'v' })
    expect((await ask(service, 'GET /outcomes/by-case/c')).body.status).toBe('RETURNED')
    expect((await ask(service, 'GET /outcomes/by-validation/v')).body.status).toBe('SUCCESS')
    expect((await ask(service, 'GET /outcomes/by-case/v')).status).toBe(404)
  })

  it('of a batch are taken one by one', async () => {
    const service = await standIn()
    const outcomes = [{ status: 'SUCCESS', case_id: 'c' }, { status: 'NONE', case_id: 'c' }, { status: 'FRAUD' }]
    const { body } = await ask(service, 'POST /outcomes/report/batch', { outcomes })
    expect(body).toMatchObject({ accepted: 1, rejected: 2, errors: [{ index: 1 }, { index: 2 }] })
    expect(service.outcomes).toHaveLength(1)
  })
})

describe('memory of the stand-in', () => {
  it('keeps each event once, with what the batch says of all', async () => {
    const service = await standIn()
    const event = (id: string, status = 'executed'): object => ({
      event_id: id,
      tool: 'refund',
      status,
      of_next_year: 1,
    })
    const ingest = (...events: object[]): Promise<Got> =>
      ask(service, 'POST /actions/memory/ingest', { source: 'adapter', trace_id: 't', events })
    expect((await ingest(event('a'), event('b', 'blocked'))).body).toEqual({
      accepted: 2,
      total_stored: 2,
      source: 'adapter',
    })
    expect((await ingest(event('b'), event('c'), event('c'))).body).toMatchObject({ accepted: 1, total_stored: 3 })
    expect(service.memory).toMatchObject([{ event_id: 'a', trace_id: 't' }, { status: 'blocked' }, { event_id: 'c' }])
    const { body } = await ask(service, 'GET /actions/memory/context?tool=refund&limit_recent=1')
    expect(body).toMatchObject({ total_events: 3, top_tools: [{ tool: 'refund', count: 3 }] })
    expect(body.recent_events).toMatchObject([{ event_id: 'c' }])
    expect((await ask(service, 'GET /actions/memory/context?tool=mail')).body.total_events).toBe(0)
    const { body: advice } = await ask(service, 'POST /actions/memory/recommendations', { min_events: 1 })
    expect(advice).toMatchObject({ recommendations: [], window_hours: 24 })
  })
})

describe('rules of the stand-in', () => {
  const RULE = { name: 'refunds', domain: 'payments', max_per_day: 10, max_value: 100 }
  const change = [{ op: 'replace', path: '/max_value', value: 50 }]

  it('are made, read, changed, paused and removed', async () => {
    const service = await standIn()
    const { body: rule } = await ask(service, 'POST /rules', RULE, BOSS)
    const at = `/rules/${rule.rule_id}`
    expect(rule).toMatchObject({ ...RULE, version: 1, status: 'active' })
    expect((await ask(service, 'GET /rules?domain=payments')).body).toHaveLength(1)
    expect((await ask(service, 'GET /rules?domain=mail')).body).toEqual([])
    const { body: changed } = await ask(service, `PATCH ${at}`, { max_value: 5 }, BOSS)
    expect(changed).toMatchObject({ max_value: 5, version: 2 })
    expect((await ask(service, `POST ${at}/pause`, undefined, BOSS)).body).toMatchObject({
      status: 'paused',
      version: 3,
    })
    expect((await ask(service, `GET ${at}/versions?limit=2`)).body.map(({ version }: any) => version)).toEqual([3, 2])
    expect((await ask(service, `DELETE ${at}`, undefined, BOSS)).status).toBe(200)
    expect((await ask(service, `GET ${at}`)).status).toBe(404)
  })

  it('are patched at the version that was seen, and only looked at by default', async () => {
    const service = await standIn()
    const { rule_id: id } = (await ask(service, 'POST /rules', RULE, BOSS)).body
    const patch = (body: object, tag?: string): Promise<Got> =>
      ask(
        service,
        `POST /rules/${id}/apply_patch`,
        { patch: change, ...body },
        {
          ...BOSS,
          ...(tag === undefined ? {} : { headers: { 'if-match': tag } }),
        },
      )
    const seen = `W/"rule:${id}:v1"`
    expect((await patch({ if_match_version: 1 }, seen)).body).toMatchObject({
      preview: true,
      applied: false,
      changed_fields: [{ field: 'max_value', before: 100, after: 50 }],
      after: { version: 1 },
    })
    expect((await patch({ preview: false, if_match_version: 1 }, seen)).body).toMatchObject({ after: { version: 2 } })
    expect((await patch({ preview: false, if_match_version: 1 }, seen)).status).toBe(409)
    expect((await patch({ preview: false }, seen)).status).toBe(412)
    expect((await patch({ preview: false }, '*')).status).toBe(200)
    expect((await patch({ patch: [{ op: 'replace', path: '/version', value: 9 }] })).status).toBe(422)
    expect((await patch({ patch: [{ op: 'remove', path: '/nothing' }] })).status).toBe(422)
    expect((await patch({ patch: [{ op: 'test', path: '/max_value', value: 1 }] })).status).toBe(422)
    expect((await patch({ patch: [{ op: 'add', path: '/__proto__', value: {} }] })).status).toBe(200)
  })
})

describe('kill switches of the stand-in', () => {
  it('stop what is asked, whatever the script says, until a person switches them off', async () => {
    const service = await standIn()
    service.answer({ allowed: true })
    const { body } = await ask(service, 'POST /kill-switch/activate', {
      reason: 'fire',
      scope: 'domain',
      domain: 'payments',
    })
    expect(await evaluate(service, 'a', { domain: 'payments' })).toMatchObject({ enforced_verdict: 'blocked' })
    expect(await evaluate(service, 'a', { domain: 'mail' })).toMatchObject({ allowed: true })
    expect((await ask(service, 'GET /kill-switch/status')).body).toMatchObject({
      is_active: true,
      active_switches: [{ id: body.switch_id }],
    })
    expect((await ask(service, `POST /kill-switch/deactivate/${body.switch_id}`, undefined, BOSS)).status).toBe(200)
    expect((await ask(service, 'GET /kill-switch/status')).body.is_active).toBe(false)
    expect(await evaluate(service, 'a', { domain: 'payments' })).toMatchObject({ recommendation: 'proceed' })
  })
})

describe('accounts of the stand-in', () => {
  it('make keys that work until they are revoked', async () => {
    const service = await standIn()
    const { body: made } = await ask(service, 'POST /api-keys', { label: 'ci' }, BOSS)
    expect((await ask(service, 'GET /actions/status', undefined, { key: made.key })).status).toBe(200)
    expect(JSON.stringify((await ask(service, 'GET /api-keys')).body)).not.toContain(made.key)
    const { body: next } = await ask(service, `POST /api-keys/${made.key_id}/rotate`, undefined, BOSS)
    expect((await ask(service, 'GET /actions/status', undefined, { key: made.key })).status).toBe(401)
    expect((await ask(service, 'GET /actions/status', undefined, { key: next.key })).status).toBe(200)
    expect((await ask(service, `DELETE /api-keys/${next.key_id}`, { reason: 'old' }, BOSS)).body.revoked).toBe(true)
    expect((await ask(service, `GET /api-keys/validate?api_key=${next.key}`)).body).toEqual({ valid: false })
  })

  it('let people in, who may do what an agent may not', async () => {
    const service = await standIn()
    const account = { email: 'ada@example.com', password: 'p' }
    await ask(service, 'POST /auth/signup', account, { key: '' })
    expect((await ask(service, 'POST /auth/login', { ...account, password: 'q' }, { key: '' })).status).toBe(401)
    const { body: session } = await ask(service, 'POST /auth/login', account, { key: '' })
    const bearer = (token: string): object => ({ key: '', headers: { authorization: `Bearer ${token}` } })
    expect((await ask(service, 'POST /api-keys', {}, bearer(session.access_token))).status).toBe(200)
    const { body: next } = await ask(
      service,
      'POST /auth/refresh',
      { refresh_token: session.refresh_token },
      { key: '' },
    )
    expect((await ask(service, 'GET /events', undefined, bearer(session.access_token))).status).toBe(401)
    await ask(service, 'POST /auth/logout', { refresh_token: next.refresh_token }, { key: '' })
    expect((await ask(service, 'GET /events', undefined, bearer(next.access_token))).status).toBe(401)
  })
})

describe('webhooks of the stand-in', () => {
  it('are made, tested and replayed', async () => {
    const service = await standIn()
    const { body: hook } = await ask(
      service,
      'POST /webhooks',
      { url: 'https://example.com/h', events: ['signal.new'] },
      BOSS,
    )
    const at = `/webhooks/${hook.webhook_id}`
    const { body: delivery } = await ask(service, `POST ${at}/test`, {})
    expect((await ask(service, `POST ${at}/deliveries/${delivery.delivery_id}/replay`)).status).toBe(200)
    expect((await ask(service, `GET ${at}/deliveries`)).body).toHaveLength(2)
    expect((await ask(service, 'GET /webhooks')).body).toHaveLength(1)
    expect((await ask(service, `PATCH ${at}`, { is_active: false }, BOSS)).body.is_active).toBe(false)
    expect((await ask(service, 'GET /webhooks')).body).toEqual([])
    expect((await ask(service, 'GET /webhooks?include_inactive=true')).body).toHaveLength(1)
    expect((await ask(service, `DELETE ${at}`, undefined, BOSS)).status).toBe(200)
    expect((await ask(service, `GET ${at}`)).status).toBe(404)
  })

  it('are signed over time and payload, for five minutes', async () => {
    const clock = fakeClock()
    const service = await standIn({ clock })
    const timestamp = String(clock.now() / 1000)
    const signature = `v1=${createHmac('sha256', 's').update(`${timestamp}.{"a":1}`).digest('hex')}`
    const valid = async (fields: object): Promise<boolean> => {
      const body = { payload: '{"a":1}', signature, secret: 's', timestamp, ...fields }
      return (await ask(service, 'POST /webhooks/verify-signature', body)).body.valid as boolean
    }
    expect(await valid({})).toBe(true)
    expect(await valid({ payload: { a: 1 } })).toBe(true)
    expect(await valid({ payload: '{"a":2}' })).toBe(false)
    expect(await valid({ secret: 'other' })).toBe(false)
    expect(await valid({ signature: 'v1=' })).toBe(false)
    clock.advance(300_001)
    expect(await valid({})).toBe(false)
  })
})

describe('the long tail of the stand-in', () => {
  /** Segments and bodies that are in order, where an empty one is not. */
  const BODIES: Readonly<Record<string, object>> = {
    'POST /cases': { domain: 'd', action: { action: 'a' }, verdict: { verdict: 'ALLOWED' } },
    'POST /calibration/observe': { case_id: 'c', predicted_risk: 0.5, outcome_status: 'SUCCESS' },
    'POST /retrieval/index': { case_id: 'c' },
    'POST /ingest': { event_type: 'FRAUD_DETECTED' },
    'POST /ingest/batch': { events: [{ event_type: 'FRAUD_DETECTED' }] },
    'POST /ingest/reconcile': { key_name: 'case_id', key_value: 'c' },
    'POST /actions/live/heartbeat': { connection_id: 'c' },
    'POST /actions/live/disconnect': { connection_id: 'c' },
  }
  const tested =
    /^\w+ \/(rules|approvals|outcomes|webhooks|api-keys|auth|kill-switch|actions\/(evaluate|submit|memory))/
  const rest = ENDPOINTS.map(({ route }) => route).filter(route => !tested.test(route) && !/\/cases\/\{/.test(route))

  it('has every path once', () => {
    const shapes = ENDPOINTS.map(({ route }) => route.replaceAll(/\{\w+\}/g, '{}'))
    expect(new Set(shapes).size).toBe(shapes.length)
    expect(shapes.length).toBeGreaterThan(120)
  })

  it.each(rest)('answers %s', async route => {
    const service = await standIn()
    const body = route.startsWith('GET') ? undefined : (BODIES[route] ?? {})
    const { status, body: answer } = await ask(service, route.replaceAll(/\{\w+\}/g, 'x'), body)
    expect([status, typeof answer]).toEqual([200, 'object'])
  })

  it('keeps cases, and closes them', async () => {
    const service = await standIn()
    const { body: made } = await ask(service, 'POST /cases', BODIES['POST /cases'])
    expect((await ask(service, `POST /cases/${made.case_id}/outcome`, { status: 'FRAUD' })).status).toBe(200)
    expect((await ask(service, `GET /cases/${made.case_id}`)).body).toMatchObject({ outcome_status: 'FRAUD' })
    expect((await ask(service, 'GET /cases?outcome_status=FRAUD')).body).toMatchObject({ total: 1 })
    expect((await ask(service, 'GET /cases?outcome_status=CHURN')).body).toMatchObject({ total: 0 })
    expect((await ask(service, 'GET /cases/none')).status).toBe(404)
  })

  it('tells events of what happened', async () => {
    const service = await standIn()
    const { request_id: id } = await evaluate(service)
    await ask(service, 'POST /outcomes/report', { status: 'SUCCESS', request_id: id })
    expect((await ask(service, 'GET /events?event_type=outcome.reported')).body).toMatchObject({ total: 1 })
    expect((await ask(service, 'GET /events')).body).toMatchObject({ total: 2, events: [{ event_id: id }, {}] })
  })
})
