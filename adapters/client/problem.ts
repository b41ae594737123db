import { GovernanceError } from 'countersign'

/** The error of a request that cannot be sent. No value is in it: it could be a secret. */
export function invalidRequest(place: string, expected: string): GovernanceError {
  return new GovernanceError('invalid-option', `\`${place}\`: expected ${expected}. Nothing was sent.`)
}
