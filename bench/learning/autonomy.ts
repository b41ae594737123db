import {
  AutonomyGate,
  createRiskModel,
  type AutonomyOptions,
  type CaseFeatures,
  type Considered,
} from 'countersign/learning'
import type { TraceEvent } from './data.ts'

/** How often and how a trace is played. */
export interface Replays {
  readonly count: number
  readonly autonomy: AutonomyOptions
  /** Calls that turn out bad from the middle on, whatever the trace says. @defaultValue none does */
  readonly drift?: (event: TraceEvent) => boolean
}

/** What came of one replay. */
export interface Replayed {
  readonly through: number
  readonly bad: number
  readonly calls: number
  /** Calls that are in order, with what has drifted taken as bad. */
  readonly good: number
  readonly asked: number
  readonly revocations: number
  /** Whether each scored call was asked about, in order. */
  readonly questions: readonly boolean[]
}

/** Plays a trace in shuffled orders, in the world that the gate itself makes: of calls that it lets through, nobody learns anything. */
export function replays(events: readonly TraceEvent[], { count, autonomy, drift }: Replays): readonly Replayed[] {
  const trajectories = [...Map.groupBy(events, ({ trajectory }) => trajectory).values()]
  return Array.from({ length: count }, (_, seed) =>
    replay(shuffled(trajectories, randomFrom(seed + 1)), autonomy, drift, seed + 1),
  )
}

interface Waiting {
  readonly features: CaseFeatures
  readonly considered: Considered
  readonly isBad: boolean
  /** The inverse of the chance with which anybody would hear of it, as it was when it was decided on. */
  readonly weight: number
}

function replay(
  trajectories: readonly (readonly TraceEvent[])[],
  autonomy: AutonomyOptions,
  drift: Replays['drift'],
  seed: number,
): Replayed {
  const random = randomFrom(seed * 7919)
  const model = createRiskModel()
  const gate = new AutonomyGate(autonomy)
  const questions: boolean[] = []
  let through = 0
  let bad = 0
  let good = 0
  for (const [index, trajectory] of trajectories.entries()) {
    const waiting: Waiting[] = []
    const hasDrifted = drift !== undefined && index > trajectories.length / 2
    for (const event of trajectory) {
      const { risk, features } = model.predict(event.call)
      model.observe(features)
      if (event.failed !== undefined) model.reportError(features, event.failed)
      if (!event.isScored) continue
      const isBad = hasDrifted && drift(event) ? true : event.isBad
      if (!isBad) good++
      const { auditRate } = gate
      const isUnder = gate.threshold > 0 && risk <= gate.threshold
      const considered = gate.consider(risk, random() < auditRate)
      gate.count(considered)
      questions.push(!considered.letThrough)
      if (considered.letThrough) {
        through++
        if (isBad) bad++
      } else waiting.push({ features, considered, isBad, weight: isUnder ? 1 / auditRate : 1 })
    }
    for (const { features, considered, isBad, weight } of waiting) {
      model.learn(features, { isBad, weight })
      gate.learn(considered, isBad)
    }
  }
  const { revocations } = gate.report()
  const asked = questions.filter(Boolean).length
  return { through, bad, calls: questions.length, good, asked, revocations, questions }
}

/** A deterministic source of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const list = [...items]
  for (let index = list.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const held = list[index] as T
    list[index] = list[other] as T
    list[other] = held
  }
  return list
}
