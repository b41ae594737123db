import type { ResponseInputItem, ResponseOutputItem, Tool } from 'openai/resources/responses/responses'
import type { ModelResult } from '../call/model-text.js'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import type { Builtin } from '../tools/tool.js'
import { computerAnswer, computerInput } from './responses-computer.js'
import type { Answer } from './wire.js'

/** Calls of tools that the provider defines and the client runs, by the item they come as. */
const CALLS: Readonly<Record<string, Builtin | 'tool_search'>> = {
  shell_call: 'shell',
  local_shell_call: 'local_shell',
  apply_patch_call: 'apply_patch',
  computer_call: 'computer',
  tool_search_call: 'tool_search',
}

/** The tool that such an item calls, and what it is to do; nothing for what the provider runs by itself. */
export function builtinCall(item: ResponseOutputItem): { readonly name: string; readonly input: unknown } | undefined {
  const name = Object.hasOwn(CALLS, item.type) ? CALLS[item.type] : undefined
  const fields: UnknownRecord = { ...item }
  const { action, operation, arguments: search, execution, environment } = fields
  switch (name) {
    case undefined:
      return undefined
    case 'computer':
      return { name, input: computerInput(fields) }
    case 'tool_search':
      return execution === 'client' ? { name, input: search } : undefined
    case 'shell':
      return isRecord(environment) && environment['type'] !== 'local' ? undefined : { name, input: action }
    default:
      return { name, input: action ?? operation }
  }
}

/** Calls that the provider has run by itself, in a container of its own: their outputs come with them. */
export function ranElsewhere(output: readonly ResponseOutputItem[]): ReadonlySet<string> {
  const done = output.filter(item => {
    const [, kind = ''] = /^(.*)_output$/.exec(textIn(item, 'type') ?? '') ?? []
    return Object.hasOwn(CALLS, kind)
  })
  return new Set(done.flatMap(item => textIn(item, 'call_id') ?? []))
}

/** The tool as the provider is told of it. */
export function builtinTool(builtin: Builtin): Tool {
  return builtin === 'shell' ? { type: 'shell', environment: { type: 'local' } } : { type: builtin }
}

/** Its result in the form that the provider has for it. */
export function builtinAnswer(answer: Answer): ResponseInputItem {
  const {
    call: { name, wireId },
    result,
    text,
  } = answer
  const isDone = result.status === 'executed'
  switch (name) {
    case 'shell':
      return { type: 'shell_call_output', call_id: wireId, output: shellOutput(result, text) }
    case 'local_shell': {
      // The API goes by `call_id`, which the types of the client do not have yet; they ask for `id`.
      const ids = { id: wireId, call_id: wireId }
      return { type: 'local_shell_call_output', ...ids, output: text }
    }
    case 'computer':
      return computerAnswer(answer)
    case 'tool_search':
      return { type: 'tool_search_output', call_id: wireId, execution: 'client', status: 'completed', tools: [] }
    default:
      return { type: 'apply_patch_call_output', call_id: wireId, status: isDone ? 'completed' : 'failed', output: text }
  }
}

type ShellOutput = ResponseInputItem.ShellCallOutput['output']

function isTheirs(item: unknown): boolean {
  return isRecord(item) && isRecord(item['outcome']) && typeof item['stdout'] === 'string'
}

/** What a tool returns in the provider's form goes back so; anything else is what was printed. */
function shellOutput({ status, output }: ModelResult, text: string): ShellOutput {
  if (status === 'executed' && Array.isArray(output) && output.every(isTheirs)) return output as ShellOutput
  const hasRun = status === 'executed'
  return [
    {
      stdout: hasRun ? (typeof output === 'string' ? output : text) : '',
      stderr: hasRun ? '' : text,
      outcome: { type: 'exit', exit_code: hasRun ? 0 : 1 },
    },
  ]
}
