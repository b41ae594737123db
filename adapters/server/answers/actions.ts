import { ACTION_ROUTES } from '../../../src/service/protocol/routes/actions.js'
import { answersTo } from '../endpoint.js'
import { dryRun, evaluate, evaluateAll } from './decide.js'
import { connect, disconnect, heartbeat } from './live.js'
import { dashboardSummary, observerStats, status, valueProtected } from './statistics.js'
import { verify } from './verify.js'

/** Questions about actions, in the words of clients old and new. */
export const actionEndpoints = answersTo(ACTION_ROUTES, {
  'POST /actions/evaluate': evaluate,
  'POST /actions/submit': evaluate,
  'POST /actions/submit/v2': evaluate,
  'POST /actions/submit/dry-run': dryRun,
  'POST /actions/evaluate/batch': evaluateAll,
  'POST /actions/live/connect': connect,
  'POST /actions/live/heartbeat': heartbeat,
  'POST /actions/live/disconnect': disconnect,
  'GET /actions/validations/{id}/verify': verify,
  'GET /actions/status': status,
  'GET /actions/observer/stats': observerStats,
  'GET /actions/dashboard/summary': dashboardSummary,
  'GET /actions/dashboard/value-protected-history': valueProtected,
})
