import { describe, expect, it } from 'vitest'
import { type Served, serve } from './support.js'

/** What the Python client puts on every request. */
const HEADERS = { 'user-agent': 'bighub-python/3.1.1', accept: 'application/json' }
const DOMAIN = 'customer_transactions'
const JSON_TYPE = { 'content-type': 'application/json' }

/** A client that sends what the Python client sends, and reads as it reads. */
function client({ ask, boss }: Served) {
  const agent = async (route: string, body?: unknown) => (await ask(route, body, { headers: HEADERS })).body
  const approver = async (route: string, body?: unknown) => (await boss(route, body, { headers: HEADERS })).body
  return { agent, approver }
}

/** A server that learns, once it has begun to. */
async function learning(): Promise<Served> {
  const service = serve({ learning: true })
  await service.server.governor.precedents({ id: 'warm-up', name: 'refund', input: {} })
  return service
}

/** As the adapter asks about a tool call: always with a target, and with what it knows of the run. */
const call = (action: string, value: number, context: object = {}) => ({
  action,
  value,
  target: '',
  actor: 'AI_AGENT_001',
  domain: DOMAIN,
  context: { session_id: '6a1f', ...context },
})

describe('the loop that the Python client documents', () => {
  it('goes round: evaluate, execute, report, and what was learnt is found again', async () => {
    await using service = await learning()
    const { agent } = client(service)
    for (const [value, status] of [
      [45, 'SUCCESS'],
      [80, 'FRAUD'],
      [20, 'SUCCESS'],
    ] as const) {
      const result = await agent('POST /actions/evaluate', {
        action: 'refund',
        actor: 'refund_agent',
        value,
        domain: DOMAIN,
        target: `order_${value}`,
      })
      expect(result).toMatchObject({ allowed: true, reason: 'fine', warnings: [] })
      expect(result.risk_score).toBeTypeOf('number')
      await agent('POST /outcomes/report', { status, request_id: result.request_id, revenue_impact: -value })
    }

    // It names a domain and an action, and no similarity: that is enough to be answered.
    const query = { domain: DOMAIN, action: 'refund', actor_type: 'AI_AGENT', risk_score: 0.35 }
    const precedents = await agent('POST /precedents/query', query)
    expect(precedents).toMatchObject({ total_precedents: 3, outcomes: { SUCCESS: 2, FRAUD: 1 } })
    const nested = { domain: DOMAIN, action: { action: 'refund', value: 44 }, min_similarity: 0.5, limit: 20 }
    const like = await agent('POST /cases/precedents', nested)
    expect(like.precedents[0]).toMatchObject({ value: 45, outcome_status: 'SUCCESS' })
    expect(like.precedents.every(({ similarity }: { similarity: number }) => similarity >= 0.5)).toBe(true)
    expect((await agent('POST /precedents/query', { ...query, action: 'look' })).total_precedents).toBe(0)

    const calibration = await agent(`GET /calibration/report?domain=${DOMAIN}`)
    expect(calibration).toMatchObject({ n: 3, calibration_quality: 'insufficient_data', bias_direction: 'unknown' })
    const advice = await agent('POST /insights/advise', { tool: 'refund', action: 'refund', domain: DOMAIN })
    expect(advice.advisories).toEqual(['Of 3 such calls of which that is known, 1 turned out bad'])
    const days = await agent('GET /calibration/quality-history?days=30')
    expect(days).toMatchObject([{ n: 3 }])
    expect(days[0].positive_rate).toBeCloseTo(2 / 3, 10)
    expect(days[0].quality_score).toBeCloseTo(1 - days[0].brier, 10)
  })

  it('compares what was foretold with what came, and names the job of a recomputation', async () => {
    await using service = await learning()
    const { agent } = client(service)
    const { request_id: id, risk_score: risk } = await agent('POST /actions/evaluate', call('refund', 45))
    expect(await agent(`GET /simulations/by-request/${id}/compare`)).toMatchObject({
      predicted_risk: risk,
      actual_outcome: null,
      calibration_error: null,
    })
    await agent('POST /outcomes/report', { status: 'CHURN', request_id: id })
    expect(await agent(`GET /simulations/by-request/${id}/compare`)).toMatchObject({
      predicted_risk: risk,
      actual_outcome: 'CHURN',
      calibration_error: 1 - risk,
    })
    const job = { domain: '', action_family: '', force: false, limit: 5000, async_mode: true }
    expect((await agent('POST /ops/learning/recompute', job)).job_id).toMatch(/^run_/)
    expect((await agent('GET /ops/learning/strategy')).strategy_version).toBe(1)
  })

  it('reconciles an outcome in the form of an event, with decisions and with events from elsewhere', async () => {
    await using service = serve()
    const { agent } = client(service)
    const outcome = {
      event_type: 'OUTCOME_OBSERVED',
      outcome: { status: 'SUCCESS', description: 'Charge completed' },
    }
    const reconcile = (value: string, told: object = outcome) =>
      agent('POST /ingest/reconcile', { key_name: 'request_id', key_value: value, outcome: told })

    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
    expect(await reconcile(id)).toMatchObject({ status: 'reconciled', reconciled: 1, request_ids: [id] })
    expect(await agent(`GET /outcomes/${id}`)).toMatchObject({ status: 'SUCCESS', description: 'Charge completed' })

    await agent('POST /ingest', {
      event_type: 'ACTION_EXECUTED',
      request_id: 'req_abc123',
      domain: DOMAIN,
      action: { tool: 'refund', arguments: { amount: 450 } },
      execution: { executed: true, status_code: 200 },
    })
    expect((await agent('GET /ingest/lifecycle?request_id=req_abc123')).lifecycle.status).toBe('pending')
    for (const _ of ['once', 'again']) expect(await reconcile('req_abc123')).toMatchObject({ status: 'reconciled' })
    const { lifecycle } = await agent('GET /ingest/lifecycle?request_id=req_abc123')
    expect(lifecycle).toMatchObject({ status: 'closed', events: [{}, { ...outcome }] })
    expect(lifecycle.events).toHaveLength(2)

    expect(await reconcile('req_unknown')).toMatchObject({ status: 'unmatched', reconciled: 0 })
    const refused = await service.ask('POST /ingest/reconcile', {
      key_name: 'request_id',
      key_value: id,
      outcome: { event_type: 'OUTCOME_OBSERVED', outcome: { status: 'DONE' } },
    })
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'outcome', 'outcome', 'status'], type: 'enum' }] },
    })
  })

  it('hears of fraud and churn in events that say no more than that', async () => {
    await using service = serve()
    const { agent } = client(service)
    for (const [event_type, status] of [
      ['FRAUD_DETECTED', 'FRAUD'],
      ['CHURN_SIGNAL', 'CHURN'],
    ] as const) {
      const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
      expect(await agent('POST /ingest', { event_type, request_id: id })).toMatchObject({ reported_to: [id] })
      expect((await agent(`GET /outcomes/${id}`)).status).toBe(status)
      expect((await agent(`GET /ingest/lifecycle?request_id=${id}`)).lifecycle.status).toBe('closed')
    }
    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
    const said = { event_type: 'FRAUD_DETECTED', request_id: id, outcome: { status: 'FAILURE' } }
    await agent('POST /ingest', said)
    expect((await agent(`GET /outcomes/${id}`)).status).toBe('FAILURE')
    const { request_id: other } = await agent('POST /actions/evaluate', call('refund', 45))
    expect(await agent('POST /ingest', { event_type: 'HUMAN_APPROVAL', request_id: other })).toMatchObject({
      reported_to: [],
    })
  })

  it('computes features, and names them by the id of their case from then on', async () => {
    await using service = serve()
    const { agent } = client(service)
    const compute = (id: string, value: number) =>
      agent('POST /features/compute', { case_id: id, org_id: '1', case_data: { tool: 'refund', value } })
    await compute('case-a', 10)
    await agent('POST /features/compute/batch', {
      cases: [{ case_id: 'case-b', org_id: '1', case_data: { tool: 'refund', value: 30 } }],
    })
    const { snapshot_id: snapshot } = await agent('POST /features/snapshot', { case_id: 'case-a', tag: 'before' })
    expect((await agent(`GET /features/snapshot/${snapshot}`)).features.value).toBe(10)
    expect((await agent('GET /features/explain/case-b/value')).value).toBe(30)
    expect((await agent('GET /features/export/case-b')).row).toMatchObject({
      case_id: 'case-b',
      label: null,
      value: 30,
    })
    const compared = { changed_only: true, case_id_a: 'case-a', case_id_b: 'case-b' }
    expect((await agent('POST /features/compare', compared)).differences).toContainEqual(
      expect.objectContaining({ feature: 'value', a: 10, b: 30, delta: 20 }),
    )
    await compute('case-a', 11)
    expect((await agent('GET /features/explain/case-a/value')).value).toBe(11)
    expect((await agent(`GET /features/snapshot/${snapshot}`)).features.value).toBe(10)
    expect(
      (await service.ask('GET /features/explain/case-a', undefined, { key: 'other-key-of-the-tests' })).status,
    ).toBe(404)
  })
})

