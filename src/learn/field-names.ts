import { RecentMap } from '../recent-map.js'
import { hashText } from './hash.js'
import { wordsIn } from './words.js'

/** What follows from the name of a field alone. */
export interface FieldName {
  readonly name: string
  readonly hash: number
  readonly words: readonly number[]
}

/** Names that are worked out once: there are few of them, and each comes with every call. */
const KEPT = 2048
const MAX_KEPT = 128
const names = new RecentMap<string, FieldName>(KEPT)

/** The name of a field, with its hash and its first words. */
export function fieldNamed(name: string): FieldName {
  const known = names.get(name)
  if (known !== undefined) return known
  const named = { name, hash: hashText(name), words: wordsIn(name, 64, 4) }
  if (name.length <= MAX_KEPT) names.set(name, named)
  return named
}
