import type { ResponseInputItem } from 'openai/resources/responses/responses'
import { textIn } from '../call/record.js'
import { builtinAnswer } from './responses-builtin.js'
import { showsScreenshot } from './responses-computer.js'
import type { Answer } from './wire.js'

/**
 * A call's result as items of the conversation. Results of some calls have no room for words: what became of such a call is said
 * in a message after it.
 */
export function responsesAnswers(answer: Answer): readonly ResponseInputItem[] {
  const item = responsesAnswer(answer)
  const isTold = WORDLESS.has(item.type ?? '') && !showsScreenshot(answer)
  return isTold ? [item, { role: 'developer', content: `${saidOf(answer.call.wireId)}${answer.text}` }] : [item]
}

const WORDLESS: ReadonlySet<string> = new Set(['computer_call_output', 'tool_search_output'])

function saidOf(wireId: string): string {
  return `What became of the call ${wireId}: `
}

/** Whether an item is the message that was said after a call's result. */
export function isSaidOf(wireId: string, item: ResponseInputItem | undefined): boolean {
  return (
    item !== undefined &&
    textIn(item, 'role') === 'developer' &&
    textIn(item, 'content')?.startsWith(saidOf(wireId)) === true
  )
}

function responsesAnswer({ call, result, text }: Answer): ResponseInputItem {
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
    case 'computer_call_output':
    case 'tool_search_output':
      return item.call_id ?? undefined
    case 'local_shell_call_output':
      return textIn(item, 'call_id') ?? item.id
    case 'mcp_approval_response':
      return item.approval_request_id
    default:
      return undefined
  }
}
