import { randomUUID } from 'node:crypto'
import type { Announcement } from '../deliveries/news.js'
import type { Exchange } from '../endpoint.js'
import type { answerPatch } from './rule-answers.js'

/** What webhooks are told of a patch. */
export function patchNews(
  { principal, service: { tenant, clock } }: Exchange,
  patched: Awaited<ReturnType<typeof answerPatch>>,
): Announcement {
  const { rule_id, applied, patch_hash, diff_summary, changed_paths } = patched
  return {
    event: applied ? 'rule.patch_applied' : 'rule.patch_previewed',
    tenant,
    subject: randomUUID(),
    at: clock.now(),
    data: { rule_id, by: principal?.name ?? null, patch_hash, diff_summary, changed_paths },
  }
}
