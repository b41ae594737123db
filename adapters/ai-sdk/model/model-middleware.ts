import type { LanguageModelMiddleware } from 'ai'
import type { ModelTarget, Opened, RequestFacts } from 'countersign'
import { governedOf } from '../govern.js'
import { decideAhead } from './decide-ahead.js'
import { holdCalls } from './hold-calls.js'
import type { CallParams, Generated, ModelLike, Part, Streamed } from './model-like.js'
import { type GovernedModelOptions, invalid, type ResolvedModelOptions, resolveModelOptions } from './model-options.js'
import { chunksOf, streamOf } from './streams.js'
import { usageOf } from './usage.js'

interface Target extends ModelTarget {
  readonly handle: ModelLike
}

interface OpenedStream extends Opened<Part> {
  /** Whatever came with the stream. */
  readonly rest: object
}

/** Parts that say nothing of the answer yet. */
const OPENING = new Set(['stream-start', 'response-metadata', 'raw'])

/**
 * The guard in front of models as a middleware of the SDK, for `wrapLanguageModel`; {@link governedModel} is the same in one
 * step. Only the one inside of all others sees what is really sent: put it last.
 *
 * @throws GovernanceError `invalid-option`
 */
export function modelMiddleware(options: GovernedModelOptions = {}): LanguageModelMiddleware {
  const resolved = resolveModelOptions(options, 'modelMiddleware')
  // The SDK's own type is about models of one version; this handles all of them alike.
  return {
    specificationVersion: 'v4',
    wrapGenerate: ({ model, params }: Wrapped) => generate(resolved, model, params),
    wrapStream: ({ model, params }: Wrapped) => stream(resolved, model, params),
  } as unknown as LanguageModelMiddleware
}

interface Wrapped {
  readonly model: ModelLike
  readonly params: CallParams
}

/** One request that is answered at once. */
export async function generate(
  options: ResolvedModelOptions,
  model: ModelLike,
  params: CallParams,
): Promise<Generated> {
  const { guard, tools } = options
  const facts = factsOf(options, model, params)
  try {
    const generated = await guard.run<Target, Generated>(
      { ...facts, usage: ({ usage }) => usageOf(usage) },
      async ({ handle }, { signal }) => (await handle.doGenerate({ ...params, abortSignal: signal })) as Generated,
    )
    await decideAhead({ tools, params }, generated.content)
    return generated
  } catch (error) {
    throw notRetried(error)
  }
}

/** One request that is answered by a stream. */
export async function stream(options: ResolvedModelOptions, model: ModelLike, params: CallParams): Promise<Streamed> {
  const { guard, tools } = options
  const facts = factsOf(options, model, params)
  try {
    const { chunks, rest } = await guard.stream<Target, OpenedStream>(
      {
        ...facts,
        usage: ({ usage }) => usageOf(usage),
        isOpening: ({ type }) => OPENING.has(type),
        errorIn: ({ type, error }) => (type === 'error' ? { error } : undefined),
        isLast: isWhole,
      },
      async ({ handle }, { signal }) => {
        const { stream, ...rest } = (await handle.doStream({ ...params, abortSignal: signal })) as Streamed
        return { chunks: chunksOf(stream), rest }
      },
    )
    const all = streamOf(chunks)
    return { ...rest, stream: Object.keys(tools).length === 0 ? all : holdCalls(all, { tools, params }) }
  } catch (error) {
    throw notRetried(error)
  }
}

function factsOf(options: ResolvedModelOptions, model: ModelLike, params: CallParams): RequestFacts<Target> {
  const { fallbacks, scope, tools: governed } = options
  const { abortSignal, ...body } = params
  const names = (params.tools ?? []).map(({ name }) => name)
  for (const fallback of fallbacks) checkVersion(model, fallback)
  return {
    targets: [targetOf(model), ...fallbacks.map(targetOf)],
    body,
    scope: scope(),
    signal: abortSignal,
    maxOutputTokens: params.maxOutputTokens,
    tools: names.filter(name => !Object.hasOwn(governed, name) || !governedOf(governed[name] ?? {})?.gate.isReadOnly),
  }
}

/** @throws GovernanceError `invalid-option` where a fallback would not understand what the model is asked */
export function checkVersion(model: ModelLike, fallback: ModelLike): void {
  const { specificationVersion: expected } = model
  const { specificationVersion: found, provider, modelId } = fallback
  if (found !== expected)
    throw invalid('fallbacks', `expected models of specification ${expected}; ${provider}/${modelId} is of ${found}`)
}

/** Names a model as budgets and limits do. */
export function targetOf(handle: ModelLike): Target {
  return { provider: handle.provider, model: handle.modelId, handle }
}

/** Providers end a stream that was cut with `other`. */
function isWhole({ type, finishReason }: Part): boolean {
  if (type !== 'finish') return false
  const reason = typeof finishReason === 'object' ? finishReason?.unified : finishReason
  return reason === 'stop' || reason === 'tool-calls' || reason === 'length' || reason === 'content-filter'
}

/** What came out of here was tried often enough: the SDK must not begin anew. */
function notRetried(error: unknown): unknown {
  const isRetried = typeof error === 'object' && error !== null && 'isRetryable' in error && error.isRetryable === true
  return isRetried ? Object.defineProperty(error, 'isRetryable', { value: false, configurable: true }) : error
}