describe('what the tests of the Python client read', () => {
  it('of an answer: objects where it expects objects, and every field that it types', async () => {
    await using service = await learning()
    const { agent } = client(service)
    const answer = await agent('POST /actions/evaluate', call('refund', 45))
    expect(answer).toMatchObject({
      recommendation: 'proceed',
      enforcement_mode: 'enforced',
      enforced_verdict: 'allowed',
      allowed: true,
      result: 'allowed',
      blocked_by: null,
      requires_approval: false,
      human_review: false,
      usage: {},
      warnings: [],
      dry_run: false,
      verdict_changed: false,
      learning_influenced: false,
      verdict_override: {},
    })
    expect(answer.decision_intelligence).toMatchObject({ evidence_status: 'none', simulation_summary: {} })
    expect(answer.decision_intelligence.alternatives).toBeInstanceOf(Array)
    expect(answer.intelligence).toMatchObject({
      // Nothing like it was ever judged: that is no ground for confidence.
      confidence: { score: 0, level: 'low', novel_situation: true },
      counterfactual: { available: false, easiest_change: null, would_allow: false },
      simulation: { available: false },
      precedents: { total_precedents: 0, with_outcomes: 0, success_rate: null, negative_rate: null, warnings: [] },
      trajectory_id: '6a1f',
    })
    expect(Object.keys(answer.decision_packet.signal)).toEqual(['risk_band', 'confidence_zone', 'regret_band'])
  })

  it('of an outcome: how severe it was in a number, and texts and objects that are empty where nothing was said', async () => {
    await using service = serve()
    const { agent } = client(service)
    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
    const report = (status: string) => agent('POST /outcomes/report', { status, request_id: id })
    expect(await report('SUCCESS')).toMatchObject({
      severity: 0,
      description: '',
      details: {},
      actual_impact: {},
      correction: { needed: false, description: '' },
      rollback: { performed: false },
      tags: [],
    })
    expect((await report('FAILURE')).severity).toBe(0.5)
    expect((await report('FRAUD')).severity).toBe(1)
  })

  it('of recommendations: groups and examples with all their figures', async () => {
    await using service = serve()
    const { agent } = client(service)
    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
    await agent('POST /outcomes/report', { status: 'SUCCESS', request_id: id, description: 'kept' })
    const figures = { total: 1, followed: 1, ignored: 0, follow_rate: 1, followed_positive: 1, ignored_negative: 0 }
    expect(await agent('GET /outcomes/analytics/recommendation-quality')).toMatchObject({
      total_with_outcome: 1,
      by_domain: [{ domain: DOMAIN, ...figures }],
      by_actor: [{ actor_type: 'AI_AGENT_001', ...figures }],
      examples: {
        helped: [
          {
            request_id: id,
            action: 'refund',
            tool: 'refund',
            status: 'SUCCESS',
            verdict_was: 'allowed',
            recommendation_followed: true,
            category: 'positive',
            description: 'kept',
          },
        ],
        missed: [],
      },
    })
  })

  it('of keys: a list with its count, the id of the key after a rotation, and that one was revoked', async () => {
    await using service = serve()
    const { approver } = client(service)
    expect((await approver('GET /api-keys/scopes')).scopes).toContain('actions:validate')
    const asking = await approver('POST /api-keys', { label: 'asking', scopes: ['actions:validate'] })
    expect(asking.scopes).toEqual(['actions:write'])
    expect((await service.ask('POST /actions/evaluate', call('refund', 45), { key: asking.key })).status).toBe(200)
    expect((await service.ask('GET /rules', undefined, { key: asking.key })).status).toBe(403)
    await approver(`DELETE /api-keys/${asking.key_id}`)
    const made = await approver('POST /api-keys', { label: 'prod' })
    expect(await approver('GET /api-keys?include_revoked=true')).toMatchObject({
      count: 2,
      keys: [{ label: 'prod' }, { label: 'asking' }],
    })
    const rotated = await approver(`POST /api-keys/${made.key_id}/rotate`)
    expect(rotated).toMatchObject({ old_key_id: made.key_id, new_key_id: rotated.key_id })
    expect(rotated.new_key_id).not.toBe(made.key_id)
    const ended = await approver(`DELETE /api-keys/${rotated.new_key_id}`, { reason: 'rotated' })
    expect(ended).toMatchObject({ status: 'revoked', revoked_reason: 'rotated' })
    expect(await approver('GET /api-keys')).toEqual({ count: 0, keys: [] })
  })

  it('of webhooks: what was done in a word, and deliveries by numbers', async () => {
    await using service = serve({ webhooks: { allowLoopback: true } })
    const { agent, approver } = client(service)
    // Nobody listens there.
    const { webhook_id: id } = await approver('POST /webhooks', { url: 'http://127.0.0.1:9/hook', label: 'default' })
    expect(await approver(`PATCH /webhooks/${id}`, { label: 'new-label' })).toMatchObject({
      status: 'updated',
      label: 'new-label',
    })
    const tested = await agent(`POST /webhooks/${id}/test`, { event_type: 'signal.new' })
    expect(tested.status).toBe('dead')
    const [delivery] = await agent(`GET /webhooks/${id}/deliveries?limit=10`)
    expect(Number.isSafeInteger(delivery.delivery_id)).toBe(true)
    expect(delivery.delivery_id).toBe(tested.delivery_id)
    const replay = `POST /webhooks/${id}/deliveries/${delivery.delivery_id}/replay`
    expect(await agent(replay)).toMatchObject({ replayed: true, delivery_id: delivery.delivery_id })
    expect(await approver(`DELETE /webhooks/${id}`)).toMatchObject({ status: 'deleted' })
  })

  it('of rules: labels beside the limits', async () => {
    await using service = serve()
    const { agent, approver } = client(service)
    const made = await approver('POST /rules', { name: 'cap', domain: DOMAIN, max_per_day: 10, max_value: 500 })
    expect(made).toMatchObject({ domain_label: DOMAIN, max_value_label: 'value', unit: '', version: 1 })
    expect(await agent('GET /rules/domains')).toMatchObject([
      { id: DOMAIN, name: DOMAIN, max_per_day_default: 10, max_value_default: 500, max_value_label: 'value', unit: '' },
    ])
  })

  it('of a live session: whose it is, with every sign of life', async () => {
    await using service = serve()
    const { agent } = client(service)
    const opened = await agent('POST /actions/live/connect', { actor: 'AI_AGENT', context: {} })
    expect(opened).toMatchObject({ status: 'connected', agent_id: 'AI_AGENT', ttl_seconds: 120 })
    const session = { connection_id: opened.connection_id, context: {} }
    expect(await agent('POST /actions/live/heartbeat', session)).toMatchObject({ agent_id: 'AI_AGENT' })
    expect(await agent('POST /actions/live/disconnect', session)).toMatchObject({
      agent_id: 'AI_AGENT',
      status: 'disconnected',
      current_connections: 0,
    })
  })
})

