import { checkScope, GovernanceError, type Scope } from 'countersign'
import type { AnyScope, ScopeRequest } from './options.js'
import type { CallOptions } from './tool-like.js'

/** On whose behalf a call is made. @throws GovernanceError `evaluation-failed` if that cannot be determined */
export function whoAndWhere(toolName: string, scope: NonNullable<AnyScope>, options: CallOptions): Scope {
  const { toolCallId, messages } = options
  const context = options.context ?? options.experimental_context
  const request: ScopeRequest = { toolName, toolCallId, messages, context }
  try {
    const who = scope(request as ScopeRequest<never>)
    checkScope(who, 'scope()')
    return who
  } catch (cause) {
    const message = `The call to tool "${toolName}" was not executed: on whose behalf could not be determined. Do not retry it; tell the user.`
    throw new GovernanceError('evaluation-failed', message, { cause })
  }
}

/** On whose behalf a call is made, as far as that can be said without its conversation and its context; nothing where it cannot. */
export function whoAlone(toolName: string, scope: NonNullable<AnyScope>, toolCallId: string): Scope | undefined {
  const seen = { isRead: false }
  const unknown = (): never => {
    seen.isRead = true
    throw new TypeError('not known yet')
  }
  const request = Object.defineProperties(
    { toolName, toolCallId },
    { messages: { get: unknown, enumerable: true }, context: { get: unknown, enumerable: true } },
  )
  try {
    const who = scope(request as ScopeRequest<never>)
    checkScope(who, 'scope()')
    return seen.isRead ? undefined : who
  } catch {
    // If it is the scope that fails, it will fail again where that counts.
    return undefined
  }
}
