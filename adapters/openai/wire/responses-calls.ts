import type { ResponseInputItem, ResponseOutputItem } from 'openai/resources/responses/responses'
import { expanded, type ProposedCall } from '../call/proposed.js'
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
  return output.flatMap(item => {
    const call = callOf(item)
    if (call === undefined) return []
    const times = count(used, call.wireId)
    const callId = times === 0 ? call.wireId : `${call.wireId}#${times}`
    return [expanded({ ...call, callId }, isKnownTool)]
  })
}

function callOf(item: ResponseOutputItem): Omit<ProposedCall, 'callId'> | undefined {
  switch (item.type) {
    case 'function_call': {
      const { call_id: wireId, name, arguments: text, caller } = item
      return { kind: 'function', wireId, name, text, ...known({ echo: caller ? { caller } : undefined }) }
    }
    case 'custom_tool_call':
      return { kind: 'custom', wireId: item.call_id, name: item.name, text: item.input }
    case 'mcp_approval_request': {
      // Executed at the provider, which asks first: it goes by the same names as tools of servers that are called from here.
      const { id, server_label: server, name, arguments: text } = item
      return { kind: 'hosted', wireId: id, name: `${server}__${name}`, text }
    }
    default:
      return undefined
  }
}

function isCall(item: ResponseInputItem): item is ResponseInputItem & { readonly call_id: string } {
  return item.type === 'function_call' || item.type === 'custom_tool_call'
}

/** How often an id was used before, and once more now. */
function count(used: Map<string, number>, id: string): number {
  const times = used.get(id) ?? 0
  used.set(id, times + 1)
  return times
}
