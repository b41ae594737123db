import type { Clock } from '../../ambient.js'
import type { Approval, Edit } from '../../approval.js'
import { keyOf, type Profiles } from '../../capture/profiles.js'
import { isRedacted } from '../../capture/redact.js'
import { captureCall } from '../../capture/request.js'
import { restore, storable } from '../../capture/storable.js'
import { changesBetween } from '../../enforce/approval/edit.js'
import { effectiveDigest } from '../../enforce/approval/machine.js'
import type { ApprovalSettings } from '../../enforce/approval/settings.js'
import { GovernanceError } from '../../errors.js'
import { RecentMap } from '../../recent-map.js'
import type { EvaluationRequest } from '../../types.js'
import type { Assessors } from '../decide/assessors.js'
import type { Validate } from '../governor.js'
import { fit } from '../fit.js'
import { callDigest } from './edited-call.js'

/** What checking edits needs of a governor. */
export interface EditParts {
  readonly settings: ApprovalSettings
  readonly assessors: Assessors
  readonly profiles: Profiles
  readonly clock: Clock
}

/** What a voter wants a call to be. */
export interface Wanted {
  readonly input?: unknown
  readonly tool?: string | undefined
}

/** Tools whose schemas are remembered, so that an edit is checked while the reviewer is still there. */
const MAX_SCHEMAS = 1000

/** What approvers make of calls. A changed call is a new call: it is looked at while the reviewer is still there, and again when it runs. */
export class Edits {
  readonly #parts: EditParts
  readonly #schemas = new RecentMap<string, Validate>(MAX_SCHEMAS)

  constructor(parts: EditParts) {
    this.#parts = parts
  }

  /** Keeps a tool's schema for edits that come before its next call. Another tenant's tool of that name may have another. */
  remember({ tool, session: { tenant } }: EvaluationRequest, validate: Validate): void {
    this.#schemas.set(keyOf(tool, { tenant }), validate)
  }

  /** Digest of the call as a voter wants it. Votes are told apart by it: the same input of another tool is another call. */
  async digestOf(approval: Approval, { input, tool = approval.call.name }: Wanted): Promise<string> {
    const { call } = approval
    if (input === undefined && tool === call.name) return effectiveDigest(approval)
    return callDigest(call.name, tool, input === undefined ? restore(call.input) : input)
  }

  /**
   * The edit that a voter wants, once it is checked; nothing where the call stays as it is.
   *
   * @param digest of the call as the voter wants it
   * @throws GovernanceError `not-permitted` for another tool that was not allowed; `invalid-call` or `blocked` for what the
   * tool's schema, the policy or a budget refuses
   */
  async make(approval: Approval, wanted: Wanted, digest: string): Promise<Edit | undefined> {
    if (digest === effectiveDigest(approval)) return undefined
    const { call } = approval
    const { tool = call.name } = wanted
    const isSwitch = tool !== call.name
    if (isSwitch) this.#checkSwitch(approval, tool)
    const input = wanted.input === undefined ? restore(call.input) : wanted.input
    await this.#check(approval, tool, input)
    const kept = storable(input)
    // Whoever tells of them later need not know the profile: what it masks is in the inputs, for those who may see these.
    const redact = this.#parts.profiles.latest(call.name, approval)?.redact
    const changes = changesBetween(call.input, kept).map(change =>
      isRedacted(change.path, redact) ? { path: change.path } : change,
    )
    const switched = isSwitch ? [{ path: 'tool', from: call.name, to: tool }] : []
    return { tool, input: kept, digest, changes: [...switched, ...changes] }
  }

  #checkSwitch({ id, call: { name } }: Approval, tool: string): void {
    const { toolSwitches } = this.#parts.settings
    const allowed = Object.hasOwn(toolSwitches, name) ? toolSwitches[name] : undefined
    if (allowed?.includes(tool) === true) return
    throw new GovernanceError(
      'not-permitted',
      `Approval "${id}" was not resolved: a call of "${name}" must not be turned into one of "${tool}" (option \`approvals.toolSwitches\`).`,
    )
  }

  async #check(approval: Approval, tool: string, input: unknown): Promise<void> {
    const where = `Approval "${approval.id}" was not resolved`
    const fitted = await fit(input, this.#schemas.get(keyOf(tool, { tenant: approval.tenant })))
    if ('problem' in fitted) {
      const problem = `the changed input does not fit the tool "${tool}": ${fitted.problem}`
      throw new GovernanceError('invalid-call', `${where}: ${problem}.`)
    }
    const { assessors, profiles, clock } = this.#parts
    const { actor, domain, user, tenant, sessionId } = approval
    const scope = { actor, domain, user, tenant, sessionId, traceId: approval.decisionId }
    const call = { ...approval.call, name: tool, input }
    const captured = await captureCall(call, scope, profiles.latest(tool, approval), clock.now())
    if (captured.request.actor !== actor) {
      throw new GovernanceError('not-permitted', `${where}: the changed call would act as another principal.`)
    }
    const verdict = await (await assessors.of(tenant)).assessEdited(captured)
    if (verdict.result === 'blocked') {
      throw new GovernanceError('blocked', `${where}: the changed call would be blocked (${verdict.reason}).`)
    }
  }
}
