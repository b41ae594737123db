import * as fc from 'fast-check'
import { definePolicy, parsePolicy } from 'countersign'
import type { EvaluationRequest, PatchStep, Rule } from 'countersign'
import { describe, expect, it } from 'vitest'
import { Observations } from '../../../src/learn/insight/observations.js'
import { changeRules } from '../../../src/learn/insight/tuning/patch.js'
import { policyText } from '../../../src/learn/insight/tuning/policy-text.js'
import { recut, type TuningScope, type WrittenRule } from '../../../src/learn/insight/tuning/recut.js'
import { approvedRange } from '../../../src/learn/insight/tuning/threshold.js'
import { runs } from '../../support/governing.js'
import { chance } from './support.js'

const tiesOf = (values: readonly (readonly [number, boolean])[]) => {
  const observations = new Observations()
  for (const [value, isBad] of values) observations.add(value, isBad)
  return observations.ties()
}

describe('the value up to which people approve', () => {
  it('takes as many approvals as the bound needs, and goes as far as they do', () => {
    const approved = (n: number) => Array.from({ length: n }, (_, index) => [index, false] as const)
    expect(approvedRange(tiesOf(approved(58)), 0.05, 0.95)).toBeUndefined()
    expect(approvedRange(tiesOf(approved(59)), 0.05, 0.95)).toEqual({ from: 0, to: 58, n: 59, bad: 0 })
    expect(approvedRange(tiesOf(approved(300)), 0.05, 0.95)).toMatchObject({ to: 299, n: 300 })
    expect(approvedRange([], 0.05, 0.95)).toBeUndefined()
  })

  it('ends before refusals add up', () => {
    const values = Array.from({ length: 400 }, (_, index) => [index, index >= 200 && index % 2 === 0] as const)
    const found = approvedRange(tiesOf(values), 0.05, 0.95)
    expect(found?.to).toBeGreaterThan(195)
    expect(found?.to).toBeLessThan(212)
  })

  it('is found where people refuse too often in no more than 5 % of pasts, however many values are tried', () => {
    const next = chance(11)
    let wrong = 0
    for (let past = 0; past < 600; past++) {
      const values = Array.from({ length: 200 }, () => [next(), next() < 0.0501] as const)
      if (approvedRange(tiesOf(values), 0.05, 0.95) !== undefined) wrong++
    }
    expect(wrong / 600).toBeLessThan(0.075)
    expect(wrong).toBeGreaterThan(0)
  })
})

const names = fc.constantFrom('refund', 'mail', 'other')
const request = fc
  .record({
    tool: names,
    actor: fc.constantFrom('a', 'b'),
    domain: fc.constantFrom('shop', 'bank', undefined),
    tenant: fc.constantFrom('acme', 'zeta', undefined),
    amount: fc.integer({ min: 0, max: 20 }),
  })
  .map(
    ({ tool, actor, domain, tenant, amount }) =>
      ({
        tool,
        actor,
        domain,
        input: { amount },
        annotations: {},
        metadata: {},
        session: { tenant, id: undefined, user: undefined, model: undefined, traceId: '' },
      }) as unknown as EvaluationRequest,
  )
const list = (...lists: string[][]) => fc.constantFrom(undefined, ...lists)
const written = fc
  .record({
    tools: list(['refund'], ['refund', 'mail'], ['*'], ['re*'], ['!other']),
    actors: list(['a'], ['!b'], ['a', 'b']),
    domains: list(['shop'], ['!bank']),
    when: fc.constantFrom(
      undefined,
      { 'input.amount': { gt: 10 } },
      { 'session.tenant': { in: ['acme', 'zeta'] } },
      { 'session.tenant': { notIn: ['zeta'] }, 'input.amount': { gte: 5 } },
      { 'session.tenant': 'acme' },
    ),
  })
  .map((fields): WrittenRule => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    return Object.assign(Object.fromEntries(given), { id: 'r', effect: 'require_approval' } as const)
  })
const scope = fc
  .record(
    {
      tool: names,
      actor: fc.constantFrom('a', 'b'),
      domain: fc.constantFrom('shop', 'bank'),
      tenant: fc.constant('acme'),
    },
    { requiredKeys: ['tool'] },
  )
  .map(found => found as TuningScope)

const speaks = (rules: readonly Rule[], asked: EvaluationRequest): boolean[] => {
  const policy = definePolicy({ rules: rules.map((rule, index) => ({ ...rule, id: `r-${index}` })) })
  const applying = policy.rulesFor(asked.tool).filter(compiled => compiled.applies(asked))
  return rules.map((_, index) => applying.some(({ id }) => id === `r-${index}`))
}
const isIn = ({ tool, actor, domain, session }: EvaluationRequest, within: TuningScope): boolean =>
  tool === within.tool &&
  (within.actor ?? actor) === actor &&
  (within.domain ?? domain) === domain &&
  (within.tenant ?? session.tenant) === session.tenant

