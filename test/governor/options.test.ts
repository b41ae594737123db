import { createGovernor, definePolicy, isGovernanceError, memoryStore, rule } from 'countersign'
import type { GovernorOptions, Scope } from 'countersign'
import { describe, expect, it } from 'vitest'
import { call, messageOf, testClock } from '../support/governing.js'

const KNOWN =
  'actor, domain, mode, failMode, policy, store, decisions, tools, unlisted, approvals, learning, outcomes, ledger, audit, resilience, inputs, onDecision, clock'
const APPROVALS =
  'approver, ttlMs, onExpiry, escalateTo, approvers, quorum, stages, publicKeys, clockSkewMs, toolSwitches, onApprovalRequired'
const PROFILE = 'action, domain, actor, value, target, metadata, annotations, reconcile, undo, redact'
const tool = (profile: unknown): unknown => ({ tools: { t: profile } })

const MISTAKES: readonly (readonly [unknown, string])[] = [
  [null, 'expected an object of options'],
  ['options', 'expected an object of options'],
  [{ failmode: 'closed' }, `Option \`failmode\`: unknown option; known are ${KNOWN}. Did you mean "failMode"?`],
  [{ polcy: [] }, `Option \`polcy\`: unknown option; known are ${KNOWN}. Did you mean "policy"?`],
  [{ xyzzy: [] }, `Option \`xyzzy\`: unknown option; known are ${KNOWN}.`],
  [{ actor: '' }, 'Option `actor`: expected a name'],
  [{ actor: 5 }, 'Option `actor`: expected a name'],
  [{ domain: 5 }, 'Option `domain`: expected a name'],
  [
    { mode: 'enforce' },
    'Option `mode`: expected "advisory", "review", "enforced"; found "enforce". Did you mean "enforced"?',
  ],
  [{ mode: null }, 'Option `mode`: expected "advisory", "review", "enforced"; found null.'],
  [{ failMode: 'close' }, 'Option `failMode`: expected "closed", "open"; found "close". Did you mean "closed"?'],
  [{ failMode: true }, 'Option `failMode`: expected "closed", "open"; found true.'],
  [{ failMode: null }, 'Option `failMode`: expected "closed", "open"; found null.'],
  [
    { failMode: { readonly: 'open' } },
    'Option `failMode.readonly`: unknown option; known are readOnly, destructive, default, tools. Did you mean "readOnly"?',
  ],
  [
    { failMode: { readOnly: 'opn' } },
    'Option `failMode.readOnly`: expected "closed", "open"; found "opn". Did you mean "open"?',
  ],
  [{ unlisted: 'permit' }, 'Option `unlisted`: expected "require_approval", "deny", "allow"; found "permit".'],
  [{ inputs: 'shown' }, 'Option `inputs`: expected "redacted", "visible"; found "shown".'],
  [{ store: {} }, 'Option `store`: expected a store such as memoryStore() or sqliteStore(path); `commit` is missing'],
  [{ store: null }, 'Option `store`: expected a store such as memoryStore() or sqliteStore(path); `commit` is missing'],
  [
    { store: { ...memoryStore(), killSwitches: undefined } },
    'Option `store`: expected a store such as memoryStore() or sqliteStore(path); `killSwitches` is missing',
  ],
  [{ decisions: {} }, 'Option `decisions`: expected an evaluator { evaluate(request, { signal }) }'],
  [{ decisions: null }, 'Option `decisions`: expected an evaluator { evaluate(request, { signal }) }'],
  [{ onDecision: 'log' }, 'Option `onDecision`: expected a function'],
  [{ clock: {} }, 'Option `clock`: expected a clock { now, after }'],
  [{ clock: { now: Date.now } }, 'Option `clock`: expected a clock { now, after }'],
  [{ resilience: null }, 'Option `resilience`: expected { deadlineMs? }'],
  [
    { resilience: { deadline: 5 } },
    'Option `resilience.deadline`: unknown option; known are deadlineMs. Did you mean "deadlineMs"?',
  ],
  [{ resilience: { deadlineMs: 0 } }, 'Option `resilience.deadlineMs`: expected milliseconds above 0'],
  [{ resilience: { deadlineMs: '5' } }, 'Option `resilience.deadlineMs`: expected milliseconds above 0'],
  [{ resilience: { deadlineMs: Number.NaN } }, 'Option `resilience.deadlineMs`: expected milliseconds above 0'],
  [{ outcomes: null }, 'Option `outcomes`: expected meanings by the word of an outcome'],
  [
    { outcomes: { REFUNDED: 'god' } },
    'Option `outcomes.REFUNDED`: expected "good", "bad", "none"; found "god". Did you mean "good"?',
  ],
  [{ ledger: null }, 'Option `ledger`: expected { leaseMs? }'],
  [{ ledger: { lease: 5 } }, 'Option `ledger.lease`: unknown option; known are leaseMs. Did you mean "leaseMs"?'],
  [{ ledger: { leaseMs: 0 } }, 'Option `ledger.leaseMs`: expected milliseconds above 0'],
  [{ approvals: null }, 'Option `approvals`: expected an object of options'],
  [{ approvals: { approver: 'chat' } }, 'Option `approvals.approver`: expected "chat-user", "inbox"; found "chat".'],
  [
    { approvals: { ttl: 5 } },
    `Option \`approvals.ttl\`: unknown option; known are ${APPROVALS}. Did you mean "ttlMs"?`,
  ],
  [{ approvals: { ttlMs: 0 } }, 'Option `approvals.ttlMs`: expected milliseconds above 0'],
  [{ approvals: { ttlMs: Number.POSITIVE_INFINITY } }, 'Option `approvals.ttlMs`: expected milliseconds above 0'],
  [
    { approvals: { onExpiry: 'approve' } },
    'Option `approvals.onExpiry`: expected "reject", "escalate"; found "approve".',
  ],
  [
    { approvals: { onExpiry: 'escalate' } },
    'Option `approvals.escalateTo`: expected a list of names that is not empty, because `onExpiry` is "escalate"',
  ],
  [{ approvals: { approvers: [] } }, 'Option `approvals.approvers`: expected a list of names that is not empty'],
  [{ approvals: { approvers: 'ann' } }, 'Option `approvals.approvers`: expected a list of names that is not empty'],
  [{ approvals: { quorum: 0 } }, 'Option `approvals.quorum`: expected a whole number of 1 or more'],
  [{ approvals: { quorum: 1.5 } }, 'Option `approvals.quorum`: expected a whole number of 1 or more'],
  [
    { approvals: { approvers: ['ann', 'ann'], quorum: 2 } },
    'Option `approvals.quorum`: expected at most 1, as many as there are `approvers`',
  ],
  [
    { approvals: { stages: [] } },
    'Option `approvals.stages`: expected a list of { approvers?, quorum? } that is not empty',
  ],
  [
    { approvals: { stages: [{ quorm: 1 }] } },
    'Option `approvals.stages.0.quorm`: unknown option; known are approvers, quorum. Did you mean "quorum"?',
  ],
  [
    { approvals: { stages: [{}, { approvers: ['ann'], quorum: 2 }] } },
    'Option `approvals.stages.1.quorum`: expected at most 1, as many as there are `approvers`',
  ],
  [
    { approvals: { stages: [{}], quorum: 2 } },
    'Option `approvals.stages`: expected either `stages`, or `approvers` and `quorum`',
  ],
  [{ approvals: { clockSkewMs: -1 } }, 'Option `approvals.clockSkewMs`: expected milliseconds of 0 or more'],
  [
    { approvals: { toolSwitches: { refund: [] } } },
    'Option `approvals.toolSwitches.refund`: expected a list of names that is not empty',
  ],
  [{ approvals: { onApprovalRequired: true } }, 'Option `approvals.onApprovalRequired`: expected a function'],
  [tool({ reconcile: 'later' }), 'Option `tools.t.reconcile`: expected a function'],
  [tool({ undo: true }), 'Option `tools.t.undo`: expected a function'],
  [{ tools: null }, 'Option `tools`: expected tool profiles by name'],
  [{ tools: 'refund' }, 'Option `tools`: expected tool profiles by name'],
  [tool(null), 'Option `tools.t`: expected a tool profile'],
  [tool('profile'), 'Option `tools.t`: expected a tool profile'],
  [tool({ vlaue: 5 }), `Option \`tools.t.vlaue\`: unknown option; known are ${PROFILE}. Did you mean "value"?`],
  [tool({ value: 'amount' }), 'Option `tools.t.value`: expected a finite number or a function'],
  [tool({ value: Number.NaN }), 'Option `tools.t.value`: expected a finite number or a function'],
  [tool({ action: 5 }), 'Option `tools.t.action`: expected a text or a function'],
  [tool({ actor: null }), 'Option `tools.t.actor`: expected a text or a function'],
  [tool({ domain: {} }), 'Option `tools.t.domain`: expected a text or a function'],
  [tool({ target: 5 }), 'Option `tools.t.target`: expected a text or a function'],
  [tool({ metadata: 'eu' }), 'Option `tools.t.metadata`: expected an object or a function'],
  [tool({ metadata: [] }), 'Option `tools.t.metadata`: expected an object or a function'],
  [
    tool({ annotations: null }),
    'Option `tools.t.annotations`: expected { readOnly?, destructive?, idempotent?, openWorld? }',
  ],
  [
    tool({ annotations: { readonly: true } }),
    'Option `tools.t.annotations.readonly`: unknown option; known are readOnly, destructive, idempotent, openWorld. Did you mean "readOnly"?',
  ],
  [tool({ annotations: { readOnly: 'yes' } }), 'Option `tools.t.annotations.readOnly`: expected true or false'],
  [tool({ redact: 'card' }), 'Option `tools.t.redact`: expected a list of paths or a function'],
  [tool({ redact: [5] }), 'Option `tools.t.redact`: expected a list of paths or a function'],
  [tool({ redact: [''] }), 'Option `tools.t.redact`: expected a list of paths or a function'],
  [
    { policy: { ruls: [] } },
    'ruls: unknown key, expected version, name, description, rules, $schema. Did you mean "rules"?',
  ],
  [
    { policy: [{ id: 'r', effect: 'denny' }] },
    'rules[0].effect: expected one of allow, deny, require_approval; found "denny". Did you mean "deny"?',
  ],
  [{ policy: 'no/such/policy.yaml' }, 'no/such/policy.yaml: cannot be read (ENOENT)'],
]

