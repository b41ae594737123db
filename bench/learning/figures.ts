import type { TraceEvent } from './data.ts'
import { leaveGroupsOut } from './groups.ts'
import { prequential } from './prequential.ts'
import { auprc, auroc, baseRate, brier, calibrationError, coverage, honestShare, skill, type Scored } from './scores.ts'
import { caughtEarly } from './wave.ts'

/** Named figures of one data set, in the order they are printed. */
export type Figures = Readonly<Record<string, number>>

const DELAY = 200
/** Calls that are played before anything is timed: a small set several times over. */
const WARM_UP = 20_000
const BLOCKED_FROM = 0.5

/** Runs every protocol over a data set. */
export function figuresOf(events: readonly TraceEvent[]): Figures {
  // Code that never ran is several times slower than code that did, and some sets end before it is fast.
  for (let played = 0; played < WARM_UP; played += events.length) prequential(events.slice(0, WARM_UP))
  const plain = prequential(events)
  const wave = caughtEarly(plain)
  return {
    calls: plain.scored.bad.length,
    'base rate': baseRate(plain.scored),
    ...quality(plain.scored),
    'predict µs': plain.predictUs,
    'learn µs': plain.learnUs,
    ...errors('exec error', plain.errors),
    ...errors('exec error of scored calls', plain.scoredErrors),
    ...(wave === undefined ? {} : { 'new wave caught': wave }),
    ...named('delay', quality(prequential(events, { delay: DELAY }).scored)),
    ...named('selective', quality(prequential(events, { blockedFrom: BLOCKED_FROM }).scored)),
    ...(hasProvenance(events)
      ? named('no provenance', quality(prequential(events, { provenance: false }).scored))
      : {}),
    ...Object.assign({}, ...leaveGroupsOut(events).map(({ name, scored }) => named(name, quality(scored)))),
  }
}

function quality(scored: Scored): Figures {
  const limit = baseRate(scored) / 4
  const honest = honestShare(scored, limit)
  return {
    auroc: auroc(scored),
    auprc: auprc(scored),
    brier: brier(scored),
    bss: skill(scored),
    ece: calibrationError(scored),
    coverage: coverage(scored, limit),
    'honest share': honest.share,
    'bad in it': honest.bad,
  }
}

function errors(name: string, scored: Scored): Figures {
  return scored.bad.includes(true)
    ? { [`${name} auprc`]: auprc(scored), [`${name} ece`]: calibrationError(scored) }
    : {}
}

function named(name: string, figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).map(([figure, value]) => [`${name} ${figure}`, value]))
}

function hasProvenance(events: readonly TraceEvent[]): boolean {
  return events.some(({ call }) => Object.keys(call.provenance ?? {}).length > 0)
}
