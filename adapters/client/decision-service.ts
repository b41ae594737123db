import { connectService, type ServiceConnection } from 'countersign'
import { answerOf } from './answer.js'
import type { Identities } from './credentials.js'
import { TABLE } from './endpoints/table.js'
import { type Methods, methodsOf } from './methods.js'
import { checkServiceOptions, type DecisionServiceOptions } from './options.js'
import { requestOf } from './request.js'

const PLACE = 'decisionService'

/** Everything a decision service can be asked, as methods: `service.rules.list({ domain: 'payments' })`. */
export interface DecisionService extends Methods<typeof TABLE> {
  /** How it is asked. */
  readonly connection: ServiceConnection
  /** Lets idle sockets go. A connection that was given stays open. */
  readonly close: () => void
}

/**
 * A client of a BIGHUB-compatible decision service. Every method takes the ids of its path, then the request, then
 * options of the call, and rejects with a `ServiceError`.
 *
 * What a person does (resolving approvals, writing rules, letting a kill switch go, handing out keys) takes `approver`: a
 * credential that is not the agent's. Else it rejects with a GovernanceError `not-permitted`, and nothing is sent.
 *
 * @throws GovernanceError `invalid-option`, naming it, for an option that is not what it should be
 */
export function decisionService(options: DecisionServiceOptions): DecisionService {
  checkServiceOptions(options, PLACE)
  const { approver, connection: given, ...connecting } = options
  const connection = given ?? connectService(connecting, PLACE)
  const agent = { apiKey: options.apiKey, bearerToken: options.bearerToken }
  const isNamed = agent.apiKey !== undefined || agent.bearerToken !== undefined
  const identities: Identities = { agent, approver, instead: given !== undefined && isNamed ? agent : undefined }
  const methods = methodsOf(TABLE, async (endpoint, place, args) =>
    answerOf(endpoint, place, await connection.send(requestOf(endpoint, place, args, identities))),
  )
  return {
    ...methods,
    connection,
    close: () => {
      if (given === undefined) connection.close()
    },
  }
}
