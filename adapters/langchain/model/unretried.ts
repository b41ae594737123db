import type * as errors from '@langchain/core/errors'
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'

/**
 * The same model, which tries nothing again by itself: LangChain's models would do so six times under every attempt. The model
 * that was handed over stays as it is.
 */
export function unretried(model: BaseChatModel): BaseChatModel {
  const caller = Object.create(model.caller, { maxRetries: { value: 0 } }) as typeof model.caller
  return new Proxy(model, {
    // Its own getters see itself.
    get: (target, name) => (name === 'caller' ? caller : (Reflect.get(target, name, target) as unknown)),
  })
}

/** Throws on what came out of the guard: it was tried often enough, and a retrying middleware must not begin anew. */
export async function notRetried(error: unknown): Promise<never> {
  // Not there in every version that this runs with.
  const { stampRetryable }: Partial<typeof errors> = await import('@langchain/core/errors')
  throw stampRetryable === undefined ? error : stampRetryable(error, false)
}
