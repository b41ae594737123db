import type { ChatCompletion, ChatCompletionMessage } from 'openai/resources/chat/completions'
import { isRecord, textIn, type UnknownRecord } from '../call/record.js'
import { type AssembledCall, CallAssembler } from './call-assembler.js'

/** What one chunk added. */
export type ChatChange =
  | { readonly kind: 'content' | 'refusal' | 'reasoning'; readonly delta: string }
  | { readonly kind: 'logprobs'; readonly of: 'content' | 'refusal'; readonly tokens: readonly unknown[] }
  | { readonly kind: 'call'; readonly call: AssembledCall }
  | { readonly kind: 'arguments'; readonly call: AssembledCall; readonly delta: string }
  | { readonly kind: 'finished'; readonly reason: string }

/** Fields of a message that are sent back as they came: signatures and reasoning that the provider wants to see again. */
const KEPT = ['extra_content', 'reasoning_details', 'thinking_blocks', 'annotations'] as const

/** Puts an answer together from the chunks of a chat completion. */
export class ChatAccumulator {
  content = ''
  refusal = ''
  reasoning = ''
  finishReason: string | undefined
  usage: unknown
  readonly logprobs: { content: unknown[]; refusal: unknown[] } = { content: [], refusal: [] }
  readonly #calls = new CallAssembler()
  readonly #kept: Record<string, unknown> = {}
  #head: UnknownRecord = {}

  /** The provider's id of the answer. */
  get id(): string | undefined {
    return textIn(this.#head, 'id')
  }

  get calls(): readonly AssembledCall[] {
    return this.#calls.calls
  }

  /** Takes a chunk; of several choices only the first one counts. */
  push(chunk: unknown): readonly ChatChange[] {
    if (!isRecord(chunk)) return []
    this.#head = { ...chunk, ...this.#head }
    if (isRecord(chunk['usage'])) this.usage = chunk['usage']
    const choices: readonly unknown[] = Array.isArray(chunk['choices']) ? chunk['choices'] : []
    const choice = choices.find(item => isRecord(item) && (item['index'] ?? 0) === 0)
    if (!isRecord(choice)) return []
    const delta = isRecord(choice['delta']) ? choice['delta'] : {}
    const changes = [
      ...this.#texts(delta),
      ...this.#logprobs(choice['logprobs']),
      ...this.#toolCalls(delta['tool_calls']),
    ]
    for (const field of KEPT) this.#keep(field, delta[field])
    const reason = textIn(choice, 'finish_reason')
    if (reason === undefined) return changes
    this.finishReason = reason
    return [...changes, { kind: 'finished', reason }]
  }

  /** The answer so far, as it would have come in one piece. A call without an id gets one. */
  message(): ChatCompletionMessage {
    const calls = this.calls.map((call, position) => ({
      id: call.id ?? `call_${this.id ?? 'answer'}_${position}`,
      type: call.kind,
      [call.kind]:
        call.kind === 'custom'
          ? { name: call.name, input: call.arguments }
          : { name: call.name, arguments: call.arguments },
      ...call.extra,
    }))
    const message = {
      role: 'assistant',
      content: this.content === '' ? null : this.content,
      refusal: this.refusal === '' ? null : this.refusal,
      ...(this.reasoning === '' ? {} : { reasoning_content: this.reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...this.#kept,
    }
    // With what providers add to it.
    return message as unknown as ChatCompletionMessage
  }

  /** The whole answer. */
  completion(): ChatCompletion {
    const { choices: _choices, usage: _usage, ...head } = this.#head
    const { content, refusal } = this.logprobs
    const logprobs = content.length + refusal.length === 0 ? null : this.logprobs
    const choice = { index: 0, message: this.message(), finish_reason: this.finishReason ?? null, logprobs }
    const usage = this.usage === undefined ? {} : { usage: this.usage }
    return { ...head, object: 'chat.completion', choices: [choice], ...usage } as ChatCompletion
  }

  #texts(delta: UnknownRecord): readonly ChatChange[] {
    const { text, thinking } = contentOf(delta['content'])
    const reasoning = textIn(delta, 'reasoning_content') ?? textIn(delta, 'reasoning') ?? thinking
    const refusal = textIn(delta, 'refusal') ?? ''
    this.content += text
    this.reasoning += reasoning
    this.refusal += refusal
    const changes: readonly ChatChange[] = [
      { kind: 'reasoning', delta: reasoning },
      { kind: 'content', delta: text },
      { kind: 'refusal', delta: refusal },
    ]
    return changes.filter(change => 'delta' in change && change.delta !== '')
  }

  #logprobs(logprobs: unknown): readonly ChatChange[] {
    if (!isRecord(logprobs)) return []
    return (['content', 'refusal'] as const).flatMap((of): readonly ChatChange[] => {
      const tokens: unknown = logprobs[of]
      if (!Array.isArray(tokens) || tokens.length === 0) return []
      this.logprobs[of].push(...(tokens as readonly unknown[]))
      return [{ kind: 'logprobs', of, tokens }]
    })
  }

  #toolCalls(entries: unknown): readonly ChatChange[] {
    if (!Array.isArray(entries)) return []
    const changes: ChatChange[] = []
    for (const { call, isNew, delta } of this.#calls.push(entries)) {
      if (isNew) changes.push({ kind: 'call', call })
      if (delta !== '') changes.push({ kind: 'arguments', call, delta })
    }
    return changes
  }

  /** Lists grow, everything else is replaced. */
  #keep(field: string, value: unknown): void {
    if (value === undefined || value === null) return
    const known = this.#kept[field]
    this.#kept[field] =
      Array.isArray(known) && Array.isArray(value) ? [...(known as unknown[]), ...(value as unknown[])] : value
  }
}

/** Content is a text, or parts of which some are thoughts. */
export function contentOf(content: unknown): { readonly text: string; readonly thinking: string } {
  if (typeof content === 'string') return { text: content, thinking: '' }
  const parts: readonly unknown[] = Array.isArray(content) ? content : []
  const thoughts = parts.map(part => {
    const thinking: unknown = isRecord(part) ? part['thinking'] : undefined
    return typeof thinking === 'string' ? thinking : contentOf(thinking).text
  })
  return { text: parts.map(part => textIn(part, 'text') ?? '').join(''), thinking: thoughts.join('') }
}