describe('a rule that is cut in two', () => {
  it('speaks of the same calls as before, of each once, and its cell of those of the scope alone', () => {
    fc.assert(
      fc.property(written, scope, request, (rule, within, asked) => {
        // It is only ever asked of a rule that has spoken of a call of the scope.
        const calls = ['a', 'b'].flatMap(actor =>
          ['shop', 'bank', undefined].flatMap(domain =>
            ['acme', 'zeta', undefined].map(tenant => {
              const session = Object.assign({}, asked.session, { tenant })
              return Object.assign({}, asked, { tool: within.tool, actor, domain, session, input: { amount: 20 } })
            }),
          ),
        )
        fc.pre(calls.some(call => isIn(call, within) && speaks([rule], call)[0] === true))
        const { rest, cell } = recut(rule, within)
        const [before] = speaks([rule], asked)
        const parts = speaks([...rest, cell], asked)
        expect(parts.filter(Boolean)).toHaveLength(before === true ? 1 : 0)
        expect(parts.at(-1)).toBe(before === true && isIn(asked, within))
      }),
      runs(500),
    )
  })
})

describe('a change of rules', () => {
  /** As RFC 6902 has it, for what patches are made of here. */
  const patched = (rules: readonly Rule[], patch: readonly PatchStep[]): unknown => {
    // Not a structured clone, which keeps two rules that share a condition sharing it.
    const document = JSON.parse(JSON.stringify({ rules })) as Record<string, unknown>
    for (const step of patch) {
      const keys = step.path
        .slice(1)
        .split('/')
        .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
      const last = keys.pop() ?? ''
      const parent = keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, document)
      if (step.op === 'remove') delete parent[last]
      else if (last === '-') (parent as unknown as unknown[]).push(structuredClone(step.value))
      else parent[last] = structuredClone(step.value)
    }
    return document['rules']
  }

  it('is what its patch makes of the rules', () => {
    fc.assert(
      fc.property(fc.array(written, { minLength: 1, maxLength: 4 }), scope, fc.nat(3), (bare, within, index) => {
        const rules = bare.map((rule, at) => ({ ...rule, id: `r-${at}` }))
        const at = index % rules.length
        const { rest, cell } = recut(rules[at] as WrittenRule, within)
        const denied: WrittenRule = { ...cell, effect: 'deny', when: { ...cell.when, 'input.a/b~c': { eq: 1 } } }
        const change = changeRules(rules, at, [...rest, denied])
        expect(patched(rules, change.patch)).toEqual(change.rules)
        expect(new Set(change.rules.map(({ id }) => id)).size).toBe(change.rules.length)
        expect(definePolicy({ rules: change.rules }).rules).toEqual(change.rules)
        expect(change.changed.length).toBeGreaterThan(0)
      }),
      runs(300),
    )
  })

  it('adds at the end where it replaces nothing, under a name that is free', () => {
    const rules: Rule[] = [{ id: 'a', effect: 'deny' }]
    const { patch } = changeRules(rules, undefined, [{ id: 'a', effect: 'allow' }])
    expect(patch).toEqual([{ op: 'add', path: '/rules/-', value: { id: 'a-2', effect: 'allow' } }])
  })
})

describe('policy text', () => {
  it('is read back as the rules it was written from', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }).filter(found => found.isWellFormed()),
      fc.constantFrom('no', 'true', '1e3', '- a', 'a: b', '#', "it's", '"', '\u2028', '~', 'input.amount', ' x '),
    )
    const rule = fc.record({
      id: text,
      tools: fc.array(
        text.filter(name => name !== '!'),
        { minLength: 1 },
      ),
      limit: fc.double({ noNaN: true, noDefaultInfinity: true }),
      tenant: text,
    })
    fc.assert(
      fc.property(rule, ({ id, tools, limit, tenant }) => {
        const rules: Rule[] = [
          { id, tools, when: { 'input.amount': { gt: limit }, 'session.tenant': tenant }, effect: 'deny', hard: true },
        ]
        // Minus zero is written as zero, in JSON as here.
        expect(parsePolicy(policyText(rules)).rules).toEqual(JSON.parse(JSON.stringify(rules)))
      }),
      runs(500),
    )
  })

  it('looks as one would write it', () => {
    const rules: Rule[] = [
      {
        id: 'big-refund',
        tools: ['refund'],
        when: { 'input.amount': { gt: 500 } },
        effect: 'require_approval',
        reason: 'over 500',
      },
    ]
    expect(policyText(rules)).toBe(
      'rules:\n  - { id: big-refund, tools: [refund], when: { input.amount: { gt: 500 } }, effect: require_approval, reason: "over 500" }\n',
    )
  })
})
