import { API_KEY_ROUTES, AUTH_ROUTES } from '../../../service/protocol/routes/accounts.js'
import { Refusal } from '../../../service/protocol/refusal.js'
import { endpointsOf, type Exchange } from '../endpoint.js'
import type { WireRecord } from '../world.js'
import { bind, recordOf } from './collections.js'

/** Keys of agents. What is made here is a credential at once, and none once it is revoked. */
export const apiKeyEndpoints = endpointsOf(API_KEY_ROUTES, {
  'POST /api-keys': issue,
  'GET /api-keys': ({ world, query }) => {
    const keys = [...world.collection('api-keys').values()]
      .filter(key => query['include_revoked'] === true || key['revoked'] !== true)
      .map(({ key: _secret, ...rest }) => rest)
    return { count: keys.length, keys }
  },
  'GET /api-keys/validate': ({ world, query }) => ({ valid: world.credentials.has(query['api_key'] as string) }),
  'GET /api-keys/scopes': { scopes: ['actions:write', 'outcomes:write', 'rules:read', 'rules:write'] },
  'DELETE /api-keys/{id}': revoke,
  'POST /api-keys/{id}/rotate': exchange => {
    const { label, scopes } = revoke(exchange)
    const made = issue({ ...exchange, body: bind({ label, scopes }) })
    return { ...made, old_key_id: exchange.params['id'], new_key_id: made['key_id'] }
  },
})

function issue({ world, body }: Exchange): WireRecord {
  const id = world.id('key')
  const key = `bhk_${id}`
  const fields = { label: 'default', scopes: [], ...body, created_at: world.now(), expires_at: null }
  const record = { key, key_id: id, key_prefix: key.slice(0, 8), ...fields }
  world.credentials.set(key, 'agent')
  world.collection('api-keys').set(id, record)
  return record
}

function revoke(exchange: Exchange): WireRecord {
  const record = recordOf(exchange, 'api-keys')
  exchange.world.credentials.delete(record['key'] as string)
  exchange.world.collection('api-keys').set(record['key_id'] as string, { ...record, revoked: true })
  return { ...record, key: undefined, success: true, status: 'revoked', revoked: true }
}

/** People, who may do what an agent may not. */
export const authEndpoints = endpointsOf(AUTH_ROUTES, {
  'POST /auth/signup': enter,
  'POST /auth/login': login,
  'POST /auth/refresh': refresh,
  'POST /auth/logout': ({ world, body }) => {
    const session = world.collection('sessions').get(body['refresh_token'] as string)
    world.credentials.delete(session?.['access_token'] as string)
    world.collection('sessions').delete(body['refresh_token'] as string)
    return { success: true }
  },
})

function enter({ world, body }: Exchange): WireRecord {
  const { email, password } = body
  world.collection('accounts').set(email as string, { password })
  return open(world, email)
}

function login({ world, body }: Exchange): WireRecord {
  const { email, password } = body
  const known = world.collection('accounts').get(email as string)
  if (known === undefined || known['password'] !== password) throw new Refusal(401, 'Invalid email or password')
  return open(world, email)
}

function refresh({ world, body }: Exchange): WireRecord {
  const session = world.collection('sessions').get(body['refresh_token'] as string)
  if (session === undefined) throw new Refusal(401, 'Invalid refresh token')
  world.collection('sessions').delete(body['refresh_token'] as string)
  world.credentials.delete(session['access_token'] as string)
  return open(world, session['user_id'])
}

function open(world: Exchange['world'], user: unknown): WireRecord {
  const session = {
    access_token: world.id('access'),
    refresh_token: world.id('refresh'),
    token_type: 'bearer',
    user_id: user,
    role: 'admin',
  }
  world.credentials.set(session.access_token, 'approver')
  world.collection('sessions').set(session.refresh_token, session)
  return session
}
