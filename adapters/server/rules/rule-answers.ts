import type { PatchOperation } from '../../../src/service/protocol/json-patch.js'
import type { Exchange } from '../endpoint.js'
import type { Held } from '../shelf.js'
import { timeOf } from '../wire/time.js'
import { isPlain } from './constraint.js'
import { countedToday } from './day-window.js'
import { type RuleRecord, writeRule } from './record.js'
import { checkExpected, type Expected, patchHash, patchRule } from './rule-patch.js'
import type { RuleActor, RuleStore } from './rule-store.js'
import type { Tallies, Tally } from './usage.js'

/** What values are called: nobody has said what they are of. */
export const LABELS = { max_value_label: 'value', unit: '' } as const

/** Who asks. */
export function actorOf({ principal, service: { tenant } }: Exchange): RuleActor {
  return { by: principal?.name ?? '', tenant }
}

/** What a request says of the version it means. */
export function expectedOf({ header, body }: Pick<Exchange, 'header' | 'body'>): Expected {
  const version = body['if_match_version']
  return { tag: header('if-match'), version: typeof version === 'number' ? version : undefined }
}

/** Rules with what they have done, as clients see them. */
export async function writeUsed(
  { service: { tenant, store, clock } }: Exchange,
  tallies: Tallies,
  rules: readonly Held<RuleRecord>[],
): Promise<readonly object[]> {
  const tally = await tallies.of(tenant)
  const at = clock.now()
  return Promise.all(
    rules.map(async rule => {
      const { constraint } = rule.body
      const counted = await countedToday(store, { id: rule.id, tenant, constraint, at })
      return { ...writeRule(rule), ...usageOf(rule, tally, counted) }
    }),
  )
}

/** What is left of a day is the engine's own count, in which calls are that a person approved. */
function usageOf({ id, body: { constraint } }: Held<RuleRecord>, tally: Tally, counted: number | undefined) {
  const { allowed, blocked, allowedToday, blockedToday, lastUsedAt } = tally.ofRule(id)
  const today = counted ?? allowedToday
  return {
    usage_today: today,
    usage_total: Math.max(allowed, today),
    blocked_today: blockedToday,
    blocked_total: blocked,
    remaining_today: isPlain(constraint.domain) ? Math.max(0, constraint.max_per_day - today) : null,
    domain_label: constraint.domain,
    ...LABELS,
    usage_counted_since: tally.since === undefined ? null : timeOf(tally.since),
    last_used_at: lastUsedAt === undefined ? null : timeOf(lastUsedAt),
  }
}

/** Shows what a patch changes, and changes it unless it is a preview. @throws Refusal 404, 409, 412, 422 */
export async function answerPatch(rules: RuleStore, exchange: Exchange) {
  const { params, body } = exchange
  const { preview, patch, reason } = body as {
    readonly preview?: boolean
    readonly reason?: string | null
    patch: unknown
  }
  const operations = patch as readonly PatchOperation[]
  const isPreview = preview ?? true
  const actor = actorOf(exchange)
  const id = params['id'] ?? ''
  const before = await rules.get(actor.tenant, id)
  checkExpected(before, expectedOf(exchange))
  const { changed, constraint, status } = patchRule(before, operations)
  const hash = patchHash(before, operations)
  const after = isPreview
    ? { ...before, body: { ...before.body, constraint, status } }
    : await rules.revise(actor, id, {
        change: 'patch_applied',
        patchHash: hash,
        ...(typeof reason === 'string' ? { reason } : {}),
        // What was shown is what is applied: a version in between is a conflict, whether the client named one or not.
        revise: rule => {
          checkExpected(rule, { version: before.revision })
          return { constraint, status }
        },
      })
  return {
    rule_id: id,
    preview: isPreview,
    applied: !isPreview,
    patch_valid: true,
    changed_paths: changed.map(({ field }) => `/${field}`),
    diff_summary: changed
      .map(({ field, before: from, after: to }) => `${field}: ${show(from)} → ${show(to)}`)
      .join('; '),
    changed_fields: changed,
    patch_hash: hash,
    applied_by: isPreview ? null : actor.by,
    before: writeRule(before),
    after: writeRule(after),
  }
}

function show(value: unknown): string {
  return JSON.stringify(value)
}
