import { type DocumentStore, memoryStore, rule } from 'countersign'
import type { DecisionServer } from 'countersign/server'
import { sqliteStore } from 'countersign/stores/sqlite'
import { fakeClock } from 'countersign/testing'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ask, serve } from './asking.ts'

const RULE = { name: 'refunds', domain: 'payments', max_per_day: 5, max_value: 1000 }
const made = async (server: DecisionServer, rest: object = {}, as?: string) =>
  (await ask(server, 'POST /rules', { body: { ...RULE, ...rest }, ...(as === undefined ? {} : { as }) })).body

let calls = 0
const pay = (server: DecisionServer, value: number, { domain = 'payments', tenant }: any = {}) =>
  server.governor.run({ id: `call_${++calls}`, name: 'pay', input: { value } }, () => 'paid', {
    domain,
    tenant,
    profile: { value },
  })
const results = async (server: DecisionServer, ...values: number[]) => {
  const found = []
  for (const value of values) found.push((await pay(server, value)).decision.result)
  return found
}

describe('rules of a decision service', () => {
  it('govern from the moment they are made, changed, paused and deleted', async () => {
    await using server = serve()
    expect(await results(server, 10)).toEqual(['requires_approval'])
    const { rule_id: id } = await made(server, { require_approval_above: 100, min_value: 1 })
    expect(await results(server, 100, 101, 1001, 0)).toEqual(['allowed', 'requires_approval', 'blocked', 'blocked'])
    await ask(server, `PATCH /rules/${id}`, { body: { max_value: 50 } })
    expect(await results(server, 50, 51)).toEqual(['allowed', 'blocked'])
    await ask(server, `POST /rules/${id}/pause`)
    expect(await results(server, 51)).toEqual(['requires_approval'])
    await ask(server, `POST /rules/${id}/resume`)
    expect(await results(server, 51)).toEqual(['blocked'])
    await ask(server, `DELETE /rules/${id}`)
    expect(await results(server, 51)).toEqual(['requires_approval'])
  })

  it('say in a decision which bound was met, and by which version of all rules it was made', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server, { name: 'small {input.secret} refunds' })
    const { decision } = await pay(server, 2000)
    expect(decision.reason).toBe('"small input.secret refunds": 2000 is over 1000')
    expect(decision.findings.map(finding => finding.rule)).toEqual([`${id}:within`, `${id}:max_value`])
    await ask(server, `PATCH /rules/${id}`, { body: { max_value: 3000 } })
    expect((await pay(server, 2000)).decision.policy.version).not.toBe(decision.policy.version)
  })

  it('hold beside the policy of the server: deny over approval over allow', async () => {
    const policy = [
      rule('no-large', { when: { value: { gt: 500 } }, effect: 'deny' }),
      rule('ask-medium', { when: { value: { gt: 200 } }, effect: 'require_approval' }),
      rule('rest', { effect: 'allow' }),
    ]
    await using server = serve({ policy })
    expect(await results(server, 300, 600, 5000)).toEqual(['requires_approval', 'blocked', 'blocked'])
    await made(server, { max_value: 100 })
    expect(await results(server, 100, 150, 300)).toEqual(['allowed', 'blocked', 'blocked'])
  })

  it('of all domains hold for calls of none', async () => {
    await using server = serve()
    await made(server, { domain: '*', max_value: 10 })
    const run = (value: number) =>
      server.governor.run({ id: `any_${++calls}`, name: 'pay', input: {} }, () => 1, { profile: { value } })
    expect((await run(11)).decision.result).toBe('blocked')
    expect((await run(9)).decision.result).toBe('allowed')
    await made(server, { domain: 'pay*', max_value: 5 })
    expect(await results(server, 6)).toEqual(['blocked'])
  })

  it('count per tenant, and are nobody else’s', async () => {
    await using server = serve()
    await made(server, { max_per_day: 1 })
    const { rule_id: other } = await made(server, { max_per_day: 1 }, 'other-secret-of-the-tests')
    expect((await pay(server, 1)).status).toBe('executed')
    expect((await pay(server, 1)).status).toBe('blocked')
    expect((await pay(server, 1, { tenant: 'other' })).status).toBe('executed')
    expect((await pay(server, 1, { tenant: 'other' })).status).toBe('blocked')
    expect((await pay(server, 1, { tenant: 'third' })).status).toBe('approval_required')
    expect((await ask(server, 'GET /rules')).body).toHaveLength(1)
    for (const route of [`GET /rules/${other}`, `DELETE /rules/${other}`, `GET /rules/${other}/versions`]) {
      expect((await ask(server, route)).status).toBe(404)
    }
  })

  it('changed in another process hold within a second, on every store', async () => {
    for (const store of [memoryStore(), sqliteStore(':memory:')]) {
      const clock = fakeClock()
      const shared: DocumentStore = { ...store, close: () => undefined }
      await using here = serve({ store: shared, clock })
      await using there = serve({ store: shared, clock })
      const { rule_id: id } = await made(here, { max_value: 100 })
      expect(await results(there, 50)).toEqual(['allowed'])
      await ask(here, `PATCH /rules/${id}`, { body: { max_value: 10 } })
      expect(await results(here, 50)).toEqual(['blocked'])
      clock.advance(1000)
      expect(await results(there, 50)).toEqual(['blocked'])
      await store.close()
    }
  })

  it('are read once in a second, however many decisions are made, and compiled when they have changed', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    let reads = 0
    const counting: DocumentStore = {
      ...store,
      listDocuments: (filter, at) => {
        if (filter.kind === 'rule') reads++
        return store.listDocuments(filter, at)
      },
    }
    await using server = serve({ store: counting, clock })
    await made(server, { max_per_day: 1000 })
    reads = 0
    await Promise.all(Array.from({ length: 50 }, () => pay(server, 1)))
    for (let call = 0; call < 50; call++) await pay(server, 1)
    expect(reads).toBe(1)
    clock.advance(1000)
    await pay(server, 1)
    expect(reads).toBe(2)
  })

  it('that cannot be read fail the decision, and never lift a deny of the server itself', async () => {
    const store = memoryStore()
    let isDown = false
    const failing: DocumentStore = {
      ...store,
      listDocuments: (filter, at) => {
        if (isDown) throw new Error('down')
        return store.listDocuments(filter, at)
      },
    }
    const policy = [rule('never', { when: { value: { gt: 500 } }, effect: 'deny', reason: 'too much' })]
    const clock = fakeClock()
    await using closed = serve({ store: failing, policy, clock })
    await using open = serve({ store: failing, policy, clock, failMode: 'open' })
    await made(closed)
    expect(await results(closed, 1)).toEqual(['allowed'])
    isDown = true
    clock.advance(1000)
    expect((await pay(closed, 1)).decision).toMatchObject({ result: 'blocked', failMode: 'closed' })
    expect((await pay(open, 1)).decision).toMatchObject({ result: 'allowed', failMode: 'open' })
    expect((await pay(open, 501)).decision.result).toBe('blocked')
    isDown = false
    clock.advance(1000)
    expect(await results(closed, 1)).toEqual(['allowed'])
  })

  it('ask anew for calls that wait under rules that were changed', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server, { require_approval_above: 10 })
    const call = { id: 'waiting', name: 'pay', input: {} }
    const scope = { domain: 'payments', profile: { value: 20 } }
    const first = await server.governor.run(call, () => 'paid', scope)
    await ask(server, `PATCH /rules/${id}`, { body: { max_value: 900 } })
    const second = await server.governor.run(call, () => 'paid', scope)
    expect(second.decision.approvalId).not.toBe(first.decision.approvalId)
    const pending = (await ask(server, 'GET /approvals')).body
    expect(pending.map((item: any) => item.approval_id)).toEqual([second.decision.approvalId])
  })

  it('are made by approvers alone, and refused where they make no sense, saying where', async () => {
    await using server = serve()
    expect((await ask(server, 'POST /rules', { as: 'agent-secret-of-the-tests', body: RULE })).status).toBe(403)
    const wrong = [
      [{ domain: '!payments' }, 'domain'],
      [{ domain: ' ' }, 'domain'],
      [{ name: '' }, 'name'],
      [{ max_value: null }, 'max_value'],
      [{ max_value: '5' }, 'max_value'],
      [{ max_per_day: 1.5 }, 'max_per_day'],
      [{ max_per_day: 2_000_000_000 }, 'max_per_day'],
      [{ min_value: 2000 }, 'min_value'],
      [{ cooldown_seconds: -1 }, 'cooldown_seconds'],
      [{ allowed_hours_start: 25 }, 'allowed_hours_start'],
      [{ allowed_hours_start: 5, allowed_hours_end: 5 }, 'allowed_hours_end'],
      [{ max_valu: 5 }, 'max_valu'],
    ] as const
    for (const [change, field] of wrong) {
      const { status, body } = await ask(server, 'POST /rules', { body: { ...RULE, ...change } })
      expect([status, body.detail[0].loc], JSON.stringify(change)).toEqual([422, ['body', field]])
    }
    const huge = await server.app.request('/rules', {
      method: 'POST',
      headers: { 'x-api-key': 'approver-secret-of-the-tests', 'content-type': 'application/json' },
      body: '{"name":"n","domain":"d","max_per_day":1,"max_value":1e999}',
    })
    expect(huge.status).toBe(422)
    expect((await ask(server, 'GET /rules')).body).toEqual([])
  })
})

