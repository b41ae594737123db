import { randomUUID } from 'node:crypto'
import { RULE_ROUTES } from '../../../src/service/protocol/routes/rules.js'
import { purgeIdempotency } from '../idempotency/purge.js'
import { answersTo, type Answer, type Endpoint, type Exchange } from '../endpoint.js'
import { constraintOf } from '../rules/constraint.js'
import { said } from '../wire/said.js'
import type { Announcement } from '../deliveries/news.js'
import { writeRule, writeVersion } from '../rules/record.js'
import { rehearse } from '../rules/rehearse.js'
import { actorOf, answerPatch, expectedOf, LABELS, writeUsed } from '../rules/rule-answers.js'
import { patchNews } from '../rules/patch-news.js'
import { checkExpected } from '../rules/rule-patch.js'
import type { RuleStore } from '../rules/rule-store.js'
import type { Tallies } from '../rules/usage.js'

/** What answers about rules are made from. */
export interface RuleAnswers {
  readonly rules: RuleStore
  readonly tallies: Tallies
  /** Hears of changes that are tried and made. */
  readonly announce: (news: Announcement) => void
}

/** Decisions that a rule is tried on before it is made. */
const MAX_REHEARSED = 1000
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Rules of the service, each with its versions. Only an approver changes them; a change holds for the next decision. */
export function ruleEndpoints({ rules, tallies, announce }: RuleAnswers): readonly Endpoint[] {
  const parts = { rules, tallies, announce }
  return answersTo(RULE_ROUTES, {
    'POST /rules': async exchange => {
      const rule = await rules.create(actorOf(exchange), constraintOf(exchange.body))
      return (await writeUsed(exchange, tallies, [rule]))[0]
    },
    'GET /rules': async exchange => {
      const { status, domain, limit = 50, offset = 0 } = exchange.query
      const found = (await rules.list(exchange.service.tenant)).filter(
        ({ body }) =>
          (status === undefined || body.status === status) &&
          (domain === undefined || body.constraint.domain === domain),
      )
      const first = Math.max(0, offset as number)
      return writeUsed(exchange, tallies, found.slice(first, first + (limit as number)))
    },
    'POST /rules/dry-run': rehearsal,
    'POST /rules/validate': exchange => validate(rules, exchange),
    'POST /rules/validate/dry-run': exchange => validate(rules, exchange),
    'GET /rules/domains': exchange => domains(parts, exchange),
    'POST /rules/admin/idempotency/purge': purge,
    'GET /rules/{id}': async exchange => {
      const rule = await rules.get(exchange.service.tenant, exchange.params['id'] ?? '')
      return (await writeUsed(exchange, tallies, [rule]))[0]
    },
    'PATCH /rules/{id}': async exchange => {
      const { status, ...fields } = said(exchange.body)
      const rule = await rules.revise(actorOf(exchange), exchange.params['id'] ?? '', {
        change: 'updated',
        revise: before => {
          checkExpected(before, expectedOf(exchange))
          const constraint = constraintOf({ ...before.body.constraint, ...fields })
          return { constraint, status: status === undefined ? before.body.status : (status as 'active' | 'paused') }
        },
      })
      return (await writeUsed(exchange, tallies, [rule]))[0]
    },
    'DELETE /rules/{id}': async exchange => {
      const id = exchange.params['id'] ?? ''
      const revise = (rule: Parameters<typeof checkExpected>[0]): undefined => {
        checkExpected(rule, expectedOf(exchange))
      }
      await rules.revise(actorOf(exchange), id, { change: 'deleted', revise })
      return { success: true, rule_id: id }
    },
    'POST /rules/{id}/pause': turn(parts, 'paused'),
    'POST /rules/{id}/resume': turn(parts, 'active'),
    'GET /rules/{id}/versions': async ({ params, query, service: { tenant } }) => {
      const limit = (query['limit'] as number | undefined) ?? 50
      return (await rules.versions(tenant, params['id'] ?? '', limit)).map(writeVersion)
    },
    'POST /rules/{id}/apply_patch': async exchange => {
      const patched = await answerPatch(rules, exchange)
      announce(patchNews(exchange, patched))
      return patched
    },
  })
}

