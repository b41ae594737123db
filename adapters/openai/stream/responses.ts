import { isRecord, numberIn, textIn, type UnknownRecord } from '../call/record.js'
import {
  known,
  type StreamCall,
  type StreamEvent,
  type StreamFailure,
  type StreamMapper,
  type StreamPlace,
} from './events.js'
import { usageOf } from './usage.js'

type Event = StreamEvent<never>
type Handler = (join: Join, event: UnknownRecord) => readonly Event[]

/**
 * Events of the Responses API. Deltas there name an item, and only the item's beginning names the call, the tool and the
 * answer: they are joined here. Types that are not known are passed over.
 */
export function responsesMapper(): StreamMapper<unknown> {
  const join = new Join()
  const map = (part: unknown): readonly Event[] => {
    if (!isRecord(part)) return []
    return HANDLERS.get(String(part['type']))?.(join, part) ?? []
  }
  return { map, end: () => [] }
}

/** What an error from the wire says; never nothing. */
export function failureOf(error: unknown): StreamFailure {
  const message = textIn(error, 'message') ?? (typeof error === 'string' ? error : 'the provider gave no reason')
  return { message, ...known<{ code?: string }>({ code: textIn(error, 'code') ?? textIn(error, 'type') }) }
}

type Mutable<T> = { -readonly [FIELD in keyof T]: T[FIELD] }

/** What of one answer belongs together. */
class Join {
  responseId: string | undefined
  /** By the item's position, which stays the same where servers change its id. */
  readonly calls = new Map<string, StreamCall>()
  /** Calls whose arguments were told of as complete. */
  readonly ended = new Set<string>()

  begin(responseId: string | undefined): void {
    this.responseId = responseId ?? this.responseId
    this.calls.clear()
    this.ended.clear()
  }

  placeOf(event: UnknownRecord): StreamPlace {
    return this.placed({}, event)
  }

  /** Puts the place of an event into what is told of it: without a copy, because that is what a long stream spends its time on. */
  placed<TOLD extends object>(told: TOLD & Mutable<StreamPlace>, event: UnknownRecord): TOLD & StreamPlace {
    const { item_id: itemId, output_index: outputIndex } = event
    if (this.responseId !== undefined) told.responseId = this.responseId
    if (typeof itemId === 'string') told.itemId = itemId
    if (typeof outputIndex === 'number') told.outputIndex = outputIndex
    return told
  }

  callOf(event: UnknownRecord): StreamCall {
    const call = this.calls.get(keyOf(event))
    return { ...call, ...this.placeOf(event), ...known<StreamCall>({ name: call?.name ?? textIn(event, 'name') }) }
  }

  argumentsDone(event: UnknownRecord, text: string): readonly Event[] {
    const key = keyOf(event)
    if (this.ended.has(key)) return []
    this.ended.add(key)
    return [{ type: 'function_call_args_done', arguments: text, ...this.callOf(event) }]
  }
}

function keyOf(event: UnknownRecord): string {
  return String(numberIn(event, 'output_index') ?? textIn(event, 'item_id'))
}

/** Items that the model calls something with. */
const CALLS = new Set(['function_call', 'custom_tool_call', 'mcp_call', 'mcp_approval_request'])

const itemAdded: Handler = (join, event) => {
  const { item } = event
  const type = textIn(item, 'type') ?? 'unknown'
  const id = textIn(item, 'id')
  const callId = textIn(item, 'call_id')
  const name = textIn(item, 'name')
  const place = { ...join.placeOf(event), ...known<StreamPlace>({ itemId: id }) }
  if (CALLS.has(type)) join.calls.set(keyOf(event), { ...place, ...known<StreamCall>({ callId: callId ?? id, name }) })
  return [{ type: 'output_item_added', item: known({ type, id, callId, name }), ...place }]
}

/** Some providers leave out that the arguments have ended. */
const itemDone: Handler = (join, event) => {
  const { item } = event
  const text = textIn(item, 'arguments') ?? textIn(item, 'input')
  const isCall = ['function_call', 'custom_tool_call'].includes(textIn(item, 'type') ?? '')
  return isCall && text !== undefined ? join.argumentsDone(event, text) : []
}

const ended: Handler = (join, event) => {
  const response = isRecord(event['response']) ? event['response'] : {}
  const place = known<StreamPlace>({ responseId: textIn(response, 'id') ?? join.responseId })
  const reason = textIn(response['incomplete_details'], 'reason') ?? textIn(response, 'status')
  return [{ type: 'response_done', ...known({ reason, usage: usageOf(response['usage']) }), response, ...place }]
}

const failed: Handler = (join, event) => {
  const { response } = event
  const place = known<StreamPlace>({ responseId: textIn(response, 'id') ?? join.responseId })
  const error = isRecord(response) ? response['error'] : (event['error'] ?? event)
  return [{ type: 'response_failed', error: failureOf(error), ...place }]
}

const argumentsDelta: Handler = (join, event) => [
  { type: 'function_call_args_delta', delta: textIn(event, 'delta') ?? '', ...join.callOf(event) },
]

function deltaOf({ delta }: UnknownRecord): string {
  return typeof delta === 'string' ? delta : ''
}

function reasoningDelta(kind: 'text' | 'summary'): Handler {
  return (join, event) => [join.placed({ type: 'reasoning_delta' as const, kind, delta: deltaOf(event) }, event)]
}

function reasoningDone(kind: 'text' | 'summary'): Handler {
  return (join, event) => [{ type: 'reasoning_done', kind, text: textIn(event, 'text') ?? '', ...join.placeOf(event) }]
}

const HANDLERS = new Map<string, Handler>([
  [
    'response.created',
    (join, { response }) => {
      join.begin(textIn(response, 'id'))
      return []
    },
  ],
  ['response.output_item.added', itemAdded],
  ['response.output_item.done', itemDone],
  [
    'response.output_text.delta',
    (join, event) => [join.placed({ type: 'llm_delta' as const, delta: deltaOf(event) }, event)],
  ],
  [
    'response.output_text.done',
    (join, event) => [{ type: 'llm_text_done', text: textIn(event, 'text') ?? '', ...join.placeOf(event) }],
  ],
  ['response.reasoning.delta', reasoningDelta('text')],
  ['response.reasoning_text.delta', reasoningDelta('text')],
  ['response.reasoning_summary_text.delta', reasoningDelta('summary')],
  ['response.reasoning.done', reasoningDone('text')],
  ['response.reasoning_text.done', reasoningDone('text')],
  ['response.reasoning_summary_text.done', reasoningDone('summary')],
  ['response.function_call_arguments.delta', argumentsDelta],
  ['response.custom_tool_call_input.delta', argumentsDelta],
  [
    'response.function_call_arguments.done',
    (join, event) => join.argumentsDone(event, textIn(event, 'arguments') ?? ''),
  ],
  ['response.custom_tool_call_input.done', (join, event) => join.argumentsDone(event, textIn(event, 'input') ?? '')],
  [
    'response.refusal.delta',
    (join, event) => [{ type: 'refusal_delta', delta: textIn(event, 'delta') ?? '', ...join.placeOf(event) }],
  ],
  ['response.completed', ended],
  ['response.incomplete', ended],
  ['response.failed', failed],
  ['error', failed],
])
