import { GovernanceError } from 'countersign'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { isRecord } from '../call/record.js'
import { answerTokens, type CountText, messageTokens, tokenizerOf } from './tokens.js'
import { type ConversationEntry, type Unit, unitsOf } from './units.js'

/** Options of {@link Conversation}. */
export interface ConversationOptions {
  /** Which model's tokens are counted. @defaultValue those of current models */
  readonly model?: string
  /** @defaultValue `gpt-tokenizer`, loaded when tokens are first counted */
  readonly countText?: CountText
  /** Epoch milliseconds, for what is added without a time. @defaultValue the machine's clock */
  readonly now?: () => number
}

/** A conversation as it is kept. */
export interface StoredConversation {
  readonly version: 1
  readonly entries: readonly ConversationEntry[]
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool']

/** The messages of a conversation, with their times. Whatever is taken out, no result is left without its call. */
export class Conversation {
  readonly #options: ConversationOptions
  readonly #tokens = new WeakMap<object, number>()
  #entries: readonly ConversationEntry[] = []
  #count: CountText | undefined

  constructor(options: ConversationOptions = {}) {
    this.#options = options
    this.#count = options.countText
  }

  /** In their order; to be sent as they are. */
  get messages(): ChatCompletionMessageParam[] {
    return this.#entries.map(({ message }) => message)
  }

  /**
   * Adds a message: a text by its role, or a whole one.
   *
   * @param at when it was said; `Date` or epoch milliseconds
   * @throws GovernanceError `invalid-option` for what is no message
   */
  add(role: 'system' | 'developer' | 'user' | 'assistant', text: string, at?: Date | number): this
  add(message: ChatCompletionMessageParam, at?: Date | number): this
  add(first: string | ChatCompletionMessageParam, second?: unknown, third?: Date | number): this {
    const message: unknown = typeof first === 'string' ? { role: first, content: second } : first
    const at = (typeof first === 'string' ? third : (second as Date | number | undefined)) ?? this.#now()
    this.#entries = [...this.#entries, { at: Number(at), message: checkedMessage(message) }]
    return this
  }

  /** An estimate of what sending all of it costs. @throws GovernanceError `invalid-option` where `gpt-tokenizer` is not installed */
  async countTokens(): Promise<number> {
    const count = await this.#counter()
    return this.#entries.reduce((sum, { message }) => sum + this.#tokensOf(message, count), answerTokens())
  }

  /**
   * Takes the oldest messages out until the rest costs at most so many tokens. Instructions stay, and so does the newest of
   * everything else; a conversation that still has a user's message begins with one.
   *
   * @returns how many messages were taken out
   */
  async trim(maxTokens: number): Promise<number> {
    if (!(maxTokens > 0)) throw new GovernanceError('invalid-option', 'trim: expected a number of tokens above 0')
    const count = await this.#counter()
    const cost = ({ entries }: Unit): number =>
      entries.reduce((sum, { message }) => sum + this.#tokensOf(message, count), 0)
    const units = unitsOf(this.#entries)
    const leads = units.filter(({ kind }) => kind === 'lead')
    const rest = units.filter(({ kind }) => kind !== 'lead' && kind !== 'orphan')
    let total = [...leads, ...rest].reduce((sum, unit) => sum + cost(unit), answerTokens())
    let from = 0
    while (from < rest.length - 1 && total > maxTokens) {
      const [oldest] = rest.slice(from, from + 1)
      total -= oldest === undefined ? 0 : cost(oldest)
      from++
    }
    // Only where something had to go: a conversation may have been begun by the model.
    const nextUser = rest.findIndex(({ kind }, index) => index >= from && kind === 'user')
    if (from > 0 && nextUser > from) from = nextUser
    return this.#keep(new Set([...leads, ...rest.slice(from)]), units)
  }

  /** Takes out what was said before: `Date` or epoch milliseconds. Instructions stay. @returns how many messages were taken out */
  clearBefore(date: Date | number): number {
    const units = unitsOf(this.#entries)
    const kept = units.filter(({ kind, entries: [first] }) => kind === 'lead' || (first?.at ?? 0) >= Number(date))
    return this.#keep(new Set(kept.filter(({ kind }) => kind !== 'orphan')), units)
  }

  /** As it is kept: `JSON.stringify(conversation)` is its text. */
  toJSON(): StoredConversation {
    return { version: 1, entries: this.#entries }
  }

  /**
   * A conversation as it was kept, as text or parsed.
   *
   * @throws GovernanceError `invalid-option` for what is none
   */
  static restore(stored: unknown, options: ConversationOptions = {}): Conversation {
    const value: unknown = typeof stored === 'string' ? parsed(stored) : stored
    const entries: unknown = isRecord(value) && value['version'] === 1 ? value['entries'] : undefined
    if (!Array.isArray(entries)) throw new GovernanceError('invalid-option', 'restore: this is no stored conversation')
    const conversation = new Conversation(options)
    for (const entry of entries as readonly unknown[]) {
      const { at, message } = isRecord(entry) ? entry : {}
      if (typeof at !== 'number') throw new GovernanceError('invalid-option', 'restore: a message has no time')
      conversation.add(checkedMessage(message), at)
    }
    return conversation
  }

  #keep(kept: ReadonlySet<Unit>, units: readonly Unit[]): number {
    const entries = new Set(units.filter(unit => kept.has(unit)).flatMap(unit => unit.entries))
    const removed = this.#entries.length - entries.size
    this.#entries = this.#entries.filter(entry => entries.has(entry))
    return removed
  }

  async #counter(): Promise<CountText> {
    this.#count ??= await tokenizerOf(this.#options.model)
    return this.#count
  }

  #tokensOf(message: ChatCompletionMessageParam, count: CountText): number {
    const known = this.#tokens.get(message) ?? messageTokens(message, count)
    this.#tokens.set(message, known)
    return known
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }
}

function checkedMessage(message: unknown): ChatCompletionMessageParam {
  if (isRecord(message) && ROLES.includes(String(message['role'])))
    return message as unknown as ChatCompletionMessageParam
  throw new GovernanceError('invalid-option', `add: expected a message by ${ROLES.join(', ')}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new GovernanceError('invalid-option', 'restore: this is not JSON', { cause })
  }
}