describe('options', () => {
  it.each(MISTAKES)('%o are refused at start-up', (options, message) => {
    expect(messageOf(() => createGovernor(options as GovernorOptions))).toBe(message)
  })

  it('are refused with an error that programs can recognise', () => {
    try {
      createGovernor({ mode: 'x' as never })
      expect.unreachable()
    } catch (error) {
      expect(isGovernanceError(error, 'invalid-option')).toBe(true)
    }
  })

  it('have defaults: enforced, closed, asking about what is unlisted', async () => {
    const governor = createGovernor({ store: memoryStore() })
    expect(await governor.decide(call('t'))).toMatchObject({
      actor: 'AI_AGENT',
      mode: 'enforced',
      result: 'requires_approval',
      policy: { name: 'policy' },
      evaluator: 'local',
    })
    expect(await governor.decide(call('t'))).not.toHaveProperty('domain')
  })

  it('that are undefined are as if they were not there', () => {
    const options = Object.fromEntries(KNOWN.split(', ').map(key => [key, undefined]))
    expect(() => createGovernor(options as GovernorOptions)).not.toThrow()
  })

  it('take a policy in each of its spellings', async () => {
    const rules = [rule('r', { effect: 'deny' })]
    const spellings: NonNullable<GovernorOptions['policy']>[] = [
      rules,
      { rules },
      definePolicy({ rules }),
      { name: 'x', version: 1, rules, $schema: 'https://…', description: 'd' },
    ]
    for (const policy of spellings) {
      const governor = createGovernor({ store: memoryStore(), policy })
      expect((await governor.decide(call('t'))).result).toBe('blocked')
    }
  })

  it('take no look-alike of a compiled policy', () => {
    const fake = { ...definePolicy({ rules: [] }) } as unknown as GovernorOptions['policy']
    expect(
      messageOf(() => createGovernor({ store: memoryStore(), ...(fake === undefined ? {} : { policy: fake }) })),
    ).toMatch(/^rulesFor: unknown key|^rules: |unknown key/)
  })
})

