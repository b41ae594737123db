import type { Grant } from '../../approval.js'
import { covers, use } from '../../enforce/approval/grant.js'
import type { Verdict } from '../../enforce/conclude.js'
import { loadPatternEngine } from '../../evaluate/regex.js'
import type { Awaitable } from '../../types.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'

/** A verdict, and the grant it takes one use of. */
export interface Granted {
  readonly verdict: Verdict
  readonly grant?: Grant
}

/** What a verdict becomes where a standing grant answers instead of a person. @throws what the store throws */
export function lift(reader: Reader, proposal: Proposal, verdict: Verdict, policyVersion: string): Awaitable<Granted> {
  return verdict.result === 'requires_approval' ? findGrant(reader, proposal, verdict, policyVersion) : { verdict }
}

async function findGrant(
  reader: Reader,
  { captured: { request } }: Proposal,
  verdict: Verdict,
  policyVersion: string,
): Promise<Granted> {
  const { tool, actor, at, session } = request
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant }
  const grants = await reader.grants({ tool, actor, liveAt: at, ...tenant })
  if (grants.some(({ when }) => JSON.stringify(when).includes('"matches"'))) await loadPatternEngine()
  const grant = grants.find(candidate => covers(candidate, request, policyVersion))
  return grant === undefined ? { verdict } : { verdict: allowedBy(grant, verdict), grant: use(grant) }
}

function allowedBy(grant: Grant, verdict: Verdict): Verdict {
  const finding = {
    rule: `grant:${grant.id}`,
    effect: 'allow',
    reason: `"${grant.by}" allowed calls like this`,
  } as const
  return {
    ...verdict,
    findings: [...verdict.findings, finding],
    result: 'allowed',
    reason: `${finding.reason}; ${verdict.reason}`,
    grantId: grant.id,
  }
}
