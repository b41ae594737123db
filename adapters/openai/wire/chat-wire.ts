import type OpenAI from 'openai'
import type {
  ChatCompletion,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import { ChatAccumulator } from '../chat/accumulator.js'
import { ProviderResponseError } from '../errors.js'
import { Segment } from '../run/flatten.js'
import { chatMapper } from '../stream/chat.js'
import type { StreamEvent } from '../stream/events.js'
import { chatAnswer, chatReplay } from './chat-message.js'
import { chatTurn, checkedCompletion } from './chat-turn.js'
import { asked, failedBy } from './whole.js'
import type { Told, Turn, Wire } from './wire.js'

/** What a conversation over Chat Completions is begun with. */
export interface ChatWireOptions {
  readonly client: Pick<OpenAI, 'chat'>
  /** Sent with every request: model, tools, and whatever else the caller wants. */
  readonly params: Omit<ChatCompletionCreateParamsNonStreaming, 'messages'>
  readonly messages: readonly ChatCompletionMessageParam[]
  readonly isKnownTool: (name: string) => boolean
  readonly signal: AbortSignal | undefined
}

/** A conversation over Chat Completions, of any provider that speaks it. Every request carries all of it. */
export function chatWire(options: ChatWireOptions): Wire<ChatCompletion, ChatCompletionMessageParam> {
  const { client, isKnownTool, signal } = options
  const messages: ChatCompletionMessageParam[] = [...options.messages]
  let round = 0
  const params = (): ChatCompletionCreateParamsNonStreaming => chatParams(options.params, messages, round)
  const settle = (response: ChatCompletion): Turn<ChatCompletion> => {
    const turn = chatTurn(response, messages, isKnownTool)
    const [choice] = response.choices
    if (choice !== undefined) messages.push(chatReplay(choice.message))
    round++
    return turn
  }
  async function* ask(isStreamed: boolean): AsyncGenerator<Told, Turn<ChatCompletion>, undefined> {
    if (!isStreamed) {
      const asking = client.chat.completions.create({ ...params(), stream: false }, { signal })
      return settle(checkedCompletion(await asked(asking, signal)))
    }
    const request = { stream_options: { include_usage: true }, ...params(), stream: true as const }
    const stream = await asked(client.chat.completions.create(request, { signal }), signal)
    return settle(yield* read(stream, signal))
  }
  return { ask, answer: answers => messages.push(...answers.map(chatAnswer)), history: () => messages }
}

/** A request of a conversation. A forced tool is for the first answer: on every one, the model could never come to an end. */
export function chatParams(
  { tool_choice: choice, ...params }: ChatWireOptions['params'],
  messages: readonly ChatCompletionMessageParam[],
  round: number,
): ChatCompletionCreateParamsNonStreaming {
  const isForced = choice !== undefined && choice !== 'auto' && choice !== 'none'
  const kept = choice === undefined || (isForced && round > 0) ? {} : { tool_choice: choice }
  return { ...params, ...kept, messages: [...messages] }
}

async function* read(
  stream: AsyncIterable<unknown>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Told, ChatCompletion, undefined> {
  const answer = new ChatAccumulator()
  const mapper = chatMapper(answer)
  const map = (part: unknown): readonly StreamEvent<never>[] => {
    signal?.throwIfAborted()
    return mapper.map(part)
  }
  const segment = new Segment(stream[Symbol.asyncIterator](), map, () => false)
  yield segment
  if (segment.failure !== undefined) {
    const { said, cause } = failedBy(segment.failure.error, signal)
    yield mapper.fail(said)
    throw cause
  }
  // The client ends an aborted stream without a word.
  signal?.throwIfAborted()
  yield* mapper.end()
  return completed(answer)
}

/** What a stream came to. @throws ProviderResponseError for one that did not come to its end */
export function completed(answer: ChatAccumulator): ChatCompletion {
  if (answer.finishReason !== undefined) return answer.completion()
  throw new ProviderResponseError('cut', 'the stream ended before the answer did', { responseId: answer.id })
}
