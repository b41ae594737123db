import type { ExecutionStatus } from 'countersign'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import { contentOf } from '../chat/accumulator.js'
import { CallAssembler, type AssembledCall } from '../chat/call-assembler.js'
import { known, type StreamCall, type StreamEvent, type StreamMapper, type StreamPlace } from './events.js'
import { usageOf } from './usage.js'

type Event = StreamEvent<never>

/** What of one answer was streamed so far. */
interface Streamed {
  text: string
  reasoning: string
  readonly calls: CallAssembler
}

const STATUSES: readonly string[] = [
  'executed',
  'blocked',
  'approval_required',
  'tool_error',
] satisfies ExecutionStatus[]

/**
 * Events of LangChain's `streamEvents` (version 2). A governed tool tells how it ended in an event of its own; one that is not is known
 * by its end.
 */
export function langChainMapper(): StreamMapper<unknown> {
  const answers = new Map<string, Streamed>()
  /** Calls that a governed tool has told of: their end is told once. */
  const told = new Set<string>()
  const map = (event: unknown): readonly Event[] => {
    if (!isRecord(event)) return []
    const data = isRecord(event['data']) ? event['data'] : {}
    const runId = textIn(event, 'run_id') ?? ''
    switch (event['event']) {
      case 'on_chat_model_start':
        answers.set(runId, { text: '', reasoning: '', calls: new CallAssembler() })
        return []
      case 'on_chat_model_stream':
        return chunkEvents(answerOf(answers, runId), data['chunk'], { responseId: runId })
      case 'on_chat_model_end': {
        const answer = answerOf(answers, runId)
        answers.delete(runId)
        return endEvents(answer, data['output'], { responseId: runId })
      }
      case 'on_custom_event':
        return event['name'] === 'governance' ? governanceEvents(data, told) : []
      case 'on_tool_end':
        return toolEvents(event, data, told)
      default:
        return []
    }
  }
  return { map, end: () => [] }
}

function answerOf(answers: Map<string, Streamed>, runId: string): Streamed {
  const known = answers.get(runId) ?? { text: '', reasoning: '', calls: new CallAssembler() }
  answers.set(runId, known)
  return known
}

function chunkEvents(answer: Streamed, chunk: unknown, place: StreamPlace): readonly Event[] {
  if (!isRecord(chunk)) return []
  const { text, thinking } = contentOf(chunk['content'])
  const reasoning =
    textIn(chunk['additional_kwargs'], 'reasoning_content') ??
    (thinking === '' ? reasoningIn(chunk['content']) : thinking)
  answer.text += text
  answer.reasoning += reasoning
  const entries: readonly unknown[] = Array.isArray(chunk['tool_call_chunks']) ? chunk['tool_call_chunks'] : []
  const calls = entries
    .filter(isRecord)
    .map(({ index, id, name, args }) => ({ index, id, function: { name, arguments: args } }))
  const events: Event[] = []
  if (reasoning !== '') events.push({ type: 'reasoning_delta', kind: 'text', delta: reasoning, ...place })
  if (text !== '') events.push({ type: 'llm_delta', delta: text, ...place })
  for (const { call, isNew, delta } of answer.calls.push(calls)) {
    const of = callOf(call, answer, place)
    const { callId, name, ...at } = of
    const item = known({ type: 'function_call', id: callId, callId, name })
    if (isNew) events.push({ type: 'output_item_added', item, ...at })
    if (delta !== '') events.push({ type: 'function_call_args_delta', delta, ...of })
  }
  return events
}

function endEvents(answer: Streamed, output: unknown, place: StreamPlace): readonly Event[] {
  const message = isRecord(output) ? output : {}
  // A model that was not streamed says everything at its end.
  const text = answer.text === '' ? contentOf(message['content']).text : answer.text
  const calls: readonly unknown[] = Array.isArray(message['tool_calls']) ? message['tool_calls'] : []
  const reason = textIn(message['response_metadata'], 'finish_reason') ?? textIn(message['response_metadata'], 'status')
  const events: Event[] = []
  if (answer.reasoning !== '') events.push({ type: 'reasoning_done', kind: 'text', text: answer.reasoning, ...place })
  if (text !== '') events.push({ type: 'llm_text_done', text, ...place })
  for (const [outputIndex, call] of calls.entries()) {
    const args = JSON.stringify(isRecord(call) ? call['args'] : {}) ?? ''
    const of = known<StreamCall>({ callId: textIn(call, 'id'), name: textIn(call, 'name') })
    events.push({ type: 'function_call_args_done', arguments: args, ...place, ...of, outputIndex })
  }
  events.push({ type: 'response_done', ...known({ reason, usage: usageOf(message['usage_metadata']) }), ...place })
  return events
}

function governanceEvents(data: UnknownRecord, told: Set<string>): readonly Event[] {
  const status = textIn(data, 'status')
  const callId = textIn(data, 'toolCallId') ?? ''
  if (status === undefined || !STATUSES.includes(status)) return []
  told.add(callId)
  const requestId = textIn(data, 'decisionId')
  const of = { tool: textIn(data, 'tool') ?? '', callId, status: status as ExecutionStatus }
  return [{ type: 'execution_event', event: { ...of, requestId } }]
}

function toolEvents(event: UnknownRecord, data: UnknownRecord, told: ReadonlySet<string>): readonly Event[] {
  const { output } = data
  const callId = textIn(output, 'tool_call_id') ?? ''
  if (told.has(callId)) return []
  const status: ExecutionStatus = textIn(output, 'status') === 'error' ? 'tool_error' : 'executed'
  const content: unknown = isRecord(output) && 'content' in output ? output['content'] : output
  return [{ type: 'execution_event', event: { tool: textIn(event, 'name') ?? '', callId, status, output: content } }]
}

function callOf(call: AssembledCall, answer: Streamed, place: StreamPlace): StreamCall {
  const name = call.name === '' ? undefined : call.name
  return { ...place, ...known<StreamCall>({ callId: call.id, name }), outputIndex: answer.calls.calls.indexOf(call) }
}

/** Reasoning in LangChain's own content blocks. */
function reasoningIn(content: unknown): string {
  const parts: readonly unknown[] = Array.isArray(content) ? content : []
  return parts.map(part => textIn(part, 'reasoning') ?? '').join('')
}
