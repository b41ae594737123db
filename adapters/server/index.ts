export { createDecisionServer } from './create-decision-server.js'
export type { InitialKey } from './auth/initial-keys.js'
export type { DecisionServer, DecisionServerOptions } from './create-decision-server.js'
