import { type Clock, sha256 } from '../../ambient.js'
import type { Edit } from '../../approval.js'
import type { Profiles } from '../../capture/profiles.js'
import { fingerprint } from '../../capture/input.js'
import { captureCall } from '../../capture/request.js'
import { restore } from '../../capture/storable.js'
import type { ToolRunOptions } from '../../execute/run-tool.js'
import { fit } from '../fit.js'
import type { Proposal } from '../proposal.js'

/** What making an edited call needs of a governor. */
export interface EditedCallParts {
  readonly profiles: Profiles
  readonly clock: Clock
}

/** A call that a person has approved, and the tool that is to run. */
export interface ApprovedCall<OUTPUT> {
  readonly proposal: Proposal
  readonly options: ToolRunOptions<OUTPUT>
}

/** What was approved can no longer be run as it was: it was erased, or JSON cannot hold it. */
const CHANGED = 'what was approved is not what is stored any more'

/** Digest of a call that was changed: the same input of another tool is another call. No JSON text looks like the latter, so that no input has its digest. */
export async function callDigest(proposed: string, tool: string, input: unknown): Promise<string> {
  const digest = await fingerprint(input)
  return tool === proposed ? digest : sha256(`tool ${tool} ${digest}`)
}

/** The call as it is approved, which need not be the one that was proposed; or why it cannot run. */
export async function approvedCall<OUTPUT>(
  { profiles, clock }: EditedCallParts,
  call: ApprovedCall<OUTPUT>,
  edit: Edit | undefined,
): Promise<ApprovedCall<OUTPUT> | string> {
  if (edit === undefined) return call
  const { proposal, options } = call
  const { captured, scope, observers } = proposal
  const { call: proposed, session, actor, domain } = captured.request
  const isSwitch = edit.tool !== proposed.name
  const execute = isSwitch ? scope.switchTo?.(edit.tool) : options.execute
  if (execute === undefined) return `a call of "${edit.tool}" cannot be executed in its place`
  const restored = restore(edit.input)
  if ((await callDigest(proposed.name, edit.tool, restored)) !== edit.digest) return CHANGED
  const fitted = await fit(restored, isSwitch ? undefined : scope.validate)
  if ('problem' in fitted) return `the changed input does not fit: ${fitted.problem}`
  const changed = { ...proposed, name: edit.tool, input: fitted.input }
  const who = { actor, domain, ...session, sessionId: session.id }
  const profile = isSwitch ? profiles.latest(edit.tool, who) : proposal.profile
  const recaptured = await captureCall(changed, who, profile, clock.now())
  if (recaptured.request.actor !== actor) return 'the changed call would act as another principal'
  return {
    proposal: { captured: recaptured, profile, scope, observers },
    options: { ...options, execute: execute as ToolRunOptions<OUTPUT>['execute'] },
  }
}
