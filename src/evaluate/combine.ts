import type { Effect, Finding } from '../types.js'

/** How strong an effect is: deny over require_approval over allow. */
const STRENGTH: Readonly<Record<Effect, number>> = { allow: 0, require_approval: 1, deny: 2 }

/** The effects there are. */
export const EFFECTS: readonly Effect[] = ['allow', 'deny', 'require_approval']

/** The strongest effect of the findings, or nothing where no rule spoke. Adding a finding never weakens it. */
export function combine(findings: readonly Finding[]): Effect | undefined {
  let strongest: Effect | undefined
  for (const { effect } of findings)
    if (strongest === undefined || STRENGTH[effect] > STRENGTH[strongest]) strongest = effect
  return strongest
}

/** The reasons of the findings that decided, joined. */
export function reasonOf(findings: readonly Finding[], effect: Effect): string {
  let reasons = ''
  for (const finding of findings) {
    if (finding.effect === effect) reasons = reasons === '' ? finding.reason : `${reasons}; ${finding.reason}`
  }
  return reasons
}
