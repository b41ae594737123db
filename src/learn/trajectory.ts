import { hashText } from './hash.js'
import { verbOf } from './verb.js'
import { eachWord } from './words.js'

const KEPT_CALLS = 12
const KEPT_VALUES = 256
const CONTEXT_LENGTH = 4096
const CONTEXT_WORDS = 512

/** What a run remembers of a call. */
export interface Made {
  readonly tool: number
  readonly exact: number
  readonly verb: number
  readonly asOrigin: number
  readonly takesToolValues: boolean
  readonly values: readonly number[]
  readonly words: readonly number[]
  readonly toolWords: readonly number[]
  /** Share of the words of its input that the user said. */
  readonly said: number
}

/** What was predicted of a call, as log odds. */
export interface Predicted {
  /** By all components, beyond the base rate. */
  readonly lean: number
  /** By what is told without knowing the tool. */
  readonly general: number
}

/** Shared by all runs that have nothing yet: most are of few calls. */
const NONE: ReadonlySet<number> = new Set()

/** What is remembered of a run: bounded, so that an endless one costs no more than a long one. */
export class Trajectory {
  calls = 0
  errors = 0
  /** Calls since one failed; as many as there were when none has. */
  sinceError = 0
  /** Side effects so far: calls whose verb is not one of reading. */
  effects = 0
  /** Highest and last risk that was predicted in this run, as log odds. */
  highest = -6
  last = -6
  /** Mean of what was predicted beyond the base rate, over all calls. */
  lean = 0
  lastVerb = 0
  /** The tool called last, as an origin of values. */
  lastOrigin = 0
  /** Calls that took a value from an earlier tool result. */
  callsWithToolValues = 0
  /** Words of the request that calls have used so far. */
  wordsSaid = 0
  /** The calls made last, newest first: tool, and tool with input. */
  readonly tools: number[] = []
  readonly exact: number[] = []
  /** Made with the first call that is entered: a run that is only looked at needs none of them. */
  #toolCounts: Map<number, number> | undefined
  #exactCounts: Map<number, number> | undefined
  #values: Set<number> | undefined
  #byOrigin: Map<number, Made> | undefined
  #used: Set<number> | undefined
  /** Classes of the verbs in the request. */
  verbs = NONE
  /** Hash of the user's request; 0 where there is none. */
  request = 0
  #context: string | undefined
  #words = NONE

  /** Words of the user's request, as hashes; read once for as long as the request stays the same. */
  wordsOf(context: string | undefined): ReadonlySet<number> {
    if (context === this.#context) return this.#words
    const words = new Set<number>()
    const verbs = new Set<number>()
    if (context !== undefined)
      eachWord(context, CONTEXT_LENGTH, CONTEXT_WORDS, word => {
        words.add(word)
        const verb = verbOf(word)
        if (verb > 0) verbs.add(verb)
      })
    this.#context = context
    this.request = context === undefined ? 0 : hashText(context)
    this.#words = words
    this.verbs = verbs
    return words
  }

  /** The last call of the tool that values name as their origin. */
  madeBy(origin: number): Made | undefined {
    return this.#byOrigin?.get(origin)
  }

  timesTool(tool: number): number {
    return this.#toolCounts?.get(tool) ?? 0
  }

  timesExactly(call: number): number {
    return this.#exactCounts?.get(call) ?? 0
  }

  get distinctTools(): number {
    return this.#toolCounts?.size ?? 0
  }

  /** Whether a word of the request was used in a call before. */
  hasWord(word: number): boolean {
    return this.#used?.has(word) ?? false
  }

  hasValue(value: number): boolean {
    return this.#values?.has(value) ?? false
  }

  /** Enters a call: what it was, and what was predicted of it. */
  add(call: Made, predicted: Predicted): void {
    this.calls++
    this.lean += (predicted.lean - this.lean) / this.calls
    this.lastVerb = call.verb
    this.lastOrigin = call.asOrigin
    const origins = (this.#byOrigin ??= new Map())
    if (origins.size < KEPT_VALUES || origins.has(call.asOrigin)) origins.set(call.asOrigin, call)
    if (call.takesToolValues) this.callsWithToolValues++
    const used = (this.#used ??= new Set())
    for (const word of call.words) {
      if (!this.#words.has(word) || used.has(word)) continue
      used.add(word)
      this.wordsSaid++
    }
    this.sinceError++
    if (call.verb !== 1) this.effects++
    this.last = predicted.general
    this.highest = Math.max(this.highest, predicted.general)
    push(this.tools, call.tool)
    push(this.exact, call.exact)
    bump((this.#toolCounts ??= new Map()), call.tool)
    bump((this.#exactCounts ??= new Map()), call.exact)
    const values = (this.#values ??= new Set())
    for (const value of call.values) if (values.size < KEPT_VALUES) values.add(value)
  }

  failed(): void {
    this.errors++
    this.sinceError = 0
  }
}

function push(list: number[], item: number): void {
  list.unshift(item)
  if (list.length > KEPT_CALLS) list.pop()
}

function bump(counts: Map<number, number>, key: number): void {
  if (counts.size < KEPT_VALUES || counts.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1)
}
