import type { TokenUsage } from 'countersign'
import { isRecord, textIn } from '../call/record.js'
import { ProviderResponseError } from '../errors.js'
import { failureOf } from '../stream/responses.js'
import { usageOf } from '../stream/usage.js'

/** What a guard has to know of an API's streams. */
export interface Protocol {
  /** What a part, or a whole answer, says that it took. */
  readonly usage: (part: unknown) => TokenUsage | undefined
  /** Whether a part says nothing of the answer yet. */
  readonly isOpening: (part: unknown) => boolean
  /** The error that a part tells of. */
  readonly errorIn: (part: unknown) => ProviderResponseError | undefined
  /** Whether it is a part without which the answer was cut. */
  readonly isLast: (part: unknown) => boolean
  /** Whether nothing that comes after it belongs to the answer. */
  readonly ends: (part: unknown) => boolean
}

const OPENING = new Set<unknown>(['response.created', 'response.queued', 'response.in_progress'])
const FAILED = new Set<unknown>(['response.failed', 'error'])
const ENDS = new Set<unknown>(['response.completed', 'response.incomplete', 'response.failed'])

/** The Responses API. */
export const responsesProtocol: Protocol = {
  usage: part => (isRecord(part) ? tokensIn(isRecord(part['response']) ? part['response'] : part) : undefined),
  isOpening: part => OPENING.has(textIn(part, 'type')),
  errorIn: part => {
    if (!isRecord(part) || !FAILED.has(part['type'])) return undefined
    const response = isRecord(part['response']) ? part['response'] : {}
    const { message, code } = failureOf(response['error'] ?? part['error'] ?? part)
    return new ProviderResponseError('failed', message, { code, responseId: textIn(response, 'id') })
  },
  isLast: part => textIn(part, 'type') === 'response.completed',
  ends: part => ENDS.has(textIn(part, 'type')),
}

/** Chat Completions. Its usage comes after the last word, if it does; the client throws what a stream tells of errors. */
export const chatProtocol: Protocol = {
  usage: part => (isRecord(part) ? tokensIn(part) : undefined),
  isOpening: part => !isRecord(part) || (tokensIn(part) === undefined && !choicesIn(part).some(saysSomething)),
  errorIn: () => undefined,
  isLast: part => choicesIn(part).some(choice => textIn(choice, 'finish_reason') !== undefined),
  ends: () => false,
}

function choicesIn(part: unknown): readonly unknown[] {
  const choices: unknown = isRecord(part) ? part['choices'] : undefined
  return Array.isArray(choices) ? choices : []
}

function saysSomething(choice: unknown): boolean {
  if (!isRecord(choice)) return false
  if (textIn(choice, 'finish_reason') !== undefined) return true
  const delta = isRecord(choice['delta']) ? choice['delta'] : {}
  return Object.entries(delta).some(([field, value]) => field !== 'role' && !isNothing(value))
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function tokensIn({ usage }: Readonly<Record<string, unknown>>): TokenUsage | undefined {
  const { inputTokens, outputTokens, cachedTokens } = usageOf(usage) ?? {}
  if (inputTokens === undefined || outputTokens === undefined) return undefined
  return { inputTokens, outputTokens, cachedInputTokens: cachedTokens }
}
