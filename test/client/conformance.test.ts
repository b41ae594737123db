import { describe, expect, it } from 'vitest'
import { answering, APPROVER, ask, queryOf } from './fake-connection.js'

// What the tests of the service's other clients say a client does.
describe('a client of the service', () => {
  it('asks with the agent’s credential, through the connection', async () => {
    const { service, last } = ask()
    await service.actions.status()
    expect(last()).toEqual({ method: 'GET', path: '/actions/status', credential: { apiKey: 'bhk_agent' } })
  })

  it('merges metadata into context and sends no metadata', async () => {
    const { service, last } = ask(answering({ 'POST /actions/evaluate': { allowed: true } }))
    const decision = await service.actions.evaluate({ action: 'refund_full', metadata: { order_id: 'ord_1' } })
    expect(decision.allowed).toBe(true)
    expect(last().body).toEqual({ action: 'refund_full', actor: 'AI_AGENT', context: { order_id: 'ord_1' } })
  })

  it('lets context win over metadata', async () => {
    const { service, last } = ask()
    await service.actions.evaluate({ action: 'refund', metadata: { a: 1, b: 1 }, context: { b: 2 } })
    expect(last().body).toMatchObject({ context: { a: 1, b: 2 } })
  })

  it('evaluates dry without recording, whatever the caller says', async () => {
    const { service, last } = ask()
    await service.actions.dryRun({ action: 'refund', value: 12.5 })
    expect(last()).toMatchObject({ path: '/actions/evaluate', body: { action: 'refund', value: 12.5, dry_run: true } })
    await expect(service.actions.dryRun({ action: 'refund', ...({ dryRun: false } as object) })).rejects.toThrow(
      /dryRun/,
    )
  })

  it('sends fields nobody listed where a payload is free', async () => {
    const { service, last } = ask()
    await service.actions.submitPayload({ action: 'refund', riskHint: 'low', own_field: [{ innerName: 1 }] })
    expect(last().body).toEqual({ action: 'refund', risk_hint: 'low', own_field: [{ inner_name: 1 }] })
  })

  it('validates against rules and lists their domains', async () => {
    const { service, requests } = ask(
      answering({
        'POST /rules/validate': { allowed: true, result: 'allowed' },
        'GET /rules/domains': [{ id: 'financial_actions', max_per_day_default: 5 }],
      }),
    )
    expect((await service.rules.validate({ action: 'update_price', actor: 'AI_AGENT' })).allowed).toBe(true)
    expect(await service.rules.domains()).toEqual([{ id: 'financial_actions', maxPerDayDefault: 5 }])
    expect(requests[0]?.body).toEqual({ action: 'update_price', actor: 'AI_AGENT' })
  })

  it('applies a patch to the version that was read, in the header and in the body, as a preview', async () => {
    const { service, last } = ask(
      answering({
        'POST /rules/rule_1/apply_patch': {
          rule_id: 'rule_1',
          patch_valid: true,
          changed_paths: ['/max_value'],
          changed_fields: [{ field: 'max_value', before: 1000, after: 850 }],
        },
      }),
    )
    const preview = await service.rules.applyPatch('rule_1', {
      patch: { format: 'json_patch', ops: [{ op: 'replace', path: '/max_value', value: 850 }] },
      reason: 'memory recommendation',
      ifMatchVersion: 11,
    })
    expect(last().headers).toEqual({ 'If-Match': 'W/"rule:rule_1:v11"' })
    expect(last().body).toEqual({
      patch: [{ op: 'replace', path: '/max_value', value: 850 }],
      preview: true,
      reason: 'memory recommendation',
      if_match_version: 11,
    })
    expect(preview).toMatchObject({
      patchValid: true,
      changedPaths: ['/max_value'],
      changedFields: [{ field: 'max_value', before: 1000, after: 850 }],
    })
  })

  it('cannot be made to write another header by a rule’s id', async () => {
    const { service, last } = ask()
    await service.rules.applyPatch('a"\r\nX-Api-Key: x', { patch: [], ifMatchVersion: 1 })
    expect(last().headers?.['If-Match']).toBe('W/"rule:a%22%0D%0AX-Api-Key:%20x:v1"')
  })

  it('reads, pulls and lets go of the kill switch', async () => {
    const { service, requests } = ask(
      answering({
        'GET /kill-switch/status': { is_active: false, active_switches: [] },
        'POST /kill-switch/activate': { switch_id: 'ksw_123' },
        'POST /kill-switch/deactivate/ksw_123': { success: true },
      }),
    )
    expect((await service.killSwitch.status()).isActive).toBe(false)
    expect((await service.killSwitch.activate({ reason: 'maintenance' })).switchId).toBe('ksw_123')
    expect((await service.killSwitch.deactivate('ksw_123', { reason: 'resume ops' })).success).toBe(true)
    expect((await service.killSwitch.deactivate('ksw_123')).success).toBe(true)
    expect(requests.map(({ body }) => body)).toEqual([
      undefined,
      { reason: 'maintenance' },
      { reason: 'resume ops' },
      {},
    ])
  })

  it('manages webhooks', async () => {
    const { service, requests } = ask(
      answering({
        'POST /webhooks': { webhook_id: 'wh_1' },
        'GET /webhooks': [{ webhook_id: 'wh_1' }],
        'GET /webhooks/wh_1': { webhook_id: 'wh_1', label: 'prod' },
        'PATCH /webhooks/wh_1': { status: 'updated' },
        'DELETE /webhooks/wh_1': { status: 'deleted' },
        'GET /webhooks/wh_1/deliveries': [{ delivery_id: 123 }],
        'POST /webhooks/wh_1/test': { status: 'delivered' },
        'POST /webhooks/verify-signature': { valid: true },
        'GET /webhooks/events/list': { events: ['signal.new'] },
        'POST /webhooks/wh_1/deliveries/123/replay': { replayed: true },
      }),
    )
    const { webhooks } = service
    expect(await webhooks.create({ url: 'https://example.com/hook' })).toEqual({ webhookId: 'wh_1' })
    expect(await webhooks.list({ includeInactive: true })).toEqual([{ webhookId: 'wh_1' }])
    expect((await webhooks.get('wh_1')).label).toBe('prod')
    expect((await webhooks.update('wh_1', { label: 'new-label' }))['status']).toBe('updated')
    expect(await webhooks.deliveries('wh_1', { limit: 10 })).toEqual([{ deliveryId: 123 }])
    expect((await webhooks.test('wh_1'))['status']).toBe('delivered')
    const signature = { payload: '{}', signature: 'v1=abc', secret: 'sec', timestamp: 1_700_000_000 }
    expect((await webhooks.verifySignature(signature))['valid']).toBe(true)
    expect(await webhooks.listEvents()).toEqual({ events: ['signal.new'] })
    expect((await webhooks.replay('wh_1', 123))['replayed']).toBe(true)
    expect((await webhooks.delete('wh_1'))['status']).toBe('deleted')
    expect(requests[1]?.path).toBe('/webhooks?include_inactive=true')
    expect(requests[4]?.path).toBe('/webhooks/wh_1/deliveries?limit=10')
    expect(requests[5]?.body).toEqual({ event_type: 'signal.new' })
    expect(requests.at(-1)).not.toHaveProperty('body')
  })

  it('manages api keys', async () => {
    const { service, requests } = ask(
      answering({
        'POST /api-keys': { key_id: 'key_1', key: 'bhk_secret' },
        'GET /api-keys': { count: 1, keys: [{ key_id: 'key_1' }] },
        'DELETE /api-keys/key_1': { status: 'revoked' },
        'POST /api-keys/key_1/rotate': { new_key_id: 'key_2' },
        'GET /api-keys/validate': { valid: true },
        'GET /api-keys/scopes': { scopes: ['actions:validate'] },
      }),
    )
    const { apiKeys } = service
    expect((await apiKeys.create({ label: 'prod' })).keyId).toBe('key_1')
    expect(await apiKeys.list({ includeRevoked: true })).toEqual({ count: 1, keys: [{ keyId: 'key_1' }] })
    expect((await apiKeys.delete('key_1', { reason: 'rotated' }))['status']).toBe('revoked')
    expect((await apiKeys.rotate('key_1'))['newKeyId']).toBe('key_2')
    expect((await apiKeys.validate({ apiKey: 'bhk_secret' }))['valid']).toBe(true)
    expect(await apiKeys.scopes()).toEqual({ scopes: ['actions:validate'] })
    expect(requests[1]?.path).toBe('/api-keys?include_revoked=true')
    expect(requests[2]?.body).toEqual({ reason: 'rotated' })
    expect(requests[4]).toMatchObject({
      path: '/api-keys/validate?api_key=bhk_secret',
      credential: { apiKey: 'bhk_secret' },
    })
  })

  it('tells memory of calls, and asks it', async () => {
    const { service, requests } = ask(
      answering({
        'POST /actions/memory/ingest': { accepted: 1, total_stored: 1, source: 'openai_adapter' },
        'GET /actions/memory/context': { total_events: 10, top_tools: [{ tool: 'refund_payment', count: 10 }] },
        'POST /actions/memory/refresh-aggregates': { refreshed: true, mode: 'concurrent' },
        'POST /actions/memory/recommendations': {
          plan: 'pro',
          recommendations: [
            {
              type: 'policy_tuning_max_value',
              requires_human_review: true,
              suggested_policy_patch: [{ op: 'replace', path: '/max_value', value: 850 }],
            },
          ],
        },
      }),
    )
    const { memory } = service.actions
    const ingested = await memory.ingest({
      source: 'openai_adapter',
      events: [
        {
          tool: 'refund_payment',
          status: 'executed',
          decision: { allowed: true, riskScore: 0.2 },
          arguments: { order_id: 'ord_1', lineItems: [1] },
          traceId: 't1',
        },
      ],
    })
    expect(ingested).toEqual({ accepted: 1, totalStored: 1, source: 'openai_adapter' })
    expect(requests[0]?.body).toEqual({
      source: 'openai_adapter',
      redact: true,
      redaction_policy: 'default',
      events: [
        {
          tool: 'refund_payment',
          status: 'executed',
          decision: { allowed: true, risk_score: 0.2 },
          arguments: { order_id: 'ord_1', lineItems: [1] },
          trace_id: 't1',
        },
      ],
    })
    const context = await memory.context({ tool: 'refund_payment' })
    expect(context).toEqual({ totalEvents: 10, topTools: [{ tool: 'refund_payment', count: 10 }] })
    expect(Object.fromEntries(queryOf(requests[1]?.path ?? ''))).toEqual({
      window_hours: '24',
      tool: 'refund_payment',
      limit_recent: '25',
    })
    expect((await memory.refreshAggregates({ concurrent: true })).refreshed).toBe(true)
    expect(requests[2]?.path).toBe('/actions/memory/refresh-aggregates?concurrent=true&window_hours=24')
    expect(requests[2]).not.toHaveProperty('body')
    const scope = { domain: 'payments', tool: 'refund_payment' }
    const { recommendations } = await memory.recommendations({ scope })
    expect(recommendations?.[0]).toEqual({
      type: 'policy_tuning_max_value',
      requiresHumanReview: true,
      suggestedPolicyPatch: [{ op: 'replace', path: '/max_value', value: 850 }],
    })
    expect(requests[3]?.body).toMatchObject({ window_hours: 24, scope, auto_apply: false, min_blocked_rate: 0.15 })
  })

  it('gets and gives back tokens', async () => {
    const { service, requests } = ask(
      answering({
        'POST /auth/signup': { access_token: 'a1', refresh_token: 'r1', user_id: 1, role: 'user' },
        'POST /auth/login': { access_token: 'a2' },
        'POST /auth/refresh': { access_token: 'a3' },
        'POST /auth/logout': { detail: 'Logged out' },
      }),
    )
    const person = { email: 'a@b.com', password: 'pass1234' }
    expect((await service.auth.signup(person)).accessToken).toBe('a1')
    expect((await service.auth.login(person)).accessToken).toBe('a2')
    expect((await service.auth.refresh({ refreshToken: 'r1' })).accessToken).toBe('a3')
    expect((await service.auth.logout({ refreshToken: 'r1' }))['detail']).toBe('Logged out')
    expect(requests.map(({ body }) => body)).toEqual([person, person, { refresh_token: 'r1' }, { refresh_token: 'r1' }])
  })

  it('lists events and approvals, and resolves one', async () => {
    const { service, requests } = ask(
      answering({
        'GET /events': { events: [] },
        'GET /events/stats': { today: {}, total: {} },
        'GET /approvals': [],
        'POST /approvals/apr_1/resolve': { request_id: 'apr_1', status: 'approved' },
      }),
    )
    expect((await service.events.list({ eventType: 'rule.updated' })).events).toEqual([])
    expect(await service.events.stats()).toHaveProperty('today')
    expect(await service.approvals.list()).toEqual([])
    const resolved = await service.approvals.resolve('apr_1', { resolution: 'approved', comment: 'looks good' })
    expect(resolved.status).toBe('approved')
    expect(requests[0]?.path).toBe('/events?event_type=rule.updated')
    expect(requests[2]?.path).toBe('/approvals?status=pending')
    expect(requests[3]).toMatchObject({
      body: { resolution: 'approved', comment: 'looks good' },
      credential: APPROVER,
    })
  })

  it('sends a rejection as the service calls it', async () => {
    const { service, last } = ask()
    await service.approvals.resolve('apr_1', { resolution: 'rejected' })
    expect(last().body).toEqual({ resolution: 'denied' })
  })

  it('sends both names of a retrieval strategy, balanced unless told otherwise', async () => {
    const { service, last } = ask()
    const question = { domain: 'customer_transactions', action: 'refund_full' }
    await service.retrieval.query(question)
    expect(last().body).toEqual({
      ...question,
      actor_type: 'AI_AGENT',
      strategy: 'balanced',
      strategy_name: 'balanced',
    })
    await service.retrieval.queryExplained({ ...question, strategyName: 'consequence-focused' })
    expect(last().body).toMatchObject({ strategy: 'consequence-focused', strategy_name: 'consequence-focused' })
  })

  it('reconciles by a key of any name, also in the older way of saying it', async () => {
    const { service, last } = ask()
    const outcome = { eventType: 'OUTCOME_OBSERVED', outcome: { status: 'SUCCESS' } }
    const sent = {
      key_name: 'request_id',
      key_value: 'req_123',
      outcome: { event_type: 'OUTCOME_OBSERVED', outcome: { status: 'SUCCESS' } },
    }
    await service.ingest.reconcile({ requestId: 'req_123', outcome })
    expect(last().body).toEqual(sent)
    await service.ingest.reconcile({ keyName: 'request_id', keyValue: 'req_123', outcome })
    expect(last().body).toEqual(sent)
    await expect(service.ingest.reconcile({ outcome })).rejects.toThrow(/keyName and keyValue, or one of requestId/)
  })

  it('purges idempotency keys that have expired, unless told otherwise', async () => {
    const { service, last } = ask()
    await service.rules.purgeIdempotency({ olderThanHours: 24, limit: 100 })
    expect(last()).toMatchObject({
      method: 'POST',
      path: '/rules/admin/idempotency/purge?only_expired=true&older_than_hours=24&limit=100',
    })
  })
})
