import type { Attack } from './attack.ts'
import { resumeOnce } from './cases/resume-once.ts'
import { sameResumeAgain } from './cases/same-resume-again.ts'
import { threeAtOnce } from './cases/three-at-once.ts'
import { twoProcesses } from './cases/two-processes.ts'
import { duplicateWebhook } from './cases/duplicate-webhook.ts'
import { sameCheckpoint } from './cases/same-checkpoint.ts'
import { providerError } from './cases/provider-error.ts'
import { killedMidway } from './cases/killed-midway.ts'
import { partialAnswers } from './cases/partial-answers.ts'
import { mixedAnswers } from './cases/mixed-answers.ts'
import { tamperedBefore } from './cases/tampered-before.ts'
import { tamperedAfter } from './cases/tampered-after.ts'
import { middlewareRewrites } from './cases/middleware-rewrites.ts'
import { forged } from './cases/forged.ts'
import { forgedUngated } from './cases/forged-ungated.ts'
import { otherUser } from './cases/other-user.ts'
import { expired } from './cases/expired.ts'
import { deniedThenApproved } from './cases/denied-then-approved.ts'
import { policyTightened } from './cases/policy-tightened.ts'
import { policyFromCaller } from './cases/policy-from-caller.ts'
import { unlistedTool } from './cases/unlisted-tool.ts'
import { policyThrows } from './cases/policy-throws.ts'
import { askingThrows } from './cases/asking-throws.ts'
import { middlewareJumps } from './cases/middleware-jumps.ts'
import { editWithinLimits } from './cases/edit-within-limits.ts'
import { editToOtherTool } from './cases/edit-to-other-tool.ts'
import { editToInvalid } from './cases/edit-to-invalid.ts'
import { editOverBudget } from './cases/edit-over-budget.ts'
import { codeMode } from './cases/code-mode.ts'
import { subagentUnasked } from './cases/subagent-unasked.ts'
import { subagentApproved } from './cases/subagent-approved.ts'

/** Every attack, in the order of the table. */
export const attacks: readonly Attack[] = [
  resumeOnce,
  sameResumeAgain,
  threeAtOnce,
  twoProcesses,
  duplicateWebhook,
  sameCheckpoint,
  providerError,
  killedMidway,
  partialAnswers,
  mixedAnswers,
  tamperedBefore,
  tamperedAfter,
  middlewareRewrites,
  forged,
  forgedUngated,
  otherUser,
  expired,
  deniedThenApproved,
  policyTightened,
  policyFromCaller,
  unlistedTool,
  policyThrows,
  askingThrows,
  middlewareJumps,
  editWithinLimits,
  editToOtherTool,
  editToInvalid,
  editOverBudget,
  codeMode,
  subagentUnasked,
  subagentApproved,
]
