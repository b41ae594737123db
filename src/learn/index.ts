// What a governor learns with, for whoever measures it or learns from calls of their own
export { AutonomyGate } from './autonomy/gate.js'
export { answersNeeded } from './autonomy/proof.js'
export { createRiskModel } from './model.js'
export { ProvenanceTracker } from './provenance.js'

export type { AutonomyReport, Considered } from './autonomy/gate.js'
export type { AutonomyOptions } from './autonomy/options.js'
export type { RiskCase } from './case.js'
export type { CaseFeatures, RiskEstimate, RiskEvidence } from './estimate.js'
export type { CaseLabel } from './label.js'
export type { RiskModel, RiskModelOptions } from './model.js'
export type { Precedent } from './past-cases.js'
export type { ModelState } from './state.js'
