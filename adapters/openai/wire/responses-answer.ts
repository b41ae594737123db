import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { builtinAnswer } from './responses-builtin.js'
import type { Answer } from './wire.js'

/** A call's result as an item of the conversation. */
export function responsesAnswer({ call, result, text }: Answer): ResponseInputItem {
  switch (call.kind) {
    case 'hosted': {
      const approve = result.status === 'executed'
      const answer = { type: 'mcp_approval_response' as const, approval_request_id: call.wireId, approve }
      const reason = result.advice ?? result.reason
      return approve || reason === undefined ? answer : { ...answer, reason }
    }
    case 'custom':
      return { type: 'custom_tool_call_output', call_id: call.wireId, output: text }
    case 'builtin':
      return builtinAnswer({ call, result, text })
    case 'function':
      return { type: 'function_call_output', call_id: call.wireId, output: text, ...call.echo }
  }
}

/** The id that an item answers, if it does. */
export function answeredBy(item: ResponseInputItem): string | undefined {
  switch (item.type) {
    case 'function_call_output':
    case 'custom_tool_call_output':
    case 'shell_call_output':
    case 'apply_patch_call_output':
      return item.call_id ?? undefined
    case 'local_shell_call_output':
      return item.id
    case 'mcp_approval_response':
      return item.approval_request_id
    default:
      return undefined
  }
}
