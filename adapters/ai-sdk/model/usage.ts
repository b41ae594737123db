import type { TokenUsage } from 'countersign'
import type { UsageLike } from './model-like.js'

/** What the SDK says that an answer took; nothing where a number is missing. */
export function usageOf(usage: UsageLike | undefined): TokenUsage | undefined {
  const { inputTokens, outputTokens, cachedInputTokens } = usage ?? {}
  const input = typeof inputTokens === 'object' ? inputTokens.total : inputTokens
  const output = typeof outputTokens === 'object' ? outputTokens.total : outputTokens
  const cached = typeof inputTokens === 'object' ? inputTokens.cacheRead : cachedInputTokens
  if (!isCount(input) || !isCount(output)) return undefined
  return { inputTokens: input, outputTokens: output, ...(isCount(cached) ? { cachedInputTokens: cached } : {}) }
}

function isCount(value: number | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
