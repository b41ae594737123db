import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { definePolicy, parsePolicy } from 'countersign'
import type { PolicyDocument } from 'countersign'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runs, SUPPORT_DESK } from '../support/governing.js'

const text = readFileSync(new URL('../../schema/policy.schema.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as { readonly $defs: Readonly<Record<string, unknown>> }
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(document)

const bySchema = (policy: unknown): boolean => validate(policy)
/** What the compiler says of a policy: nothing when it takes it. */
const byCompiler = (policy: unknown): string => {
  try {
    definePolicy(policy as PolicyDocument)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

/** What a JSON Schema cannot express; the compiler alone refuses it. */
const INEXPRESSIBLE = [
  / ids are unique; /, // that no two rules have one id
  /: bad pattern: /, // that a text is a regular expression of RE2
  /: `from` and `to` are the same/, // that two fields differ
  /: expected an IANA time zone /, // which time zones there are
  /^rules\[\d+\]\.reason: /, // paths inside of a text
  /: expected a JSON value; /, // how deep a value to compare with may be
]

const name = fc.constantFrom('refund', 're*', '!mail', '*', 'a.b')
const names = fc.array(name, { minLength: 1, maxLength: 3 })
const path = fc.constantFrom(
  'input.amount',
  'input',
  'input.a.0.b',
  'metadata.region',
  'value',
  'target',
  'session.user',
  'tool',
)
const condition = fc.oneof(
  fc.constantFrom(1, 'a', true, null),
  fc.record(
    {
      eq: fc.jsonValue({ maxDepth: 2 }),
      in: fc.array(fc.integer(), { maxLength: 2 }),
      gt: fc.integer(),
      lte: fc.double({ noNaN: true, noDefaultInfinity: true }),
      matches: fc.constantFrom('/a/', '/a/im', '/a/b/'),
      startsWith: fc.string({ maxLength: 2 }),
      exists: fc.boolean(),
    },
    { requiredKeys: ['eq'] },
  ),
)
const window = fc.constantFrom<unknown>('1m', '24h', '1.5d', 5000)
const per = fc.constantFrom('actor', 'session', 'tenant')
const limit = fc.oneof(
  fc.record({ count: fc.constant('calls'), per, window, max: fc.nat() }),
  fc.record({ sum: path, per, window, max: fc.nat() }),
)
const hours = fc.record(
  {
    from: fc.constantFrom('09:00', '22:30'),
    to: fc.constantFrom('17:00', '24:00'),
    days: fc.constant(['mon', 'sun']),
    timeZone: fc.constant('Europe/Berlin'),
  },
  { requiredKeys: ['from', 'to'] },
)
const rule = fc.record(
  {
    id: fc.string({ minLength: 1, maxLength: 4 }),
    effect: fc.constantFrom('allow', 'deny', 'require_approval'),
    tools: names,
    actors: names,
    domains: names,
    targets: names,
    models: names,
    annotations: fc.record({ readOnly: fc.boolean(), openWorld: fc.boolean() }, { requiredKeys: [] }),
    when: fc.dictionary(path, condition, { minKeys: 1, maxKeys: 3 }),
    limit,
    during: hours,
    outside: hours,
    reason: fc.constantFrom('because', 'of {input.amount}'),
    hard: fc.boolean(),
    autonomy: fc.boolean(),
  },
  { requiredKeys: ['id', 'effect'] },
)
const policy = fc.record(
  {
    version: fc.constant(1),
    name: fc.constant('p'),
    description: fc.constant('d'),
    $schema: fc.constant('s'),
    rules: fc.array(rule, { maxLength: 3 }),
  },
  { requiredKeys: ['rules'] },
)

/** Every place in a document. */
const placesIn = (value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] =>
  typeof value !== 'object' || value === null
    ? [at]
    : [
        at,
        ...Object.entries(value).flatMap(([key, item]) =>
          placesIn(item, [...at, Array.isArray(value) ? Number(key) : key]),
        ),
      ]

/** The document with something done to one place: replaced, removed, or a key misspelt. */
const broken = (value: unknown, at: readonly (string | number)[], how: Breakage): unknown => {
  const [key, ...rest] = at
  if (key === undefined) return how.kind === 'replace' ? how.by : value
  const inner = (value as Record<string | number, unknown>)[key]
  if (Array.isArray(value))
    return rest.length === 0 && how.kind === 'remove'
      ? value.toSpliced(Number(key), 1)
      : value.with(Number(key), broken(inner, rest, how))
  const entries = Object.entries(value as object).flatMap(([name, item]): [string, unknown][] => {
    if (name !== key) return [[name, item]]
    if (rest.length > 0 || how.kind === 'replace') return [[name, broken(item, rest, how)]]
    return how.kind === 'remove' ? [] : [[`${name}x`, item]]
  })
  return Object.fromEntries(entries)
}
type Breakage = { readonly kind: 'remove' | 'misspell' } | { readonly kind: 'replace'; readonly by: unknown }
const breakage = fc.oneof(
  fc.constantFrom<Breakage>({ kind: 'remove' }, { kind: 'misspell' }),
  fc
    .oneof(
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom<unknown>(
        '',
        '!',
        0,
        -1,
        2,
        [],
        {},
        null,
        '1m',
        '0s',
        '9:00',
        '25:00',
        'a..b',
        'deny',
        'allow',
        true,
        'UTC',
        '/x/',
      ),
    )
    .map((by): Breakage => ({ kind: 'replace', by })),
)

describe('the published JSON Schema', () => {
  it('takes the policy of the documentation', () => {
    expect(bySchema(parse(SUPPORT_DESK))).toBe(true)
    expect(() => parsePolicy(SUPPORT_DESK)).not.toThrow()
  })

  it('and the compiler take and refuse the same documents, but for what a schema cannot express', () => {
    let refused = 0
    fc.assert(
      fc.property(policy, fc.array(fc.tuple(fc.nat(), breakage), { maxLength: 2 }), (whole, breakages) => {
        let given: unknown = whole
        for (const [index, how] of breakages) {
          const places = placesIn(given)
          given = broken(given, places[index % places.length] ?? [], how)
        }
        const message = byCompiler(given)
        if (message !== '') refused++
        if (INEXPRESSIBLE.some(pattern => pattern.test(message))) return
        expect([bySchema(given), message]).toEqual([message === '', message])
      }),
      runs(4000),
    )
    expect(refused).toBeGreaterThan(10)
  })

  it('says of every property what it is', () => {
    const undescribed: string[] = []
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, item] of Object.entries(value)) {
        const here = `${at}/${key}`
        if (
          at.endsWith('/properties') &&
          !at.includes('/anyOf/') &&
          !Object.hasOwn(item as object, 'description') &&
          !Object.hasOwn(item as object, '$ref')
        )
          undescribed.push(here)
        visit(item, here)
      }
    }
    visit(document, '')
    expect(undescribed).toEqual([])
  })

  it('knows every key that the compiler knows', () => {
    const keysIn = (message: string): string[] => (/expected (.*?)(?:;|\.(?: |$))/.exec(message)?.[1] ?? '').split(', ')
    const keysOf = (value: unknown): string[] => Object.keys((value as { readonly properties: object }).properties)
    const { rule: one, limit: limits, hours: times, comparison } = document.$defs
    expect(keysOf(document).toSorted()).toEqual(keysIn(byCompiler({ '?': 1, rules: [] })).toSorted())
    expect(keysOf(one).toSorted()).toEqual(keysIn(byCompiler({ rules: [{ '?': 1 }] })).toSorted())
    expect(keysOf(limits).toSorted()).toEqual(
      keysIn(byCompiler({ rules: [{ id: 'r', effect: 'deny', limit: { '?': 1 } }] })).toSorted(),
    )
    expect(keysOf(times).toSorted()).toEqual(
      keysIn(byCompiler({ rules: [{ id: 'r', effect: 'deny', during: { '?': 1 } }] })).toSorted(),
    )
    const unknown = byCompiler({ rules: [{ id: 'r', effect: 'deny', when: { value: { '?': 1 } } }] })
    expect(keysOf(comparison).toSorted()).toEqual(keysIn(unknown).toSorted())
  })
})
