// A stand-in for a provider: speaks the OpenAI Responses wire format on loopback, and follows a script. It lets the
// unmodified clients of both frameworks run without a key. The script is ours; nothing here was recorded.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One answer of the model: tool calls, or the closing text. */
export type Turn =
  | { readonly calls: readonly { readonly name: string; readonly arguments: object }[] }
  | { readonly text: string }

export interface StandIn {
  /** To be used as the client's base URL. */
  readonly baseURL: string
  readonly close: () => Promise<void>
}

interface ResponsesRequest {
  readonly model: string
  readonly stream?: boolean
  readonly input: readonly { readonly type?: string }[] | string
}

/** Starts the stand-in on a free loopback port. It keeps no state: the conversation in a request says which turn is next. */
export async function startStandIn(script: readonly Turn[]): Promise<StandIn> {
  const server = createServer((request, response) => {
    void answer(script, request, response).catch(error => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: String(error), type: 'invalid_request_error' } }))
    })
  })
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

async function answer(script: readonly Turn[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk as string
  const body = JSON.parse(text) as ResponsesRequest
  const index = turnIndex(script, body)
  const turn = script[index] ?? { text: 'Done.' }
  const complete = responseOf(body.model, index, turn)
  if (body.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(complete))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sequence = 0
  for (const event of eventsOf(complete)) {
    response.write(`event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: sequence++ })}\n\n`)
  }
  response.end()
}

/** Which turn is next: as many calls as were answered have been made. */
function turnIndex(script: readonly Turn[], { input }: ResponsesRequest): number {
  let answered = typeof input === 'string' ? 0 : input.filter(item => item.type === 'function_call_output').length
  return script.findIndex(turn => {
    const calls = 'calls' in turn ? turn.calls.length : Number.POSITIVE_INFINITY
    if (answered < calls) return true
    answered -= calls
    return false
  })
}

function itemsOf(index: number, turn: Turn): readonly Record<string, unknown>[] {
  if ('text' in turn) {
    const content = [{ type: 'output_text', text: turn.text, annotations: [], logprobs: [] }]
    return [{ id: `msg_${index}`, type: 'message', role: 'assistant', status: 'completed', content }]
  }
  return turn.calls.map((call, position) => ({
    id: `fc_${index}_${position}`,
    type: 'function_call',
    status: 'completed',
    call_id: `call_${index}_${position}`,
    name: call.name,
    arguments: JSON.stringify(call.arguments),
  }))
}

function responseOf(model: string, index: number, turn: Turn) {
  return {
    id: `resp_${index}`,
    object: 'response',
    created_at: 1_760_000_000,
    status: 'completed',
    model,
    output: itemsOf(index, turn),
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: null,
    incomplete_details: null,
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
  }
}

type WireEvent = { readonly type: string } & Record<string, unknown>

function* eventsOf(complete: ReturnType<typeof responseOf>): Generator<WireEvent> {
  yield { type: 'response.created', response: { ...complete, status: 'in_progress', output: [], usage: null } }
  for (const [output_index, item] of complete.output.entries()) {
    const at = { item_id: item['id'], output_index }
    if (item['type'] === 'function_call') {
      yield {
        type: 'response.output_item.added',
        output_index,
        item: { ...item, status: 'in_progress', arguments: '' },
      }
      yield { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] }
      yield { type: 'response.function_call_arguments.done', ...at, name: item['name'], arguments: item['arguments'] }
    } else {
      const [part] = item['content'] as { readonly text: string }[]
      const text = part?.text ?? ''
      yield { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress', content: [] } }
      yield { type: 'response.content_part.added', ...at, content_index: 0, part: { ...part, text: '' } }
      for (const delta of text.split(/(?<= )/))
        yield { type: 'response.output_text.delta', ...at, content_index: 0, delta, logprobs: [] }
      yield { type: 'response.output_text.done', ...at, content_index: 0, text, logprobs: [] }
      yield { type: 'response.content_part.done', ...at, content_index: 0, part }
    }
    yield { type: 'response.output_item.done', output_index, item }
  }
  yield { type: 'response.completed', response: complete }
}