describe('versions of rules', () => {
  it('are all kept, with who made them and what they were, after the end of the rule too', async () => {
    await using server = serve()
    const { rule_id: id, version } = await made(server)
    expect(version).toBe(1)
    await ask(server, `PATCH /rules/${id}`, { body: { max_value: 2000 } })
    await ask(server, `POST /rules/${id}/pause`)
    await ask(server, `DELETE /rules/${id}`)
    expect((await ask(server, `GET /rules/${id}`)).status).toBe(404)
    const { body } = await ask(server, `GET /rules/${id}/versions`)
    expect(body.map((item: any) => [item.version, item.change, item.max_value, item.status, item.updated_by])).toEqual([
      [4, 'deleted', 2000, 'paused', 'dana'],
      [3, 'paused', 2000, 'paused', 'dana'],
      [2, 'updated', 2000, 'active', 'dana'],
      [1, 'created', 1000, 'active', 'dana'],
    ])
    expect((await ask(server, `GET /rules/${id}/versions?limit=1`)).body).toHaveLength(1)
  })

  it('are checked where a client says which it means', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server)
    const tag = (version: number) => ({ 'if-match': `W/"rule:${id}:v${version}"` })
    const patch = [{ op: 'replace', path: '/max_value', value: 5 }]
    const path = `POST /rules/${id}/apply_patch`
    const stale = await ask(server, path, { body: { patch, preview: false, if_match_version: 2 } })
    expect(stale).toMatchObject({ status: 409, body: { detail: { code: 'version_conflict' } } })
    const staleTag = await ask(server, path, { body: { patch, preview: false }, headers: tag(7) })
    expect(staleTag).toMatchObject({ status: 412, body: { detail: { code: 'precondition_failed' } } })
    for (const route of [`PATCH /rules/${id}`, `DELETE /rules/${id}`, `POST /rules/${id}/pause`]) {
      expect((await ask(server, route, { body: {}, headers: tag(2) })).status, route).toBe(412)
    }
    expect((await ask(server, path, { body: { patch, preview: false }, headers: tag(1) })).body.after.version).toBe(2)
    expect((await ask(server, path, { body: { patch, preview: false }, headers: { 'if-match': '*' } })).status).toBe(
      200,
    )
  })

  it('follow on each other, whoever writes at once: of those that mean one version, one is right', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server)
    const change = (value: number) =>
      ask(server, `POST /rules/${id}/apply_patch`, {
        body: { patch: [{ op: 'replace', path: '/max_value', value }], preview: false, if_match_version: 1 },
      })
    const answers = await Promise.all([1, 2, 3, 4].map(change))
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409', '409'])
    await Promise.all([5, 6].map(value => ask(server, `PATCH /rules/${id}`, { body: { max_value: value } })))
    const versions = (await ask(server, `GET /rules/${id}/versions`)).body.map((item: any) => item.version)
    expect(versions).toEqual([4, 3, 2, 1])
  })
})

