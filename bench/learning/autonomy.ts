import { AutonomyGate, createRiskModel, type AutonomyOptions, type CaseFeatures, type Considered } from 'countersign'
import type { TraceEvent } from './data.ts'

/** How often and how a trace is played. */
export interface Replays {
  readonly count: number
  readonly autonomy: AutonomyOptions
  /** From the middle on, calls that were let through as a matter of course turn out bad. @defaultValue nothing changes */
  readonly drift?: (event: TraceEvent) => boolean
}

/** What came of one replay. */
export interface Replayed {
  readonly through: number
  readonly bad: number
  readonly calls: number
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
}

function replay(
  trajectories: readonly (readonly TraceEvent[])[],
  autonomy: AutonomyOptions,
  drift: Replays['drift'],
  seed: number,
): Replayed {
  const { auditRate = 0.05 } = autonomy
  const random = randomFrom(seed * 7919)
  const model = createRiskModel()
  const gate = new AutonomyGate(autonomy)
  const questions: boolean[] = []
  let through = 0
  let bad = 0
  for (const [index, trajectory] of trajectories.entries()) {
    const waiting: Waiting[] = []
    const hasDrifted = drift !== undefined && index > trajectories.length / 2
    for (const event of trajectory) {
      const { risk, features } = model.predict(event.call)
      model.observe(features)
      if (event.failed !== undefined) model.reportError(features, event.failed)
      if (!event.isScored) continue
      const isBad = hasDrifted && drift(event) ? true : event.isBad
      const considered = gate.consider(risk, random() < auditRate)
      gate.count(considered)
      questions.push(!considered.letThrough)
      if (considered.letThrough) {
        through++
        if (isBad) bad++
      } else waiting.push({ features, considered, isBad })
    }
    for (const { features, considered, isBad } of waiting) {
      const wasLikelyUnseen = considered.risk <= gate.threshold
      model.learn(features, { isBad, weight: wasLikelyUnseen && considered.audited ? 1 / auditRate : 1 })
      gate.learn(considered, isBad)
    }
  }
  const { revocations } = gate.report()
  const asked = questions.filter(Boolean).length
  return { through, bad, calls: questions.length, asked, revocations, questions }
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
