/**
 * All that is loaded late, in one: what several late parts share with what is loaded at once becomes a file of its own for each
 * set of those who share it, and each file costs. See docs/decisions/0017-loaded-when-asked.md.
 */
export { breakdown, reliability, report } from './learn/insight/calibration.js'
export { context } from './learn/insight/context.js'
export { drift } from './learn/insight/drift.js'
export { feedback } from './learn/insight/feedback.js'
export { history } from './learn/insight/history.js'
export { quality } from './learn/insight/quality.js'
export { recommendations } from './learn/insight/tuning/recommendations.js'
export { explain } from './governor/explain.js'
export { Learner } from './governor/learning/learner.js'
export { rollBack } from './governor/rollback.js'
export { ask } from './provider/ask.js'
export { stream } from './provider/stream.js'
export { verifyEntries } from './report/audit/verify.js'
