import type { Approval, Edit, Grant, Vote } from '../../approval.js'
import type { AuditDraft } from '../../audit-entry.js'
import type { Awaitable } from '../../types.js'
import { type Facts, FORMAT, type Personal, writeDraft } from './commitments.js'

/** What happened to a request. `answered`: its last vote was given, which may have settled it. */
type ApprovalStep = 'opened' | 'answered' | 'escalated' | 'expired' | 'cancelled' | 'consumed'

/** A request to a person was written, at `at`. What the decision's entry says already is not said again. */
export function auditApproval(approval: Approval, at: number): Awaitable<AuditDraft> {
  const step = stepOf(approval)
  const facts = {
    v: FORMAT,
    kind: 'approval',
    at,
    decisionId: approval.decisionId,
    tenant: approval.tenant,
    id: approval.id,
    step,
    revision: approval.revision,
    status: approval.status,
    tool: approval.call.name,
    digest: approval.digest,
    actor: approval.actor,
    expiresAt: approval.expiresAt,
  } as const
  switch (step) {
    case 'opened': {
      const { key, policyVersion, sessionId, approver, stages, onExpiry, escalateTo } = approval
      const request = {
        callId: approval.call.id,
        key,
        policyVersion,
        sessionId,
        approver,
        stages,
        onExpiry,
        escalateTo,
      }
      return writeDraft({ ...facts, ...request }, { input: approval.call.input })
    }
    case 'answered':
      return auditAnswer(facts, approval)
    case 'escalated':
      return writeDraft({ ...facts, stages: approval.stages, escalateTo: approval.escalateTo }, {})
    case 'cancelled':
      return writeDraft(facts, approval.status === 'cancelled' ? { by: approval.by, comment: approval.comment } : {})
    case 'consumed':
      return writeDraft({ ...facts, key: approval.key }, {})
    case 'expired':
      return writeDraft(facts, {})
  }
}

/** The step that brought a request into its state. */
function stepOf({ revision, status, escalated, votes, stages }: Approval): ApprovalStep {
  if (revision === 1) return 'opened'
  if (status === 'approved' || status === 'rejected') return 'answered'
  if (status !== 'pending') return status
  // Escalating adds a stage, and nobody has answered in it yet.
  return escalated === true && votes.at(-1)?.stage !== stages.length - 1 ? 'escalated' : 'answered'
}

/** The last vote, and the edit it speaks of, if it does. */
function auditAnswer(facts: Facts, approval: Approval): Awaitable<AuditDraft> {
  const vote = approval.votes.at(-1)
  if (vote === undefined) return writeDraft(facts, {})
  const edit = 'edit' in approval && approval.edit?.digest === vote.digest ? approval.edit : undefined
  const shown = edit === undefined ? undefined : { tool: edit.tool, digest: edit.digest }
  return writeDraft({ ...facts, vote: publicVote(vote), edit: shown }, personalAnswer(vote, edit))
}

function publicVote({ at, resolution, stage, digest, channel, nonce }: Vote): object {
  return { at, resolution, stage, digest, channel, nonce }
}

function personalAnswer({ by, comment }: Vote, edit: Edit | undefined): Personal {
  return { by, comment, input: edit?.input, changes: edit?.changes }
}

/** A grant was written, at `at`; `decisionId` names the decision that used it, or whose approval it was given with. */
export function auditGrant(grant: Grant, at: number, decisionId?: string): Awaitable<AuditDraft> {
  const step = grant.revision === 1 ? 'given' : grant.revoked === undefined ? 'used' : 'revoked'
  const facts = {
    v: FORMAT,
    kind: 'grant',
    at,
    decisionId,
    tenant: grant.tenant,
    id: grant.id,
    step,
    revision: grant.revision,
    tool: grant.tool,
    actor: grant.actor,
    uses: grant.uses,
  } as const
  if (step === 'used') return writeDraft(facts, {})
  if (step === 'revoked') return writeDraft(facts, { by: grant.revoked?.by })
  const { sessionId, policyVersion, expiresAt, maxUses, maxValue, approvalId, user, when, by, comment } = grant
  const terms = { sessionId, policyVersion, expiresAt, maxUses, maxValue, approvalId }
  return writeDraft({ ...facts, ...terms }, { user, when, by, comment })
}
