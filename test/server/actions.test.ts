import { memoryStore } from 'countersign'
import { describe, expect, it } from 'vitest'
import { KEYS, serve } from './support.js'

const refund = (value: number, callId?: string) => ({
  action: 'refund',
  actor: 'support-bot',
  value,
  domain: 'payments',
  context: { session_id: 's1', ...(callId === undefined ? {} : { call_id: callId }) },
})

describe('questions about actions', () => {
  it('are answered with all that clients old and new read', async () => {
    await using service = serve()
    const { status, body } = await service.ask('POST /actions/evaluate', refund(20))
    expect(status).toBe(200)
    expect(body).toMatchObject({
      recommendation: 'proceed',
      enforcement_mode: 'enforced',
      enforced_verdict: 'allowed',
      allowed: true,
      result: 'allowed',
      reason: 'fine',
      blocked_by: null,
      requires_approval: false,
      dry_run: false,
      warnings: [],
      decision_packet: { signal: { risk_band: 'unknown' } },
      decision_intelligence: { alternatives: [], evidence_status: 'none', rule_basis: 'rest (allow): fine' },
      gate_version: expect.stringMatching(/^countersign\//),
    })
    const stored = await service.server.governor.decisions.get(body.request_id)
    expect(stored).toMatchObject({ actor: 'support-bot', value: 20, domain: 'payments', sessionId: 's1' })
  })

  it('take every name in a context for data', async () => {
    await using service = serve()
    const ask = async (said: number): Promise<string> => {
      const raw = `{"action":"look","context":{"session_id":"s","call_id":"c","__proto__":{"said":${said}}}}`
      return (await service.ask('POST /actions/evaluate', undefined, { raw })).body.request_id
    }
    const [one, other] = [await ask(1), await ask(2)]
    expect(other).not.toBe(one)
    expect(await ask(1)).toBe(one)
    const stored = await service.server.governor.decisions.get(one)
    expect(Object.getPrototypeOf(stored?.metadata ?? null)).toBe(Object.prototype)
  })

  it('name what is in the way: a rule, a switch, or that nothing could be decided', async () => {
    await using service = serve()
    const ask = async (action: object) => (await service.ask('POST /actions/evaluate', action)).body
    expect(await ask({ action: 'drop' })).toMatchObject({ result: 'blocked', blocked_by: 'no-drop', reason: 'never' })
    expect(await ask(refund(900))).toMatchObject({ result: 'requires_approval', blocked_by: 'big-refund' })
    await service.ask('POST /kill-switch/activate', { reason: 'stop' })
    expect(await ask(refund(1))).toMatchObject({
      result: 'blocked',
      blocked_by: 'kill_switch',
      enforced_verdict: 'blocked',
    })
    const failing = { ...memoryStore(), killSwitches: () => Promise.reject(new Error('disk')) }
    await using broken = serve({ store: failing, onError: () => undefined })
    const { body } = await broken.ask('POST /actions/evaluate', refund(1))
    expect(body).toMatchObject({ result: 'blocked', blocked_by: 'fail_mode' })
    expect(body.reason).toMatch(/^Evaluation failed \(fail_closed\)/)
    expect(JSON.stringify(body)).not.toContain('disk')
  })

  it('count against limits, once for each call', async () => {
    await using service = serve()
    const mail = async (id: string) =>
      (await service.ask('POST /actions/evaluate', { action: 'mail', context: { session_id: 's', call_id: id } })).body
    const first = await mail('1')
    expect(await mail('1')).toMatchObject({
      allowed: true,
      request_id: first.request_id,
      warnings: [expect.any(String)],
      already_permitted: true,
    })
    expect(await mail('2')).toMatchObject({ allowed: true })
    expect(await mail('3')).toMatchObject({ allowed: false, blocked_by: 'cap' })
    const dry = await service.ask('POST /actions/submit/dry-run', { action: 'mail', actor: 'another' })
    expect(dry.body).toMatchObject({ allowed: true, dry_run: true })
  })

  it('that a person has to answer go on once he has, by one decision', async () => {
    await using service = serve()
    const ask = async () => (await service.ask('POST /actions/submit', refund(900, 'c1'))).body
    const held = await ask()
    expect(held).toMatchObject({ result: 'requires_approval', requires_approval: true, human_review: true })
    expect(await ask()).toMatchObject({ request_id: held.request_id, requires_approval: true })
    await service.boss(`POST /approvals/${held.request_id}/resolve`, { resolution: 'approved' })
    expect(await ask()).toMatchObject({
      request_id: held.request_id,
      allowed: true,
      result: 'allowed',
      blocked_by: null,
    })
    expect(await ask()).toMatchObject({ request_id: held.request_id, allowed: true, warnings: [expect.any(String)] })
    // The same call with more at stake is another one.
    const more = (await service.ask('POST /actions/submit', refund(90_000, 'c1'))).body
    expect(more).toMatchObject({ result: 'requires_approval' })
    expect(more.request_id).not.toBe(held.request_id)
  })

  it('that a person refused are blocked with his words', async () => {
    await using service = serve()
    const ask = async () => (await service.ask('POST /actions/evaluate', refund(900, 'c1'))).body
    const held = await ask()
    const no = { resolution: 'denied', comment: 'not without a receipt' }
    await service.boss(`POST /approvals/${held.request_id}/resolve`, no)
    expect(await ask()).toMatchObject({
      request_id: held.request_id,
      result: 'blocked',
      recommendation: 'do_not_proceed',
      reason: 'rejected by dana: not without a receipt',
    })
  })

  it('come in batches, whose answers keep their order', async () => {
    await using service = serve()
    const actions = [refund(1), { action: 'drop' }, refund(900), { action: 'look', dry_run: true }]
    const { body } = await service.ask('POST /actions/evaluate/batch', { actions, actor: 'batcher' })
    expect(body.map(({ result }: { result: string }) => result)).toEqual([
      'allowed',
      'blocked',
      'requires_approval',
      'allowed',
    ])
    expect(await service.server.governor.decisions.get(body[1].request_id)).toMatchObject({ actor: 'batcher' })
  })

  it('are advised as their mode has it, so that a client does what was decided', async () => {
    await using advisory = serve({ mode: 'advisory' })
    const { body } = await advisory.ask('POST /actions/evaluate', { action: 'drop' })
    expect(body).toMatchObject({ allowed: true, recommendation: 'review_recommended', requires_approval: false })
    expect(body.intelligence.advised).toBe('do_not_proceed')
    await using review = serve({ mode: 'review' })
    const held = (await review.ask('POST /actions/evaluate', refund(900, 'c'))).body
    expect(held).toMatchObject({ recommendation: 'review_recommended', enforced_verdict: null })
    await review.boss(`POST /approvals/${held.request_id}/resolve`, { resolution: 'approved' })
    expect((await review.ask('POST /actions/evaluate', refund(900, 'c'))).body).toMatchObject({
      recommendation: 'proceed',
    })
  })

  it('are those of one tenant', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/evaluate', refund(1, 'c'))
    const theirs = await service.ask('POST /actions/evaluate', refund(1, 'c'), { key: 'other-key-of-the-tests' })
    expect(theirs.body.request_id).not.toBe(body.request_id)
    expect(
      (await service.ask(`GET /outcomes/${body.request_id}/timeline`, undefined, { key: 'other-key-of-the-tests' }))
        .status,
    ).toBe(404)
    expect(
      (
        await service.ask(`GET /actions/validations/${body.request_id}/verify`, undefined, {
          key: 'other-key-of-the-tests',
        })
      ).status,
    ).toBe(404)
  })
})

