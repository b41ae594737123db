import type { ResponseInputItem, ResponseOutputItem } from 'openai/resources/responses/responses'
import { expanded, type ProposedCall } from '../call/proposed.js'
import { argumentsText, textIn } from '../call/record.js'
import { builtinCall, ranElsewhere } from './responses-builtin.js'
import { known } from '../stream/events.js'

/**
 * The calls in an answer that are to be decided on here. Messages, reasoning, and what the provider executed by itself are
 * passed over.
 *
 * @param before the conversation until this answer: an id that was used there already gets a number, so that another call does not pass for a repetition
 */
export function responsesCalls(
  output: readonly ResponseOutputItem[],
  before: readonly ResponseInputItem[],
  isKnownTool: (name: string) => boolean,
): readonly ProposedCall[] {
  const used = new Map<string, number>()
  for (const item of before) if (isCall(item)) count(used, item.call_id)
  const elsewhere = ranElsewhere(output)
  return output.flatMap((item, position) => {
    const call = callOf(item)
    if (call === undefined) return []
    if (call.kind === 'builtin' && elsewhere.has(call.wireId)) return []
    const wireId = call.wireId === '' ? `call_${position}` : call.wireId
    const times = count(used, wireId)
    const callId = times === 0 ? wireId : `${wireId}#${times}`
    return [expanded({ ...call, wireId, callId }, isKnownTool)]
  })
}

/** The types are what the protocol promises; what came is looked at as data. */
function callOf(item: ResponseOutputItem): Omit<ProposedCall, 'callId'> | undefined {
  const name = textIn(item, 'name') ?? ''
  switch (item.type) {
    case 'function_call': {
      const echo = item.caller ? { caller: item.caller } : undefined
      const call = { kind: 'function' as const, wireId: textIn(item, 'call_id') ?? '', name }
      return { ...call, text: argumentsText(item.arguments), ...known({ echo }) }
    }
    case 'custom_tool_call':
      return { kind: 'custom', wireId: textIn(item, 'call_id') ?? '', name, text: argumentsText(item.input) }
    case 'mcp_approval_request': {
      // Executed at the provider, which asks first: it goes by the same names as tools of servers that are called from here.
      const server = textIn(item, 'server_label') ?? ''
      return { kind: 'hosted', wireId: item.id, name: `${server}__${name}`, text: argumentsText(item.arguments) }
    }
    default: {
      const builtin = builtinCall(item)
      if (builtin === undefined) return undefined
      const { name, input } = builtin
      return { kind: 'builtin', wireId: textIn(item, 'call_id') ?? '', name, text: argumentsText(input) }
    }
  }
}

function isCall(item: ResponseInputItem): item is ResponseInputItem & { readonly call_id: string } {
  return (
    item.type === 'function_call' ||
    item.type === 'custom_tool_call' ||
    builtinCall(item as ResponseOutputItem) !== undefined
  )
}

/** How often an id was used before, and once more now. */
function count(used: Map<string, number>, id: string): number {
  const times = used.get(id) ?? 0
  used.set(id, times + 1)
  return times
}
