import { GovernanceError } from 'countersign'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { isRecord, textIn } from '../call/record.js'

/** Counts the tokens of a text. */
export type CountText = (text: string) => number

/** What every message costs besides its texts. */
const PER_MESSAGE = 3
/** What begins the answer. */
const PER_ANSWER = 3
/** What a picture is taken to cost: the least a model takes for one. */
const PER_IMAGE = 85

/**
 * The tokenizer of a model, loaded when it is first asked for: `gpt-tokenizer` has to be installed.
 *
 * @throws GovernanceError `invalid-option` where it is not
 */
export async function tokenizerOf(model: string | undefined): Promise<CountText> {
  try {
    // Older models have an encoding of their own.
    const isOld = model !== undefined && /^(?:gpt-4(?!o|\.)|gpt-3)/.test(model)
    const { countTokens } = isOld
      ? await import('gpt-tokenizer/encoding/cl100k_base')
      : await import('gpt-tokenizer/encoding/o200k_base')
    // What looks like a control token in somebody's text is text.
    return text => countTokens(text, { disallowedSpecial: new Set() })
  } catch (cause) {
    const message = 'Option `countText`: counting tokens needs the package `gpt-tokenizer`, or a function of your own'
    throw new GovernanceError('invalid-option', message, { cause })
  }
}

/** The tokens of one message: an estimate, as the provider alone knows. */
export function messageTokens(message: ChatCompletionMessageParam, count: CountText): number {
  const calls: unknown = 'tool_calls' in message ? message.tool_calls : undefined
  const name = textIn(message, 'name')
  return (
    PER_MESSAGE +
    count(message.role) +
    contentTokens(message.content, count) +
    (name === undefined ? 0 : count(name) + 1) +
    (Array.isArray(calls) ? count(JSON.stringify(calls)) : 0)
  )
}

/** The tokens that come with any conversation. */
export function answerTokens(): number {
  return PER_ANSWER
}

function contentTokens(content: unknown, count: CountText): number {
  if (typeof content === 'string') return count(content)
  if (!Array.isArray(content)) return 0
  const parts: readonly unknown[] = content
  return parts.reduce<number>((sum, part) => {
    const text = textIn(part, 'text') ?? textIn(part, 'refusal')
    if (text !== undefined) return sum + count(text)
    return sum + (isRecord(part) && part['type'] === 'image_url' ? PER_IMAGE : count(JSON.stringify(part) ?? ''))
  }, 0)
}
