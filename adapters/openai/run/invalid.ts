import { GovernanceError } from 'countersign'

/** An error of an option. */
export function invalid(option: string, message: string): GovernanceError {
  return new GovernanceError('invalid-option', option === '' ? message : `Option \`${option}\`: ${message}`)
}
