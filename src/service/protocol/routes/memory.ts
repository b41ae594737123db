import type { Routes } from '../route.js'
import { any, flag, having, listOf, object, oneOf, required, share, text, within } from '../shape.js'

/** What is known of events; clients of other versions say more. */
const EVENT = {
  event_id: text,
  seq: within(0, Number.MAX_SAFE_INTEGER),
  schema_version: within(1, 100),
  source_version: text,
  tool: required(text),
  status: required(oneOf('executed', 'blocked', 'approval_required', 'tool_error')),
  decision: object,
  arguments: any,
  call_id: text,
  output: any,
  error: any,
  timestamp: any,
  trace_id: text,
  request_id: text,
  recommendation: text,
  risk_score: share,
  enforcement_mode: text,
  trajectory_health: any,
  decision_packet: object,
  model: text,
  actor: text,
  domain: text,
  session_id: text,
}
const WINDOW = { window_hours: within(1, 8760), tool: text, domain: text, actor: text, source: text }

/** What was done, told for later, and what is made of it. */
export const MEMORY_ROUTES = {
  'POST /actions/memory/ingest': {
    body: {
      source: required(text),
      events: required(listOf(having(EVENT))),
      redact: flag,
      redaction_policy: text,
      source_version: text,
      actor: text,
      domain: text,
      model: text,
      trace_id: text,
    },
  },
  'GET /actions/memory/context': { query: { ...WINDOW, limit_recent: within(1, 1000) } },
  'POST /actions/memory/refresh-aggregates': { query: { concurrent: flag, window_hours: within(1, 8760) } },
  'POST /actions/memory/recommendations': {
    body: {
      ...WINDOW,
      scope: having({ tool: text, domain: text, actor: text }),
      min_events: within(0, 1_000_000),
      min_blocked_rate: share,
      min_approval_rate: share,
      min_tool_error_rate: share,
      limit_recommendations: within(1, 100),
      include_examples: flag,
      auto_apply: flag,
    },
  },
} as const satisfies Routes
