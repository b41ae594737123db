import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import type { CaseFeatures, RiskEstimate } from './estimate.js'
import type { AutonomyChange } from '../types.js'
import { AutonomyGate, type AutonomyReport } from './autonomy/gate.js'
import { type AutonomyOptions } from './autonomy/options.js'
import type { LabelLesson, LabelSource, Veto } from './lesson.js'
import { RiskModel, type RiskModelOptions } from './model.js'
import type { Precedent } from './past-cases.js'
import { decodeView, type StoredView } from './stored-view.js'
import { stateFromBytes, stateToBytes } from './state-bytes.js'

/** Decisions whose label is certain to be remembered, so that a second one corrects it. */
const MAX_LABELLED = 10_000

/** What a label of a case that was decided elsewhere counts: nobody here has seen the call, and a mistake in a file is a mistake in all of it. */
const IMPORTED_WEIGHT = 0.5
/** All such cases are one source, whoever brings them: many names must not teach more than one. */
const IMPORTS = '(imported)'

/** What the autonomy of a class of calls came to for one of them. */
interface KeptAutonomy {
  /** Ids of the rules that asked, and grant it. */
  readonly of: string
  /** Whether chance had chosen the call to be asked about all the same. */
  readonly audited: boolean
  readonly letThrough: boolean
  /** How many calls like it this one speaks for: the inverse of the chance that it was to be asked about. @defaultValue 1 */
  readonly auditWeight?: number
}

/** A case as it is kept with its decision. */
export interface KeptCase {
  readonly risk: number
  readonly autonomy: KeptAutonomy | undefined
  readonly decisionId: string
  readonly view: string
  /** The run it belongs to. */
  readonly trajectoryId: string | undefined
  readonly tenant: string | undefined
}

interface Labelled {
  readonly features: CaseFeatures
  readonly isBad: boolean
  readonly weight: number
  readonly source: LabelSource
}

/** One tenant's model, and what it was taught. The same lessons in the same order make the same model. */
export class Pupil {
  readonly #model: RiskModel
  readonly #labelled = new RecentMap<string, Labelled>(MAX_LABELLED)

  readonly #views = new WeakMap<KeptCase, StoredView>()
  readonly #gates = new Map<string, AutonomyGate>()
  readonly #autonomy: AutonomyOptions

  constructor(options: RiskModelOptions, autonomy: AutonomyOptions = {}) {
    this.#model = new RiskModel(options)
    this.#autonomy = autonomy
  }

  /** The gate of a class of calls. */
  gate(of: string): AutonomyGate {
    const known = this.#gates.get(of)
    if (known !== undefined) return known
    const begun = new AutonomyGate(this.#autonomy)
    this.#gates.set(of, begun)
    return begun
  }

  /** How each class of calls stands. */
  report(): Readonly<Record<string, AutonomyReport>> {
    return Object.fromEntries(Array.from(this.#gates, ([of, gate]) => [of, gate.report()]))
  }

  predict(call: RiskCase): RiskEstimate {
    return this.#model.predict(call)
  }

  precedents(call: RiskCase, limit: number): readonly Precedent[] {
    return this.#model.precedents(call, limit)
  }

  /** A call was decided on. */
  meet(kept: KeptCase): void {
    const view = this.#viewOf(kept)
    if (view !== undefined) this.#model.observe(this.#model.recall(view))
    const { autonomy, risk } = kept
    if (autonomy !== undefined) this.gate(autonomy.of).count({ ...autonomy, risk })
  }

  /**
   * A decision turned out one way or the other. The same once more changes nothing; what goes before stays.
   *
   * @returns what that changes about what may be let through
   */
  learn(kept: KeptCase, label: Exclude<LabelLesson, Veto>): AutonomyChange | undefined {
    const view = this.#viewOf(kept)
    if (view === undefined) return undefined
    if ('failed' in label) {
      this.#model.reportError(this.#model.recallError(view), label.failed)
      return undefined
    }
    const { isBad, source } = label
    const { by, weight } = trustIn(label, kept)
    const known = this.#labelled.get(kept.decisionId)
    if (known !== undefined && (known.isBad === isBad || goesBefore(known.source, source))) return undefined
    const features = known?.features ?? this.#model.recall(view)
    const said = { isBad, weight, source: by, id: kept.decisionId }
    const given = known === undefined ? this.#model.learn(features, said) : this.#model.correct(features, said, known)
    this.#labelled.set(kept.decisionId, { features, isBad, weight: given, source })
    const { autonomy, risk } = kept
    // What a call turned out to be counts once: corrections teach the model, and not the bound.
    if (autonomy === undefined || known !== undefined) return undefined
    return this.gate(autonomy.of).learn({ ...autonomy, risk }, isBad)
  }

  /** Decoded once, however many lessons a case is of. */
  #viewOf(kept: KeptCase): StoredView | undefined {
    const known = this.#views.get(kept)
    if (known !== undefined) return known
    const view = decodeView(kept.view, kept.trajectoryId)
    if (view !== undefined) this.#views.set(kept, view)
    return view
  }

  /** What it has learnt, to be taken up again later. */
  save(): Uint8Array {
    const gates = Array.from(this.#gates, ([of, gate]) => [of, gate.export()])
    return stateToBytes(this.#model.export(), gates)
  }

  /** Takes up what was saved; whether it could. */
  restore(bytes: Uint8Array): boolean {
    const state = stateFromBytes(bytes)
    if (state === undefined || !this.#model.import(state)) return false
    for (const [of, gate] of state.extra as readonly [string, unknown][]) this.gate(of).import(gate)
    return true
  }
}

function trustIn(label: Exclude<LabelLesson, Veto | { readonly failed: boolean }>, kept: KeptCase) {
  if (label.source === 'import') return { by: IMPORTS, weight: IMPORTED_WEIGHT }
  const { by, weight = weightOf(kept) } = label
  return { by, weight }
}

/** Of a call that chance chose there are so many like it that nobody will hear of. */
function weightOf({ autonomy }: KeptCase): number {
  return autonomy?.auditWeight ?? 1
}

function goesBefore(known: LabelSource, next: LabelSource): boolean {
  return known === 'outcome' && next === 'person'
}
