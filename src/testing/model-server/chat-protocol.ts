import { argumentsOf, callIdOf, pieces, type ScriptedTurn } from './turn.js'

type Fields = Readonly<Record<string, unknown>>

const USAGE = { prompt_tokens: 50, completion_tokens: 20, total_tokens: 70 }

/** A scripted turn as the body of a chat completion. */
export function completionBody(turn: ScriptedTurn, index: number, request: { readonly model?: unknown }): Fields {
  const { text = null, refusal, reasoning, calls = [] } = turn
  const tool_calls = calls.map((call, position) => ({
    id: callIdOf(call, index, position),
    type: 'function',
    function: { name: call.name, arguments: argumentsOf(call) },
    ...call.extra,
  }))
  const message = {
    role: 'assistant',
    content: text,
    refusal: refusal ?? null,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: finishOf(turn) }
  return { ...envelope(index, request), object: 'chat.completion', choices: [choice], usage: USAGE, ...turn.extra }
}

/** The same turn as the chunks that are streamed. */
export function completionChunks(turn: ScriptedTurn, index: number, request: ChatRequest): readonly Fields[] {
  const { text = '', refusal = '', reasoning = '', calls = [] } = turn
  const chunk = (delta: Fields, finish_reason: string | null = null): Fields => ({
    ...envelope(index, request),
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    ...turn.extra,
  })
  const withUsage = request.stream_options?.include_usage === true
  return [
    chunk({ role: 'assistant', content: '', refusal: null }),
    ...pieces(reasoning).map(reasoning_content => chunk({ reasoning_content })),
    ...pieces(text).map(content => chunk({ content })),
    ...pieces(refusal).map(piece => chunk({ refusal: piece })),
    ...calls.flatMap((call, position) => {
      const at = indexOf(turn, position)
      const id = callIdOf(call, index, position)
      const begun = { ...at, id, type: 'function', function: { name: call.name, arguments: '' }, ...call.extra }
      // Without an index there is only the id to go by.
      const of = turn.index === undefined || turn.index === 'position' ? at : { ...at, id }
      const rest = pieces(argumentsOf(call)).map(text => Object.assign({ function: { arguments: text } }, of))
      return [begun, ...rest].map(entry => chunk({ tool_calls: [entry] }))
    }),
    chunk({}, finishOf(turn)),
    ...(withUsage ? [{ ...chunk({}), choices: [], usage: USAGE }] : []),
  ]
}

/** The part of a request that the answer depends on. */
export interface ChatRequest {
  readonly model?: unknown
  readonly stream_options?: { readonly include_usage?: unknown } | null
}

function envelope(index: number, { model = 'scripted' }: { readonly model?: unknown }): Fields {
  return { id: `chatcmpl_${index}`, created: 1_760_000_000, model }
}

function finishOf({ calls = [], incomplete }: ScriptedTurn): string {
  return incomplete === true ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop'
}

function indexOf({ index = 'position' }: ScriptedTurn, position: number): Fields {
  switch (index) {
    case 'position':
      return { index: position }
    case 'null':
      return { index: null }
    case 'zero':
      return { index: 0 }
    case 'missing':
      return {}
  }
}