describe('live sessions', () => {
  it('are a hundred of one credential at most, so that nobody takes them all', async () => {
    const keys = [...KEYS, { key: 'third-key-of-the-tests', role: 'agent', name: 'third' }] as const
    await using service = serve({ keys })
    const connect = (key?: string) => service.ask('POST /actions/live/connect', {}, key === undefined ? {} : { key })
    const began = []
    for (let count = 0; count < 100; count++) began.push((await connect()).body.connection_id)
    expect(await connect()).toMatchObject({ status: 429, body: { detail: { code: 'too_many_connections' } } })
    expect((await connect('third-key-of-the-tests')).status).toBe(200)
    await service.ask('POST /actions/live/heartbeat', { connection_id: began[0] })
    expect((await connect()).status).toBe(429)
    await service.ask('POST /actions/live/disconnect', { connection_id: began[0] })
    expect((await connect()).status).toBe(200)
  })

  it('end by themselves without a sign of life, and calls that need one are refused then', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/live/connect', { actor: 'bot' })
    expect(body).toMatchObject({
      status: 'connected',
      current_connections: 1,
      ttl_seconds: 120,
      heartbeat_interval_seconds: 40,
    })
    const id = body.connection_id as string
    const live = { action: 'look', connection_mode: 'live', require_live_connection: true, connection_id: id }
    const ask = () => service.ask('POST /actions/evaluate', live)
    service.clock.advance(100_000)
    expect((await service.ask('POST /actions/live/heartbeat', { connection_id: id })).status).toBe(200)
    service.clock.advance(100_000)
    expect((await ask()).status).toBe(200)
    service.clock.advance(21_000)
    expect(await ask()).toMatchObject({ status: 409, body: { detail: { code: 'live_connection_required' } } })
    expect((await service.ask('POST /actions/live/heartbeat', { connection_id: id })).status).toBe(404)
  })

  it('end when they say so', async () => {
    await using service = serve()
    const { body } = await service.ask('POST /actions/live/connect', {})
    const gone = await service.ask('POST /actions/live/disconnect', { connection_id: body.connection_id })
    expect(gone.body).toMatchObject({ status: 'disconnected', current_connections: 0 })
  })
})

