import {
  answersNeeded,
  AutonomyGate,
  createRiskModel,
  type AutonomyOptions,
  type CaseFeatures,
  type Considered,
  type RiskEstimate,
  type RiskModel,
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
  const player = new Player(events)
  return Array.from({ length: count }, (_, index) => player.play(index + 1, autonomy, drift))
}

interface Waiting {
  readonly features: CaseFeatures | undefined
  readonly considered: Considered
  readonly isBad: boolean
}

/** An event of a run, and whether a call that is scored comes after it. */
interface Step {
  readonly event: TraceEvent
  readonly isLast: boolean
}

/** Plays one trace, as often as one likes. */
export class Player {
  readonly #trajectories: readonly (readonly Step[])[]
  /** What is seen of calls after which none is scored: the values in them, which are the same in every order. */
  readonly #seen = new Map<TraceEvent, CaseFeatures>()
  /** Scored calls that are in order. */
  readonly #good: number

  constructor(events: readonly TraceEvent[]) {
    const runs = [...Map.groupBy(events, ({ trajectory }) => trajectory).values()]
    this.#good = events.filter(({ isScored, isBad }) => isScored && !isBad).length
    this.#trajectories = runs.map(run => {
      const last = run.findLastIndex(({ isScored }) => isScored)
      return run.map((event, index) => ({ event, isLast: index > last }))
    })
  }

  /** Plays it in the order that belongs to a number. */
  play(seed: number, autonomy: AutonomyOptions, drift?: Replays['drift']): Replayed {
    const trajectories = shuffled(this.#trajectories, randomFrom(seed))
    const random = randomFrom(seed * 7919)
    // Where there are fewer calls in order than a proof takes, no model could have anything let through: none is taught.
    const model = this.#good < answersNeeded(autonomy) ? undefined : createRiskModel()
    const gate = new AutonomyGate(autonomy)
    const questions: boolean[] = []
    let [through, bad, good] = [0, 0, 0]
    for (const [index, trajectory] of trajectories.entries()) {
      const waiting: Waiting[] = []
      const hasDrifted = drift !== undefined && index > trajectories.length / 2
      for (const step of trajectory) {
        const { event } = step
        const features = model && this.#meet(model, step)
        if (!event.isScored) continue
        const isBad = hasDrifted && drift(event) ? true : event.isBad
        if (!isBad) good++
        const considered = gate.consider(features?.risk ?? 1, random() < gate.auditRate)
        gate.count(considered)
        questions.push(!considered.letThrough)
        if (considered.letThrough) {
          through++
          if (isBad) bad++
        } else waiting.push({ features: features?.features, considered, isBad })
      }
      for (const { features, considered, isBad } of waiting) {
        if (features !== undefined) model?.learn(features, { isBad, weight: considered.auditWeight ?? 1 })
        gate.learn(considered, isBad)
      }
    }
    const { revocations } = gate.report()
    const asked = questions.filter(Boolean).length
    return { through, bad, calls: questions.length, good, asked, revocations, questions }
  }

  /** What the model says of a call, which it observes; nothing after the last scored call of a run, where nobody asks. */
  #meet(model: RiskModel, { event, isLast }: Step): RiskEstimate | undefined {
    const known = isLast ? this.#seen.get(event) : undefined
    if (known !== undefined) {
      model.observe(known)
      return undefined
    }
    const estimate = model.predict(event.call)
    model.observe(estimate.features)
    if (isLast) this.#seen.set(event, estimate.features)
    // What is learnt of errors tells nothing of the risk; that one happened in this run does.
    else if (event.failed === true) model.reportError(estimate.features, true)
    return estimate
  }
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
