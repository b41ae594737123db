import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import type { CaseFeatures, RiskEstimate } from './estimate.js'
import type { LabelLesson, LabelSource } from './lesson.js'
import { RiskModel, type RiskModelOptions } from './model.js'
import type { Precedent } from './past-cases.js'
import { decodeView } from './stored-view.js'
import { stateFromBytes, stateToBytes } from './state-bytes.js'

/** Decisions whose label is certain to be remembered, so that a second one corrects it. */
const MAX_LABELLED = 10_000

/** A case as it is kept with its decision. */
export interface KeptCase {
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

  constructor(options: RiskModelOptions) {
    this.#model = new RiskModel(options)
  }

  predict(call: RiskCase): RiskEstimate {
    return this.#model.predict(call)
  }

  precedents(call: RiskCase, limit: number): readonly Precedent[] {
    return this.#model.precedents(call, limit)
  }

  /** A call was decided on. */
  meet(kept: KeptCase): void {
    const view = decodeView(kept.view, kept.trajectoryId)
    if (view !== undefined) this.#model.observe(this.#model.recall(view))
  }

  /** A decision turned out one way or the other. The same once more changes nothing; what goes before stays. */
  learn(kept: KeptCase, label: LabelLesson): void {
    const view = decodeView(kept.view, kept.trajectoryId)
    if (view === undefined) return
    if ('failed' in label) return this.#model.reportError(this.#model.recall(view), label.failed)
    const { isBad, source, by, weight } = label
    const known = this.#labelled.get(kept.decisionId)
    if (known !== undefined && (known.isBad === isBad || goesBefore(known.source, source))) return
    const features = known?.features ?? this.#model.recall(view)
    const said = { isBad, weight, source: by, id: kept.decisionId }
    const given = known === undefined ? this.#model.learn(features, said) : this.#model.correct(features, said, known)
    this.#labelled.set(kept.decisionId, { features, isBad, weight: given, source })
  }

  /** What it has learnt, to be taken up again later. */
  save(): Uint8Array {
    return stateToBytes(this.#model.export())
  }

  /** Takes up what was saved; whether it could. */
  restore(bytes: Uint8Array): boolean {
    const state = stateFromBytes(bytes)
    return state !== undefined && this.#model.import(state)
  }
}

function goesBefore(known: LabelSource, next: LabelSource): boolean {
  return known === 'outcome' && next === 'person'
}