describe('a recommendation of the memory', () => {
  it('of a rule of the service is a patch of that rule, and is applied where it says', async () => {
    await using service = serve()
    const { agent, approver } = client(service)
    const bounds = { max_per_day: 1000, max_value: 1000, require_approval_above: 10 }
    const { rule_id: id } = await approver('POST /rules', { name: 'mail', domain: 'mail', ...bounds })
    const send = (value: number, number: number) =>
      agent('POST /actions/evaluate', {
        action: 'send',
        value,
        domain: 'mail',
        context: { session_id: 's', call_id: `${number}` },
      })
    for (let number = 0; number < 80; number++) {
      const { request_id: held } = await send(11 + (number % 30), number)
      await approver(`POST /approvals/${held}/resolve`, { resolution: 'approved' })
    }
    const scope = { domain: 'mail', tool: 'send' }
    const { filters, summary, recommendations } = await agent('POST /actions/memory/recommendations', { scope })
    expect(filters).toEqual(scope)
    expect(summary).toMatchObject({ total_events: 80, auto_applied: 0 })
    expect(recommendations).toMatchObject([
      {
        type: 'policy_tuning_max_value',
        tool: 'send',
        requires_human_review: true,
        target_rule_id: id,
        suggested_policy_patch: [{ op: 'replace', path: '/require_approval_above', value: 40 }],
        apply_endpoint: `/rules/${id}/apply_patch`,
        effect: { asked_less: 80, asked_more: 0 },
      },
    ])
    const [{ apply_endpoint: endpoint, suggested_policy_patch: patch }] = recommendations
    expect((await send(40, 100)).result).toBe('requires_approval')
    const { version } = await agent(`GET /rules/${id}`)
    const applied = await approver(`POST ${endpoint}`, { patch, preview: false, if_match_version: version })
    expect(applied).toMatchObject({ applied: true, changed_paths: ['/require_approval_above'] })
    expect((await send(40, 101)).result).toBe('allowed')
    expect((await send(41, 102)).result).toBe('requires_approval')
  })

  it('of the own policy of the server is applied nowhere here', async () => {
    await using service = serve()
    const { agent } = client(service)
    for (let number = 0; number < 30; number++) await agent('POST /actions/evaluate', { action: 'drop' })
    const { recommendations } = await agent('POST /actions/memory/recommendations', { tool: 'drop' })
    expect(recommendations).toMatchObject([{ target_rule_id: 'no-drop', apply_endpoint: null }])
  })
})