describe('patches of rules', () => {
  it('are shown before they are applied, and the same then', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server, { tags: ['a', 'b'], metadata: { owner: { team: 'x' } } })
    const patch = [
      { op: 'test', path: '/version', value: 1 },
      { op: 'replace', path: '/max_value', value: 50 },
      { op: 'add', path: '/tags/-', value: 'c' },
      { op: 'move', from: '/metadata/owner/team', path: '/metadata/team' },
      { op: 'add', path: '/max_per_hour', value: 3 },
    ]
    const shown = (await ask(server, `POST /rules/${id}/apply_patch`, { body: { patch } })).body
    expect(shown).toMatchObject({ preview: true, applied: false, patch_valid: true, applied_by: null })
    expect(shown.changed_fields).toContainEqual({ field: 'max_value', before: 1000, after: 50 })
    expect(shown.changed_paths.toSorted()).toEqual(['/max_per_hour', '/max_value', '/metadata', '/tags'])
    expect(await results(server, 60)).toEqual(['allowed'])
    const applied = (
      await ask(server, `POST /rules/${id}/apply_patch`, { body: { patch, preview: false, reason: 'audit' } })
    ).body
    expect(applied).toMatchObject({ applied: true, applied_by: 'dana', patch_hash: shown.patch_hash })
    expect(applied.after).toMatchObject({ tags: ['a', 'b', 'c'], metadata: { owner: {}, team: 'x' }, version: 2 })
    expect(applied.patch_hash).toMatch(/^sha256:[\da-f]{64}$/)
    expect(await results(server, 60)).toEqual(['blocked'])
    const [version] = (await ask(server, `GET /rules/${id}/versions`)).body
    expect(version).toMatchObject({ change: 'patch_applied', reason: 'audit', patch_hash: shown.patch_hash })
  })

  it('are refused as a whole where they cannot be done, or would make something that is no rule', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server)
    const wrong = [
      [{ op: 'replace', path: '/version', value: 9 }],
      [{ op: 'replace', path: '/rule_id', value: 'rule_x' }],
      [{ op: 'remove', path: '/created_by' }],
      [{ op: 'remove', path: '/max_value' }],
      [{ op: 'replace', path: '', value: [] }],
      [{ op: 'add', path: '/max_valu', value: 5 }],
      [{ op: 'replace', path: '/nothing', value: 5 }],
      [{ op: 'replace', path: '/max_value', value: 'much' }],
      [{ op: 'replace', path: '/max_value' }],
      [{ op: 'replace', path: '/status', value: 'gone' }],
      [{ op: 'add', path: '/__proto__/x', value: 1 }],
      [
        { op: 'replace', path: '/max_value', value: 5 },
        { op: 'test', path: '/name', value: 'other' },
      ],
    ]
    for (const patch of wrong) {
      const { status } = await ask(server, `POST /rules/${id}/apply_patch`, { body: { patch, preview: false } })
      expect(status, JSON.stringify(patch)).toBe(422)
    }
    expect((await ask(server, `GET /rules/${id}`)).body).toMatchObject({ version: 1, max_value: 1000 })
  })

  it('pause, and take bounds away', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server, { min_value: 5 })
    const patch = [{ op: 'remove', path: '/min_value' }]
    await ask(server, `POST /rules/${id}/apply_patch`, { body: { patch, preview: false } })
    expect(await results(server, 1)).toEqual(['allowed'])
    const pause = [{ op: 'replace', path: '/status', value: 'paused' }]
    await ask(server, `POST /rules/${id}/apply_patch`, { body: { patch: pause, preview: false } })
    expect(await results(server, 1)).toEqual(['requires_approval'])
  })
})

