import { RecentMap } from '../recent-map.js'
import type { RiskCase } from './case.js'
import { columnsOf, type Columns } from './columns.js'
import { Commonness } from './commonness.js'
import { ErrorHead } from './error-head.js'
import { estimateOf, type CaseFeatures, type RiskEstimate } from './estimate.js'
import { FIELD_BITS, scalesOfFields } from './fields.js'
import { FTRL_WIDTH } from './ftrl.js'
import { Guard } from './guard.js'
import { ideasOf } from './ideas.js'
import type { CaseLabel } from './label.js'
import { lookAt } from './look.js'
import { Mix } from './mix.js'
import { Parts } from './parts.js'
import { PastCases, type Precedent } from './past-cases.js'
import { Rehearsal } from './rehearsal.js'
import { RIDGE_WIDTH } from './ridge.js'
import { exportTables, importTables, type ModelState, type Table } from './state.js'
import { Trajectory } from './trajectory.js'
import type { StoredView } from './stored-view.js'
import { FEATURE_BITS, IDEA_BITS, viewOf, type Eye, type View } from './view.js'

/** Runs that are remembered; at least as many, at most twice. */
const RUNS = 2048
const SEEN_BITS = 18

/** How much a model may keep. */
export interface RiskModelOptions {
  /** Decided cases kept for {@link RiskModel.precedents}: 41 bytes each, after which the oldest go. @defaultValue 1,000,000 */
  readonly maxCases?: number
}

/**
 * Learns, one case at a time, how likely a call is one that a person would refuse or the world would punish. In process,
 * without a service, and deterministic: the same cases and labels in the same order give the same numbers.
 */
export class RiskModel {
  readonly #cells: readonly Table[]
  readonly #common: Commonness
  readonly #commonIdeas: Commonness
  readonly #seen = new Uint8Array(2 ** SEEN_BITS)
  readonly #parts: Parts
  readonly #mix = new Mix()
  readonly #errors: ErrorHead
  readonly #runs = new RecentMap<string, Trajectory>(RUNS)
  readonly #labelled = new RecentMap<string, number>(RUNS)
  readonly #rehearsal = new Rehearsal()
  readonly #guard = new Guard()
  readonly #past: PastCases
  readonly #eye: Eye

