import type { Area } from '../endpoint.js'
import { actions } from './actions.js'
import { apiKeys } from './api-keys.js'
import { approvals } from './approvals.js'
import { auth } from './auth.js'
import { calibration } from './calibration.js'
import { cases } from './cases.js'
import { validations } from './dashboard.js'
import { events } from './events.js'
import { features } from './features.js'
import { ingest } from './ingest.js'
import { insights } from './insights.js'
import { killSwitch } from './kill-switch.js'
import { learning } from './learning.js'
import { outcomes } from './outcomes.js'
import { precedents } from './precedents.js'
import { retrieval } from './retrieval.js'
import { rules } from './rules.js'
import { simulations } from './simulations.js'
import { webhooks } from './webhooks.js'

/** Everything a decision service can be asked. */
export const TABLE = {
  actions,
  validations,
  outcomes,
  approvals,
  killSwitch,
  rules,
  cases,
  precedents,
  calibration,
  retrieval,
  insights,
  simulations,
  learning,
  features,
  ingest,
  events,
  webhooks,
  apiKeys,
  auth,
} as const satisfies Area