describe('what is told of rules', () => {
  it('is what they did: from windows and decisions', async () => {
    const clock = fakeClock()
    await using server = serve({ clock })
    const { rule_id: id } = await made(server, { max_per_day: 3 })
    await results(server, 1, 1, 5000, 1, 1)
    await server.governor.decide({ id: 'dry', name: 'pay', input: {} }, { domain: 'payments' })
    const today = (await ask(server, `GET /rules/${id}`)).body
    expect(today).toMatchObject({ usage_today: 3, usage_total: 3, blocked_today: 2, blocked_total: 2 })
    expect(today).toMatchObject({ remaining_today: 0, last_used_at: new Date(clock.now()).toISOString() })
    clock.advance(24 * 3_600_000 + 60_000)
    await results(server, 1)
    const tomorrow = (await ask(server, `GET /rules/${id}`)).body
    expect(tomorrow).toMatchObject({ usage_today: 1, usage_total: 4, blocked_today: 0, blocked_total: 2 })
    expect(tomorrow.remaining_today).toBe(2)
  })

  it('is found by status and domain, page by page', async () => {
    await using server = serve()
    const first = await made(server)
    const second = await made(server, { domain: 'mail' })
    await made(server)
    await ask(server, `POST /rules/${first.rule_id}/pause`)
    const ids = async (query: string) =>
      (await ask(server, `GET /rules?${query}`)).body.map((item: any) => item.rule_id)
    expect(await ids('status=paused')).toEqual([first.rule_id])
    expect(await ids('domain=mail')).toEqual([second.rule_id])
    expect(await ids('limit=1&offset=1')).toEqual([second.rule_id])
    expect(await ids('status=active&domain=payments')).toHaveLength(1)
  })

  it('are domains that rules or decisions name, with the bounds that people wrote and no others', async () => {
    await using server = serve()
    await made(server, { max_value: 30 })
    await made(server, { max_value: 20, max_per_day: 9 })
    await pay(server, 1, { domain: 'mail' })
    await pay(server, 1, { domain: 'secret', tenant: 'other' })
    const { body } = await ask(server, 'GET /rules/domains', { as: 'agent-secret-of-the-tests' })
    expect(body).toMatchObject([
      { id: 'mail', max_per_day_default: null, max_value_default: null, decisions: 1, rules: 0 },
      { id: 'payments', max_per_day_default: 5, max_value_default: 20, decisions: 0, rules: 2 },
    ])
  })

  it('is what a rule would have done with the calls of the last day', async () => {
    await using server = serve({ policy: [rule('all', { effect: 'allow' })] })
    await results(server, 5, 50, 500, 5, 5)
    await pay(server, 5, { domain: 'mail' })
    const body = { ...RULE, max_value: 100, require_approval_above: 40, max_per_day: 2 }
    const tried = (await ask(server, 'POST /rules/dry-run', { as: 'agent-secret-of-the-tests', body })).body
    expect(tried).toMatchObject({ rule_id: null, dry_run: true, max_value: 100 })
    expect(tried.would_have).toEqual({ looked_at: 5, allowed: 2, requires_approval: 1, blocked: 2 })
    expect((await ask(server, 'GET /rules')).body).toEqual([])
  })

  it('is what they say of a call, which is neither counted nor held', async () => {
    await using server = serve()
    const { rule_id: id } = await made(server, { max_per_day: 1, require_approval_above: 10 })
    const say = async (body: object) =>
      (await ask(server, 'POST /rules/validate', { as: 'agent-secret-of-the-tests', body })).body
    for (let again = 0; again < 3; again++) {
      expect(await say({ action: 'pay', value: 5, rule_id: id })).toMatchObject({ allowed: true, dry_run: true })
    }
    const metadata = { domain: 'payments' }
    expect(await say({ action: 'pay', value: 50, metadata })).toMatchObject({
      allowed: false,
      result: 'requires_approval',
      blocked_by: `${id}:require_approval_above`,
    })
    expect(await say({ action: 'pay', value: 5000, metadata })).toMatchObject({ result: 'blocked' })
    expect((await ask(server, 'GET /approvals')).body).toEqual([])
    const unknown = await ask(server, 'POST /rules/validate/dry-run', { body: { action: 'pay', rule_id: 'rule_x' } })
    expect(unknown.status).toBe(404)
  })

  it('lets go of idempotency keys whose time is over, of this tenant all if that is said', async () => {
    const clock = fakeClock()
    const store = memoryStore()
    await using server = serve({ clock, store })
    const key = (id: string, expiresAt: number, tenant?: string) =>
      ({
        kind: 'idempotency',
        id,
        revision: 1,
        body: '{}',
        at: clock.now(),
        expiresAt,
        ...(tenant && { tenant }),
      }) as const
    const soon = clock.now() + 1000
    const documents = [key('a', soon), key('b', soon + 9e6), key('c', soon + 9e6, 'other')]
    await store.commit({ at: clock.now(), documents })
    clock.advance(2000)
    expect((await ask(server, 'POST /rules/admin/idempotency/purge', { as: 'agent-secret-of-the-tests' })).status).toBe(
      403,
    )
    expect((await ask(server, 'POST /rules/admin/idempotency/purge')).body).toEqual({ purged: 1 })
    expect((await ask(server, 'POST /rules/admin/idempotency/purge?only_expired=false')).body).toEqual({ purged: 1 })
    expect((await store.listDocuments({ kind: 'idempotency' }, clock.now())).map(({ id }) => id)).toEqual(['c'])
  })
})

