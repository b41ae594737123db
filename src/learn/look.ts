import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import { hashText, mix } from './hash.js'
import { isEntity, kindOf, type Kind } from './kind.js'
import { leavesOf, type Leaf } from './leaves.js'
import { magnitudeOf } from './magnitude.js'
import type { Trajectory } from './trajectory.js'
import { verbClass } from './verb.js'
import { wordsIn } from './words.js'

const LEAF_LENGTH = 400
const LEAF_WORDS = 24

/** Where a value came from. */
export const SOURCES = { unknown: 0, user: 1, tool: 2, model: 3 } as const

/** One value of a call with what can be seen of it. */
export interface Value {
  readonly leaf: Leaf
  readonly kind: Kind
  /** One of {@link SOURCES}. */
  readonly source: number
  /** Hash of the source as it was stated: which tool. */
  readonly origin: number
  readonly words: readonly number[]
  /** Share of its words that the user said, 0..1. */
  readonly said: number
  readonly isEntity: boolean
  /** Share of the words of its field's name that the user said. */
  readonly fieldSaid: number
  /** How far the user pointed at what it came from: the share of words in that call that the user said; 0 otherwise. */
  readonly originSaid: number
  /** How many words the name of the tool it came from shares with this tool's, but for the verb. */
  readonly originShared: number
  /** Its magnitude, where it is a number; otherwise not a number. */
  readonly size: number
}

/** A call taken apart: what all components read. */
export interface Look {
  readonly tool: number
  readonly toolWords: readonly number[]
  /** Share of the words of the tool's name that the user said. */
  readonly toolSaid: number
  readonly verb: number
  /** Whether the user's words contain a verb of the same class: 2 yes, 1 no but of another class, 0 none at all. */
  readonly verbSaid: number
  /** As values name the tool when they come from it. */
  readonly asOrigin: number
  readonly action: number
  readonly actor: number
  readonly domain: number
  readonly context: number
  readonly contextWords: ReadonlySet<number>
  readonly values: readonly Value[]
  /** Share of the words of the values that the user said. */
  readonly said: number
  /** Tool and input, whatever the order of the keys. */
  readonly exact: number
  readonly knowsSources: boolean
  readonly trajectory: Trajectory
}

/** Takes a call apart against the run it is made in. */
export function lookAt(call: RiskCase, trajectory: Trajectory): Look {
  const contextWords = trajectory.wordsOf(call.context)
  const { tool, toolWords, verb, asOrigin } = toolNamed(call.tool)
  const values = leavesOf(call.input).map(leaf => valueOf(leaf, call.provenance, contextWords, toolWords, trajectory))
  let sum = 0
  for (const { leaf } of values) sum = (sum + mix(hashOfPath(leaf), leaf.hash)) | 0
  return {
    tool,
    toolWords,
    toolSaid: share(toolWords, contextWords),
    verb,
    verbSaid: verbSaid(verb, trajectory.verbs),
    asOrigin,
    action: hashText(call.action ?? ''),
    actor: hashText(call.actor ?? ''),
    domain: hashText(call.domain ?? ''),
    context: trajectory.request,
    contextWords,
    values,
    said: saidOf(values),
    exact: mix(mix(tool, sum), values.length),
    knowsSources: values.some(({ source }) => source !== SOURCES.unknown),
    trajectory,
  }
}

/** The fields of the input itself are their own paths: most are. */
function hashOfPath({ path, field }: Leaf): number {
  return path === field.name ? field.hash : hashText(path)
}

/** What follows from the name of a tool alone. */
type NamedTool = Pick<Look, 'tool' | 'toolWords' | 'verb' | 'asOrigin'>

/** Names that are worked out once: there are few of them, and each is asked for with every call. */
const KEPT_NAMES = 2048
const MAX_KEPT_NAME = 128
const tools = new RecentMap<string, NamedTool>(KEPT_NAMES)

function toolNamed(name: string): NamedTool {
  const known = tools.get(name)
  if (known !== undefined) return known
  const toolWords = wordsIn(name, 128, 8)
  const named = { tool: hashText(name), toolWords, verb: verbClass(toolWords), asOrigin: hashText(`tool:${name}`) }
  if (name.length <= MAX_KEPT_NAME) tools.set(name, named)
  return named
}

function valueOf(
  leaf: Leaf,
  provenance: RiskCase['provenance'],
  said: ReadonlySet<number>,
  toolWords: readonly number[],
  trajectory: Trajectory,
): Value {
  const kind = kindOf(leaf.value)
  const words = wordsOf(leaf.value)
  const stated = provenance !== undefined && Object.hasOwn(provenance, leaf.path) ? provenance[leaf.path] : undefined
  const origin = typeof stated === 'string' ? hashText(stated) : 0
  const made = trajectory.madeBy(origin)
  return {
    leaf,
    kind,
    source: sourceOf(stated),
    origin,
    words,
    said: share(words, said),
    isEntity: isEntity(kind),
    fieldSaid: share(leaf.field.words, said),
    originSaid: made?.said ?? 0,
    originShared: made === undefined ? 0 : shared(made.toolWords, toolWords),
    size: typeof leaf.value === 'number' ? magnitudeOf(leaf.value) : Number.NaN,
  }
}

function wordsOf(value: unknown): readonly number[] {
  if (typeof value === 'string') return wordsIn(value, LEAF_LENGTH, LEAF_WORDS)
  return typeof value === 'number' ? wordsIn(String(value), LEAF_WORDS, 2) : []
}

function shared(words: readonly number[], others: readonly number[]): number {
  let count = 0
  for (const word of words) if (others.includes(word)) count++
  return count
}

function sourceOf(stated: unknown): number {
  if (stated === 'user') return SOURCES.user
  if (stated === 'model') return SOURCES.model
  return typeof stated === 'string' && stated.startsWith('tool') ? SOURCES.tool : SOURCES.unknown
}

function share(words: readonly number[], of: ReadonlySet<number>): number {
  if (words.length === 0) return 0
  let count = 0
  for (const word of words) if (of.has(word)) count++
  return count / words.length
}

function verbSaid(verb: number, said: ReadonlySet<number>): number {
  if (said.has(verb)) return 2
  return said.size > 0 ? 1 : 0
}

function saidOf(values: readonly Value[]): number {
  let words = 0
  let said = 0
  for (const value of values) {
    words += value.words.length
    said += value.said * value.words.length
  }
  return words === 0 ? 0 : said / words
}
