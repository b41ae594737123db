/** All that is worked out from what is recorded, to be loaded at once when somebody first asks. */
export { breakdown, reliability, report } from './calibration.js'
export { context } from './context.js'
export { drift } from './drift.js'
export { feedback } from './feedback.js'
export { history } from './history.js'
export { quality } from './quality.js'
export { recommendations } from './tuning/recommendations.js'
