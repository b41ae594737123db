import type { Credential, ServiceRequest } from 'countersign'
import type { Draft } from './adjust.js'
import { approverOf, type Identities } from './credentials.js'
import { draftOf, fillPath, parametersOf } from './draft.js'
import type { Wire } from './encode.js'
import type { Endpoint } from './endpoint.js'
import { type CallOptions, checkCallOptions } from './options.js'
import { invalidRequest } from './problem.js'
import { wireName } from './wire.js'

/** Visible ASCII: what a header can carry. */
const KEY = /^[\x21-\x7e]{1,255}$/

/**
 * What is sent for a call of an endpoint.
 *
 * @throws GovernanceError `invalid-option` for what cannot be sent, `not-permitted` for what takes an approver's credential
 */
export function requestOf(
  endpoint: Endpoint,
  place: string,
  args: readonly unknown[],
  identities: Identities,
): ServiceRequest {
  const count = parametersOf(endpoint.path).length
  const takesRequest = endpoint.query !== undefined || endpoint.body !== undefined
  const rest = args.slice(count)
  const request = takesRequest ? (rest.shift() ?? {}) : {}
  const options = (rest.shift() ?? {}) as CallOptions
  if (rest.some(argument => argument !== undefined)) throw invalidRequest(place, 'nothing after the options')
  checkCallOptions(options, place)
  const draft = draftOf(endpoint, place, args, request)
  const idempotencyKey = keyOf(endpoint, place, options)
  const credential = credentialOf(endpoint, draft, identities, options)
  return {
    method: endpoint.method,
    path: `${fillPath(endpoint.path, draft.parameters)}${queryOf(draft.query)}`,
    ...(hasBody(endpoint, draft) ? { body: draft.body } : {}),
    ...(draft.headers === undefined ? {} : { headers: draft.headers }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(credential === undefined ? {} : { credential }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
    ...(endpoint.once === true && idempotencyKey === undefined ? { attempts: 1 } : {}),
  }
}

function hasBody({ method, body }: Endpoint, draft: Draft): boolean {
  return body !== undefined && (method !== 'DELETE' || Object.keys(draft.body).length > 0)
}

function keyOf(endpoint: Endpoint, place: string, { idempotencyKey }: CallOptions): string | undefined {
  if (idempotencyKey === undefined) return undefined
  const where = `${place}(…, options).idempotencyKey`
  // One that nobody reads would promise what nobody keeps.
  if (endpoint.idempotent !== true) throw invalidRequest(where, 'nothing, as the service takes none here')
  if (typeof idempotencyKey !== 'string' || !KEY.test(idempotencyKey)) {
    throw invalidRequest(where, '1 to 255 visible ASCII characters')
  }
  return idempotencyKey
}

function credentialOf(
  endpoint: Endpoint,
  draft: Draft,
  identities: Identities,
  { credential }: CallOptions,
): Credential | undefined {
  const { needs, approverIf } = endpoint
  const isApprovers = needs === 'approver' || (approverIf !== undefined && draft.body[wireName(approverIf)] === true)
  if (isApprovers) return approverOf(identities, credential, draft.place)
  return draft.credential ?? credential ?? identities.instead
}

function queryOf(query: Wire): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(item => [name, String(item)]),
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`
}
