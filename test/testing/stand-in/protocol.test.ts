import type { WireAnswer } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { ask, standIn } from './client.js'

const BOSS = { key: 'approver-key' }

describe('the stand-in and credentials', () => {
  it('takes a key or a bearer token, and the key goes first', async () => {
    const service = await standIn({ apiKeys: ['mine'] })
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await ask(service, 'GET /actions/status', undefined, { key: '', headers })).status
    expect(await status({ 'x-api-key': 'mine' })).toBe(200)
    expect(await status({ authorization: 'Bearer mine' })).toBe(200)
    expect(await status({})).toBe(401)
    expect(await status({ 'x-api-key': 'agent-key' })).toBe(401)
    expect(await status({ authorization: 'Basic mine' })).toBe(401)
    expect(await status({ 'x-api-key': 'wrong', authorization: 'Bearer mine' })).toBe(401)
  })

  it.each([
    ['POST /approvals/act_1/resolve', { resolution: 'approved' }],
    ['POST /rules', { name: 'n', domain: 'd', max_per_day: 1, max_value: 1 }],
    ['PATCH /rules/rule_1', { max_value: 2 }],
    ['POST /rules/rule_1/apply_patch', { patch: [] }],
    ['POST /kill-switch/deactivate/switch_1', {}],
    ['POST /api-keys', {}],
    ['POST /webhooks', { url: 'https://example.com' }],
  ])('does not let an agent %s', async (route, body) => {
    const service = await standIn()
    expect(await ask(service, route, body)).toMatchObject({ status: 403, body: { detail: { code: 'forbidden' } } })
    expect(await ask(service, route, body, { key: '' })).toMatchObject({ status: 401 })
  })

  it('asks for a credential before it reads what was sent', async () => {
    const service = await standIn()
    expect((await ask(service, 'POST /actions/evaluate', { wrong: 1 }, { key: '' })).status).toBe(401)
    expect((await ask(service, 'POST /actions/evaluate', { wrong: 1 })).status).toBe(422)
  })
})

describe('the stand-in and paths', () => {
  it('knows the difference between a wrong path and a wrong method', async () => {
    const service = await standIn()
    expect(await ask(service, 'GET /nowhere')).toMatchObject({ status: 404, body: { detail: 'Not Found' } })
    const wrong = await ask(service, 'GET /actions/evaluate')
    expect(wrong).toMatchObject({ status: 405, body: { detail: 'Method Not Allowed' } })
    expect(wrong.headers.get('allow')).toBe('POST')
    expect(wrong.body.request_id).toBe(wrong.headers.get('x-request-id'))
  })

  it.each([
    ['GET /rules/domains', [{ id: 'payments' }]],
    ['GET /cases/calibration', { buckets: [] }],
    ['GET /outcomes/taxonomy', { statuses: ['SUCCESS', 'FAILURE', 'BLOCKED', 'FRAUD', 'CHURN'] }],
    ['GET /outcomes/pending/list', []],
    ['GET /api-keys/validate?api_key=agent-key', { valid: true }],
    ['GET /webhooks/events/list', { events: expect.arrayContaining(['signal.new']) }],
    ['GET /features/explain/case_1/amount', { case_id: 'case_1', feature: 'amount' }],
    ['GET /simulations/by-request/act_1', { request_id: 'act_1' }],
  ])('takes %s for what it says, not for a name', async (route, body) => {
    expect(await ask(await standIn(), route)).toMatchObject({ status: 200, body })
  })
})

