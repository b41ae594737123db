import type { ChatCompletion, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import { ProviderResponseError } from '../errors.js'
import { failureOf } from '../stream/responses.js'
import { usageOf } from '../stream/usage.js'
import { chatCalls } from './chat-message.js'
import type { Turn } from './wire.js'

/** Ends at which nothing was left out. Compatible servers say `stop` beside calls too. */
const COMPLETE = new Set(['tool_calls', 'stop', 'function_call'])

/** What a chat completion says. */
export function chatTurn(
  response: ChatCompletion,
  before: readonly ChatCompletionMessageParam[],
  isKnownTool: (name: string) => boolean,
): Turn<ChatCompletion> {
  const [choice] = response.choices
  const reason = choice?.finish_reason
  const isComplete = reason !== undefined && COMPLETE.has(reason)
  const message = choice?.message
  return {
    response,
    responseId: textIn(response, 'id'),
    text: message?.content ?? '',
    calls: isComplete && message !== undefined ? chatCalls(message, before, isKnownTool) : [],
    incomplete: isComplete ? undefined : (reason ?? 'unknown'),
    usage: usageOf(response.usage),
  }
}

/** @throws ProviderResponseError for an answer that is none: some servers answer with an error and status 200 */
export function checkedCompletion(response: unknown): ChatCompletion {
  if (isRecord(response) && isRecord(response['error'])) {
    const { message, code } = failureOf(response['error'])
    throw new ProviderResponseError('failed', message, { code })
  }
  const choices: readonly unknown[] =
    isRecord(response) && Array.isArray(response['choices']) ? response['choices'] : []
  const [choice] = choices
  if (!isRecord(choice) || !isRecord(choice['message'])) {
    throw new ProviderResponseError('malformed', 'the answer has no message', { responseId: textIn(response, 'id') })
  }
  const message = named(choice['message'], textIn(response, 'id') ?? 'answer')
  return { ...(response as object), choices: [{ ...choice, message }, ...choices.slice(1)] } as ChatCompletion
}

/** A result needs an id to go back under; some servers give calls none. */
function named(message: UnknownRecord, answerId: string): UnknownRecord {
  const calls = message['tool_calls']
  if (!Array.isArray(calls) || calls.every(call => textIn(call, 'id') !== undefined)) return message
  const withIds = calls.filter(isRecord).map((call, position) => {
    const id = textIn(call, 'id') ?? `call_${answerId}_${position}`
    return Object.assign({}, call, { id })
  })
  return { ...message, tool_calls: withIds }
}
