import { randomBytes } from 'node:crypto'
import type { InitialKey } from 'countersign/server'
import { misused } from '../failure.js'
import type { TargetOptions } from '../target/target.js'

/** Keys that a service knows from the start. */
export interface ServeKeys {
  readonly known: readonly InitialKey[]
  /** Those that were made now, to be shown once. */
  readonly made: { readonly agent?: string; readonly approver?: string }
}

const SENDABLE = /^[\x21-\x7e]{8,}$/

/** The keys that were given, and new ones in the place of those that were not. @throws Failure for one that no header carries */
export function firstKeys({ apiKey, approverKey }: TargetOptions): ServeKeys {
  for (const [option, key] of Object.entries({ '--api-key': apiKey, '--approver-key': approverKey })) {
    if (key !== undefined && !SENDABLE.test(key)) throw misused(`${option}: expected 8 visible characters or more.`)
  }
  if (apiKey !== undefined && apiKey === approverKey) {
    throw misused('the key of agents and that of approvers are the same: an agent could answer its own requests.')
  }
  const agent = apiKey ?? newKey('agent')
  const approver = approverKey ?? newKey('approver')
  return {
    known: [
      { key: agent, role: 'agent' },
      { key: approver, role: 'approver' },
    ],
    made: { ...(apiKey === undefined ? { agent } : {}), ...(approverKey === undefined ? { approver } : {}) },
  }
}

function newKey(role: string): string {
  return `bhk_${role}_${randomBytes(24).toString('base64url')}`
}