describe('the stand-in and what is sent', () => {
  it.each<[string, unknown, readonly (string | number)[], string]>([
    ['POST /actions/evaluate', undefined, ['body'], 'missing'],
    ['POST /actions/evaluate', [], ['body'], 'dict_type'],
    ['POST /actions/evaluate', {}, ['body', 'action'], 'missing'],
    ['POST /actions/evaluate', { action: null }, ['body', 'action'], 'string_type'],
    ['POST /actions/evaluate', { action: 5 }, ['body', 'action'], 'string_type'],
    ['POST /actions/evaluate', { action: 'a', value: '120' }, ['body', 'value'], 'float_type'],
    ['POST /actions/evaluate', { action: 'a', context: [] }, ['body', 'context'], 'dict_type'],
    ['POST /actions/evaluate', { action: 'a', dry_run: 'yes' }, ['body', 'dry_run'], 'bool_type'],
    ['POST /actions/evaluate', { action: 'a', dryRun: true }, ['body', 'dryRun'], 'extra_forbidden'],
    ['POST /actions/evaluate', { action: 'a', connection_mode: 'dead' }, ['body', 'connection_mode'], 'enum'],
    ['POST /actions/evaluate/batch', { actions: 'a' }, ['body', 'actions'], 'list_type'],
    ['POST /actions/evaluate/batch', { actions: [{ action: 'a' }, {}] }, ['body', 'actions', 1, 'action'], 'missing'],
    ['POST /actions/evaluate/batch', { actions: [null] }, ['body', 'actions', 0], 'dict_type'],
    [
      'POST /actions/evaluate/batch',
      { actions: Array.from({ length: 101 }, () => ({ action: 'a' })) },
      ['body', 'actions'],
      'too_long',
    ],
    ['POST /outcomes/report', { status: 'SUCCESS' }, ['body'], 'value_error'],
    ['POST /outcomes/report', { status: 'TOOL_ERROR', request_id: 'x' }, ['body', 'status'], 'enum'],
    [
      'POST /outcomes/report/batch',
      { outcomes: Array.from({ length: 101 }, () => ({ status: 'SUCCESS', request_id: 'x' })) },
      ['body', 'outcomes'],
      'too_long',
    ],
    ['POST /actions/memory/ingest', { source: 's' }, ['body', 'events'], 'missing'],
    [
      'POST /actions/memory/ingest',
      { source: 's', events: [{ event_id: 'e', status: 'executed' }] },
      ['body', 'events', 0, 'tool'],
      'missing',
    ],
    [
      'POST /actions/memory/ingest',
      { source: 's', events: [{ event_id: 'e', tool: 't', status: 'done' }] },
      ['body', 'events', 0, 'status'],
      'enum',
    ],
    [
      'POST /calibration/observe',
      { case_id: 'c', predicted_risk: 1.5, outcome_status: 'SUCCESS' },
      ['body', 'predicted_risk'],
      'less_than_equal',
    ],
    ['GET /actions/memory/context?limit_recent=many', undefined, ['query', 'limit_recent'], 'int_type'],
    ['GET /calibration/quality-history?days=0', undefined, ['query', 'days'], 'greater_than_equal'],
    ['GET /webhooks?include_inactive=True', undefined, ['query', 'include_inactive'], 'bool_type'],
    ['GET /approvals?state=pending', undefined, ['query', 'state'], 'extra_forbidden'],
  ])('refuses %s of %j, and says where', async (route, body, loc, type) => {
    const { status, body: answer } = await ask(await standIn(), route, body)
    expect(status).toBe(422)
    expect(answer.detail).toContainEqual({ loc, type, msg: expect.any(String) })
    expect(answer.request_id).toMatch(/^req_\d+$/)
  })

  it('says everything that is wrong at once', async () => {
    const { body } = await ask(await standIn(), 'POST /actions/evaluate', { value: 'x', more: 1 })
    expect(body.detail.map(({ type }: { type: string }) => type)).toEqual(['missing', 'float_type', 'extra_forbidden'])
  })

  it('takes null for what is left out, and integers for numbers', async () => {
    const service = await standIn()
    const body = { action: 'a', actor: null, value: 3, target: null, context: null, dry_run: null }
    expect((await ask(service, 'POST /actions/evaluate', body)).status).toBe(200)
  })

  it('reads JSON, and nothing else', async () => {
    const service = await standIn()
    const send = async (
      raw: string | Uint8Array<ArrayBuffer>,
      type = 'application/json',
    ): Promise<[number, unknown]> => {
      const { status, body } = await ask(service, 'POST /actions/evaluate', undefined, {
        raw,
        headers: { 'content-type': type },
      })
      return [status, body.detail?.[0]?.type ?? body.detail]
    }
    expect(await send('{"action":')).toEqual([422, 'json_invalid'])
    expect(await send('{"action":"a"}', 'text/plain')).toEqual([422, 'model_attributes_type'])
    expect(await send(new Uint8Array([0x7b, 0xff, 0xfe]))).toEqual([400, 'There was an error parsing the body'])
    expect((await send('{"action":"a"}', 'application/json; charset=utf-8'))[0]).toBe(200)
  })

  it('lets older paths carry what they like', async () => {
    const service = await standIn()
    for (const path of ['/actions/submit/v2', '/actions/submit/dry-run']) {
      expect((await ask(service, `POST ${path}`, { action: 'a', anything: { at: 'all' } })).status).toBe(200)
    }
    expect((await ask(service, 'POST /actions/submit', { action: 'a', anything: 1 })).status).toBe(422)
  })

  it('records requests as they came', async () => {
    const service = await standIn()
    await ask(service, 'POST /actions/evaluate', { action: 'a' }, { headers: { 'idempotency-key': 'k1' } })
    await ask(service, 'POST /actions/evaluate', { action: 'b' })
    await ask(service, 'GET /cases?tool=refund&limit=5')
    expect(service.requests).toMatchObject([
      { number: 1, method: 'POST', path: '/actions/evaluate', json: { action: 'a' }, idempotencyKey: 'k1' },
      { number: 2, json: { action: 'b' }, headers: { 'content-type': 'application/json', 'x-api-key': 'agent-key' } },
      { number: 3, method: 'GET', path: '/cases', query: { tool: 'refund', limit: '5' }, json: undefined },
    ])
    expect(service.withoutIdempotencyKey.map(({ number }) => number)).toEqual([2])
    expect(service.connections).toBeGreaterThan(0)
  })
})

