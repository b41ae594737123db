import { mix } from './hash.js'

const PRIME = 0x01000193
const OFFSET = 0x811c9dc5 | 0

/** Receives the hash of one word. */
export type OnWord = (word: number) => void

/**
 * The words of a text, as hashes, in order: runs of letters and digits, ASCII letters folded to lower case, `camelCase`
 * split at its humps. No string is made. Reads at most `maxLength` code units and reports at most `maxWords`.
 */
export function eachWord(text: string, maxLength: number, maxWords: number, onWord: OnWord): void {
  const length = Math.min(text.length, maxLength)
  let hash = OFFSET
  let size = 0
  let words = 0
  let wasLower = false
  for (let index = 0; index < length && words < maxWords; index++) {
    const code = text.charCodeAt(index)
    const isUpper = code >= 65 && code <= 90
    if (size > 0 && (!isWordPart(code) || (isUpper && wasLower))) {
      onWord(mix(hash, size))
      words++
      hash = OFFSET
      size = 0
    }
    wasLower = code >= 97 && code <= 122
    if (!isWordPart(code)) continue
    hash = Math.imul(hash ^ (isUpper ? code + 32 : code), PRIME)
    size++
  }
  if (size > 0 && words < maxWords) onWord(mix(hash, size))
}

/** Where words are collected before it is known how many there are: nothing is collected while something else is. */
const SCRATCH: number[] = Array.from({ length: 128 }, () => 0)
let count = 0

function collect(word: number): void {
  if (count < SCRATCH.length) SCRATCH[count++] = word
}

/** The words of a text as a list: at most 128, otherwise as {@link eachWord} has them. */
export function wordsIn(text: string, maxLength: number, maxWords: number): readonly number[] {
  count = 0
  eachWord(text, maxLength, maxWords, collect)
  return SCRATCH.slice(0, count)
}

function isWordPart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code > 127
}
