import type OpenAI from 'openai'
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseInputItem,
  ResponseOutputItem,
} from 'openai/resources/responses/responses'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import { ProviderResponseError } from '../errors.js'
import type { Asking } from '../provider/asking.js'
import { responsesProtocol } from '../provider/protocol.js'
import { Segment } from '../run/flatten.js'
import { failureOf, responsesMapper } from '../stream/responses.js'
import type { StreamEvent } from '../stream/events.js'
import { usageOf } from '../stream/usage.js'
import { failedBy } from './whole.js'
import { responsesAnswers } from './responses-answer.js'
import { responsesCalls } from './responses-calls.js'
import { replayable } from './responses-replay.js'
import type { Answer, Told, Turn, Wire } from './wire.js'

/** What a conversation over the Responses API is begun with. */
export interface ResponsesWireOptions {
  readonly client: Pick<OpenAI, 'responses'>
  readonly asking: Asking
  /** Sent with every request: model, instructions, tools, and whatever else the caller wants. */
  readonly params: ResponseCreateParamsNonStreaming
  readonly input: readonly ResponseInputItem[]
  /** What an answer of a model is to hold besides; of another model, in place of the run's, it may be something else. */
  readonly includeFor: (model: string | undefined) => ResponseCreateParamsNonStreaming['include']
  /** The provider keeps the answers, and is told only what is new. */
  readonly store: boolean
  readonly previousResponseId: string | undefined
  readonly isKnownTool: (name: string) => boolean
  readonly signal: AbortSignal | undefined
}

/**
 * A conversation over the Responses API. Not stored, each request replays all of it, with the reasoning that the provider
 * encrypted; stored, it goes on from the last answer.
 */
export function responsesWire(options: ResponsesWireOptions): Wire<Response, ResponseInputItem> {
  const { client, asking, store, signal, isKnownTool } = options
  const items: ResponseInputItem[] = [...options.input]
  let sent = 0
  let previous = options.previousResponseId
  let round = 0

  const params = (): ResponseCreateParamsNonStreaming => {
    const { tool_choice: choice, ...rest } = options.params
    // A forced choice is for the first answer: on every one, the model could never come to an end.
    const isForced = choice !== undefined && choice !== 'auto' && choice !== 'none'
    return {
      ...rest,
      ...(choice === undefined || (isForced && round > 0) ? {} : { tool_choice: choice }),
      store,
      input: store ? items.slice(sent) : [...items],
      ...(previous === undefined || rest.conversation ? {} : { previous_response_id: previous }),
    }
  }
  const including = (request: ResponseCreateParamsNonStreaming): ResponseCreateParamsNonStreaming => {
    const include = options.includeFor(request.model)
    const { include: _include, ...rest } = request
    return { ...rest, ...(include === undefined ? {} : { include }) }
  }
  const settle = (response: Response): Turn<Response> => {
    const turn = turnOf(response, items, isKnownTool)
    items.push(...(store ? (response.output as ResponseInputItem[]) : replayable(response.output)))
    sent = items.length
    if (store) previous = response.id
    round++
    return turn
  }
  async function* ask(isStreamed: boolean): AsyncGenerator<Told, Turn<Response>, undefined> {
    if (!isStreamed) {
      const answer = await asking.answer(responsesProtocol, params(), async (request, sending) =>
        checked(await client.responses.create({ ...including(request), stream: false }, sending)),
      )
      return settle(answer)
    }
    const stream = await asking.stream(responsesProtocol, params(), (request, sending) =>
      client.responses.create({ ...including(request), stream: true }, sending),
    )
    return settle(yield* read(stream, signal))
  }
  return {
    ask,
    answer: (answers: readonly Answer[]) => {
      items.push(...answers.flatMap(responsesAnswers))
    },
    history: () => items,
  }
}

/** Tells of a stream, and gives the answer that it came to. @throws ProviderResponseError for one that did not come to its end */
async function* read(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Told, Response, undefined> {
  const mapper = responsesMapper()
  const items: (ResponseOutputItem | undefined)[] = []
  let answer: { readonly response: unknown } | undefined
  let failed: StreamEvent<never> | undefined
  let isOver = false
  const map = (part: unknown): readonly StreamEvent<never>[] => {
    signal?.throwIfAborted()
    const events = mapper.map(part)
    const type = isRecord(part) ? part['type'] : undefined
    // Most parts are deltas.
    if (typeof type !== 'string' || type.endsWith('.delta')) return events
    const { item, output_index: index, response } = part as UnknownRecord
    if (type === 'response.output_item.done' && typeof index === 'number') items[index] = item as ResponseOutputItem
    if (type === 'response.completed' || type === 'response.incomplete') answer = { response }
    if (type === 'response.failed' || type === 'error') failed = events[0]
    // Nothing after the end belongs to this answer.
    isOver = answer !== undefined || type === 'response.failed'
    return events
  }
  const segment = new Segment(stream[Symbol.asyncIterator](), map, () => isOver)
  yield segment
  if (answer !== undefined) return checked(withItems(answer.response, items))
  if (segment.failure !== undefined && failed === undefined) {
    const { said, cause } = failedBy(segment.failure.error, signal)
    yield* mapper.map({ type: 'error', error: said })
    throw cause
  }
  // The client ends an aborted stream without a word.
  signal?.throwIfAborted()
  if (failed?.type !== 'response_failed') {
    throw new ProviderResponseError('cut', 'the stream ended before the answer did')
  }
  const { error, responseId } = failed
  throw new ProviderResponseError('failed', error.message, { code: error.code, responseId })
}

/** Some servers end with an answer that leaves its items out. */
function withItems(response: unknown, items: readonly (ResponseOutputItem | undefined)[]): unknown {
  if (!isRecord(response)) return response
  const { output } = response
  if (Array.isArray(output) && (output.length > 0 || items.length === 0)) return response
  return { ...response, output: items.filter(item => item !== undefined) }
}

/** @throws ProviderResponseError for an answer that is none */
function checked(response: unknown): Response {
  const status = textIn(response, 'status')
  const responseId = textIn(response, 'id')
  if (isRecord(response) && (status === 'failed' || status === 'cancelled' || isRecord(response['error']))) {
    const { message, code } = failureOf(response['error'])
    throw new ProviderResponseError('failed', message, { code, responseId })
  }
  if (!isRecord(response) || !Array.isArray(response['output'])) {
    throw new ProviderResponseError('malformed', 'the answer has no `output`', { responseId })
  }
  return { ...response, output: response['output'].filter(isRecord) } as unknown as Response
}

function turnOf(
  response: Response,
  before: readonly ResponseInputItem[],
  isKnownTool: (name: string) => boolean,
): Turn<Response> {
  const { status, incomplete_details: details, output } = response
  // Other makes leave the status out of answers that are complete.
  const isComplete = status === undefined || status === 'completed'
  return {
    response,
    responseId: response.id,
    text: textOf(response),
    calls: isComplete ? responsesCalls(output, before, isKnownTool) : [],
    incomplete: isComplete ? undefined : (details?.reason ?? status),
    usage: usageOf(response.usage),
  }
}

/** The answer's text: as the client joins it, or joined here. */
function textOf({ output_text: text, output }: Response): string {
  if (typeof text === 'string' && text !== '') return text
  return output
    .flatMap(item => (item.type === 'message' ? item.content : []))
    .map(part => (part.type === 'output_text' ? part.text : ''))
    .join('')
}
