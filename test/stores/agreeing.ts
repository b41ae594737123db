import { hash } from 'node:crypto'
import type { Commit, KillSwitch, Store } from 'countersign'
import * as fc from 'fast-check'

// Few of everything, so that what is asked meets what is there.
const NAMES = ['a', 'b', 'c'] as const
const WINDOWS = { a: 5, b: 10, c: 40 } as const
const STATUSES = ['claimed', 'started', 'succeeded', 'failed', 'unknown'] as const
const name = fc.constantFrom(...NAMES)
const revision = fc.integer({ min: 0, max: 4 })
const small = fc.integer({ min: 0, max: 9 })

const decision = fc.record(
  {
    id: name,
    at: small,
    result: name,
    tool: name,
    actor: name,
    findings: fc.constant([]),
    reason: name,
    tenant: name,
    sessionId: name,
  },
  { requiredKeys: ['id', 'at', 'result', 'tool', 'actor', 'findings', 'reason'] },
)
const execution = fc.record(
  { decisionId: name, status: fc.constantFrom('executed', 'tool_error'), at: small, durationMs: small, error: name },
  { requiredKeys: ['decisionId', 'status', 'at', 'durationMs'] },
)
const approval = fc.record(
  {
    id: name,
    revision,
    key: name,
    policyVersion: name,
    decisionId: name,
    status: fc.constantFrom('pending', 'approved', 'rejected', 'consumed'),
    actor: name,
    call: fc.record({ id: name, name, input: name }),
    votes: fc.array(fc.record({ by: name }), { maxLength: 1 }),
    tenant: name,
    sessionId: name,
  },
  { requiredKeys: ['id', 'revision', 'key', 'policyVersion', 'decisionId', 'status', 'actor', 'call', 'votes'] },
)
const receipt = fc.record(
  {
    key: name,
    revision,
    decisionId: name,
    status: fc.constantFrom(...STATUSES),
    tool: name,
    tenant: name,
    sessionId: name,
  },
  { requiredKeys: ['key', 'revision', 'decisionId', 'status', 'tool'] },
)
const grant = fc.record(
  {
    id: name,
    revision,
    tool: name,
    actor: name,
    uses: small,
    maxUses: small,
    expiresAt: small,
    tenant: name,
    revoked: name,
  },
  { requiredKeys: ['id', 'revision', 'tool', 'actor', 'uses', 'maxUses', 'expiresAt'] },
)
const spend = fc.record({ key: name, amount: small, max: fc.integer({ min: 0, max: 20 }) })
const draft = fc.record(
  { body: fc.string(), decisionId: name, personal: fc.constantFrom('{"user":1,"reason":2}', '{"reason":3}') },
  { requiredKeys: ['body'] },
)
const entries = fc.array(draft, { maxLength: 3 })
const time = fc.integer({ min: 0, max: 40 })
const item = fc.record({
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  destination: name,
  kind: name,
  decisionId: name,
  body: fc.string(),
  at: time,
})

const lesson = fc.record(
  { decisionId: name, tenant: name, kind: fc.constantFrom('case', 'label'), body: fc.string(), at: time },
  { requiredKeys: ['decisionId', 'kind', 'body', 'at'] },
)

