import type { Approval } from '../../approval.js'
import type { ApprovalSettings } from '../../enforce/approval/settings.js'
import { GovernanceError, isGovernanceError } from '../../errors.js'
import type { Execution } from '../../execute/execution.js'
import { refusalText } from '../../execute/refusal.js'
import { isSignal, type ToolRunOptions } from '../../execute/run-tool.js'
import type { Reporter } from '../../report/reporter.js'
import type { Decision } from '../../types.js'
import type { Ruling } from '../decide/ruling.js'
import type { Preparation } from '../governor.js'
import type { Proposal } from '../proposal.js'
import type { Reader } from '../reader.js'
import type { ApprovedCalls } from './approved.js'
import type { ApprovalDesk } from './desk.js'
import { loopOf, tellingOf } from './loop.js'
import type { OutsideAnswers } from './outside-answers.js'

/** What held calls need of a governor. */
export interface HeldParts {
  readonly reader: Reader
  readonly settings: ApprovalSettings
  readonly desk: ApprovalDesk
  /** Where the evaluator asks people itself. */
  readonly outside: OutsideAnswers | undefined
  readonly approved: ApprovedCalls
  readonly reporter: Reporter
}

/** A request after everybody who could be asked at once was asked. */
interface Asked {
  readonly approval: Approval
  /** Why an answer could not be used. */
  readonly problem?: string
}

/** Calls that need a person: who is asked, and what follows from the answer. */
export class HeldCalls {
  readonly #parts: HeldParts

  constructor(parts: HeldParts) {
    this.#parts = parts
  }

  /** What comes next for a held call that is decided on ahead. */
  async prepare(proposal: Proposal, decision: Decision): Promise<Preparation> {
    const { reader, settings } = this.#parts
    const known = await reader.approval(decision.approvalId ?? '')
    if (known === undefined) return { decision, next: 'refuse', message: refusalText(decision) }
    const { approval, problem } = await this.#ask(proposal, decision, known)
    const { status } = approval
    if (status === 'approved' || status === 'consumed') return { decision, next: 'run', approval }
    if (status !== 'pending') return { decision, next: 'refuse', approval, message: refusalText(decision, approval) }
    if (proposal.scope.waits === true) return { decision, next: 'run', approval }
    const isUnanswerable = problem !== undefined && settings.onApprovalRequired === undefined
    return {
      decision,
      next: isUnanswerable ? 'refuse' : 'ask',
      approval,
      message: refusalText(decision, approval, problem),
      ...(problem === undefined ? {} : { problem }),
    }
  }

  /** Runs a held call, if its request is answered with yes. `anew`: something has changed meanwhile. */
  async run<OUTPUT>(
    proposal: Proposal,
    { decision, approval: known, verdict }: Ruling,
    key: string,
    options: ToolRunOptions<OUTPUT>,
  ): Promise<Execution<OUTPUT> | 'anew'> {
    if (known === undefined) return { status: 'blocked', decision, message: refusalText(decision) }
    const { signal, isControlFlow } = options
    let asked: Asked
    let isFresh = true
    try {
      asked = await this.#ask(proposal, decision, known)
      if (asked.approval.status === 'pending' && proposal.scope.waits === true) {
        isFresh = false
        asked = { approval: await this.#wait(proposal, decision, asked.approval) }
      }
    } catch (error) {
      if (isGovernanceError(error, 'closed')) return notApproved(decision, known, error.message)
      if (signal?.aborted !== true || isSignal(isControlFlow, error)) throw error
      return { status: 'tool_error', decision, error, approvalLoop: loopOf(known, false, 'it was called off') }
    }
    const { approval, problem } = asked
    if (approval.status === 'consumed') return 'anew'
    if (approval.status !== 'approved') return notApproved(decision, approval, problem)
    const current = isFresh && approval.edit === undefined ? verdict : undefined
    return this.#parts.approved.run({ proposal, decision, approval, key, verdict: current }, options)
  }

  /** A call whose request was answered with no, or whose approval was used. */
  async refuse(approval: Approval): Promise<Extract<Execution<never>, { status: 'blocked' }>> {
    const decision = await this.#parts.reader.decision(approval.decisionId)
    return notApproved(decision, approval, undefined) as Extract<Execution<never>, { status: 'blocked' }>
  }

  /** First what the conversation brought, then whoever is asked in this process. */
  async #ask(proposal: Proposal, decision: Decision, known: Approval): Promise<Asked> {
    const { desk, settings, reporter, outside } = this.#parts
    const { scope, captured } = proposal
    const { answer, validate } = scope
    const changed = tellingOf(reporter, proposal, decision)
    let asked: Asked = { approval: await desk.refresh(known, changed) }
    if (validate !== undefined) desk.remember(captured.request, validate)
    if (outside !== undefined && asked.approval.status === 'pending') {
      outside.follow(asked.approval, decision, changed)
      const isNew = asked.approval.at >= captured.request.at
      if (!isNew) asked = { approval: await outside.latest(asked.approval, changed) }
    }
    if (asked.approval.status === 'pending' && answer !== undefined) {
      asked = await attempt(asked.approval, desk.answerInChat(asked.approval, answer, changed))
    }
    if (asked.approval.status === 'approved' && answer?.resolution === 'rejected') {
      asked = await attempt(asked.approval, desk.withdraw(asked.approval, answer, changed))
      if (asked.problem !== undefined) throw new GovernanceError('not-pending', asked.problem)
    }
    if (asked.approval.status === 'pending' && settings.onApprovalRequired !== undefined) {
      const asking = desk.ask(asked.approval, decision, captured.request.call, scope.signal, changed)
      asked = await attempt(asked.approval, asking)
    }
    return asked
  }

  #wait(proposal: Proposal, decision: Decision, approval: Approval): Promise<Approval> {
    const { desk, reporter } = this.#parts
    return desk.wait(approval, proposal.scope.signal, tellingOf(reporter, proposal, decision))
  }
}

/** An answer that cannot be used leaves the request as it is. */
async function attempt(approval: Approval, answering: Promise<Approval>): Promise<Asked> {
  try {
    return { approval: await answering }
  } catch (error) {
    return { approval, problem: problemOf(error) }
  }
}

/** Why an answer that came with a call could not be used, in words a model may read. */
function problemOf(error: unknown): string {
  if (isGovernanceError(error) && error.code !== 'store-failed') return error.message.replace(/\.$/, '')
  return 'the answer could not be recorded'
}

function notApproved(
  decision: Decision,
  approval: Approval,
  problem: string | undefined,
): Exclude<Execution<never>, { status: 'executed' | 'tool_error' }> {
  const message = refusalText(decision, approval, problem)
  const approvalLoop = loopOf(approval, false, problem)
  return approval.status === 'pending'
    ? { status: 'approval_required', decision, message, approvalId: approval.id, approvalLoop }
    : { status: 'blocked', decision, message, approvalLoop }
}
