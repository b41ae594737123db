import type { ResponseInputItem } from 'openai/resources/responses/responses'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { textIn } from '../call/record.js'
import type { Performed } from '../call/performer.js'
import { chatAnswer } from '../wire/chat-message.js'
import { answeredBy, isSaidOf, responsesAnswers } from '../wire/responses-answer.js'
import { invalid } from './invalid.js'
import type { Api, ItemOf, RunOptions } from './options.js'

/** How the conversation is kept. */
export interface Continuation<API extends Api> {
  readonly api: API
  readonly store: boolean
  readonly previousResponseId: string | undefined
}

/**
 * What a run goes on from when a held call has its answer. Replayed, the result takes the place of "it waits for a person", and
 * what the model said after that is taken back; where the conversation has gone on since, or the provider keeps it, a
 * message tells of the result.
 */
export function continued<API extends Api>(
  performed: Performed,
  items: readonly ItemOf[API][] | undefined,
  { api, store, previousResponseId }: Continuation<API>,
): Pick<RunOptions<API>, 'input' | 'previousResponseId'> {
  if (api === 'responses' && store && previousResponseId !== undefined) {
    return { input: [noteOf(performed)], previousResponseId }
  }
  if (items === undefined) {
    throw invalid('history', 'expected the conversation that the call was held in: this process does not remember it')
  }
  const history =
    api === 'chat'
      ? inChat(performed, items as readonly ChatCompletionMessageParam[])
      : inResponses(performed, items as readonly ResponseInputItem[])
  return { input: history as readonly ItemOf[API][] }
}

function inResponses(performed: Performed, items: readonly ResponseInputItem[]): readonly ResponseInputItem[] {
  const at = items.findLastIndex(item => answeredBy(item) === performed.call.wireId)
  if (at === -1) return [...items, noteOf(performed)]
  const own = items[at]
  const echo = own?.type === 'function_call_output' && own.caller ? { caller: own.caller } : undefined
  const answers = responsesAnswers({
    ...performed,
    call: { ...performed.call, ...(echo === undefined ? {} : { echo }) },
  })
  const replaced = items.toSpliced(at, isSaidOf(performed.call.wireId, items[at + 1]) ? 2 : 1, ...answers)
  const last = replaced.findLastIndex(item => !isModels(item))
  // Somebody has spoken since: they, and what was said, stay.
  return last > at && !isAnswer(replaced[last]) ? [...replaced, noteOf(performed)] : replaced.slice(0, last + 1)
}

function inChat(
  performed: Performed,
  messages: readonly ChatCompletionMessageParam[],
): readonly ChatCompletionMessageParam[] {
  const { call } = performed
  const note = { ...noteOf(performed), role: 'system' as const }
  // An id may have been used more than once: it is the last one that waits.
  const at = messages.findLastIndex(message => message.role === 'tool' && message.tool_call_id === call.wireId)
  if (at === -1) return [...messages, note]
  const replaced = messages.toSpliced(at, 1, chatAnswer(performed))
  const last = replaced.findLastIndex(message => message.role !== 'assistant')
  return replaced[last]?.role === 'tool' ? replaced.slice(0, last + 1) : [...replaced, note]
}

/** What the model said, unasked for anything. */
function isModels(item: ResponseInputItem): boolean {
  return item.type === 'reasoning' || (textIn(item, 'role') === 'assistant' && textIn(item, 'type') !== 'function_call')
}

function isAnswer(item: ResponseInputItem | undefined): boolean {
  return item !== undefined && answeredBy(item) !== undefined
}

/** The result as a message of the application. */
function noteOf({ call, text }: Performed): { readonly role: 'developer'; readonly content: string } {
  const content = `The call ${call.callId} to tool "${call.name}", which waited for a person's approval, has its answer: ${text}`
  return { role: 'developer', content }
}
