import { hashText } from './hash.js'
import { leavesOf } from './leaves.js'
import { eachWord, wordsIn } from './words.js'

/** Fingerprints kept of what the user said, and of the results of each tool; beyond that, new ones are not added. */
const MAX_WORDS = 8192
const MAX_TOOLS = 64
/** Code units read of one text. */
const MAX_LENGTH = 65_536
/** Words of a long value that are compared. */
const VALUE_WORDS = 64
/** A text counts as taken from where at least this share of its words was. */
const LARGEST_PART = 0.8

/**
 * Works out where the values of a call came from, from what was said and returned before it: fingerprints of words, no
 * texts. What the user said comes first; then the tool whose result came last; what is in neither is the model's own.
 */
export class ProvenanceTracker {
  readonly #said = new Set<number>()
  readonly #results = new Map<string, Set<number>>()

  /** Takes in something the user wrote. */
  userSaid(text: string): void {
    addWords(this.#said, text)
  }

  /** Takes in what a tool returned: a text, or any plain data. */
  toolReturned(tool: string, result: unknown): void {
    const words = this.#results.get(tool) ?? new Set()
    if (this.#results.size >= MAX_TOOLS && !this.#results.has(tool)) return
    for (const { value } of leavesOf(result)) addWords(words, textOf(value))
    // Put at the end, so that the tool that returned last is asked first.
    this.#results.delete(tool)
    this.#results.set(tool, words)
  }

  /** Per path (`to`, `items[0].id`): `user`, `tool:<name>` or `model`. Empty values and flags come from nowhere. */
  provenanceOf(input: unknown): Readonly<Record<string, string>> {
    const tools = [...this.#results].toReversed()
    const sources: [string, string][] = []
    for (const { path, value } of leavesOf(input)) {
      const words = wordsOf(textOf(value))
      if (words.length === 0) continue
      const tool = tools.find(([, returned]) => isTaken(words, returned))
      const source = isTaken(words, this.#said) ? 'user' : tool === undefined ? 'model' : `tool:${tool[0]}`
      sources.push([path, source])
    }
    return Object.fromEntries(sources)
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : ''
}

function addWords(words: Set<number>, text: string): void {
  eachWord(text, MAX_LENGTH, MAX_WORDS, word => {
    if (words.size < MAX_WORDS) words.add(word)
  })
}

function wordsOf(text: string): readonly number[] {
  const words = wordsIn(text, MAX_LENGTH, VALUE_WORDS)
  return words.length === 0 && text.trim() !== '' ? [hashText(text)] : words
}

function isTaken(words: readonly number[], from: ReadonlySet<number>): boolean {
  const found = words.filter(word => from.has(word)).length
  return found / words.length >= LARGEST_PART
}