interface Bounds {
  readonly max_per_day: number
  readonly max_value: number
  readonly min_value?: number | undefined
  readonly require_approval_above?: number | undefined
  readonly max_per_hour?: number | undefined
  readonly cooldown_seconds?: number | undefined
  readonly allowed_hours_start?: number | undefined
  readonly allowed_hours_end?: number | undefined
}
interface Call {
  readonly value: number
  readonly domain: string
  /** Since the call before. */
  readonly afterMs: number
}

const HOUR = 3_600_000
/** What a constraint means, as one would write it down without an engine. `before`: when calls of the domain were let through. */
const naive = (bounds: Bounds, { value }: Call, at: number, before: readonly number[]): string => {
  const within = (ms: number) => before.filter(earlier => at - earlier < ms).length
  const { allowed_hours_start: from = 0, allowed_hours_end: to = 24 } = bounds
  const hour = new Date(at).getUTCHours()
  const isOpen = from < to ? hour >= from && hour < to : hour >= from || hour < to
  const isBlocked =
    value > bounds.max_value ||
    value < (bounds.min_value ?? -Infinity) ||
    within(24 * HOUR) >= bounds.max_per_day ||
    within(HOUR) >= (bounds.max_per_hour ?? Infinity) ||
    within((bounds.cooldown_seconds ?? 0) * 1000) > 0 ||
    !isOpen
  if (isBlocked) return 'blocked'
  return value > (bounds.require_approval_above ?? Infinity) ? 'requires_approval' : 'allowed'
}

