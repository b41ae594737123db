import type { Role, Route, RouteName } from '../../../src/service/protocol/route.js'

/** What keys of agents may be good for. */
const AGENT_SCOPES = [
  'actions:read',
  'actions:write',
  'outcomes:read',
  'outcomes:write',
  'memory:read',
  'memory:write',
  'cases:read',
  'cases:write',
  'knowledge:read',
  'knowledge:write',
  'ingest:read',
  'ingest:write',
  'events:read',
  'approvals:read',
  'rules:read',
  'kill_switch:read',
  'kill_switch:on',
  'webhooks:read',
  'api_keys:read',
] as const

/** What only keys of approvers may be good for: a key that has one of these is an approver's. */
const APPROVER_SCOPES = [
  'approvals:write',
  'rules:write',
  'kill_switch:off',
  'webhooks:write',
  'api_keys:write',
] as const

/** A thing that a key may be good for. */
export type KeyScope = (typeof AGENT_SCOPES)[number] | (typeof APPROVER_SCOPES)[number]

/** All that keys of a role can be good for: what a key is good for that names nothing. */
export const SCOPES: Readonly<Record<Role, readonly KeyScope[]>> = {
  agent: AGENT_SCOPES,
  approver: [...AGENT_SCOPES, ...APPROVER_SCOPES],
}

const APPROVERS_ONLY: ReadonlySet<string> = new Set(APPROVER_SCOPES)
const KNOWN: ReadonlySet<string> = new Set(SCOPES.approver)

/** Whether there is such a scope. */
export function isScope(scope: string): scope is KeyScope {
  return KNOWN.has(scope)
}

/** Whose key it is that is good for these. */
export function roleOf(scopes: readonly string[]): Role {
  return scopes.some(scope => APPROVERS_ONLY.has(scope)) ? 'approver' : 'agent'
}

/** What the first segment of a path is about; what is not here is knowledge. */
const AREAS: Readonly<Record<string, string>> = {
  actions: 'actions',
  outcomes: 'outcomes',
  cases: 'cases',
  ingest: 'ingest',
  events: 'events',
  approvals: 'approvals',
  rules: 'rules',
  'kill-switch': 'kill_switch',
  webhooks: 'webhooks',
  'api-keys': 'api_keys',
}

/** Questions that are put by POST: nothing is changed by them. */
const QUESTIONS =
  /^\/(?:rules\/(?:dry-run|validate)|cases\/precedents|precedents\/query|retrieval\/(?:query|compare)|insights\/advise|features\/(?:compute|compare|export)|webhooks\/verify-signature|actions\/memory\/recommendations)(?:\/|$)/

/** What a key must be good for to ask for a route; nothing where anybody may. */
export function scopeOf({
  route,
  access,
}: Pick<Route, 'access'> & { readonly route: RouteName }): KeyScope | undefined {
  if (access === 'anyone') return undefined
  const [method = '', path = ''] = route.split(' ')
  if (path === '/kill-switch/activate') return 'kill_switch:on'
  if (path.startsWith('/kill-switch/deactivate')) return 'kill_switch:off'
  const area = path.startsWith('/actions/memory/') ? 'memory' : (AREAS[path.split('/')[1] ?? ''] ?? 'knowledge')
  // To send a trial, or what was sent before once more, is no change of a webhook: whoever may read may do it.
  const isReading = method === 'GET' || QUESTIONS.test(path) || (area === 'webhooks' && access !== 'approver')
  return `${area}:${isReading ? 'read' : 'write'}` as KeyScope
}
