import type { Turnout } from './collect.js'
import type { RulesChange } from './patch.js'
import type { RecommendationOptions, TuningEvidenceSummary, TuningType } from './recommendation.js'
import { isWritten, type TuningScope, type WrittenRule } from './recut.js'
import type { Court } from './replay.js'

/** What is proposed, before its effect is known. */
export interface Proposal {
  readonly type: TuningType
  readonly scope: TuningScope
  readonly targetRuleId?: string
  /** What was seen, in words. */
  readonly reason: string
  readonly confidence: number
  readonly evidence: TuningEvidenceSummary
  readonly change?: RulesChange | undefined
  /** The decisions it is about, and how they turned out. */
  readonly about: Turnout
}

/** When something is proposed. */
export type Bar = Required<
  Pick<
    RecommendationOptions,
    'minEvents' | 'minBlockedRate' | 'minApprovalRate' | 'minToolErrorRate' | 'maxRefusalRate' | 'confidence'
  >
>

/** What proposing needs. */
export interface Proposing {
  readonly court: Court
  readonly bar: Bar
  /** What the evidence is confined to, besides a tool. */
  readonly confined: Omit<TuningScope, 'tool'>
}

/** A rule of a policy, and where it stands. */
export interface Standing {
  readonly rule: WrittenRule
  readonly at: number
}

/** The rule of an id that can be written anew: not one that is code, nor one that counts, whose count would be cut in two. */
export function standing({ policy: { rules } }: Court, id: string): Standing | undefined {
  const at = rules.findIndex(rule => rule.id === id)
  const rule = rules[at]
  return isWritten(rule) && rule.limit === undefined ? { rule, at } : undefined
}

/** `0.05` as `5 %`. */
export function percent(rate: number): string {
  return `${Number((rate * 100).toFixed(1))} %`
}
