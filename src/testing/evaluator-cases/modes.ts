import { casesOf, type EvaluatorCase, MODES, type Row } from './case.js'

/** An explicit verdict decides; nothing else does. */
const ENFORCED: readonly Row[] = [
  [{ enforced_verdict: 'allowed' }, 'allowed'],
  [{ enforced_verdict: 'proceed' }, 'allowed'],
  [{ enforced_verdict: 'requires_approval' }, 'requires_approval'],
  [{ enforced_verdict: 'blocked' }, 'blocked'],
  [{ enforced_verdict: 'ALLOWED' }, 'blocked'],
  [{ enforced_verdict: 'toString' }, 'blocked'],
  [{ enforced_verdict: '' }, 'blocked'],
  [{ recommendation: 'proceed' }, 'blocked'],
  [{ recommendation: 'proceed', enforced_verdict: null }, 'blocked'],
  [{ recommendation: 'proceed', allowed: true, result: 'allowed' }, 'blocked'],
  [{ recommendation: 'do_not_proceed', enforced_verdict: 'allowed' }, 'allowed'],
  [{ recommendation: 'proceed', enforced_verdict: 'blocked' }, 'blocked'],
]

/** A doubt is held, and so is a word nobody knows. */
const REVIEW: readonly Row[] = [
  [{ recommendation: 'proceed' }, 'allowed'],
  [{ recommendation: 'proceed_with_caution' }, 'requires_approval'],
  [{ recommendation: 'review_recommended' }, 'requires_approval'],
  [{ recommendation: 'do_not_proceed' }, 'blocked'],
  [{ recommendation: 'certainly' }, 'requires_approval'],
  [{ recommendation: 'PROCEED' }, 'requires_approval'],
  [{ recommendation: 'constructor' }, 'requires_approval'],
  [{ recommendation: '' }, 'requires_approval'],
  [{ enforced_verdict: 'allowed' }, 'requires_approval'],
  [{ recommendation: null, enforced_verdict: 'allowed', allowed: true }, 'requires_approval'],
  [{ recommendation: 'proceed', enforced_verdict: 'blocked' }, 'allowed'],
]

/** Only what the service says not to do is not done. */
const ADVISORY: readonly Row[] = [
  [{ recommendation: 'proceed' }, 'allowed'],
  [{ recommendation: 'proceed', requires_approval: true, human_review: true }, 'allowed'],
  [{ recommendation: 'proceed_with_caution' }, 'allowed'],
  [{ recommendation: 'proceed_with_caution', requires_approval: true }, 'allowed'],
  [{ recommendation: 'review_recommended' }, 'allowed'],
  [{ recommendation: 'review_recommended', requires_approval: true }, 'requires_approval'],
  [{ recommendation: 'review_recommended', human_review: true }, 'requires_approval'],
  [{ recommendation: 'review_recommended', requires_approval: false, human_review: false }, 'allowed'],
  [{ recommendation: 'review_recommended', requires_approval: null, human_review: null }, 'allowed'],
  [{ recommendation: 'review_recommended', requires_approval: 'yes' }, 'requires_approval'],
  [{ recommendation: 'do_not_proceed' }, 'blocked'],
  [{ recommendation: 'do_not_proceed', allowed: true, enforced_verdict: 'allowed' }, 'blocked'],
  [{ enforced_verdict: 'allowed' }, 'blocked'],
]

/** Older services give no mode, no recommendation and no verdict. */
const LEGACY: readonly Row[] = [
  [{ allowed: true }, 'allowed'],
  [{ allowed: true, result: 'allowed', reason: 'fine' }, 'allowed'],
  [{ allowed: true, recommendation: null, enforced_verdict: null, enforcement_mode: null }, 'allowed'],
  [{ allowed: false }, 'blocked'],
  [{ allowed: false, result: 'requires_approval' }, 'requires_approval'],
  [{ result: 'requires_approval' }, 'requires_approval'],
  [{ result: 'blocked' }, 'blocked'],
  [{ result: 'allowed' }, 'blocked'],
  [{ result: 'approved' }, 'blocked'],
  [{ allowed: 'true' }, 'blocked'],
  [{ allowed: 1 }, 'blocked'],
  [{}, 'blocked'],
]

/** Answers that state a mode: it goes before the governor's. */
const STATED: readonly (readonly [mode: 'enforced' | 'review' | 'advisory', rows: readonly Row[]])[] = [
  ['enforced', ENFORCED],
  ['review', REVIEW],
  ['advisory', ADVISORY],
]

const stated = STATED.flatMap(([mode, rows]) =>
  MODES.filter(governors => governors !== mode).flatMap(governors =>
    casesOf(
      governors,
      rows.map(([answer, result]) => [{ enforcement_mode: mode, ...(answer as object) }, result]),
      { mode },
    ),
  ),
)

/** A stated mode alone says nothing, and each mode reads nothing in its own way. */
const alone = MODES.flatMap(governors => [
  ...casesOf(governors, [[{ enforcement_mode: 'enforced' }, 'blocked']], { mode: 'enforced' }),
  ...casesOf(governors, [[{ enforcement_mode: 'review' }, 'requires_approval']], { mode: 'review' }),
  ...casesOf(governors, [[{ enforcement_mode: 'review', allowed: true }, 'requires_approval']], { mode: 'review' }),
  ...casesOf(governors, [[{ enforcement_mode: 'advisory' }, 'blocked']], { mode: 'advisory' }),
  ...casesOf(governors, [[{ enforcement_mode: 'advisory', allowed: true }, 'allowed']], { mode: 'advisory' }),
])

/** Every row of the table of modes, with the mode in the governor and with the mode in the answer. */
export const modeCases: readonly EvaluatorCase[] = [
  casesOf('enforced', ENFORCED),
  casesOf('review', REVIEW),
  casesOf('advisory', ADVISORY),
  MODES.flatMap(mode => casesOf(mode, LEGACY)),
  stated,
  alone,
].flat()
