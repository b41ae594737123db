import { describe, expect, it } from 'vitest'
import { operationsOf } from './from-document.js'
import { serve } from './support.js'

type Known = Record<string, string>

/** One request as the Python client sends it, and what of the answer is needed later. */
interface Sent {
  /** As the document of the service spells it. */
  readonly route: string
  /** What stands in the place of its parameters. */
  readonly params?: (known: Known) => readonly string[]
  readonly query?: string
  readonly body?: (known: Known) => object
  readonly headers?: (known: Known) => Record<string, string>
  readonly remember?: Readonly<Record<string, string>>
  /** @defaultValue 200 */
  readonly status?: number
  /** Fields that the client reads. */
  readonly reads?: readonly string[]
}

const DOMAIN = 'customer_transactions'
const ACTION = { action: 'refund', actor: 'AI_AGENT_001', value: 45, target: '', domain: DOMAIN }
const HELD = { ...ACTION, value: 5000, context: { session_id: 's', call_id: 'c' } }
const LIKE = { domain: DOMAIN, action: 'refund', actor_type: 'AI_AGENT' }
const RETRIEVE = { ...LIKE, strategy: 'balanced', strategy_name: 'balanced' }
const RULE = { name: 'cap', domain: 'other', max_per_day: 10, max_value: 500 }
const JOB = { domain: '', action_family: '', force: false, limit: 5000, async_mode: true }
const COMPUTE = { case_id: 'f', org_id: '1', case_data: { tool: 'refund', value: 45 } }
const OUTCOME = { event_type: 'OUTCOME_OBSERVED', outcome: { status: 'SUCCESS' } }
const id = ({ id: known }: Known) => [known ?? '']
const rule = ({ rule: known }: Known) => [known ?? '']
const hook = ({ hook: known }: Known) => [known ?? '']
const connection = ({ connection: known }: Known) => ({ connection_id: known, context: {} })
const PATCH = [{ op: 'replace', path: '/max_value', value: 850 }]