  constructor({ maxCases = 1_000_000 }: RiskModelOptions = {}) {
    this.#past = new PastCases(maxCases)
    const widths = [1, FTRL_WIDTH, FTRL_WIDTH]
    const [common, words, errors] = columnsOf(FEATURE_BITS, widths) as [Columns, Columns, Columns]
    const [commonIdeas, ideas] = columnsOf(IDEA_BITS, [1, RIDGE_WIDTH]) as [Columns, Columns]
    const [fields] = columnsOf(FIELD_BITS, [RIDGE_WIDTH]) as [Columns]
    this.#cells = [common.cells, ideas.cells, fields.cells]
    this.#common = new Commonness(common)
    this.#commonIdeas = new Commonness(commonIdeas)
    this.#parts = new Parts({ words, fields, ideas })
    this.#errors = new ErrorHead(errors)
    this.#eye = {
      common: this.#common,
      commonIdeas: this.#commonIdeas,
      seen: value => this.#seen[value >>> (32 - SEEN_BITS)] === 1,
      rates: view => this.#parts.rates(view),
    }
  }

  /** What is to be expected of a call, before it runs. Changes nothing that was learnt. */
  predict(call: RiskCase): RiskEstimate {
    const { view, rates } = viewOf(call, this.#run(call.trajectoryId), this.#eye)
    const scores = this.#parts.score(view, rates)
    const mixed = this.#mix.mix(scores, view.made.tool)
    const error = this.#errors.score(view)
    return estimateOf(view, scores, mixed, error)
  }

  /** A case that was kept, as it looks by what is known now: to observe and learn with. */
  recall(stored: StoredView): CaseFeatures {
    const view = this.#review(stored)
    const scores = this.#parts.score(view, this.#parts.rates(view))
    return estimateOf(view, scores, this.#mix.mix(scores, view.made.tool), this.#errors.score(view)).features
  }

  /** The part of {@link RiskModel.recall} that {@link RiskModel.reportError} takes. */
  recallError(stored: StoredView): Pick<CaseFeatures, 'view' | 'error'> {
    const view = this.#review(stored)
    return { view, error: this.#errors.score(view) }
  }

  /** Enters a call into the history of its run, whether or not it will ever be labelled. Once per call, in their order. */
  observe({ view, mixed, general }: CaseFeatures): void {
    this.#run(view.trajectoryId).add(view.made, { lean: mixed.logOdds - mixed.base, general })
    for (const value of view.made.values) this.#seen[value >>> (32 - SEEN_BITS)] = 1
  }

  /** Says whether the tool failed, as soon as that is known: learnt as an outcome of its own, never as a bad label. */
  reportError({ view, error }: Pick<CaseFeatures, 'view' | 'error'>, failed: boolean): void {
    this.#errors.learn(view, error, failed)
    if (failed) this.#run(view.trajectoryId).failed()
  }

  /** Learns a label, however late it comes; returns the weight it was given. */
  learn(features: CaseFeatures, { isBad, weight = 1, source, id }: CaseLabel): number {
    const { view, mixed, shown } = features
    const given = this.#guard.weigh(source, view.made.exact, isBad, weight) / Math.sqrt(this.#timesLabelled(features))
    this.#rehearsal.rehearse(one => {
      this.#parts.rehearse(one)
    })
    const { sparse, scales } = view
    this.#rehearsal.keep({ features: { sparse, scales }, isBad, weight: given })
    this.#common.add(view.sparse)
    this.#commonIdeas.add(view.ideas)
    this.#mix.learn(mixed, isBad, given)
    this.#parts.learn(view, shown, isBad, given)
    if (id !== undefined) this.#past.add(features, id, isBad)
    return given
  }

  /** Learns that a label was wrong: takes the old one out of the counts, and learns the new one with twice its weight. */
  correct(features: CaseFeatures, label: CaseLabel, was: { readonly isBad: boolean; readonly weight: number }): number {
    this.#parts.unlearn(features.view, was.isBad, was.weight)
    this.#past.relabel(features, label.isBad)
    const { id: _, ...rest } = label
    return this.learn(features, { ...rest, weight: 2 * (label.weight ?? 1) })
  }

  /** The decided cases most like a call, best first. @defaultValue limit 10 */
  precedents(call: RiskCase, limit = 10): readonly Precedent[] {
    return this.#past.like(lookAt(call, this.#run(call.trajectoryId)), limit)
  }

  /** Everything learnt, as plain data. Runs that are under way are not in it: they begin anew. */
  export(): ModelState {
    return exportTables(this.#tables, this.#past.export())
  }

  /** Takes over what another model exported; `false`, and nothing is changed, where it is of another version or shape. */
  import(state: ModelState): boolean {
    return importTables(this.#tables, state) && this.#past.import(state.past)
  }

  #review(stored: StoredView): View {
    const ideas = ideasOf(stored.signals)
    const scales = this.#common.scales(stored.sparse)
    const fieldScales = scalesOfFields(stored.fields)
    return { ...stored, scales, fieldScales, ideas, ideaScales: this.#commonIdeas.scales(ideas) }
  }

  get #tables(): readonly Table[] {
    const parts = [this.#common, this.#commonIdeas, this.#parts, this.#mix, this.#errors]
    return [this.#seen, ...this.#cells, ...parts.flatMap(({ tables }) => tables)]
  }

  /** Labels of one run are not independent of each other: the k-th counts one by the root of k. */
  #timesLabelled({ view }: CaseFeatures): number {
    if (view.trajectoryId === undefined) return 1
    const times = (this.#labelled.get(view.trajectoryId) ?? 0) + 1
    this.#labelled.set(view.trajectoryId, times)
    return times
  }

  #run(id: string | undefined): Trajectory {
    const known = id === undefined ? undefined : this.#runs.get(id)
    if (known !== undefined) return known
    const begun = new Trajectory()
    if (id !== undefined) this.#runs.set(id, begun)
    return begun
  }
}

/** A model that has learnt nothing yet. */
export function createRiskModel(options?: RiskModelOptions): RiskModel {
  return new RiskModel(options)
}
