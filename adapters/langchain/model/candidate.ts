import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { RunnableBinding } from '@langchain/core/runnables'
import type { ModelTarget } from 'countersign'
import { invalid } from './options.js'

/** Options of one call, as models parse them. */
export type CallOptions = Readonly<Record<string, unknown>> & { readonly signal?: AbortSignal | undefined }

/** A model that may be asked, with what was bound to it. */
export interface Candidate extends ModelTarget {
  readonly handle: BaseChatModel
  /** Options of every call: tools, above all, in the form that its provider wants. */
  readonly bound: CallOptions
}

/** A model, and the binding around it as LangChain made it, if it did. */
export interface Unwrapped {
  readonly candidate: Candidate
  readonly binding: Binding | undefined
}

/** The part of a binding that makes another like it. */
interface Binding {
  readonly config: CallOptions
  readonly kwargs: CallOptions
  readonly configFactories: RunnableBinding<unknown, unknown>['configFactories']
}

/** The model within whatever binding it as tools or options returned. @throws GovernanceError `invalid-option` where there is none, so that nothing slips past the guard */
export function unwrap(runnable: unknown): Unwrapped {
  if (!RunnableBinding.isRunnableBinding(runnable)) return { candidate: candidateOf(runnable, {}), binding: undefined }
  const { bound, config, kwargs, configFactories } = runnable as RunnableBinding<unknown, unknown>
  const inner = unwrap(bound)
  const binding: Binding = {
    config: { ...inner.binding?.config, ...config },
    kwargs: { ...inner.binding?.kwargs, ...kwargs },
    configFactories: configFactories ?? inner.binding?.configFactories,
  }
  const { handle } = inner.candidate
  return { candidate: candidateOf(handle, { ...binding.config, ...binding.kwargs }), binding }
}

/** A model with what is bound to it; OpenAI's keep that in themselves. */
export function candidateOf(model: unknown, bound: CallOptions): Candidate {
  if (typeof model !== 'object' || model === null || !('_generate' in model))
    throw invalid('model', 'expected a model that gives a model back when tools or options are bound to it')
  const handle = model as BaseChatModel & { readonly defaultOptions?: CallOptions }
  return { ...nameOf(handle), handle, bound: { ...handle.defaultOptions, ...bound } }
}

/** What one candidate is asked with, of what the first was to be asked with. */
export function optionsFor(candidate: Candidate, first: Candidate, options: CallOptions): CallOptions {
  if (candidate === first) return options
  const shared = Object.entries(options).filter(([name]) => !Object.hasOwn(first.bound, name))
  return { ...Object.fromEntries(shared), ...candidate.bound }
}

/** As tracing names it: `openai`, `gpt-5`. */
function nameOf(model: BaseChatModel): ModelTarget {
  const { ls_provider: provider, ls_model_name: name } = model.getLsParams({})
  const { model: own } = model as { readonly model?: unknown }
  return { provider: provider ?? model._llmType(), model: name ?? (typeof own === 'string' ? own : model._llmType()) }
}
