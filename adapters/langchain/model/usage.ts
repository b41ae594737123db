import type { ChatResult } from '@langchain/core/outputs'
import type { TokenUsage } from 'countersign'

/** As LangChain counts. */
interface UsageMetadata {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly input_token_details?: { readonly cache_read?: number }
}

/** What an answer took, if it says. */
export function usageOfResult({ generations, llmOutput }: ChatResult): TokenUsage | undefined {
  const stated = usageOfMessage(generations[0]?.message)
  if (stated !== undefined) return stated
  const { promptTokens, completionTokens } = (llmOutput?.['tokenUsage'] ?? {}) as Readonly<Record<string, unknown>>
  const isCounted = typeof promptTokens === 'number' && typeof completionTokens === 'number'
  return isCounted ? { inputTokens: promptTokens, outputTokens: completionTokens } : undefined
}

/** Adds up what the chunks of a stream say: some providers tell of the input first, and of the output last. */
export function usageOfChunks(): (chunk: { readonly message: object }) => TokenUsage | undefined {
  let sum: Required<TokenUsage> | undefined
  return ({ message }) => {
    const usage = usageOfMessage(message)
    if (usage === undefined) return undefined
    const { inputTokens = 0, cachedInputTokens = 0, outputTokens = 0 } = sum ?? {}
    sum = {
      inputTokens: inputTokens + usage.inputTokens,
      cachedInputTokens: (cachedInputTokens ?? 0) + (usage.cachedInputTokens ?? 0),
      outputTokens: outputTokens + usage.outputTokens,
    }
    return sum
  }
}

function usageOfMessage(message: object | undefined): TokenUsage | undefined {
  const { usage_metadata: usage } = (message ?? {}) as { readonly usage_metadata?: UsageMetadata }
  const { input_tokens: inputTokens, output_tokens: outputTokens, input_token_details: details } = usage ?? {}
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  return { inputTokens, outputTokens, cachedInputTokens: details?.cache_read ?? 0 }
}
