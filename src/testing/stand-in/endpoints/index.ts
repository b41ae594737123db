import type { Endpoint } from '../endpoint.js'
import { apiKeyEndpoints, authEndpoints } from './accounts.js'
import { actionEndpoints } from './actions.js'
import { approvalEndpoints } from './approvals.js'
import { featureEndpoints, ingestEndpoints, learningEndpoints } from './background.js'
import { caseEndpoints, eventEndpoints, insightEndpoints } from './cases.js'
import { killSwitchEndpoints } from './kill-switch.js'
import { calibrationEndpoints, precedentEndpoints, retrievalEndpoints } from './knowledge.js'
import { memoryEndpoints } from './memory.js'
import { outcomeEndpoints } from './outcomes.js'
import { ruleEndpoints } from './rules.js'
import { webhookEndpoints } from './webhooks.js'

/** Everything a service answers. */
export const ENDPOINTS: readonly Endpoint[] = [
  actionEndpoints,
  memoryEndpoints,
  outcomeEndpoints,
  approvalEndpoints,
  killSwitchEndpoints,
  ruleEndpoints,
  caseEndpoints,
  precedentEndpoints,
  calibrationEndpoints,
  retrievalEndpoints,
  insightEndpoints,
  eventEndpoints,
  webhookEndpoints,
  apiKeyEndpoints,
  authEndpoints,
  learningEndpoints,
  featureEndpoints,
  ingestEndpoints,
].flat()
