import {
  checkScope,
  GovernanceError,
  guardOf,
  knownKeys,
  type ProviderGuard,
  type ProviderGuardOptions,
  type Scope,
} from 'countersign'
import { governedOf } from '../govern.js'
import type { AnyTool } from '../options.js'
import { asToolLike, type ToolLike } from '../tool-like.js'
import type { ModelLike } from './model-like.js'

/** How a model is asked. */
export interface GovernedModelOptions {
  /** The guard that all models of an application share, or options for one of this model's own. @defaultValue a guard with every default */
  readonly guard?: ProviderGuard | ProviderGuardOptions
  /** Models to ask in its place, in this order; of the same version of the SDK's specification. @defaultValue none */
  readonly fallbacks?: readonly ModelLike[]
  /** On whose behalf requests are, or what says so for each. @defaultValue nobody's */
  readonly scope?: Scope | (() => Scope)
  /**
   * Governed tools. The calls of one answer are decided together, before the SDK asks about one after the other, so that a
   * decision service is asked once; and those with a profile that says `readOnly` do not keep an answer from being cached.
   */
  readonly tools?: Readonly<Record<string, AnyTool>>
}

/** Options once checked. */
export interface ResolvedModelOptions {
  readonly guard: ProviderGuard
  readonly fallbacks: readonly ModelLike[]
  readonly scope: () => Scope
  readonly tools: Readonly<Record<string, ToolLike>>
}

const KEYS = ['guard', 'fallbacks', 'scope', 'tools'] satisfies (keyof GovernedModelOptions)[]

/** @throws GovernanceError `invalid-option` */
export function resolveModelOptions(options: GovernedModelOptions, place: string): ResolvedModelOptions {
  knownKeys(options, KEYS, place)
  const { guard, fallbacks = [], scope = {}, tools = {} } = options
  for (const [index, model] of fallbacks.entries()) checkModel(model, `${place}.fallbacks.${index}`)
  if (typeof scope !== 'function') checkScope(scope, `${place}.scope`)
  const known = Object.entries(tools).map(([name, tool]) => [name, asToolLike(tool)] as const)
  for (const [name, tool] of known) {
    if (governedOf(tool) === undefined)
      throw invalid(`${place}.tools.${name}`, 'expected a tool of governedTools, governedTool or withGovernance')
  }
  return {
    guard: guardOf(guard, `${place}.guard`),
    fallbacks,
    scope: () => {
      const who = typeof scope === 'function' ? scope() : scope
      checkScope(who, `${place}.scope()`)
      return who
    },
    tools: Object.fromEntries(known),
  }
}

/** @throws GovernanceError `invalid-option` */
export function checkModel(model: unknown, place: string): asserts model is ModelLike {
  if (typeof model === 'string')
    throw invalid(place, `expected a model object; for the name "${model}", ask a provider: gateway("${model}")`)
  const { doGenerate, doStream } = (model ?? {}) as Partial<ModelLike>
  if (typeof doGenerate !== 'function' || typeof doStream !== 'function')
    throw invalid(place, 'expected a language model of the AI SDK')
}

/** The error of an option that is not what it should be. */
export function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', `Option \`${option}\`: ${message}`)
}
