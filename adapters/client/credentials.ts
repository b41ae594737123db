import { type Credential, GovernanceError } from 'countersign'

/** Who may be asking. */
export interface Identities {
  /** What the agent itself asks with; empty where only the connection knows. */
  readonly agent: Credential
  readonly approver: Credential | undefined
  /** What goes in the place of the connection's own credential, if anything. */
  readonly instead: Credential | undefined
}

/**
 * The approver's credential. Whoever acts does not answer for it.
 *
 * @throws GovernanceError `not-permitted` where there is none, or it is the agent's
 */
export function approverOf({ agent, approver }: Identities, given: Credential | undefined, place: string): Credential {
  const credential = given ?? approver
  const secrets = credential === undefined ? [] : secretsOf(credential)
  if (credential === undefined || secrets.length === 0) {
    throw refusal(place, 'pass `approver` to decisionService, or `{ credential }` to the call')
  }
  if (secretsOf(agent).some(secret => secrets.includes(secret))) {
    throw refusal(place, 'the given one is the agent’s own')
  }
  return credential
}

function refusal(place: string, why: string): GovernanceError {
  return new GovernanceError('not-permitted', `${place} takes an approver's credential, never the agent's: ${why}.`)
}

function secretsOf({ apiKey, bearerToken }: Credential): readonly string[] {
  return [apiKey, bearerToken].filter(secret => secret !== undefined && secret !== '') as string[]
}
