import type { TuningEvidence } from './collect.js'
import { ofDenied } from './denied.js'
import { ofFailing } from './failing.js'
import { ofHeld } from './held.js'
import type { Proposal, Proposing } from './proposal.js'
import { isPlainName } from './recut.js'

/** Everything that the evidence suggests; what concerns most decisions first. */
export function propose(evidence: TuningEvidence, proposing: Proposing): Proposal[] {
  const { bar, confined } = proposing
  const found: (Proposal | undefined)[] = []
  for (const [rule, tools] of evidence.held.entries()) {
    for (const [tool, group] of tools.entries()) {
      const { count, held } = evidence.tools.of(tool)
      if (count >= bar.minEvents && held / count >= bar.minApprovalRate)
        found.push(ofHeld(rule, { tool, ...confined }, group, proposing))
    }
  }
  for (const [rule, tools] of evidence.denied.entries()) {
    for (const [tool, denied] of tools.entries()) {
      const { count: calls } = evidence.tools.of(tool)
      if (calls >= bar.minEvents && denied.count / calls >= bar.minBlockedRate)
        found.push(ofDenied(rule, { tool, ...confined }, { denied, calls }, proposing))
    }
  }
  for (const [tool, tally] of evidence.tools.entries()) {
    if (tally.ran >= bar.minEvents && tally.failed.count / tally.ran >= bar.minToolErrorRate)
      found.push(ofFailing({ tool, ...confined }, tally, proposing))
  }
  return found
    .filter(proposal => proposal !== undefined)
    .filter(({ scope: { tool, actor, domain } }) => [tool, actor ?? 'x', domain ?? 'x'].every(isPlainName))
    .toSorted((a, b) => b.about.count - a.about.count)
}
