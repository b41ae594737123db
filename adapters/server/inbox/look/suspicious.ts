import { looksLike } from './look-alikes.js'

/** Why a character is pointed out. */
export type Suspicion =
  /** It changes the direction of what follows: what is read is not what is there. */
  | 'direction'
  /** It cannot be seen. */
  | 'invisible'
  /** It is a control character. */
  | 'control'
  /** It is a space, and not the usual one. */
  | 'space'
  /** It looks like a letter that it is not. */
  | 'look-alike'

/** A stretch of a text: as it is, or one character that is pointed out. */
export interface Stretch {
  readonly text: string
  readonly suspicion?: Suspicion
  /** Of a look-alike: what it looks like. */
  readonly like?: string
}

const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u
const IGNORED = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u
const CONTROL = /[^\P{Cc}\t\n\r]|[\u2028\u2029]|\p{Cs}|\p{Co}/u
const SPACE = /[^\P{Zs} ]/u
/** What a text is made of where nothing is wrong with it: most are. */
const PLAIN = /^[\t\n\r\x20-\x7e]*$/
const WORD = /[\p{L}\p{M}\p{N}\p{Cf}\p{Default_Ignorable_Code_Point}]+/gu
const SCRIPTS = ['Latin', 'Cyrillic', 'Greek', 'Armenian', 'Cherokee'].map(
  name => [name, new RegExp(`\\p{Script=${name}}`, 'u')] as const,
)
const EMOJI_PART = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u
const KEYCAP = /[0-9#*]/

/** A text in stretches, which make the text again when put together. Nothing that misleads the eye is left in a plain one. */
export function stretchesOf(text: string): readonly Stretch[] {
  if (PLAIN.test(text)) return text === '' ? [] : [{ text }]
  const misleading = misleadingWords(text)
  const stretches: Stretch[] = []
  let plain = ''
  let at = 0
  const characters = Array.from(text)
  for (const [index, character] of characters.entries()) {
    const found = suspicionOf(character, characters[index - 1], characters[index + 1], misleading(at))
    at += character.length
    if (found === undefined) {
      plain += character
      continue
    }
    if (plain !== '') stretches.push({ text: plain })
    plain = ''
    stretches.push({ text: character, ...found })
  }
  return plain === '' ? stretches : [...stretches, { text: plain }]
}

/** What is wrong with a text, each kind once. */
export function suspicionsIn(text: string): readonly Suspicion[] {
  const found = stretchesOf(text).flatMap(({ suspicion }) => (suspicion === undefined ? [] : [suspicion]))
  return [...new Set(found)]
}

/** How a character is written where it must be seen: `U+202E`. */
export function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function suspicionOf(
  character: string,
  before: string | undefined,
  after: string | undefined,
  isMisleading: boolean,
): Pick<Stretch, 'suspicion' | 'like'> | undefined {
  if (DIRECTION.test(character)) return { suspicion: 'direction' }
  if (IGNORED.test(character)) return joinsEmoji(character, before, after) ? undefined : { suspicion: 'invisible' }
  if (CONTROL.test(character)) return { suspicion: 'control' }
  if (SPACE.test(character)) return { suspicion: 'space' }
  const like = looksLike(character)
  if (like === undefined) return undefined
  const isWritten = character.normalize('NFKC') !== character
  return isWritten || isMisleading ? { suspicion: 'look-alike', like } : undefined
}

/** A family, a flag or a heart is several characters that are joined by ones that cannot be seen. */
function joinsEmoji(character: string, before = '', after = ''): boolean {
  if (character === '\u{200d}') return EMOJI_PART.test(before) && EMOJI_PART.test(after)
  return character === '\u{fe0f}' && (EMOJI_PART.test(before) || KEYCAP.test(before))
}

/**
 * Whether the word at a place, asked from left to right, is written to be taken for another: in several alphabets, or all of it in letters that look
 * Latin, in a text that is Latin otherwise.
 */
function misleadingWords(text: string): (at: number) => boolean {
  const words = Array.from(text.matchAll(WORD), ({ 0: word, index }) => ({ word, index, scripts: scriptsOf(word) }))
  const isLatinText = words.some(({ scripts }) => scripts.length === 1 && scripts[0] === 'Latin')
  const spans = words.filter(({ word, scripts }) => {
    if (scripts.length > 1) return true
    return isLatinText && scripts.length === 1 && scripts[0] !== 'Latin' && isAllLookAlike(word)
  })
  let next = 0
  const endOf = (span: (typeof spans)[number]): number => span.index + span.word.length
  return at => {
    // It is asked from left to right.
    for (let span = spans[next]; span !== undefined && endOf(span) <= at; span = spans[next]) next++
    return (spans[next]?.index ?? Infinity) <= at
  }
}

function scriptsOf(word: string): readonly string[] {
  return SCRIPTS.filter(([, pattern]) => pattern.test(word)).map(([name]) => name)
}

function isAllLookAlike(word: string): boolean {
  const letters = Array.from(word).filter(character => /\p{L}/u.test(character))
  return letters.every(character => looksLike(character) !== undefined)
}
