import { API_KEY_ROUTES } from '../../../src/service/protocol/routes/accounts.js'
import type { GuardedKeys } from '../auth/guarded-keys.js'
import { type CreatedKey, writeKey } from '../auth/key-record.js'
import { SCOPES } from '../auth/scopes.js'
import type { StoredKeys } from '../auth/stored-keys.js'
import { said } from '../wire/said.js'
import { answersTo, type Endpoint, type Exchange } from '../endpoint.js'

interface KeyBody {
  readonly label?: string | null
  readonly scopes?: readonly string[] | null
  readonly rate_limit_per_minute?: number | null
  readonly ip_whitelist?: readonly string[] | null
  readonly expires_in_days?: number | null
}

/** What clients call the scope of those who ask about actions: `actions:write`. */
const OLD_NAME = 'actions:validate'

interface RevokeBody {
  readonly reason?: unknown
  readonly keep_made?: boolean | null
}

/** Keys of agents and approvers. A secret is shown once, when its key is made. */
export function apiKeyEndpoints(keys: StoredKeys, guarded: GuardedKeys): readonly Endpoint[] {
  return answersTo(API_KEY_ROUTES, {
    'POST /api-keys': async ({ principal, body, service: { tenant } }) => {
      const { label, scopes, rate_limit_per_minute, ip_whitelist, expires_in_days } = body as KeyBody
      const named = scopes?.map(scope => (scope === OLD_NAME ? 'actions:write' : scope))
      const limits = { ratePerMinute: rate_limit_per_minute, addresses: ip_whitelist, expiresInDays: expires_in_days }
      const wanted = said({ label, scopes: named, ...limits, tenant })
      return writeCreated(await keys.create(wanted, principal))
    },
    'GET /api-keys': async ({ service: { tenant }, query }) => {
      const listed = (await keys.list(tenant, query['include_revoked'] === true)).map(writeKey)
      return { count: listed.length, keys: listed }
    },
    'GET /api-keys/validate': async ({ query, address }) => {
      const found = await guarded.find(query['api_key'] as string, address)
      const { id, name, role, scopes } = found ?? {}
      return {
        valid: found !== undefined,
        key_id: id ?? null,
        label: name ?? null,
        role: role ?? null,
        scopes: scopes ?? (role === undefined ? [] : SCOPES[role]),
      }
    },
    'GET /api-keys/scopes': () => ({
      scopes: [...SCOPES.approver, OLD_NAME],
      agent: SCOPES.agent,
      approver: SCOPES.approver,
    }),
    'DELETE /api-keys/{id}': async ({ params, body, ...exchange }) => {
      const { reason, keep_made: keepMade } = body as RevokeBody
      const how = said({ reason: typeof reason === 'string' ? reason : undefined, keepMade })
      const ended = await keys.revoke(params['id'] ?? '', actor(exchange), how)
      return { success: true, status: 'revoked', ...writeKey(ended) }
    },
    // Whoever rotates a key gets the new one.
    'POST /api-keys/{id}/rotate': async ({ params: { id = '' }, ...exchange }) => {
      const made = writeCreated(await keys.rotate(id, actor(exchange)))
      return { ...made, old_key_id: id, new_key_id: made.key_id }
    },
  })
}

function actor({ principal, service: { tenant } }: Pick<Exchange, 'principal' | 'service'>) {
  return { by: principal?.name ?? '', tenant, maker: principal }
}

function writeCreated({ id, secret, record }: CreatedKey) {
  return { key: secret, ...writeKey({ id, body: record }) }
}