const SEVERITY = ['allowed', 'requires_approval', 'blocked']
const strictest = (found: readonly string[]): string =>
  found.toSorted((a, b) => SEVERITY.indexOf(b) - SEVERITY.indexOf(a))[0] ?? 'requires_approval'

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const bounds: fc.Arbitrary<Bounds & { domain: string }> = fc
  .record({
    domain: fc.constantFrom('payments', 'mail', '*'),
    max_per_day: fc.integer({ min: 0, max: 6 }),
    max_value: fc.integer({ min: 0, max: 100 }),
    min_value: optional(fc.integer({ min: -20, max: 20 })),
    require_approval_above: optional(fc.integer({ min: 0, max: 100 })),
    max_per_hour: optional(fc.integer({ min: 0, max: 4 })),
    cooldown_seconds: optional(fc.integer({ min: 0, max: 7200 })),
    allowed_hours_start: optional(fc.integer({ min: 0, max: 24 })),
    allowed_hours_end: optional(fc.integer({ min: 0, max: 24 })),
  })
  .filter(({ min_value: min = -Infinity, max_value: max }) => min <= max)
  .filter(({ allowed_hours_start: from = 0, allowed_hours_end: to = 24 }) => from !== to)
const call: fc.Arbitrary<Call> = fc.record({
  value: fc.integer({ min: -30, max: 120 }),
  domain: fc.constantFrom('payments', 'payments', 'mail'),
  afterMs: fc.oneof(fc.integer({ min: 0, max: 2 * HOUR }), fc.constantFrom(0, HOUR, 24 * HOUR)),
})

describe('a constraint', () => {
  it('means what one would write down without an engine, alone and beside others', { timeout: 60_000 }, async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.array(bounds, { minLength: 1, maxLength: 3 }),
        fc.array(call, { minLength: 1, maxLength: 25 }),
        async (constraints, calls) => {
          const clock = fakeClock()
          await using server = serve({ clock, audit: false })
          for (const body of constraints) await made(server, { require_approval_above: null, ...body })
          const through: Record<string, number[]> = {}
          for (const made of calls) {
            clock.advance(made.afterMs)
            const before = (through[made.domain] ??= [])
            const own = constraints.filter(({ domain }) => domain === '*' || domain === made.domain)
            const expected = strictest(own.map(one => naive(one, made, clock.now(), before)))
            const { decision } = await pay(server, made.value, made)
            expect(decision.result).toBe(expected)
            seen.add(expected)
            if (expected === 'allowed') before.push(clock.now())
          }
        },
      ),
      { numRuns: 150 },
    )
    expect([...seen].toSorted()).toEqual(SEVERITY.toSorted())
  })
})
