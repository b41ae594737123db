import type { ExecutionStatus } from 'countersign'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import {
  known,
  type StreamCall,
  type StreamEvent,
  type StreamExecution,
  type StreamMapper,
  type StreamPlace,
} from './events.js'
import { failureOf } from './responses.js'
import { usageOf } from './usage.js'

type Event = StreamEvent<never>

/** Parts of the AI SDK's `fullStream` (or `stream`), of ai 6 and 7. */
export function aiSdkMapper(): StreamMapper<unknown> {
  let step: StreamPlace = {}
  const texts = new Map<string, string>()
  const names = new Map<string, string | undefined>()
  const ended = new Set<string>()
  const placeOf = (part: UnknownRecord): StreamPlace => ({
    ...step,
    ...known<StreamPlace>({ itemId: textIn(part, 'id') }),
  })
  const callOf = (callId: string): StreamCall => ({
    ...step,
    ...known<StreamCall>({ callId, name: names.get(callId) }),
  })
  const grow = (part: UnknownRecord): string => {
    const id = textIn(part, 'id') ?? ''
    const delta = textIn(part, 'text') ?? textIn(part, 'delta') ?? ''
    texts.set(id, (texts.get(id) ?? '') + delta)
    return delta
  }
  const whole = (part: UnknownRecord): string => {
    const id = textIn(part, 'id') ?? ''
    const text = texts.get(id) ?? ''
    texts.delete(id)
    return text
  }
  const begun = (part: UnknownRecord, callId: string): readonly Event[] => {
    const name = textIn(part, 'toolName')
    names.set(callId, name)
    return [{ type: 'output_item_added', item: known({ type: 'function_call', id: callId, callId, name }), ...step }]
  }
  const map = (part: unknown): readonly Event[] => {
    if (!isRecord(part)) return []
    const callId = textIn(part, 'toolCallId') ?? textIn(part, 'id') ?? ''
    switch (part['type']) {
      case 'start-step':
        step = {}
        texts.clear()
        return []
      case 'text-delta':
        return [{ type: 'llm_delta', delta: grow(part), ...placeOf(part) }]
      case 'text-end':
        return textDone(whole(part), placeOf(part))
      case 'reasoning-delta':
        return [{ type: 'reasoning_delta', kind: 'text', delta: grow(part), ...placeOf(part) }]
      case 'reasoning-end':
        return [{ type: 'reasoning_done', kind: 'text', text: whole(part), ...placeOf(part) }]
      case 'tool-input-start':
        return begun(part, callId)
      case 'tool-input-delta':
        return [{ type: 'function_call_args_delta', delta: textIn(part, 'delta') ?? '', ...callOf(callId) }]
      case 'tool-call': {
        const first = names.has(callId) ? [] : begun(part, callId)
        if (ended.has(callId)) return first
        ended.add(callId)
        return [
          ...first,
          { type: 'function_call_args_done', arguments: JSON.stringify(part['input']) ?? '', ...callOf(callId) },
        ]
      }
      default:
        return later(part, step)
    }
  }
  return { map, end: () => [] }
}

/** Some answers begin with a text that stays empty. */
function textDone(text: string, place: StreamPlace): readonly Event[] {
  return text === '' ? [] : [{ type: 'llm_text_done', text, ...place }]
}

/** What tells of executions, and of ends. */
function later(part: UnknownRecord, step: StreamPlace): readonly Event[] {
  switch (part['type']) {
    case 'tool-result':
      return executed(part, 'executed', { output: part['output'], arguments: part['input'] })
    case 'tool-error': {
      const status = refusalStatus(part['error'])
      return executed(part, status, { error: part['error'], arguments: part['input'] })
    }
    case 'tool-output-denied':
      return executed(part, 'blocked', {})
    case 'tool-approval-request': {
      const call = isRecord(part['toolCall']) ? part['toolCall'] : part
      return executed(call, 'approval_required', { arguments: call['input'] })
    }
    case 'finish-step': {
      const responseId = textIn(part['response'], 'id')
      const ends = known({ reason: textIn(part, 'finishReason'), usage: usageOf(part['usage']) })
      return [{ type: 'response_done', ...ends, ...step, ...known<StreamPlace>({ responseId }) }]
    }
    case 'error':
      return [{ type: 'response_failed', error: failureOf(part['error']), ...step }]
    case 'abort':
      return [{ type: 'response_failed', error: { message: 'it was called off', code: 'aborted' }, ...step }]
    default:
      return []
  }
}

/** A result that is not the last one is not an end. */
function executed(part: UnknownRecord, status: ExecutionStatus, rest: Partial<StreamExecution>): readonly Event[] {
  if (part['preliminary'] === true) return []
  const of = { tool: textIn(part, 'toolName') ?? '', callId: textIn(part, 'toolCallId') ?? '', status }
  return [{ type: 'execution_event', event: { ...of, ...rest } }]
}

/** A governed tool refuses by an error of its own. */
function refusalStatus(error: unknown): ExecutionStatus {
  const code: unknown =
    isRecord(error) || error instanceof Error ? (error as { readonly code?: unknown }).code : undefined
  return code === 'blocked' ? 'blocked' : code === 'approval-required' ? 'approval_required' : 'tool_error'
}
