import { DERIVED, LEVELS, type RateScores } from './hierarchy.js'
import { binOfCount, binOfLogOdds, clampBin } from './trees.js'
import { KINDS } from './kind.js'
import { SOURCES, type Look } from './look.js'

/** Signals of a case. */
export const SIGNALS = 60

const ACTOR = LEVELS.findIndex(({ name }) => name === 'actor')
const WORST = LEVELS.length + DERIVED.indexOf('worstEntity')
const BEST = LEVELS.length + DERIVED.indexOf('bestEntity')

/** Whether a value was in any call before, in whatever run. */
export type Seen = (value: number) => boolean

/**
 * What can be said of a call without knowing its tool: numbers in 0..31 that mean the same for every tool, so that what
 * they teach carries over to tools, tasks and attacks that were never seen.
 */
export function signalsOf(look: Look, seen: Seen, rates: RateScores): Uint8Array {
  const parts = [ofSources(look), ofEntities(look, seen), ofRequest(look), ofHistory(look), ofReputation(rates)]
  const signals = new Uint8Array(SIGNALS)
  let at = 0
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? []
    for (let place = 0; place < part.length; place++) signals[at++] = clampBin(part[place] ?? 0)
  }
  return signals
}

/** What the rates of its actor and of the values it names say: these carry over, too. */
function ofReputation({ logOdds, evidence }: RateScores): number[] {
  const of = (level: number): [number, number] => [binOfCount(evidence[level] ?? 0), binOfLogOdds(logOdds[level] ?? 0)]
  return [...of(BEST), ...of(WORST), ...of(ACTOR)]
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : (part / whole) * 30 + 1)

function ofSources({ values, trajectory, knowsSources }: Look): number[] {
  const bySource = [0, 0, 0, 0]
  const textBySource = [0, 0, 0, 0]
  let fromLast = 0
  let repeated = 0
  const origins = new Set<number>()
  for (const { source, kind, words, origin, leaf } of values) {
    bySource[source] = (bySource[source] ?? 0) + 1
    if (kind >= KINDS.phrase) textBySource[source] = (textBySource[source] ?? 0) + words.length
    if (source === SOURCES.tool) origins.add(origin)
    if (source === SOURCES.tool && origin === trajectory.lastOrigin) fromLast++
    if (trajectory.hasValue(leaf.hash)) repeated++
  }
  const n = values.length
  return [
    n,
    knowsSources ? 1 : 0,
    share(bySource[1] ?? 0, n),
    share(bySource[2] ?? 0, n),
    share(bySource[3] ?? 0, n),
    bySource[2] ?? 0,
    textBySource[1] ?? 0,
    textBySource[2] ?? 0,
    textBySource[3] ?? 0,
    origins.size,
    share(fromLast, bySource[2] ?? 0),
    share(repeated, n),
  ]
}

function ofEntities({ values }: Look, seen: Seen): number[] {
  const bySource = [0, 0, 0, 0]
  const unsaid = [0, 0, 0, 0]
  let entities = 0
  let known = 0
  let knownEntities = 0
  let leastSaid = 1
  let numbersSaid = 0
  let numbers = 0
  let toolNumbers = 0
  for (const { source, kind, said, isEntity, leaf } of values) {
    const isKnown = seen(leaf.hash)
    if (isKnown) known++
    if (kind === KINDS.largeNumber) {
      numbers++
      if (said === 1) numbersSaid++
      if (source === SOURCES.tool) toolNumbers++
    }
    if (!isEntity) continue
    entities++
    bySource[source] = (bySource[source] ?? 0) + 1
    if (said < 1) unsaid[source] = (unsaid[source] ?? 0) + 1
    if (isKnown) knownEntities++
    leastSaid = Math.min(leastSaid, said)
  }
  return [
    entities,
    bySource[1] ?? 0,
    bySource[2] ?? 0,
    bySource[3] ?? 0,
    unsaid[0] ?? 0,
    unsaid[1] ?? 0,
    unsaid[2] ?? 0,
    unsaid[3] ?? 0,
    leastSaid * 31,
    share(known, values.length),
    share(knownEntities, entities),
    share(numbersSaid, numbers),
    share(toolNumbers, numbers),
  ]
}

function ofRequest({ values, toolSaid, verb, verbSaid, contextWords, trajectory }: Look): number[] {
  let words = 0
  let said = 0
  let fresh = 0
  let most = 0
  let least = 1
  let mostField = 0
  let fields = 0
  let taken = 0
  let pointed = 0
  let leastPointed = 1
  let related = 0
  for (const value of values) {
    mostField = Math.max(mostField, value.fieldSaid)
    fields += value.fieldSaid
    if (value.source === SOURCES.tool) {
      taken++
      pointed += value.originSaid
      leastPointed = Math.min(leastPointed, value.originSaid)
      related += value.originShared
    }
    words += value.words.length
    said += value.said * value.words.length
    if (value.words.length > 0) most = Math.max(most, value.said)
    if (value.words.length > 0) least = Math.min(least, value.said)
    for (const word of value.words) if (contextWords.has(word) && !trajectory.hasWord(word)) fresh++
  }
  return [
    share(said, words),
    most * 31,
    least * 31,
    fresh,
    toolSaid * 31,
    verb,
    verbSaid,
    contextWords.size / 4,
    share(trajectory.wordsSaid, contextWords.size),
    Math.log2(1 + words) * 4,
    mostField * 31,
    values.length === 0 ? 0 : (fields / values.length) * 31,
    taken === 0 ? 0 : (pointed / taken) * 30 + 1,
    taken === 0 ? 0 : leastPointed * 30 + 1,
    taken === 0 ? 0 : (related / taken) * 10 + 1,
    said === 0 && words > 0 ? 1 : 0,
  ]
}

function ofHistory({ trajectory, tool, exact, verb }: Look): number[] {
  return [
    trajectory.calls,
    trajectory.effects,
    trajectory.errors,
    Math.min(trajectory.sinceError, 30),
    trajectory.timesTool(tool),
    trajectory.timesExactly(exact),
    trajectory.lastVerb,
    trajectory.lastVerb === verb ? 1 : 0,
    trajectory.tools[0] === tool ? 1 : 0,
    (trajectory.last + 6) * 2.5,
    (trajectory.highest + 6) * 2.5,
    trajectory.distinctTools,
    trajectory.callsWithToolValues,
  ]
}
