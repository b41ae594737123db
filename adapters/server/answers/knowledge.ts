import { calibrationEndpoints } from './calibration.js'
import { caseEndpoints } from './cases.js'
import { featureEndpoints } from './features.js'
import { ingestEndpoints } from './ingest.js'
import { insightEndpoints } from './insights.js'
import { precedentEndpoints } from './precedents.js'
import { retrievalEndpoints } from './retrieval.js'
import { simulationEndpoints } from './simulations.js'

/** What is known from decisions and from what came of them. */
export const knowledgeEndpoints = [
  caseEndpoints,
  precedentEndpoints,
  retrievalEndpoints,
  calibrationEndpoints,
  insightEndpoints,
  simulationEndpoints,
  featureEndpoints,
  ingestEndpoints,
].flat()
