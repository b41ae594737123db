import { isRecord, numberIn } from '../call/record.js'
import { known, type StreamUsage } from './events.js'

/** Tokens in the words of any of the wires: Responses, Chat Completions, AI SDK, LangChain. */
export function usageOf(usage: unknown): StreamUsage | undefined {
  if (!isRecord(usage)) return undefined
  const first = (...fields: readonly string[]): number | undefined => {
    for (const field of fields) {
      const found = numberIn(usage, field)
      if (found !== undefined) return found
    }
    return undefined
  }
  const within = (field: string, ...places: readonly string[]): number | undefined => {
    for (const place of places) {
      const found = numberIn(usage[place], field)
      if (found !== undefined) return found
    }
    return undefined
  }
  return known<StreamUsage>({
    inputTokens: first('input_tokens', 'prompt_tokens', 'inputTokens'),
    outputTokens: first('output_tokens', 'completion_tokens', 'outputTokens'),
    totalTokens: first('total_tokens', 'totalTokens'),
    reasoningTokens:
      within('reasoning_tokens', 'output_tokens_details', 'completion_tokens_details') ??
      within('reasoning', 'output_token_details') ??
      within('reasoningTokens', 'outputTokenDetails') ??
      first('reasoningTokens'),
    cachedTokens:
      within('cached_tokens', 'input_tokens_details', 'prompt_tokens_details') ??
      within('cache_read', 'input_token_details') ??
      within('cacheReadTokens', 'inputTokenDetails') ??
      first('cachedInputTokens'),
  })
}
