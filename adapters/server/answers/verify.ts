import { createHash } from 'node:crypto'
import { isGovernanceError } from 'countersign'
import { notFound } from '../../../src/service/protocol/refusal.js'
import type { Exchange } from '../endpoint.js'
import type { Service } from '../service.js'
import { timeOf } from '../wire/time.js'

/** What of a decision is compared with what the audit log says of it; none of it is ever erased. */
const FIELDS = ['at', 'tool', 'callId', 'digest', 'result', 'mode', 'evaluator'] as const

/** Whether a decision is stored as it was made: its hash, worked out anew, against that of its entry in the audit log. */
export async function verify({ service, params }: Exchange): Promise<unknown> {
  const id = params['id'] ?? ''
  const decision = await service.governor.decisions.get(id)
  if (decision === undefined) throw notFound('validation')
  const audited = await auditedFacts(service, id)
  const fields = FIELDS.filter(field => audited === undefined || field in audited)
  const computed = hashOf(decision, fields)
  const recorded = audited === undefined ? null : hashOf(audited, fields)
  const valid = recorded === null ? null : recorded === computed
  return {
    valid,
    validation_id: id,
    validation_hash: recorded,
    computed_hash: computed,
    validated_at: timeOf(decision.at),
    allowed: decision.result === 'allowed',
    result: decision.result,
    message: MESSAGES[String(valid) as keyof typeof MESSAGES],
  }
}

/** What the audit log says of a decision; nothing where none is kept. */
async function auditedFacts({ governor }: Service, id: string): Promise<object | undefined> {
  try {
    return (await governor.audit.record(id))?.decision
  } catch (error) {
    if (isGovernanceError(error, 'invalid-call')) return undefined
    throw error
  }
}

const MESSAGES = {
  true: 'the decision is stored as it was made',
  false: 'the decision is not what the audit log says was decided',
  null: 'no audit log is kept here, so there is nothing to compare with: run the service with `audit`',
}

function hashOf(facts: object, fields: readonly string[]): string {
  const values = fields.map(field => [field, (facts as Readonly<Record<string, unknown>>)[field] ?? null])
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}