const commit = fc.record(
  {
    kind: fc.constant('commit' as const),
    decision,
    execution,
    outcome: fc.record({ id: name, decisionId: name, status: name, at: small }),
    spends: fc.uniqueArray(spend, { maxLength: 2, selector: ({ key }) => key }),
    approval,
    receipt,
    grant,
    lessons: fc.array(lesson, { maxLength: 3 }),
    outbox: fc.array(item, { maxLength: 3 }),
    entries,
  },
  { requiredKeys: ['kind'] },
)
const scope = { tool: name, tenant: name }
/** Something a store is told. */
const step = fc.oneof(
  { weight: 9, arbitrary: commit },
  fc.record({
    kind: fc.constant('erase' as const),
    decisionId: name,
    fields: fc.subarray(['user', 'reason', 'input']),
  }),
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), destination: name, until: time, limit: small }),
  },
  fc.record(
    { kind: fc.constant('learn' as const), after: fc.integer({ min: -1, max: 60 }), limit: fc.integer({ max: 9 }) },
    { requiredKeys: ['kind', 'after'] },
  ),
  fc.record({
    kind: fc.constant('save' as const),
    name,
    seq: small,
    bytes: fc.uint8Array({ maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('settle' as const),
    done: fc.array(
      item.map(({ id }) => id),
      { maxLength: 2 },
    ),
    later: fc.array(fc.record({ id: item.map(({ id }) => id), due: time }), { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant('on' as const), by: name, ...scope }, { requiredKeys: ['kind', 'by'] }),
  fc.record({ kind: fc.constant('off' as const), ...scope }, { requiredKeys: ['kind'] }),
)
export type Step = typeof step extends fc.Arbitrary<infer STEP> ? STEP : never

/** What a store is told, one thing after another. */
export const steps = (maxLength: number): fc.Arbitrary<readonly Step[]> =>
  fc.array(step, { minLength: 1, maxLength }).map(sameThings)

/** What a record is about stays as it was first said: no revision changes it, and stores need not look whether one does. */
function sameThings(told: readonly Step[]): readonly Step[] {
  const known = new Map<string, object>()
  const asFirst = <RECORD extends object>(id: string, record: RECORD, facts: readonly (keyof RECORD)[]): RECORD => {
    const isFact = ([field]: [string, unknown]): boolean => facts.includes(field as keyof RECORD)
    const fields = Object.entries(record)
    if (!known.has(id)) known.set(id, Object.fromEntries(fields.filter(isFact)))
    const others = Object.fromEntries(fields.filter(field => !isFact(field)))
    return Object.assign(others, known.get(id)) as RECORD
  }
  return told.map(item => {
    if (item.kind !== 'commit') return item
    const { approval: a, receipt: r, grant: g } = item
    return {
      ...item,
      ...(a && { approval: asFirst(`approval ${a.id}`, a, ['decisionId', 'call', 'actor', 'tenant', 'sessionId']) }),
      ...(r && { receipt: asFirst(`receipt ${r.key}`, r, ['tool', 'tenant', 'sessionId']) }),
      ...(g && { grant: asFirst(`grant ${g.id}`, g, ['tool', 'actor', 'tenant']) }),
    }
  })
}

const seal = (text: string): string => hash('sha256', text)
const audit = { seal, entries: [{ body: 'a fact' }] }

/** What a store answers, or that it refused: at once where it does so at once. */
export function tell(store: Store, item: Step, at: number): unknown {
  try {
    switch (item.kind) {
      case 'commit':
        return store.commit(commitOf(item, at))
      case 'erase':
        return store.erase(item, audit)
      case 'claim':
        return store.claimOutbox({ ...item, at })
      case 'learn':
        return store.readLessons(item)
      case 'save':
        return store.saveSnapshot(item)
      case 'settle':
        return store.settleOutbox(item)
      case 'on':
        return store.activateKillSwitch({ ...item, reason: 'incident', at }, audit)
      case 'off':
        return store.deactivateKillSwitch(item, audit)
    }
  } catch {
    return 'refused'
  }
}

function commitOf({ entries, spends, ...records }: Extract<Step, { kind: 'commit' }>, at: number): Commit {
  return {
    ...records,
    at,
    ...(spends && { spends: spends.map(item => Object.assign({ windowMs: WINDOWS[item.key] }, item)) }),
    ...(entries && { audit: { seal, entries } }),
  } as unknown as Commit
}

/** Whatever can be read of a store. */
export async function everything(store: Store, at: number): Promise<unknown> {
  const found = NAMES.map(async value => [
    await store.getDecision(value),
    await store.listDecisions({ tool: value }),
    await store.listDecisions({ tenant: value, before: 'a' }),
    await store.getApproval(value),
    await store.findApproval(value),
    await store.findApproval(value, 'a'),
    await store.listApprovals({ callId: value }),
    await store.listApprovals({ sessionId: value, status: 'pending' }),
    await store.getReceipt(value),
    await store.listReceipts({ tool: value, before: 'b' }),
    await store.getGrant(value),
    await store.listGrants({ actor: value, liveAt: 4 }),
    await store.readAudit({ decisionId: value }),
  ])
  return {
    found: await Promise.all(found),
    decisions: await store.listDecisions({}),
    approvals: await store.listApprovals({}),
    receipts: await Promise.all(STATUSES.map(async status => store.listReceipts({ status }))),
    grants: await store.listGrants({}),
    audit: await store.readAudit({}),
    lessons: await store.readLessons({ after: 0 }),
    snapshots: await Promise.all(NAMES.map(async learner => store.loadSnapshot(learner))),
    waiting: await Promise.all(NAMES.map(async destination => store.countOutbox(destination))),
    switches: (await store.killSwitches()).toSorted((a, b) => scopeOf(a).localeCompare(scopeOf(b))),
    held: await store.readWindows(
      NAMES.map(key => ({ key, windowMs: WINDOWS[key], amount: 0, max: 0 })),
      at,
    ),
  }
}

const scopeOf = ({ tool, tenant }: KillSwitch): string => JSON.stringify([tool, tenant])
