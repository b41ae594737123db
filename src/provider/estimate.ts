import { bytesOf } from '../tagged.js'

/** Characters of Latin text per token; of other scripts a token holds one, more or less. */
const LATIN_PER_TOKEN = 4
/** A picture or a file, whose size in bytes says little. */
const ATTACHMENT = 1000
const LONG = 1000
const MAX_DEPTH = 64

/**
 * About how many tokens a request has, tools and all: a guess from its text, on the high side, for whoever has no tokenizer
 * at hand.
 */
export function estimateTokens(body: unknown, depth = 0): number {
  if (typeof body === 'string') return ofText(body)
  if (typeof body !== 'object' || body === null || depth > MAX_DEPTH) return 1
  if (bytesOf(body) !== undefined) return ATTACHMENT
  let sum = 1
  if (Array.isArray(body)) for (const item of body) sum += estimateTokens(item, depth + 1)
  else for (const [key, value] of Object.entries(body)) sum += ofText(key) + estimateTokens(value, depth + 1)
  return sum
}

function ofText(text: string): number {
  if (isAttachment(text)) return ATTACHMENT
  let others = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x24f) others++
  return Math.ceil((text.length - others) / LATIN_PER_TOKEN + others)
}

function isAttachment(text: string): boolean {
  return text.length > LONG && (text.startsWith('data:') || /^[\w+/=-]+$/.test(text))
}
