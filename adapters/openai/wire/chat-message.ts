import type {
  ChatCompletionMessage,
  ChatCompletionMessageParam,
  ChatCompletionTool,
} from 'openai/resources/chat/completions'
import { expanded, type ProposedCall } from '../call/proposed.js'
import { argumentsText, isRecord, textIn } from '../call/record.js'
import { invalid } from '../run/options.js'
import type { RegisteredTool } from '../tools/tool.js'
import type { Answer } from './wire.js'

/** A tool as Chat Completions is told of it: nested. @throws GovernanceError `invalid-option` for one that it has not */
export function chatTool({ name, description, schema, strict, format, builtin }: RegisteredTool): ChatCompletionTool {
  if (builtin !== undefined)
    throw invalid(`${name}.builtin`, 'expected `api: "responses"`: Chat Completions has no such tools')
  if (format !== undefined) return { type: 'custom', custom: { name, description, format: chatFormat(format) } }
  const parameters = schema as Record<string, unknown>
  // Many compatible servers know nothing of `strict`: it is left out where it says nothing.
  return { type: 'function', function: { name, description, parameters, ...(strict ? { strict } : {}) } }
}

function chatFormat(
  format: NonNullable<RegisteredTool['format']>,
): { type: 'text' } | { type: 'grammar'; grammar: { syntax: 'lark' | 'regex'; definition: string } } {
  if (format.type === 'text') return { type: 'text' }
  const { syntax, definition } = format
  return { type: 'grammar', grammar: { syntax, definition } }
}

/**
 * The calls in a message, to be decided on in their order.
 *
 * @param before the conversation until this message: an id that was used there already gets a number, so that another call does not pass for a repetition
 */
export function chatCalls(
  message: ChatCompletionMessage,
  before: readonly ChatCompletionMessageParam[],
  isKnownTool: (name: string) => boolean,
): readonly ProposedCall[] {
  const used = new Map<string, number>()
  for (const known of before) for (const call of callsIn(known)) count(used, textIn(call, 'id') ?? '')
  return callsIn(message).map(call => {
    const wireId = textIn(call, 'id') ?? ''
    const times = count(used, wireId)
    const kind = isRecord(call) && isRecord(call['custom']) ? 'custom' : 'function'
    const part = isRecord(call) ? call[kind] : undefined
    const callId = times === 0 ? wireId : `${wireId}#${times}`
    const text = isRecord(part) ? argumentsText(part[kind === 'custom' ? 'input' : 'arguments']) : ''
    return expanded({ kind, wireId, callId, name: textIn(part, 'name') ?? '', text }, isKnownTool)
  })
}

/** A call's result as a message. */
export function chatAnswer({ call, text }: Answer): ChatCompletionMessageParam {
  return { role: 'tool', tool_call_id: call.wireId, content: text }
}

/** Reasoning is sent back only beside calls, which some providers insist on; the others refuse it elsewhere. Everything else goes back as it came. */
export function chatReplay(message: ChatCompletionMessage): ChatCompletionMessageParam {
  if (callsIn(message).length > 0) return message
  const {
    reasoning_content: _content,
    reasoning: _reasoning,
    ...kept
  } = message as ChatCompletionMessage & Record<string, unknown>
  return kept
}

function callsIn(message: ChatCompletionMessage | ChatCompletionMessageParam): readonly unknown[] {
  const calls: unknown = 'tool_calls' in message ? message.tool_calls : undefined
  return Array.isArray(calls) ? calls : []
}

function count(used: Map<string, number>, id: string): number {
  const times = used.get(id) ?? 0
  used.set(id, times + 1)
  return times
}
