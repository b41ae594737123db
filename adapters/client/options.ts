import { type ConnectionOptions, type Credential, knownKeys, type ServiceConnection } from 'countersign'
import { invalidRequest } from './problem.js'

/** How a service is asked. */
export interface DecisionServiceOptions extends ConnectionOptions {
  /** Who answers requests, writes rules and hands out keys. Never the agent: a credential of its own. */
  readonly approver?: Credential | undefined
  /** A connection that is there already; its breaker is then shared. A key or token given besides it goes before its own. @defaultValue a new one */
  readonly connection?: ServiceConnection | undefined
}

/** What may be said of one call. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for everything, retries included. @defaultValue the connection's */
  readonly deadlineMs?: number | undefined
  /** Says that a second request is the first one again. None is made up: a repeat may be meant. */
  readonly idempotencyKey?: string | undefined
  /** In the place of the agent's, and of the approver's where one is needed. */
  readonly credential?: Credential | undefined
}

const CONNECTING = ['baseUrl', 'deadlineMs', 'retry', 'circuitBreaker', 'maxConcurrent', 'clock'] as const
const WITH_CONNECTION = ['apiKey', 'bearerToken', 'approver', 'connection'] as const

/** @throws GovernanceError `invalid-option`, naming it, for an option nobody knows, or that a given connection leaves no say */
export function checkServiceOptions(options: DecisionServiceOptions, place: string): void {
  const isConnected = options.connection !== undefined
  knownKeys(options, isConnected ? WITH_CONNECTION : [...CONNECTING, ...WITH_CONNECTION], place)
  checkSecrets(options, place)
  if (options.approver !== undefined) checkCredential(options.approver, `${place}.approver`)
}

/** @throws GovernanceError `invalid-option`, naming it, for an option nobody knows */
export function checkCallOptions(options: CallOptions, place: string): void {
  if (typeof options !== 'object') throw invalidRequest(`${place}(…, options)`, 'an object')
  knownKeys(options, ['signal', 'deadlineMs', 'idempotencyKey', 'credential'], `${place}(…, options)`)
  if (options.credential !== undefined) checkCredential(options.credential, `${place}(…, options).credential`)
}

function checkCredential(credential: Credential, place: string): void {
  knownKeys(credential, ['apiKey', 'bearerToken'], place)
  checkSecrets(credential, place)
}

/** What no header carries is no credential: it would be another one by the time it arrives. */
function checkSecrets({ apiKey, bearerToken }: Credential, place: string): void {
  for (const [name, secret] of Object.entries({ apiKey, bearerToken })) {
    const isSendable = secret === undefined || (typeof secret === 'string' && /^[\x21-\x7e]*$/.test(secret))
    if (!isSendable) throw invalidRequest(`${place}.${name}`, 'visible ASCII characters without spaces')
  }
}
