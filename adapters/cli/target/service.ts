import { connectService, isGovernanceError, isServiceError, type ServiceError } from 'countersign'
import { type DecisionService, decisionService } from 'countersign/client'
import { Failure, misused } from '../failure.js'
import { plain } from '../output/text.js'
import type { TargetOptions } from './target.js'

const DEADLINE_MS = 10_000

/** A client of a service, with the keys that were given. @throws Failure where there is none */
export function serviceAt(baseUrl: string, { apiKey, approverKey }: TargetOptions): DecisionService {
  if (apiKey !== undefined) {
    const approver = approverKey === undefined ? {} : { approver: { apiKey: approverKey } }
    return decisionService({ baseUrl, apiKey, deadlineMs: DEADLINE_MS, ...approver })
  }
  if (approverKey === undefined) {
    throw misused('a service wants a key.', 'Set COUNTERSIGN_API_KEY, or COUNTERSIGN_APPROVER_KEY for what people do.')
  }
  // No agent is in play: a person reads with the key that the person answers with.
  const connection = connectService({ baseUrl, apiKey: approverKey, deadlineMs: DEADLINE_MS })
  return { ...decisionService({ connection, approver: { apiKey: approverKey } }), close: connection.close }
}

/** Asks a service. @throws Failure that says what went wrong, and what to do */
export async function asking<T>(url: string, request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (isServiceError(error)) throw refused(url, error)
    // What a person does takes a person's key; nothing was sent.
    if (isGovernanceError(error, 'not-permitted')) {
      throw new Failure("this takes an approver's key.", 'Set COUNTERSIGN_APPROVER_KEY, or pass --approver-key.')
    }
    throw error
  }
}

function refused(url: string, { kind, status, message, detail, fields }: ServiceError): Failure {
  if (kind === 'network' || kind === 'timeout' || kind === 'unavailable') {
    return new Failure(`${url}: ${message}.`, 'Is it there? `countersign serve` starts one.')
  }
  if (status === 401) return new Failure(`${url} does not know the key.`, 'Check COUNTERSIGN_API_KEY, or --api-key.')
  if (status === 403) return new Failure(`${url}: the key may not do this.`, "Pass an approver's with --approver-key.")
  const problems = fields.map(field => `${field.path}: ${field.message}`).join('; ')
  const said = problems === '' ? (detail ?? '') : problems
  return new Failure(said === '' ? `${url}: ${message}.` : `${url}: ${message}: ${plain(said)}`)
}
