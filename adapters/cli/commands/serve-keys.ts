import { type DecisionServer, type InitialKey, keyWeakness } from 'countersign/server'
import { misused } from '../failure.js'
import type { TargetOptions } from '../target/target.js'

/** Keys that were made now, to be shown once. */
export interface MadeKeys {
  readonly agent?: string
  readonly approver?: string
}

const ROLES = ['agent', 'approver'] as const
const SENDABLE = /^[\x21-\x7e]*$/
const HOW =
  'Leave it out to have one made and shown, or make one with `countersign keys create` or `openssl rand -base64 32`.'

/** The keys that were given, and what is to be said of those that can be guessed. */
export interface GivenKeys {
  readonly keys: readonly InitialKey[]
  readonly warnings: readonly string[]
}

/**
 * @param isOpen whether others on the network reach the service
 * @throws Failure for a key that no header carries, for one that is both, and for one that others could guess
 */
export function givenKeys({ apiKey, approverKey }: TargetOptions, isOpen: boolean): GivenKeys {
  const warnings: string[] = []
  for (const [option, key] of Object.entries({ '--api-key': apiKey, '--approver-key': approverKey })) {
    if (key === undefined) continue
    if (!SENDABLE.test(key)) throw misused(`${option}: expected visible characters, without spaces.`, HOW)
    const weak = keyWeakness(key)
    if (weak === undefined) continue
    if (isOpen || key === '') throw misused(`${option}: ${weak}.`, HOW)
    warnings.push(`Warning: ${option}: ${weak}. Good for trying things out on this machine alone.`)
  }
  if (apiKey !== undefined && apiKey === approverKey) {
    throw misused('the key of agents and that of approvers are the same: an agent could answer its own requests.')
  }
  const keys = [
    ...(apiKey === undefined ? [] : [{ key: apiKey, role: 'agent' } as const]),
    ...(approverKey === undefined ? [] : [{ key: approverKey, role: 'approver' } as const]),
  ]
  return { keys, warnings }
}

/** Where nobody was given a key, and none was ever made, one for agents and one for people is made, and kept in the store. */
export async function firstKeys({ keys }: DecisionServer, given: readonly InitialKey[]): Promise<MadeKeys> {
  const stored = await keys.list(undefined, true)
  const missing = ROLES.filter(
    role => !given.some(key => key.role === role) && !stored.some(({ body }) => body.role === role),
  )
  const made = await Promise.all(
    missing.map(async role => [role, (await keys.create({ label: role, role })).secret] as const),
  )
  return Object.fromEntries(made)
}