describe('figures of the service', () => {
  it('are those of what was decided', async () => {
    await using service = serve()
    await service.ask('POST /actions/evaluate', { action: 'drop', value: 250 })
    await service.ask('POST /actions/evaluate', refund(5))
    await service.ask('POST /actions/evaluate', refund(500))
    expect((await service.ask('GET /actions/status')).body).toMatchObject({ status: 'ok', store: 'memory' })
    const stats = (await service.ask('GET /actions/observer/stats')).body
    expect(stats.all_time).toEqual({ total: 3, allowed: 1, blocked: 1, requires_approval: 1, value_protected: 250 })
    expect(stats.top_blocked_by).toEqual([{ blocked_by: 'no-drop', count: 1 }])
    const summary = (await service.ask('GET /actions/dashboard/summary')).body
    expect(summary).toMatchObject({
      blocked_this_month: 1,
      value_protected: 250,
      pending_approvals: 1,
      automation_health_score: 33,
    })
    const history = (await service.ask('GET /actions/dashboard/value-protected-history?days=2')).body
    expect(history).toMatchObject({ total_value_protected: 250, total_blocked: 1, period_days: 2 })
    expect(history.data).toHaveLength(2)
  })

  it('can be checked against the audit log', async () => {
    await using bare = serve({ audit: false })
    const { body } = await bare.ask('POST /actions/evaluate', refund(5))
    const unchecked = await bare.ask(`GET /actions/validations/${body.request_id}/verify`)
    expect(unchecked.body).toMatchObject({ valid: null, message: expect.stringContaining('audit') })
    await using service = serve()
    const decided = (await service.ask('POST /actions/evaluate', refund(5))).body
    const checked = (await service.ask(`GET /actions/validations/${decided.request_id}/verify`)).body
    expect(checked).toMatchObject({ valid: true, result: 'allowed' })
    expect(checked.validation_hash).toBe(checked.computed_hash)
    const store = memoryStore()
    const lying = {
      ...store,
      getDecision: async (id: string) => {
        const found = await store.getDecision(id)
        return found && { ...found, result: 'blocked' as const }
      },
    }
    await using tampered = serve({ store: lying })
    const before = (await tampered.ask('POST /actions/evaluate', refund(5))).body
    const found = (await tampered.ask(`GET /actions/validations/${before.request_id}/verify`)).body
    expect(found).toMatchObject({ valid: false, message: expect.stringContaining('audit log') })
  })
})
