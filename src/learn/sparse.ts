import { mix } from './hash.js'
import { KINDS } from './kind.js'
import type { Look, Value } from './look.js'

/** Most features of one call. */
const MAX_FEATURES = 320
/** Most words of a request that are crossed with the tool. */
const CONTEXT_WORDS = 24

/** A namespace of features: a word of one never meets a word of another but by collision. */
const SPACE = {
  bias: space(1),
  actor: space(2),
  domain: space(3),
  tool: space(4),
  toolActor: space(5),
  verb: space(6),
  toolWord: space(7),
  action: space(8),
  value: space(9),
  placeValue: space(10),
  word: space(11),
  placeWord: space(12),
  kind: space(13),
  source: space(14),
  kindSource: space(15),
  verbKindSource: space(16),
  origin: space(17),
  placeOrigin: space(18),
  amount: space(19),
  anyValue: space(20),
  previous: space(21),
  previous2: space(22),
  verbs: space(23),
  errors: space(24),
  repeat: space(25),
  step: space(26),
  exact: space(27),
  earlier: space(28),
  earlierExact: space(29),
  context: space(30),
  contextTool: space(31),
  contextWord: space(32),
  contextWordTool: space(33),
  said: space(34),
  toolSaid: space(35),
  exactContext: space(36),
  contextActor: space(37),
  exactActor: space(38),
}

function space(index: number): number {
  return Math.imul(index, 0x9e3779b1)
}

/** Where indices are collected before it is known how many there are: nothing is collected while something else is. */
const SCRATCH: number[] = Array.from({ length: MAX_FEATURES }, () => 0)

/** Collects indices into a table of `2 ** bits` weights. */
class Collector {
  readonly #shift: number
  #count = 0

  constructor(bits: number) {
    this.#shift = 32 - bits
  }

  add(space: number, one: number, two = 0): void {
    // Signed, as in all lists of features: an unsigned number may be kept as a fraction, and the whole list with it.
    if (this.#count < MAX_FEATURES) SCRATCH[this.#count++] = (mix(mix(space, one), two) >>> this.#shift) | 0
  }

  get indices(): readonly number[] {
    return SCRATCH.slice(0, this.#count)
  }
}

/** Hashed features of a call (Weinberger et al. 2009): indices of weights that are all taken with value 1. */
export function sparseFeatures(look: Look, bits: number): readonly number[] {
  const to = new Collector(bits)
  addCall(to, look)
  for (const value of look.values) addValue(to, look, value)
  addHistory(to, look)
  addContext(to, look)
  return to.indices
}

function addCall(to: Collector, { tool, actor, domain, verb, action, toolWords, exact, context }: Look): void {
  to.add(SPACE.bias, 0)
  to.add(SPACE.actor, actor)
  to.add(SPACE.domain, domain)
  to.add(SPACE.tool, tool)
  to.add(SPACE.toolActor, tool, actor)
  to.add(SPACE.verb, verb)
  to.add(SPACE.action, action)
  to.add(SPACE.exact, exact)
  to.add(SPACE.exactContext, exact, context)
  to.add(SPACE.exactActor, exact, actor)
  for (const word of toolWords) to.add(SPACE.toolWord, word)
}

function addValue(to: Collector, { tool, verb }: Look, { leaf, kind, source, origin, words, said, size }: Value): void {
  const place = mix(tool, leaf.place)
  to.add(SPACE.placeValue, place, leaf.hash)
  to.add(SPACE.anyValue, leaf.hash)
  to.add(SPACE.kind, place, kind)
  to.add(SPACE.source, place, source)
  to.add(SPACE.kindSource, kind, source)
  to.add(SPACE.verbKindSource, mix(verb, kind), source)
  to.add(SPACE.origin, tool, origin)
  to.add(SPACE.placeOrigin, place, origin)
  to.add(SPACE.said, mix(verb, kind), Math.round(said * 3))
  if (typeof leaf.value === 'number') addNumber(to, place, size)
  else if (kind >= KINDS.word || words.length > 1) {
    for (const word of words) {
      to.add(SPACE.placeWord, place, word)
      to.add(SPACE.word, word)
    }
  }
}

/** Numbers by two grids of magnitude, half a step apart: near ones share at least one cell. */
function addNumber(to: Collector, place: number, size: number): void {
  if (!Number.isFinite(size)) return
  to.add(SPACE.amount, place, Math.floor(size * 2))
  to.add(SPACE.amount, place, Math.floor(size * 2 + 0.5) + 4096)
}

function addHistory(to: Collector, { tool, verb, exact, trajectory }: Look): void {
  const [previous = 0, before = 0] = trajectory.tools
  to.add(SPACE.previous, tool, previous)
  to.add(SPACE.previous2, mix(tool, previous), before)
  to.add(SPACE.errors, tool, Math.min(trajectory.errors, 4))
  to.add(SPACE.errors, verb, Math.min(trajectory.sinceError, 3))
  to.add(SPACE.repeat, tool, Math.min(trajectory.timesTool(tool), 4))
  to.add(SPACE.repeat, 0, Math.min(trajectory.timesExactly(exact), 3))
  to.add(SPACE.step, verb, Math.min(trajectory.calls, 12))
  for (let index = 0; index < Math.min(trajectory.exact.length, 8); index++) {
    const earlier = trajectory.exact[index] ?? 0
    to.add(SPACE.earlier, tool, earlier)
    to.add(SPACE.earlierExact, exact, earlier)
  }
}

function addContext(to: Collector, { tool, verb, actor, context, contextWords, toolSaid }: Look): void {
  to.add(SPACE.toolSaid, verb, Math.round(toolSaid * 3))
  if (context === 0) return
  to.add(SPACE.context, context)
  to.add(SPACE.contextTool, context, tool)
  to.add(SPACE.contextActor, context, actor)
  let left = CONTEXT_WORDS
  for (const word of contextWords) {
    if (left-- === 0) break
    to.add(SPACE.contextWordTool, tool, word)
    to.add(SPACE.contextWord, word)
  }
}
