import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { RunnableBinding } from '@langchain/core/runnables'
import { type Asked, generate, isOwn, type ModelCall, streamChunks, streamEvents } from './ask-model.js'
import { candidateOf, unwrap } from './candidate.js'
import { checkModel, type GovernedModelOptions, invalid, resolveModelOptions } from './options.js'

type Method = (...args: readonly unknown[]) => unknown

/** Models that have a guard in front of them. */
const governed = new WeakSet<object>()

/**
 * A chat model behind a guard: one deadline, retries, a circuit breaker, limits, budgets, a cache, and other models where it
 * fails. It is the same model to LangChain, and to `instanceof`: `invoke`, `stream`, `streamEvents`, `batch`, callbacks and
 * tracing are its own, and only where it would send a request is the guard in between; what `bindTools`, `withConfig` and
 * `withStructuredOutput` make of it is governed too. Neither it nor LangChain's middlewares try again what the guard gave up on.
 *
 * @throws GovernanceError `invalid-option`
 */
export function governedModel<MODEL extends BaseChatModel, CONTEXT = unknown>(
  model: MODEL,
  options: GovernedModelOptions<CONTEXT> = {},
): MODEL {
  const place = 'governedModel'
  checkModel(model, `${place}.model`)
  if (governed.has(model)) throw invalid(`${place}.model`, 'expected a model without a guard; this one has one')
  const resolved = resolveModelOptions(options, place)
  const [first, ...others] = [model, ...resolved.fallbacks].map(each => candidateOf(each, {}))
  if (first === undefined) throw invalid(place, 'expected a model')
  resolved.guard.check([first, ...others])
  return withGuard({ ...resolved, candidates: [first, ...others] }) as MODEL
}

function withGuard(asked: Asked): BaseChatModel {
  const [{ handle }] = asked.candidates
  const methods = new Map<PropertyKey, Method>([
    ['_generate', (...args) => generate(asked, callOf(args))],
    ['withConfig', (...args) => bound(asked, 'withConfig', args)],
  ])
  if (isOwn(handle, '_streamResponseChunks'))
    methods.set('_streamResponseChunks', (...args) => streamChunks(asked, callOf(args)))
  if (isOwn(handle, '_streamChatModelEvents'))
    methods.set('_streamChatModelEvents', (...args) => streamEvents(asked, callOf(args)))
  if (typeof handle.bindTools === 'function') methods.set('bindTools', (...args) => bound(asked, 'bindTools', args))
  const proxy = new Proxy(handle, {
    get: (target, name, receiver) => methods.get(name) ?? (Reflect.get(target, name, receiver) as unknown),
  })
  governed.add(proxy)
  return proxy
}

function callOf([messages, options, runManager]: readonly unknown[]): ModelCall {
  return { messages, options: options ?? {}, runManager } as ModelCall
}

/** Tools and options bound to every candidate in its own way, with the guard in front of what comes of that. */
function bound(asked: Asked, method: 'bindTools' | 'withConfig', args: readonly unknown[]): unknown {
  const [first, ...others] = asked.candidates.map(({ handle, bound: before }) => {
    const bind = handle[method] as Method | undefined
    if (bind === undefined) throw invalid('fallbacks', 'expected models that tools can be bound to')
    const { candidate, binding } = unwrap(Reflect.apply(bind, handle, args))
    return { binding, candidate: { ...candidate, bound: { ...before, ...candidate.bound } } }
  })
  if (first === undefined) throw invalid('model', 'expected a model')
  const model = withGuard({ ...asked, candidates: [first.candidate, ...others.map(({ candidate }) => candidate)] })
  // Made of another binding, whose type says less than its own constructor asks for.
  return first.binding === undefined ? model : new RunnableBinding({ bound: model, ...first.binding } as never)
}
