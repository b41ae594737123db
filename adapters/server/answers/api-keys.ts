import { Refusal } from '../../../src/service/protocol/refusal.js'
import { API_KEY_ROUTES } from '../../../src/service/protocol/routes/accounts.js'
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

/** Keys of agents and approvers. A secret is shown once, when its key is made. */
export function apiKeyEndpoints(keys: StoredKeys): readonly Endpoint[] {
  return answersTo(API_KEY_ROUTES, {
    'POST /api-keys': async ({ principal, body, service: { tenant } }) => {
      const { label, scopes, rate_limit_per_minute, ip_whitelist, expires_in_days } = body as KeyBody
      const named = scopes?.map(scope => (scope === OLD_NAME ? 'actions:write' : scope))
      mayGive(principal, named ?? SCOPES.agent)
      const limits = { ratePerMinute: rate_limit_per_minute, addresses: ip_whitelist, expiresInDays: expires_in_days }
      const wanted = said({ label, scopes: named, ...limits, tenant })
      return writeCreated(await keys.create(wanted, principal?.name))
    },
    'GET /api-keys': async ({ service: { tenant }, query }) => {
      const listed = (await keys.list(tenant, query['include_revoked'] === true)).map(writeKey)
      return { count: listed.length, keys: listed }
    },
    'GET /api-keys/validate': async ({ query }) => {
      const found = await keys.find(query['api_key'] as string)
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
      const reason = body['reason']
      const ended = await keys.revoke(
        params['id'] ?? '',
        actor(exchange),
        typeof reason === 'string' ? reason : undefined,
      )
      return { success: true, status: 'revoked', ...writeKey(ended) }
    },
    'POST /api-keys/{id}/rotate': async ({ params: { id = '' }, ...exchange }) => {
      // Whoever rotates a key gets the new one.
      mayGive(exchange.principal, (await keys.get(exchange.service.tenant, id)).body.scopes)
      const made = writeCreated(await keys.rotate(id, actor(exchange)))
      return { ...made, old_key_id: id, new_key_id: made.key_id }
    },
  })
}

function actor({ principal, service: { tenant } }: Pick<Exchange, 'principal' | 'service'>) {
  return { by: principal?.name ?? '', tenant }
}

/** Nobody gives more than he has. @throws Refusal 403 */
function mayGive(principal: Exchange['principal'], scopes: readonly string[]): void {
  const own = principal?.scopes
  const wrong =
    own === undefined ? [] : scopes.filter(scope => SCOPES.approver.includes(scope as never) && !own.includes(scope))
  if (wrong.length === 0) return
  throw new Refusal(403, {
    code: 'insufficient_scope',
    message: `A key gives no more than it is good for itself: ${wrong.join(', ')}`,
  })
}

function writeCreated({ id, secret, record }: CreatedKey) {
  return { key: secret, ...writeKey({ id, body: record }) }
}
