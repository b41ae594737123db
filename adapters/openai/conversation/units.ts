import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { isRecord, textIn } from '../call/record.js'

/** A message, and when it was said. */
export interface ConversationEntry {
  /** Epoch milliseconds. */
  readonly at: number
  readonly message: ChatCompletionMessageParam
}

/** What can only stay or go as a whole: one message, or calls with their results. */
export interface Unit {
  readonly entries: readonly ConversationEntry[]
  /** `lead`: instructions, which always stay. */
  readonly kind: 'lead' | 'user' | 'model' | 'orphan'
}

/** Takes a conversation apart. Results without their call are no use to any provider: they are orphans. */
export function unitsOf(entries: readonly ConversationEntry[]): readonly Unit[] {
  const units: { readonly entries: ConversationEntry[]; readonly kind: Unit['kind']; readonly ids: Set<string> }[] = []
  for (const entry of entries) {
    const { message } = entry
    if (message.role === 'tool') {
      const owner = units.findLast(({ ids }) => ids.has(message.tool_call_id))
      if (owner === undefined) units.push({ entries: [entry], kind: 'orphan', ids: new Set() })
      else owner.entries.push(entry)
      continue
    }
    units.push({ entries: [entry], kind: kindOf(message), ids: new Set(callIdsIn(message)) })
  }
  return units
}

function kindOf({ role }: ChatCompletionMessageParam): Unit['kind'] {
  if (role === 'system' || role === 'developer') return 'lead'
  return role === 'user' ? 'user' : 'model'
}

function callIdsIn(message: ChatCompletionMessageParam): readonly string[] {
  const calls: unknown = 'tool_calls' in message ? message.tool_calls : undefined
  return Array.isArray(calls) ? calls.filter(isRecord).flatMap(call => textIn(call, 'id') ?? []) : []
}