describe('what adapters and the MCP server send', () => {
  it('memory events without an id are taken; those that have a place in a run are taken once', async () => {
    await using service = serve()
    const { agent } = client(service)
    const event = { tool: 'refund', status: 'executed', decision: { allowed: true }, arguments: { amount: 120 } }
    const ingest = (events: readonly object[], more: object = {}) =>
      agent('POST /actions/memory/ingest', { source: 'openai_adapter', events, redact: true, ...more })
    expect(await ingest([event])).toMatchObject({ accepted: 1, total_stored: 1, source: 'openai_adapter' })
    expect(await ingest([event])).toMatchObject({ accepted: 1, total_stored: 2 })
    const run = [
      { ...event, seq: 0 },
      { ...event, seq: 1 },
    ]
    expect(await ingest(run, { trace_id: 'run-1' })).toMatchObject({ accepted: 2 })
    expect(await ingest(run, { trace_id: 'run-1' })).toMatchObject({ accepted: 0, total_stored: 4 })
    expect(await ingest(run, { trace_id: 'run-2' })).toMatchObject({ accepted: 2 })
  })

  it.each(['denied', 'rejected'])('a refusal may be called `%s`', async resolution => {
    await using service = serve()
    const { agent, approver } = client(service)
    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 5000))
    expect(await approver(`POST /approvals/${id}/resolve`, { resolution, comment: 'no' })).toMatchObject({
      request_id: id,
      status: 'denied',
      resolution: 'denied',
    })
  })

  it('numbers without end, and names that are empty, are told from what they are sent for', async () => {
    await using service = serve()
    const raw = '{"action":"refund","value":1e999}'
    expect(await service.ask('POST /actions/evaluate', undefined, { raw, headers: JSON_TYPE })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'value'], type: 'finite_number' }] },
    })
    const { agent } = client(service)
    const { request_id: id } = await agent('POST /actions/evaluate', call('refund', 45))
    const report = { status: 'SUCCESS', request_id: '', validation_id: null, case_id: id }
    expect(await agent('POST /outcomes/report', report)).toMatchObject({ request_id: id })
    expect((await service.ask('POST /actions/memory/recommendations', { min_events: 0 })).status).toBe(200)
    expect(await service.ask('POST /actions/memory/recommendations', { scope: { tool: 5 } })).toMatchObject({
      status: 422,
      body: { detail: [{ loc: ['body', 'scope', 'tool'], type: 'string_type' }] },
    })
  })
})