const REQUESTS: readonly Sent[] = [
  {
    route: 'POST /actions/evaluate',
    body: () => ACTION,
    remember: { id: 'request_id' },
    reads: ['recommendation', 'risk_score'],
  },
  {
    route: 'POST /actions/evaluate',
    body: () => HELD,
    remember: { held: 'request_id' },
    reads: ['allowed', 'result', 'reason'],
  },
  {
    route: 'POST /actions/submit',
    body: () => ({ ...ACTION, metadata: { order: 1 } }),
    reads: ['allowed', 'request_id'],
  },
  { route: 'POST /actions/submit/v2', body: () => ({ ...ACTION, metadata: {}, context: {} }), reads: ['allowed'] },
  { route: 'POST /actions/submit/dry-run', body: () => ACTION, reads: ['allowed', 'dry_run'] },
  { route: 'POST /actions/evaluate/batch', body: () => ({ actions: [{ action: 'look' }], actor: 'AI_AGENT' }) },
  {
    route: 'POST /actions/live/connect',
    body: () => ({ actor: 'AI_AGENT', context: {} }),
    remember: { connection: 'connection_id' },
  },
  { route: 'POST /actions/live/heartbeat', body: connection, reads: ['ttl_seconds', 'heartbeat_interval_seconds'] },
  { route: 'POST /actions/live/disconnect', body: connection, reads: ['status', 'current_connections'] },
  { route: 'GET /actions/validations/{id}/verify', params: id, reads: ['valid', 'validation_hash', 'computed_hash'] },
  { route: 'GET /actions/status' },
  { route: 'GET /actions/observer/stats', reads: ['insight', 'today', 'top_blocked_by', 'automation_health_score'] },
  { route: 'GET /actions/dashboard/summary', reads: ['value_protected', 'pending_approvals', 'week'] },
  { route: 'GET /actions/dashboard/value-protected-history', query: '?days=30', reads: ['data', 'period_days'] },
  {
    route: 'POST /actions/memory/ingest',
    body: ({ id: known }) => ({
      source: 'openai_adapter',
      source_version: 'bighub-openai@3.1.1',
      actor: 'AI_AGENT_001',
      domain: DOMAIN,
      model: 'gpt-4.1',
      trace_id: 't',
      redact: true,
      redaction_policy: 'default',
      events: [
        {
          tool: 'refund',
          call_id: 'call_1',
          status: 'executed',
          decision: { request_id: known, allowed: true },
          arguments: { amount: 45 },
          output: { ok: true },
          error: null,
          event_id: 'e',
          trace_id: 't',
          request_id: known,
          seq: 0,
          schema_version: 1,
          source_version: 'bighub-openai@3.1.1',
          recommendation: 'proceed',
          risk_score: null,
          enforcement_mode: 'enforced',
          trajectory_health: null,
          decision_packet: null,
        },
      ],
    }),
    reads: ['accepted', 'total_stored', 'source'],
  },
  {
    route: 'GET /actions/memory/context',
    query: '?window_hours=24&limit_recent=25&tool=refund',
    reads: ['total_events', 'top_tools'],
  },
  {
    route: 'POST /actions/memory/refresh-aggregates',
    query: '?concurrent=true&window_hours=24',
    reads: ['refreshed', 'mode'],
  },
  {
    route: 'POST /actions/memory/recommendations',
    body: () => ({
      window_hours: 24,
      min_events: 20,
      min_blocked_rate: 0.15,
      min_approval_rate: 0.1,
      min_tool_error_rate: 0.05,
      limit_recommendations: 10,
      include_examples: true,
      auto_apply: false,
      scope: { domain: DOMAIN },
    }),
    reads: ['plan', 'generated_at', 'summary', 'recommendations'],
  },
  { route: 'GET /approvals', query: '?status=pending&limit=10' },
  {
    route: 'POST /approvals/{request_id}/resolve',
    params: ({ held = '' }) => [held],
    body: () => ({ resolution: 'approved', comment: 'ok' }),
    reads: ['status', 'resolution'],
  },
  {
    route: 'POST /outcomes/report',
    body: ({ id: known }) => ({ status: 'SUCCESS', request_id: known, details: { tool: 'refund' } }),
    reads: ['outcome_id', 'severity', 'decision_context', 'correction', 'business_impact', 'calibration'],
  },
  {
    route: 'POST /outcomes/report/batch',
    body: ({ held }) => ({ outcomes: [{ status: 'SUCCESS', request_id: held }] }),
  },
  { route: 'GET /outcomes/{request_id}', params: id, reads: ['status'] },
  { route: 'GET /outcomes/by-validation/{validation_id}', params: id, reads: ['status'] },
  { route: 'GET /outcomes/by-case/{case_id}', params: id, reads: ['status'] },
  { route: 'GET /outcomes/{request_id}/timeline', params: id },
  { route: 'GET /outcomes/pending/list', query: '?limit=50&min_age_hours=1' },
  { route: 'GET /outcomes/taxonomy', reads: ['statuses'] },
  { route: 'GET /outcomes/analytics/summary', query: '?since=2026-01-01T00:00:00&until=2027-01-01' },
  {
    route: 'GET /outcomes/analytics/recommendation-quality',
    query: `?domain=${DOMAIN}`,
    reads: ['follow_rate', 'quadrants'],
  },
  {
    route: 'GET /outcomes/analytics/partner-view/{domain}',
    params: () => [DOMAIN],
    reads: ['overview', 'sparse_evidence'],
  },
  {
    route: 'POST /cases',
    body: () => ({
      domain: DOMAIN,
      action: { tool: 'refund_full', action: 'refund_full', value: 900 },
      verdict: { verdict: 'ALLOWED', risk_score: 0.35, confidence: 0.86 },
      context: { axes: { reversibility: 0.9 }, risk_score: 0.35 },
      goal_summary: 'refund for a delayed order',
      trigger_source: 'support_ticket',
    }),
    remember: { case: 'case_id' },
  },
  {
    route: 'GET /cases',
    query: `?limit=50&offset=0&domain=${DOMAIN}&has_outcome=false&min_risk_score=0.3`,
    reads: ['cases'],
  },
  { route: 'GET /cases/{id}', params: ({ case: known = '' }) => [known], reads: ['verdict', 'outcome_status'] },
  {
    route: 'POST /cases/{id}/outcome',
    params: ({ case: known = '' }) => [known],
    body: () => ({ status: 'FRAUD', description: 'three days later', correction_needed: true, revenue_impact: -900 }),
  },
  {
    route: 'POST /cases/precedents',
    body: () => ({ domain: '', action: { action: 'refund', action_type: 'AI_AGENT' }, min_similarity: 0.5, limit: 20 }),
    reads: ['total_precedents', 'outcomes'],
  },
  { route: 'GET /cases/calibration', query: `?domain=${DOMAIN}` },
  {
    route: 'POST /precedents/query',
    body: () => ({ ...LIKE, risk_score: 0.35 }),
    reads: ['total_precedents', 'outcomes'],
  },
  { route: 'POST /precedents/signals', body: () => LIKE, reads: ['total_precedents'] },
  { route: 'GET /precedents/stats' },
  { route: 'GET /calibration/report', query: `?domain=${DOMAIN}`, reads: ['calibration_quality', 'bias_direction'] },
  { route: 'GET /calibration/reliability' },
  { route: 'GET /calibration/drift', query: '?window_days=7' },
  { route: 'GET /calibration/breakdown', query: '?by=domain' },
  { route: 'GET /calibration/feedback' },
  { route: 'GET /calibration/quality-history', query: '?days=30' },
  {
    route: 'POST /calibration/observe',
    body: () => ({ case_id: 'x', predicted_risk: 0.4, outcome_status: 'SUCCESS' }),
  },
  { route: 'POST /retrieval/query', body: () => RETRIEVE, reads: ['results'] },
  { route: 'POST /retrieval/query/explained', body: () => RETRIEVE, reads: ['results'] },
  { route: 'GET /retrieval/strategies', reads: ['strategies'] },
  { route: 'GET /retrieval/strategy/{name}', params: () => ['consequence-focused'], reads: ['weights'] },
  { route: 'GET /retrieval/stats' },
  {
    route: 'POST /retrieval/index',
    body: ({ id: known }) => ({
      case_id: known,
      org_id: '1',
      tool: 'refund',
      ...LIKE,
      risk_score: 0,
      verdict: 'ALLOWED',
    }),
  },
  {
    route: 'POST /retrieval/compare',
    body: () => ({
      domain: DOMAIN,
      tool: '',
      action: 'refund',
      actor_type: '',
      risk_score: 0,
      intent: '',
      strategy_a: 'balanced',
      strategy_b: 'consequence-focused',
    }),
    reads: ['overlap'],
  },
  { route: 'POST /insights/advise', body: () => ({ tool: 'refund', ...LIKE }), reads: ['advisories'] },
  { route: 'GET /insights/patterns', query: `?domain=${DOMAIN}&tool=refund` },
  { route: 'GET /insights/patterns/learn' },
  { route: 'GET /insights/profile', query: '?tool=refund&action=refund' },
  { route: 'GET /simulations', query: '?limit=50&with_outcome=true', reads: ['simulations'] },
  { route: 'GET /simulations/{id}', params: id, reads: ['snapshot_id'] },
  { route: 'GET /simulations/by-request/{id}', params: id, reads: ['request_id'] },
  {
    route: 'GET /simulations/by-request/{id}/compare',
    params: id,
    reads: ['predicted_risk', 'actual_outcome', 'calibration_error'],
  },
  { route: 'GET /simulations/accuracy', query: `?domain=${DOMAIN}` },
  { route: 'GET /simulations/stats' },
  { route: 'GET /ops/learning/strategy', reads: ['strategy_version'] },
  { route: 'POST /ops/learning/recompute', body: () => JOB, reads: ['job_id'] },
  { route: 'POST /ops/learning/backfill', body: () => JOB, reads: ['job_id'] },
  { route: 'GET /ops/learning/runs', query: '?limit=50' },
  { route: 'POST /features/compute', body: () => COMPUTE },
  { route: 'POST /features/compute/batch', body: () => ({ cases: [COMPUTE] }) },
  { route: 'POST /features/snapshot', body: () => ({ case_id: 'f', tag: 't' }), remember: { snapshot: 'snapshot_id' } },
  { route: 'GET /features/snapshot/{id}', params: ({ snapshot = '' }) => [snapshot] },
  { route: 'GET /features/snapshots', query: '?tag=t&case_id=f' },
  { route: 'GET /features/explain/{id}', params: () => ['f'] },
  { route: 'GET /features/explain/{id}/{key}', params: () => ['f', 'value'] },
  { route: 'GET /features/export/{id}', params: () => ['f'] },
  { route: 'POST /features/export/batch', body: ({ id: known }) => ({ case_ids: ['f', known] }) },
  {
    route: 'POST /features/compare',
    body: ({ snapshot }) => ({ changed_only: true, snapshot_id_a: snapshot, case_id_b: 'f' }),
  },
  { route: 'GET /features/schema' },
  { route: 'GET /features/stats' },
  {
    route: 'POST /ingest',
    body: () => ({
      event_type: 'ACTION_EXECUTED',
      request_id: 'r',
      action: { tool: 't' },
      execution: { executed: true, status_code: 200 },
    }),
  },
  { route: 'POST /ingest/batch', body: () => ({ events: [{ event_type: 'ACTION_PROPOSED', external_ref: 'x' }] }) },
  {
    route: 'POST /ingest/reconcile',
    body: () => ({ key_name: 'request_id', key_value: 'r', outcome: OUTCOME }),
    reads: ['status'],
  },
  { route: 'GET /ingest/lifecycles', query: '?limit=50&status_filter=closed' },
  { route: 'GET /ingest/lifecycle', query: '?request_id=r' },
  { route: 'GET /ingest/pending', query: '?limit=50' },
  { route: 'GET /ingest/stale', query: '?stale_after_days=7&limit=50' },
  { route: 'GET /ingest/stats' },
  { route: 'GET /ingest/adapters' },
  {
    route: 'POST /rules',
    body: () => RULE,
    headers: () => ({ 'idempotency-key': 'k' }),
    remember: { rule: 'rule_id' },
    reads: ['version'],
  },
  { route: 'GET /rules', query: '?status=active&domain=other&limit=10&offset=0' },
  {
    route: 'GET /rules/{id}',
    params: rule,
    reads: ['usage_today', 'remaining_today', 'domain_label', 'max_value_label', 'unit'],
  },
  { route: 'PATCH /rules/{id}', params: rule, body: () => ({ max_value: 900, status: 'active' }) },
  { route: 'POST /rules/{id}/pause', params: rule },
  { route: 'POST /rules/{id}/resume', params: rule },
  { route: 'POST /rules/dry-run', body: () => RULE },
  {
    route: 'POST /rules/validate',
    body: () => ({ action: 'update_price', actor: 'AI_AGENT' }),
    reads: ['allowed', 'result'],
  },
  { route: 'POST /rules/validate/dry-run', body: () => ({ action: 'update_price', actor: 'AI_AGENT', dry_run: true }) },
  { route: 'GET /rules/domains' },
  { route: 'GET /rules/{id}/versions', params: rule, query: '?limit=10' },
  {
    route: 'POST /rules/{id}/apply_patch',
    params: rule,
    body: () => ({ patch: PATCH, preview: true, reason: 'memory recommendation', if_match_version: 4 }),
    headers: ({ rule: known }) => ({ 'if-match': `W/"rule:${known}:v4"` }),
    reads: ['patch_valid', 'changed_paths', 'diff_summary', 'changed_fields', 'patch_hash', 'before', 'after'],
  },
  { route: 'DELETE /rules/{id}', params: rule },
  { route: 'POST /rules/admin/idempotency/purge', query: '?only_expired=true', reads: ['purged'] },
  { route: 'POST /kill-switch/activate', body: () => ({ reason: 'maintenance' }), remember: { switch: 'switch_id' } },
  { route: 'GET /kill-switch/status', reads: ['is_active', 'active_switches'] },
  {
    route: 'POST /kill-switch/deactivate/{switch_id}',
    params: known => [known['switch'] ?? ''],
    body: () => ({ reason: 'resume ops' }),
    reads: ['success'],
  },
  { route: 'GET /events', query: '?event_type=rule.updated', reads: ['events', 'total', 'limit', 'offset'] },
  { route: 'GET /events/stats', reads: ['today', 'total'] },
  {
    route: 'POST /webhooks',
    body: () => ({ url: 'http://127.0.0.1:9/hook', label: 'default' }),
    remember: { hook: 'webhook_id' },
  },
  { route: 'GET /webhooks', query: '?include_inactive=true' },
  { route: 'GET /webhooks/{id}', params: hook, reads: ['webhook_id', 'label', 'is_active'] },
  {
    route: 'PATCH /webhooks/{id}',
    params: hook,
    body: () => ({ label: 'new-label', is_active: false }),
    reads: ['status'],
  },
  { route: 'GET /webhooks/{id}/deliveries', params: hook, query: '?limit=10' },
  {
    route: 'POST /webhooks/{id}/test',
    params: hook,
    body: () => ({ event_type: 'signal.new' }),
    remember: { delivery: 'delivery_id' },
    reads: ['status'],
  },
  {
    route: 'POST /webhooks/{id}/deliveries/{n}/replay',
    params: ({ hook: of = '', delivery = '' }) => [of, delivery],
    reads: ['replayed'],
  },
  { route: 'DELETE /webhooks/{id}', params: hook, reads: ['status'] },
  { route: 'GET /webhooks/events/list', reads: ['events'] },
  {
    route: 'POST /webhooks/verify-signature',
    body: () => ({ payload: '{}', signature: 'v1=abc', secret: 'sec', timestamp: 1_700_000_000 }),
    reads: ['valid'],
  },
  {
    route: 'POST /api-keys',
    body: () => ({ label: 'prod' }),
    remember: { key: 'key_id', secret: 'key' },
    reads: ['key_prefix', 'scopes'],
  },
  { route: 'GET /api-keys', query: '?include_revoked=true', reads: ['count', 'keys'] },
  {
    route: 'POST /api-keys/{id}/rotate',
    params: ({ key = '' }) => [key],
    remember: { key: 'new_key_id', secret: 'key' },
  },
  { route: 'GET /api-keys/validate', query: '?api_key=bhk_secret', reads: ['valid'] },
  { route: 'GET /api-keys/scopes', reads: ['scopes'] },
  {
    route: 'DELETE /api-keys/{id}',
    params: ({ key = '' }) => [key],
    body: () => ({ reason: 'rotated' }),
    reads: ['status'],
  },
  { route: 'POST /auth/signup', body: () => ({ email: 'a@b.com', password: 'pass1234' }), status: 501 },
  { route: 'POST /auth/login', body: () => ({ email: 'a@b.com', password: 'pass1234' }), status: 501 },
  { route: 'POST /auth/refresh', body: () => ({ refresh_token: 'r' }), status: 501 },
  { route: 'POST /auth/logout', body: () => ({ refresh_token: 'r' }), status: 501 },
]

