import type { ChatCompletion, ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { isRecord } from '../call/record.js'
import { MaxIterationsReachedError } from '../errors.js'
import { openSession } from '../run/session.js'
import type { RegisteredTool } from '../tools/tool.js'
import { chatAnswer, chatReplay, chatTool } from '../wire/chat-message.js'
import { chatTurn } from '../wire/chat-turn.js'
import { chatParams, completed } from '../wire/chat-wire.js'
import { asked, Failed, whole } from '../wire/whole.js'
import type { Turn } from '../wire/wire.js'
import { ChatAccumulator } from './accumulator.js'
import { ChatCompletionStreamHandler, tellHandler } from './handler.js'
import { checkStreamOptions, type StreamUntilUserInputOptions } from './options.js'
import { performCalls } from './perform-calls.js'
import { Raised } from './raised.js'
import type { ChatRunEvent, StreamResult } from './run-events.js'
import { chunkEvents, doneEvents } from './stream-events.js'

/**
 * Streams an answer, has its calls decided on and executed, tells the model what came of them, and so on until the model has
 * nothing more to call.
 *
 * @throws MaxIterationsReachedError, ProviderResponseError; what the client and the handler throw; with `onToolError` `raise` or `abort`, a tool's error
 */
export async function streamUntilUserInput(options: StreamUntilUserInputOptions): Promise<StreamResult> {
  const { handler = new ChatCompletionStreamHandler() } = options
  for await (const event of streamUntilUserInputEvents(options)) {
    await tellHandler(handler, event)
    if (event.type === 'run_failed') throw event.error
    if (event.type === 'run_completed') return event.result
  }
  throw new TypeError('unreachable: a run ends with its result')
}

/** The same loop as events; `run_completed` or `run_failed` comes last. Only with `onToolError` `raise`, an error is thrown instead. */
export async function* streamUntilUserInputEvents(
  options: StreamUntilUserInputOptions,
): AsyncGenerator<ChatRunEvent, void, undefined> {
  const tools = checkStreamOptions(options)
  try {
    yield* loop(options, tools)
  } catch (error) {
    if (error instanceof Raised) throw error.cause
    yield { type: 'run_failed', error }
  }
}

async function* loop(
  options: StreamUntilUserInputOptions,
  tools: Map<string, RegisteredTool>,
): AsyncGenerator<ChatRunEvent, void, undefined> {
  const { maxIterations = 10, signal, fallback, onApprovalRequired, model } = options
  const { handler: _handler, messages: given, request = {}, maxIterations: _max, ...run } = options
  const session = openSession(run, { ...run, model }, tools, onApprovalRequired)
  const messages: ChatCompletionMessageParam[] = [...given]
  const responses: ChatCompletion[] = []
  const declared = [...(request.tools ?? []), ...[...tools.values()].map(chatTool)]
  const params = { ...request, model, ...(declared.length === 0 ? {} : { tools: declared }) }
  for (let index = 0; index < maxIterations; index++) {
    signal?.throwIfAborted()
    yield { type: 'iteration_started', index, messages: [...messages] }
    const isLast = index === maxIterations - 1
    const turn = yield* ask(options, params, messages, index, name => tools.has(name))
    const { response } = turn
    responses.push(response)
    const message = (response.choices as [ChatCompletion.Choice])[0].message
    messages.push(chatReplay(message))
    yield { type: 'iteration_completed', index, usage: response.usage ?? undefined, assistantMessage: message }
    if (turn.calls.length === 0) {
      return yield { type: 'run_completed', result: resultOf(turn, messages, responses, session.log.events) }
    }
    if (isLast) throw new MaxIterationsReachedError(maxIterations, turn.responseId)
    for (const { name } of turn.calls) {
      const found = tools.has(name) ? undefined : fallback?.(name)
      if (found !== undefined) tools.set(name, found)
    }
    const answers = yield* performCalls(turn.calls, session.performer, {
      iteration: index,
      onToolError: options.onToolError ?? 'emit',
      signal,
    })
    messages.push(...answers.map(chatAnswer))
  }
}

async function* ask(
  { client, signal }: StreamUntilUserInputOptions,
  params: object & { readonly model: string },
  messages: readonly ChatCompletionMessageParam[],
  iteration: number,
  isKnownTool: (name: string) => boolean,
): AsyncGenerator<ChatRunEvent, Turn<ChatCompletion>, undefined> {
  const usage = { stream_options: { include_usage: true } }
  const request = { ...usage, ...chatParams(params, messages, iteration), stream: true as const }
  const stream: AsyncIterable<unknown> = await asked(client.chat.completions.create(request, { signal }), signal)
  const answer = new ChatAccumulator()
  for await (const part of whole(stream, signal)) {
    if (part instanceof Failed) throw part.cause
    for (const event of chunkEvents(part, answer.push(part), answer)) yield { type: 'stream_event', iteration, event }
  }
  // The client ends an aborted stream without a word.
  signal?.throwIfAborted()
  const response = completed(answer)
  const { response_format: format } = request
  for (const event of doneEvents(answer, isRecord(format) && format.type !== 'text')) {
    yield { type: 'stream_event', iteration, event }
  }
  return chatTurn(response, messages, isKnownTool)
}

function resultOf(
  turn: Turn<ChatCompletion>,
  messages: readonly ChatCompletionMessageParam[],
  responses: readonly ChatCompletion[],
  events: StreamResult['events'],
): StreamResult {
  return {
    toInputList: () => JSON.parse(JSON.stringify(messages)) as ChatCompletionMessageParam[],
    usages: responses.flatMap(({ usage }) => usage ?? []),
    text: turn.text,
    events: [...events],
    incomplete: turn.incomplete,
  }
}