describe('a session', () => {
  it.each<[unknown, string]>([
    [
      { tennant: 'acme' },
      'Option `session.tennant`: unknown option; known are actor, domain, user, tenant, sessionId, traceId, model. Did you mean "tenant"?',
    ],
    [{ tenant: 5 }, 'Option `session.tenant`: expected a name'],
    [null, 'Option `session`: expected a scope'],
    [undefined, 'Option `session`: expected a scope'],
  ])('of %j is refused', (scope, message) => {
    const governor = createGovernor({ store: memoryStore() })
    expect(messageOf(() => governor.session(scope as Scope))).toBe(message)
  })

  it('narrows what it says, keeps what it does not, and gives way to the call', async () => {
    const governor = createGovernor({
      store: memoryStore(),
      clock: testClock(),
      actor: 'bot',
      domain: 'd',
      tools: { t: { domain: 'by-profile' } },
    })
    const outer = governor.session({ user: 'ann', tenant: 'acme', sessionId: 's', model: undefined })
    const inner = outer.session({ user: 'bob', actor: 'sub-agent', model: 'm' })
    expect(await inner.decide(call('u'))).toMatchObject({
      user: 'bob',
      tenant: 'acme',
      sessionId: 's',
      actor: 'sub-agent',
      domain: 'd',
      model: 'm',
    })
    expect(await inner.decide(call('u'), { user: 'eve', traceId: 'own' })).toMatchObject({
      user: 'eve',
      traceId: 'own',
    })
    expect(await inner.decide(call('t'))).toMatchObject({ domain: 'by-profile' })
    expect(await outer.decide(call('u'))).toMatchObject({ user: 'ann', actor: 'bot' })
  })

  it('shares limits, decisions and switches with its governor', async () => {
    const governor = createGovernor({
      store: memoryStore(),
      policy: [
        rule('any', { effect: 'allow' }),
        rule('l', { effect: 'deny', limit: { count: 'calls', per: 'actor', window: '1h', max: 1 } }),
      ],
    })
    expect((await governor.session({ sessionId: 'a' }).run(call('t'), () => 1)).status).toBe('executed')
    expect((await governor.session({ sessionId: 'b' }).run(call('t'), () => 1)).status).toBe('blocked')
    expect(await governor.decisions.list()).toHaveLength(2)
    expect(await governor.decisions.list({ sessionId: 'b' })).toHaveLength(1)
  })
})