function turn({ rules, tallies }: RuleAnswers, status: 'active' | 'paused'): Answer {
  return async exchange => {
    const rule = await rules.revise(actorOf(exchange), exchange.params['id'] ?? '', {
      change: status === 'paused' ? 'paused' : 'resumed',
      revise: before => {
        checkExpected(before, expectedOf(exchange))
        return { constraint: before.body.constraint, status }
      },
    })
    return (await writeUsed(exchange, tallies, [rule]))[0]
  }
}

/** A rule that is not made: what it would have done with the calls of the last day. */
async function rehearsal({ principal, body, service }: Exchange): Promise<unknown> {
  const { clock, governor } = service
  const constraint = constraintOf(body)
  const at = clock.now()
  const decisions = await governor.decisions.list({ since: at - DAY_MS, limit: MAX_REHEARSED })
  const own = decisions.filter(({ tenant, dryRun }) => tenant === service.tenant && dryRun !== true)
  const by = principal?.name ?? ''
  const record = { constraint, status: 'active', createdAt: at, createdBy: by, updatedAt: at, updatedBy: by } as const
  const rule = writeRule({ id: '', revision: 0, body: record })
  return { ...rule, rule_id: null, dry_run: true, would_have: await rehearse(constraint, own.toReversed()) }
}

interface Validated {
  readonly action: string
  readonly actor?: string | null
  readonly value?: number | null
  readonly rule_id?: string | null
  readonly metadata?: Readonly<Record<string, unknown>> | null
}

/** What all that holds says of a call. Nothing is counted, held or executed. @throws Refusal 404 for a rule that is not there */
async function validate(rules: RuleStore, { body, service }: Exchange): Promise<unknown> {
  // Checked by the shape of the route.
  const { action = '', actor, value, rule_id: ruleId, metadata = {} } = said(body as unknown as Validated)
  const rule = ruleId === undefined ? undefined : await rules.get(service.tenant, ruleId)
  const named = metadata['domain']
  const domain = typeof named === 'string' ? named : rule?.body.constraint.domain
  const decision = await service.governor.decide(
    { id: `validate_${randomUUID()}`, name: action, input: {} },
    {
      ...said({ actor, domain }),
      profile: { ...said({ value }), metadata },
    },
  )
  const { id, result, reason, findings } = decision
  const stopping = findings.find(({ effect }) => effect === (result === 'blocked' ? 'deny' : 'require_approval'))
  return {
    allowed: result === 'allowed',
    result,
    reason,
    requires_approval: result === 'requires_approval',
    blocked_by: result === 'allowed' ? null : (stopping?.rule ?? null),
    findings,
    action,
    actor: decision.actor,
    domain: domain ?? null,
    value: value ?? null,
    rule_id: ruleId ?? null,
    request_id: id,
    dry_run: true,
  }
}

/** Domains that rules name, or that calls were of. There are no limits but those that people have written. */
async function domains({ rules, tallies }: RuleAnswers, { service: { tenant } }: Exchange): Promise<unknown> {
  const [all, tally] = await Promise.all([rules.list(tenant), tallies.of(tenant)])
  const active = all.filter(({ body }) => body.status === 'active').map(({ body }) => body.constraint)
  const names = new Set([...active.map(({ domain }) => domain), ...tally.domains.keys()])
  return [...names].toSorted().map(name => {
    const own = active.filter(({ domain }) => domain === name)
    return {
      id: name,
      name,
      max_per_day_default: least(own.map(({ max_per_day: most }) => most)),
      max_value_default: least(own.map(({ max_value: most }) => most)),
      max_value_label: LABELS.max_value_label,
      unit: LABELS.unit,
      rules: own.length,
      decisions: tally.domains.get(name) ?? 0,
    }
  })
}

function least(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : Math.min(...numbers)
}

/** Lets go of what was remembered of requests under their idempotency keys: what comes under one again is new. */
async function purge({ query, service }: Exchange): Promise<unknown> {
  const { only_expired: onlyExpired = true, older_than_hours: hours = 0, limit = 1000 } = query
  const olderThanMs = Math.max(0, hours as number) * HOUR_MS
  const purging = { onlyExpired: onlyExpired as boolean, olderThanMs, limit: limit as number }
  return { purged: await purgeIdempotency(service, purging) }
}