/** What an agent is refused. */
const PEOPLE = [
  'DELETE /api-keys/{id}',
  'DELETE /rules/{id}',
  'DELETE /webhooks/{id}',
  'PATCH /rules/{id}',
  'PATCH /webhooks/{id}',
  'POST /api-keys',
  'POST /api-keys/{id}/rotate',
  'POST /approvals/{request_id}/resolve',
  'POST /kill-switch/deactivate/{switch_id}',
  'POST /rules',
  'POST /rules/admin/idempotency/purge',
  'POST /rules/{id}/apply_patch',
  'POST /rules/{id}/pause',
  'POST /rules/{id}/resume',
  'POST /webhooks',
]

/** What has a token in the place of a key is in no client. */
const OWN = ['POST /approvals/by-token']

describe('every path that clients know', () => {
  it('is asked as the Python client asks, and answers with what it reads; some of it to people alone', async () => {
    await using service = serve({ learning: true, webhooks: { allowLoopback: true } })
    await service.server.governor.precedents({ id: 'warm-up', name: 'refund', input: {} })
    const known: Known = {}
    const refused = new Set<string>()
    for (const { route, params, query = '', body, headers, remember = {}, status = 200, reads = [] } of REQUESTS) {
      const values = [...(params?.(known) ?? [])]
      const path = route.replaceAll(/\{\w+\}/g, () => values.shift() ?? 'nothing') + query
      const sending = { headers: headers?.(known) ?? {} }
      const asAgent = await service.ask(path, body?.(known), sending)
      if (asAgent.status === 403) refused.add(route)
      const answer = asAgent.status === 403 ? await service.boss(path, body?.(known), sending) : asAgent
      expect(answer.status, `${path} ${JSON.stringify(answer.body)}`).toBe(status)
      expect(Object.keys(answer.body), path).toEqual(expect.arrayContaining([...reads]))
      for (const [name, field] of Object.entries(remember)) known[name] = String(answer.body[field])
    }
    expect([...refused].toSorted()).toEqual(PEOPLE)
  }, 30_000)

  it('is asked here', async () => {
    await using service = serve()
    const { body } = await service.ask('GET /openapi.json')
    const documented = operationsOf(body).map(({ route }) => route)
    const asked = new Set([...REQUESTS.map(({ route }) => route), ...OWN])
    expect([...asked].toSorted()).toEqual(documented.toSorted())
    expect(asked.size - OWN.length).toBe(127)
  })
})
