import type { ResponseCreateParamsNonStreaming, ResponseInputItem } from 'openai/resources/responses/responses'
import type {
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions'
import type { Asking } from '../provider/asking.js'
import type { RegisteredTool } from '../tools/tool.js'
import { chatTool } from '../wire/chat-message.js'
import { chatWire } from '../wire/chat-wire.js'
import { responsesTool } from '../wire/responses-tools.js'
import { responsesWire } from '../wire/responses-wire.js'
import type { Wire } from '../wire/wire.js'
import { invalid } from './invalid.js'
import type { Api, GovernedOpenAIOptions, ItemOf, RequestOf, RunOptions } from './options.js'
import type { AnswerOf } from './result.js'

/** What a conversation is begun with, once the options of the client and of the run are joined. */
export interface WireStart<API extends Api> {
  readonly options: GovernedOpenAIOptions<API>
  readonly run: RunOptions<API>
  readonly model: string
  readonly tools: ReadonlyMap<string, RegisteredTool>
  readonly asking: Asking
}

/** The model of a run. @throws GovernanceError `invalid-option` for none, and for one that may not be asked */
export function modelOf({ model: own, models }: GovernedOpenAIOptions<Api>, { model = own }: RunOptions<Api>): string {
  if (typeof model !== 'string' || model === '') throw invalid('run.model', 'expected the name of a model')
  if (models !== undefined && !models.includes(model)) {
    throw invalid('run.model', `"${model}" is not among the models that may be asked: ${models.join(', ')}`)
  }
  return model
}

/** Begins a conversation over the API that was chosen. */
export function makeWire<API extends Api>(start: WireStart<API>): Wire<AnswerOf[API], ItemOf[API]> {
  const wire =
    start.options.api === 'chat' ? makeChat(start as WireStart<'chat'>) : makeResponses(start as WireStart<'responses'>)
  return wire as Wire<AnswerOf[API], ItemOf[API]>
}

function makeChat({ options, run, model, tools, asking }: WireStart<'chat'>): ReturnType<typeof chatWire> {
  const { client, store, instructions: own } = options
  const { instructions = own, signal } = run
  if (run.previousResponseId !== undefined) {
    throw invalid('run.previousResponseId', 'expected none: Chat Completions cannot go on from an answer')
  }
  const request: RequestOf['chat'] = { ...options.request, ...run.request }
  const declared = [...(request.tools ?? []), ...[...tools.values()].map(chatTool)]
  const params = {
    ...(request as Omit<ChatCompletionCreateParamsNonStreaming, 'messages'>),
    model,
    ...(declared.length === 0 ? {} : { tools: declared }),
    ...(store === undefined ? {} : { store }),
  }
  const system = { role: 'system' as const, content: instructions ?? '' }
  const messages = inputOf<ChatCompletionMessageParam>(run)
  return chatWire({
    client,
    asking,
    params,
    signal,
    messages: instructions === undefined ? messages : [system, ...messages.filter(message => !isSame(message, system))],
    isKnownTool: name => tools.has(name),
  })
}

/** A conversation that is gone on with has its instructions already. */
function isSame(message: ChatCompletionMessageParam, { content }: { readonly content: string }): boolean {
  return message.role === 'system' && message.content === content
}

function makeResponses({
  options,
  run,
  model,
  tools,
  asking,
}: WireStart<'responses'>): ReturnType<typeof responsesWire> {
  const { client, store = false, instructions: own } = options
  const { instructions = own, previousResponseId, signal } = run
  if (previousResponseId !== undefined && !store) {
    throw invalid('run.previousResponseId', 'expected `store: true`: what is not stored cannot be gone on from')
  }
  const request: RequestOf['responses'] = { ...options.request, ...run.request }
  const declared = [...(request.tools ?? []), ...[...tools.values()].map(responsesTool)]
  const includeFor = (asked = model): ResponseCreateParamsNonStreaming['include'] => {
    const isEncrypted = options.encryptedReasoning ?? !/^(?:gpt-[34]|chatgpt)/.test(asked)
    const include = new Set(request.include)
    if (!store && isEncrypted) include.add('reasoning.encrypted_content')
    return include.size === 0 ? undefined : [...include]
  }
  const include = includeFor()
  const params: ResponseCreateParamsNonStreaming = {
    ...(request as Omit<ResponseCreateParamsNonStreaming, 'input'>),
    model,
    ...(instructions === undefined ? {} : { instructions }),
    ...(declared.length === 0 ? {} : { tools: declared }),
    ...(include === undefined ? {} : { include }),
  }
  return responsesWire({
    client,
    asking,
    includeFor,
    params,
    store,
    previousResponseId,
    signal,
    input: inputOf<ResponseInputItem>(run),
    isKnownTool: name => tools.has(name),
  })
}

/** The conversation a run is begun with. @throws GovernanceError `invalid-option` where there is none */
function inputOf<ITEM>({
  input,
  messages = input,
}: {
  readonly input?: Input<ITEM>
  readonly messages?: Input<ITEM>
}): readonly ITEM[] {
  if (typeof messages === 'string') return [{ role: 'user', content: messages } as ITEM]
  if (!Array.isArray(messages)) throw invalid('run.input', 'expected a text, or the items of a conversation')
  return messages as readonly ITEM[]
}

type Input<ITEM> = string | readonly ITEM[]
