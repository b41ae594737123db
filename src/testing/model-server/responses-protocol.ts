import { argumentsOf, callIdOf, pieces, type ScriptedTurn } from './turn.js'

type Item = Readonly<Record<string, unknown>>

/** A scripted turn as the body of the Responses API. */
export function responseBody(turn: ScriptedTurn, index: number, request: { readonly model?: unknown }): Item {
  const isFailed = turn.error !== undefined
  return {
    id: `resp_${index}`,
    object: 'response',
    created_at: 1_760_000_000,
    status: isFailed ? 'failed' : turn.incomplete === true ? 'incomplete' : 'completed',
    model: request.model ?? 'scripted',
    output: itemsOf(turn, index),
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: isFailed ? { code: turn.error.code ?? 'server_error', message: turn.error.message } : null,
    incomplete_details: turn.incomplete === true ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    metadata: {},
    temperature: 1,
    top_p: 1,
    usage: {
      input_tokens: 50,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 70,
    },
    ...turn.extra,
  }
}

function itemsOf(turn: ScriptedTurn, index: number): readonly Item[] {
  const { text, refusal, reasoning, calls = [], incomplete } = turn
  const status = incomplete === true ? 'incomplete' : 'completed'
  const content = [
    ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: [], logprobs: [] }]),
    ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
  ]
  return [
    ...(reasoning === undefined
      ? []
      : [
          {
            id: `rs_${index}`,
            type: 'reasoning',
            summary: [{ type: 'summary_text', text: reasoning }],
            encrypted_content: `encrypted-${index}`,
          },
        ]),
    ...(content.length === 0 ? [] : [{ id: `msg_${index}`, type: 'message', role: 'assistant', status, content }]),
    ...calls.map((call, position) => ({
      id: `fc_${index}_${position}`,
      type: 'function_call',
      status,
      call_id: callIdOf(call, index, position),
      name: call.name,
      arguments: argumentsOf(call),
    })),
  ]
}

/** The same turn as the events that the Responses API streams. */
export function responseEvents(
  turn: ScriptedTurn,
  index: number,
  request: { readonly model?: unknown },
): readonly Item[] {
  const body = responseBody(turn, index, request)
  const items = itemsOf(turn, index)
  const begun = { ...body, status: 'in_progress', output: [], usage: null, error: null, incomplete_details: null }
  const events: Item[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
  ]
  for (const [output_index, item] of items.entries()) events.push(...itemEvents(item, output_index))
  events.push({ type: `response.${String(body['status'])}`, response: body })
  return events.map((event, sequence_number) => Object.assign({}, event, { sequence_number }))
}

function itemEvents(item: Item, output_index: number): readonly Item[] {
  const at = { item_id: item['id'], output_index }
  const done = { type: 'response.output_item.done', output_index, item }
  const added = (empty: Item): Item => ({
    type: 'response.output_item.added',
    output_index,
    item: { ...item, status: 'in_progress', ...empty },
  })
  switch (item['type']) {
    case 'function_call': {
      const text = String(item['arguments'])
      const type = 'response.function_call_arguments.delta'
      const deltas = pieces(text).map(delta => Object.assign({ type, delta }, at))
      // The real wire names neither the call nor the tool here.
      const end = { type: 'response.function_call_arguments.done', ...at, arguments: text }
      return [added({ arguments: '' }), ...deltas, end, done]
    }
    case 'reasoning': {
      const [{ text } = { text: '' }] = item['summary'] as readonly { readonly text: string }[]
      const type = 'response.reasoning_summary_text'
      const deltas = pieces(text).map(delta => Object.assign({ type: `${type}.delta`, summary_index: 0, delta }, at))
      return [added({ summary: [] }), ...deltas, { type: `${type}.done`, ...at, summary_index: 0, text }, done]
    }
    default: {
      const parts = item['content'] as readonly {
        readonly type: string
        readonly text?: string
        readonly refusal?: string
      }[]
      return [
        added({ content: [] }),
        ...parts.flatMap((part, index) => partEvents(part, { ...at, content_index: index })),
        done,
      ]
    }
  }
}

function partEvents(
  part: { readonly type: string; readonly text?: string; readonly refusal?: string },
  at: Item,
): readonly Item[] {
  const type = part.type === 'refusal' ? 'response.refusal' : 'response.output_text'
  const text = part.text ?? part.refusal ?? ''
  const logprobs = part.type === 'refusal' ? {} : { logprobs: [] }
  return [
    {
      type: 'response.content_part.added',
      ...at,
      part: { ...part, ...(part.text === undefined ? { refusal: '' } : { text: '' }) },
    },
    ...pieces(text).map(delta => Object.assign({ type: `${type}.delta`, delta }, at, logprobs)),
    { type: `${type}.done`, ...at, ...(part.type === 'refusal' ? { refusal: text } : { text, ...logprobs }) },
    { type: 'response.content_part.done', ...at, part },
  ]
}
