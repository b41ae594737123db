import { hashText, mix } from './hash.js'
import type { Look, Value } from './look.js'

/** Most tokens of a case. */
const MAX_TOKENS = 32
const WORDS_PER_VALUE = 8
const WORD = hashText('word')

/** A token with what it stands for. */
export interface Token {
  readonly token: number
  /** `tool`, `actor`, `request`, the path of an argument, or `words of` one. */
  readonly of: string
}

/** Tokens by which similar cases are found: values first, `strong` of them, then words. */
export function tokensOf(look: Look): { tokens: readonly number[]; strong: number } {
  const tokens: number[] = []
  let strong = 0
  eachToken(look, (token, _, isWord) => {
    if (!tokens.includes(token)) tokens.push(token)
    if (!isWord) strong = tokens.length
  })
  return { tokens, strong }
}

/** The same tokens with what they stand for: for explaining. */
export function namedTokens(look: Look): readonly Token[] {
  const named = new Map<number, string>()
  eachToken(look, (token, value, isWord) => {
    if (!named.has(token)) named.set(token, nameOf(look, token, value, isWord))
  })
  return Array.from(named, ([token, of]) => ({ token, of }))
}

function nameOf(look: Look, token: number, value: Value | undefined, isWord: boolean): string {
  if (value !== undefined) return isWord ? `words of ${value.leaf.path}` : value.leaf.path
  if (token === toolToken(look)) return 'tool'
  return token === actorToken(look) ? 'actor' : 'request'
}

function eachToken(look: Look, take: (token: number, value: Value | undefined, isWord: boolean) => void): void {
  let left = MAX_TOKENS
  const put = (token: number, value: Value | undefined, isWord: boolean): void => {
    if (left-- > 0) take(token === 0 ? 1 : token, value, isWord)
  }
  put(toolToken(look), undefined, false)
  put(actorToken(look), undefined, false)
  if (look.context !== 0) put(mix(look.context, 0x73), undefined, false)
  for (const value of look.values) put(mix(mix(look.tool, value.leaf.place), value.leaf.hash), value, false)
  for (const value of look.values) {
    if (left <= 0) return
    if (value.words.length < 2) continue
    const place = mix(mix(look.tool, value.leaf.place), WORD)
    for (let index = 0; index < Math.min(value.words.length, WORDS_PER_VALUE); index++)
      put(mix(place, value.words[index] ?? 0), value, true)
  }
}

function toolToken({ tool }: Look): number {
  return mix(tool, 0x71)
}

function actorToken({ tool, actor }: Look): number {
  return mix(mix(tool, 0x72), actor)
}
