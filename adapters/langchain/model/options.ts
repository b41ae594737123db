import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import {
  checkScope,
  GovernanceError,
  guardOf,
  knownKeys,
  type ProviderGuard,
  type ProviderGuardOptions,
  type Scope,
} from 'countersign'
import type { ScopeOption } from '../place.js'
import { currentConfig } from './current-config.js'

/** How a chat model is asked. */
export interface GovernedModelOptions<CONTEXT = unknown> {
  /** The guard that all models of an application share, or options for one of this model's own. @defaultValue a guard with every default */
  readonly guard?: ProviderGuard | ProviderGuardOptions
  /** Models to ask in its place, in this order. Tools are bound to each in its own way. @defaultValue none */
  readonly fallbacks?: readonly BaseChatModel[]
  /** On whose behalf requests are: fixed, or read from each invocation's `context` and `configurable`. @defaultValue `sessionId` is the thread's id */
  readonly scope?: ScopeOption<CONTEXT>
}

/** Options once checked. */
export interface ResolvedModelOptions {
  readonly guard: ProviderGuard
  readonly fallbacks: readonly BaseChatModel[]
  /** Who asks now: read where LangChain keeps the config of what runs. */
  readonly scope: () => Scope
}

/** @throws GovernanceError `invalid-option` */
export function resolveModelOptions(options: GovernedModelOptions<never>, place: string): ResolvedModelOptions {
  knownKeys(options, ['guard', 'fallbacks', 'scope'] satisfies (keyof GovernedModelOptions)[], place)
  const { guard, fallbacks = [], scope } = options
  for (const [index, model] of fallbacks.entries()) checkModel(model, `${place}.fallbacks.${index}`)
  if (scope !== undefined && typeof scope !== 'function') checkScope(scope, `${place}.scope`)
  return {
    guard: guardOf(guard, `${place}.guard`),
    fallbacks,
    scope: () => {
      const { context, configurable = {} } = currentConfig()
      // Of the type that whoever wrote `scope` says it is.
      const who = typeof scope === 'function' ? scope({ context: context as never, configurable }) : (scope ?? {})
      checkScope(who, `${place}.scope()`)
      const thread: unknown = configurable['thread_id']
      return { ...who, sessionId: who.sessionId ?? (typeof thread === 'string' ? thread : undefined) }
    },
  }
}

/** @throws GovernanceError `invalid-option` */
export function checkModel(model: unknown, place: string): asserts model is BaseChatModel {
  const isObject = typeof model === 'object' && model !== null
  if (!isObject || !('_generate' in model) || typeof model._generate !== 'function')
    throw invalid(place, 'expected a chat model')
  // It makes a model of its own for each call, which no guard would be in front of.
  if ('_getModelInstance' in model) throw invalid(place, 'expected a model of one provider, not one of initChatModel')
}

/** The error of an option that is not what it should be. */
export function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${option}\`: ${message}`)
}
