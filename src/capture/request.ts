import { chain, isPromiseLike, sha256 } from '../ambient.js'
import { GovernanceError, isGovernanceError } from '../errors.js'
import type { ToolProfile } from '../tool-profile.js'
import type { Awaitable, EvaluationRequest, Scope, ToolCall } from '../types.js'
import { fingerprint } from './input.js'
import { applyProfile, type ProfileDefaults, type ProfiledCall } from './profile.js'

/** A call as it will be judged; with a `problem` when it cannot be. */
export interface CapturedCall {
  readonly request: EvaluationRequest
  /** Why no evaluation can be made of it. `input`: it cannot even be fingerprinted, so nothing may run. */
  readonly problem?: { readonly kind: 'input' | 'profile'; readonly error: GovernanceError }
}

/** A name longer than this is not a tool's name. */
const MAX_NAME = 256
const UNFINGERPRINTED = ''

/**
 * Turns a framework's facts into the one request that rules, records and approvals are about. Never throws for what a
 * model sent: what cannot be captured is carried as `problem`, so that it is decided and recorded like any other call.
 *
 * @param bound what else the digest is of
 */
export function captureCall(
  call: ToolCall,
  scope: Scope & ProfileDefaults & { readonly traceId: string },
  profile: ToolProfile | undefined,
  at: number,
  bound?: string,
): Awaitable<CapturedCall> {
  const invalid = checkCall(call)
  if (invalid !== undefined) {
    const safe = { id: text(call?.id, '-'), name: text(call?.name, '-'), input: undefined }
    return build(safe, scope, undefined, UNFINGERPRINTED, at, { kind: 'input', error: invalid })
  }
  try {
    const digest = digestOf(call.input, bound)
    if (isPromiseLike(digest)) return digest.then(known => build(call, scope, profile, known, at))
    return build(call, scope, profile, digest, at)
  } catch (error) {
    return build(call, scope, undefined, UNFINGERPRINTED, at, { kind: 'input', error: asInvalidCall(error) })
  }
}

/** Of the input; and of what the rest of a call is known by, of which the input is only a part. */
function digestOf(input: unknown, bound: string | undefined): Awaitable<string> {
  const digest = fingerprint(input)
  return bound === undefined ? digest : chain(digest, known => sha256(JSON.stringify([known, bound])))
}

function build(
  call: ToolCall,
  scope: Scope & ProfileDefaults & { readonly traceId: string },
  profile: ToolProfile | undefined,
  digest: string,
  at: number,
  problem?: CapturedCall['problem'],
): CapturedCall {
  let profiled: ProfiledCall
  let failure = problem
  try {
    profiled = applyProfile(call.name, problem === undefined ? call.input : undefined, profile, scope)
  } catch (error) {
    if (!isGovernanceError(error)) throw error
    failure = { kind: 'profile', error }
    const annotations = profile?.annotations ?? {}
    profiled = { ...applyProfile(call.name, undefined, undefined, scope), annotations }
  }
  const request: EvaluationRequest = {
    call,
    tool: call.name,
    input: call.input,
    digest,
    action: profiled.action,
    actor: profiled.actor,
    domain: profiled.domain,
    value: profiled.value,
    target: profiled.target,
    metadata: profiled.metadata,
    annotations: profiled.annotations,
    session: {
      id: scope.sessionId,
      user: scope.user,
      tenant: scope.tenant,
      model: scope.model,
      traceId: scope.traceId,
    },
    at,
  }
  return failure === undefined ? { request } : { request, problem: failure }
}

function checkCall(call: ToolCall): GovernanceError | undefined {
  if (typeof call !== 'object' || call === null) return invalidCall('the call is not an object { id, name, input }')
  if (typeof call.name !== 'string' || call.name === '' || call.name.length > MAX_NAME) {
    return invalidCall(`the tool's name is not a string of 1 to ${MAX_NAME} characters`)
  }
  if (typeof call.id !== 'string' || call.id === '') return invalidCall("the call's id is not a non-empty string")
  return undefined
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_NAME) : otherwise
}

function asInvalidCall(error: unknown): GovernanceError {
  return isGovernanceError(error) ? error : invalidCall('the input has no canonical JSON form')
}

function invalidCall(message: string): GovernanceError {
  return new GovernanceError('invalid-call', message)
}