describe('the stand-in and idempotency keys', () => {
  const keyed = { headers: { 'idempotency-key': 'k' } }

  it('gives the same request the same answer, and decides once', async () => {
    const service = await standIn()
    const first = await ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed)
    const second = await ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed)
    expect(second.body).toEqual(first.body)
    expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true'])
    expect(service.decisions).toHaveLength(1)
  })

  it('refuses the same key with another request', async () => {
    const service = await standIn()
    await ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed)
    expect(await ask(service, 'POST /actions/evaluate', { action: 'b' }, keyed)).toMatchObject({
      status: 409,
      body: { detail: { code: 'idempotency_key_reused' } },
    })
  })

  it('keeps keys of different credentials and paths apart', async () => {
    const service = await standIn()
    await ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed)
    expect((await ask(service, 'POST /actions/submit', { action: 'b' }, keyed)).status).toBe(200)
    expect((await ask(service, 'POST /actions/evaluate', { action: 'c' }, { ...keyed, ...BOSS })).status).toBe(200)
    expect(service.decisions).toHaveLength(3)
  })

  it('answers the second of two at once with what the first one gets', async () => {
    const decision = Promise.withResolvers<WireAnswer>()
    const service = await standIn({ decide: () => decision.promise })
    const both = [1, 2].map(() => ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed))
    decision.resolve({ recommendation: 'proceed' })
    const [first, second] = await Promise.all(both)
    expect(first?.body).toEqual(second?.body)
    expect(service.decisions).toHaveLength(1)
  })

  it('does not keep what it refused, and forgets when told to', async () => {
    const service = await standIn()
    expect((await ask(service, 'POST /actions/evaluate', { action: 5 }, keyed)).status).toBe(422)
    expect((await ask(service, 'POST /actions/evaluate', { action: 'a' }, keyed)).status).toBe(200)
    const purge = await ask(service, 'POST /rules/admin/idempotency/purge?only_expired=false', undefined, BOSS)
    expect(purge.body).toEqual({ purged: 1 })
    expect((await ask(service, 'POST /actions/evaluate', { action: 'b' }, keyed)).status).toBe(200)
  })
})
