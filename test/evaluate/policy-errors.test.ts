import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { definePolicy, isGovernanceError, loadPolicy, parsePolicy } from 'countersign'
import { describe, expect, it } from 'vitest'
import { messageOf, oneRule } from '../support/governing.js'

const limit = (fields: object): object =>
  oneRule({ limit: { count: 'calls', per: 'actor', window: '1m', max: 1, ...fields } })
const hours = (fields: object): object => oneRule({ during: { from: '09:00', to: '17:00', ...fields } })
const when = (conditions: unknown): object => oneRule({ when: conditions })
const matches = (pattern: unknown): object => when({ target: { matches: pattern } })

const PATHS = 'a path begins with input, value, target, actor, domain, action, tool, metadata, session'
const RULE_KEYS =
  'id, tools, actors, domains, targets, models, annotations, when, limit, during, outside, effect, reason, hard, autonomy'
const COMPARISONS = 'eq, ne, in, notIn, lt, lte, gt, gte, matches, startsWith, exists'
const DURATIONS = 'expected a duration such as "30s", "1m", "24h", "7d", or milliseconds'
const cyclic: unknown[] = []
cyclic.push(cyclic)

/** Every mistake a document can make, and the whole message. */
const MISTAKES: readonly (readonly [string, unknown, string])[] = [
  ['no document', null, 'policy: expected { rules: [...] }; found null.'],
  ['a list', [], 'policy: expected { rules: [...] }; found [].'],
  ['a text', 'rules', 'policy: expected { rules: [...] }; found "rules".'],
  [
    'a misspelt key',
    { ruls: [] },
    'ruls: unknown key, expected version, name, description, rules, $schema. Did you mean "rules"?',
  ],
  ['another version', { version: 2, rules: [] }, 'version: expected 1; found 2.'],
  ['an empty version', { version: null, rules: [] }, 'version: expected 1; found null.'],
  ['an empty name', { name: '', rules: [] }, 'name: expected a name; found "".'],
  ['a name that is no text', { name: 5, rules: [] }, 'name: expected a name; found 5.'],
  ['a description that is no text', { description: 5, rules: [] }, 'description: expected a text; found 5.'],
  ['a $schema that is no text', { $schema: {}, rules: [] }, '$schema: expected a text; found {}.'],
  ['no rules', {}, 'rules: expected a list of rules.'],
  ['rules that are no list', { rules: 5 }, 'rules: expected a list of rules; found 5.'],
  ['a rule that is no rule', { rules: [5] }, 'rules[0]: expected a rule { id, effect, … }; found 5.'],
  ['a rule that is null', { rules: [null] }, 'rules[0]: expected a rule { id, effect, … }; found null.'],
  ['a rule without id', { rules: [{ effect: 'deny' }] }, 'rules[0].id: expected a name.'],
  ['an empty id', oneRule({ id: '' }), 'rules[0].id: expected a name; found "".'],
  [
    'an id used twice',
    { rules: [oneRule({}).rules[0], { id: 's', effect: 'deny' }, { id: 'r', effect: 'deny' }] },
    'rules[2].id: already the id of rules[0]; ids are unique; found "r".',
  ],
  ['no effect', { rules: [{ id: 'r' }] }, 'rules[0].effect: expected one of allow, deny, require_approval.'],
  [
    'a misspelt effect',
    oneRule({ effect: 'denny' }),
    'rules[0].effect: expected one of allow, deny, require_approval; found "denny". Did you mean "deny"?',
  ],
  [
    'a misspelt rule key',
    oneRule({ tool: ['x'] }),
    `rules[0].tool: unknown key, expected ${RULE_KEYS}. Did you mean "tools"?`,
  ],
  ['a key that is like nothing', oneRule({ xyzzy: 1 }), `rules[0].xyzzy: unknown key, expected ${RULE_KEYS}.`],
  ['no tools', oneRule({ tools: [] }), 'rules[0].tools: expected a list of names or patterns; found [].'],
  [
    'tools that are no list',
    oneRule({ tools: 'refund' }),
    'rules[0].tools: expected a list of names or patterns; found "refund".',
  ],
  ['an empty tool name', oneRule({ tools: ['a', ''] }), 'rules[0].tools[1]: expected a name or a pattern; found "".'],
  ['an empty exclusion', oneRule({ actors: ['!'] }), 'rules[0].actors[0]: expected a name or a pattern; found "!".'],
  [
    'a domain that is no text',
    oneRule({ domains: [5] }),
    'rules[0].domains[0]: expected a name or a pattern; found 5.',
  ],
  ['empty targets', oneRule({ targets: null }), 'rules[0].targets: expected a list of names or patterns; found null.'],
  [
    'models that are no list',
    oneRule({ models: {} }),
    'rules[0].models: expected a list of names or patterns; found {}.',
  ],
  ['hard that is no flag', oneRule({ hard: 'yes' }), 'rules[0].hard: expected true or false; found "yes".'],
  ['autonomy that is no flag', oneRule({ autonomy: 1 }), 'rules[0].autonomy: expected true or false; found 1.'],
  [
    'autonomy on a deny',
    oneRule({ effect: 'deny', autonomy: true }),
    'rules[0].autonomy: only a rule that asks can be learnt; found "deny".',
  ],
  [
    'hard on an allow',
    oneRule({ effect: 'allow', hard: true }),
    'rules[0].hard: only a deny can be hard; found "allow".',
  ],
  [
    'a limit on an allow',
    oneRule({ effect: 'allow', limit: {} }),
    'rules[0].effect: a limit answers when it would be exceeded: expected deny or require_approval; found "allow".',
  ],
  ['a reason that is no text', oneRule({ reason: 5 }), 'rules[0].reason: expected a text; found 5.'],
  [
    'a reason with a bad path',
    oneRule({ reason: '{inputt.a}' }),
    `rules[0].reason: ${PATHS}; found "inputt.a". Did you mean "input"?`,
  ],
  [
    'a misspelt hint',
    oneRule({ annotations: { readonly: true } }),
    'rules[0].annotations.readonly: expected one of readOnly, destructive, idempotent, openWorld. Did you mean "readOnly"?',
  ],
  [
    'a hint that is no flag',
    oneRule({ annotations: { readOnly: 'yes' } }),
    'rules[0].annotations.readOnly: expected true or false; found "yes".',
  ],
  [
    'annotations as a list',
    oneRule({ annotations: [] }),
    'rules[0].annotations: expected { readOnly, destructive, idempotent, openWorld }; found [].',
  ],
  [
    'empty annotations',
    oneRule({ annotations: null }),
    'rules[0].annotations: expected { readOnly, destructive, idempotent, openWorld }; found null.',
  ],
  ['when as a number', when(5), 'rules[0].when: expected paths with comparisons, or a function; found 5.'],
  ['when as null', when(null), 'rules[0].when: expected paths with comparisons, or a function; found null.'],
  ['when as a list', when([]), 'rules[0].when: expected paths with comparisons, or a function; found [].'],
  ['when that says nothing', when({}), 'rules[0].when: expected at least one path; found {}.'],
  ['a path without root', when({ amount: 5 }), `rules[0].when.amount: ${PATHS}; found "amount".`],
  ['a path to a prototype', when({ constructor: 5 }), `rules[0].when.constructor: ${PATHS}; found "constructor".`],
  [
    'a misspelt root',
    when({ 'imput.a': 5 }),
    `rules[0].when.imput.a: ${PATHS}; found "imput.a". Did you mean "input"?`,
  ],
  [
    'a path with a hole',
    when({ 'input..x': 5 }),
    'rules[0].when.input..x: a path has an empty part; found "input..x".',
  ],
  [
    'a field of a plain value',
    when({ 'value.x': 5 }),
    'rules[0].when.value.x: "value" has no fields; found "value.x".',
  ],
  [
    'a misspelt session field',
    when({ 'session.usr': 5 }),
    'rules[0].when.session.usr: "session" has the fields id, user, tenant, model, traceId; found "session.usr". Did you mean "user"?',
  ],
  [
    'the session itself',
    when({ session: 5 }),
    'rules[0].when.session: "session" has the fields id, user, tenant, model, traceId; found "session".',
  ],
  [
    'a list to compare with',
    when({ value: [1] }),
    'rules[0].when.value: expected a comparison; write { in: [...] } for a list; found [1].',
  ],
  ['no comparison', when({ value: {} }), 'rules[0].when.value: expected at least one comparison; found {}.'],
  [
    'an unknown comparison',
    when({ value: { gtt: 5 } }),
    `rules[0].when.value: unknown comparison "gtt", expected ${COMPARISONS}; found {"gtt":5}. Did you mean "gt"?`,
  ],
  [
    'a comparison out of a prototype',
    when({ value: { toString: 5 } }),
    `rules[0].when.value: unknown comparison "toString", expected ${COMPARISONS}; found {"toString":5}.`,
  ],
  ['a bound that is a text', when({ value: { gt: '5' } }), 'rules[0].when.value.gt: expected a number; found "5".'],
  [
    'a bound that is no number',
    when({ value: { lte: Number.NaN } }),
    'rules[0].when.value.lte: expected a number; found NaN.',
  ],
  ['a list that is none', when({ value: { in: 5 } }), 'rules[0].when.value.in: expected a list; found 5.'],
  [
    'a list with a hole',
    when({ value: { notIn: [1, undefined] } }),
    'rules[0].when.value.notIn[1]: expected a JSON value.',
  ],
  [
    'a value JSON cannot carry',
    when({ value: { eq: 5n } }),
    'rules[0].when.value.eq: expected a JSON value; found 5n.',
  ],
  [
    'a value that is not finite',
    when({ value: Number.POSITIVE_INFINITY }),
    'rules[0].when.value: expected a JSON value; found Infinity.',
  ],
  [
    'a function as value',
    when({ value: { ne: () => 5 } }),
    'rules[0].when.value.ne: expected a JSON value; found a function.',
  ],
  [
    'a value that contains itself',
    when({ 'input.x': { eq: cyclic } }),
    'rules[0].when.input.x.eq: expected a JSON value; found a value that contains itself.',
  ],
  ['a value that is not there', when({ value: undefined }), 'rules[0].when.value: expected a JSON value.'],
  [
    'exists that is no flag',
    when({ value: { exists: 1 } }),
    'rules[0].when.value.exists: expected true or false; found 1.',
  ],
  [
    'startsWith a number',
    when({ value: { startsWith: 5 } }),
    'rules[0].when.value.startsWith: expected a string; found 5.',
  ],
  ['a pattern that is no text', matches(5), 'rules[0].when.target.matches: expected /pattern/flags; found 5.'],
  [
    'a pattern without slashes',
    matches('drop'),
    'rules[0].when.target.matches: bad pattern: expected /pattern/flags; found "drop".',
  ],
  ['a lone slash', matches('/'), 'rules[0].when.target.matches: bad pattern: expected /pattern/flags; found "/".'],
  [
    'a broken pattern',
    matches('/(/'),
    'rules[0].when.target.matches: bad pattern: error parsing regexp: missing closing ): `(`; found "/(/".',
  ],
  [
    'an unknown flag',
    matches('/a/g'),
    'rules[0].when.target.matches: bad pattern: flags "g": only i, m and s are known; found "/a/g".',
  ],
  [
    'look-ahead',
    matches('/(?=a)/'),
    'rules[0].when.target.matches: bad pattern: look-around is not part of RE2 syntax; found "/(?=a)/".',
  ],
  [
    'look-behind',
    matches('/(?<!a)/'),
    'rules[0].when.target.matches: bad pattern: look-around is not part of RE2 syntax; found "/(?<!a)/".',
  ],
  [
    'a back-reference',
    matches('/(a)\\1/'),
    'rules[0].when.target.matches: bad pattern: back-references are not part of RE2 syntax; found "/(a)\\\\1/".',
  ],
  [
    'a repetition too large to match in bounded memory',
    matches('/a{1001}/'),
    'rules[0].when.target.matches: bad pattern: error parsing regexp: invalid repeat count: `{1001}`; found "/a{1001}/".',
  ],
  [
    'a limit that is none',
    oneRule({ limit: 5 }),
    'rules[0].limit: expected { count | sum, per, window, max }; found 5.',
  ],
  [
    'an empty limit',
    oneRule({ limit: null }),
    'rules[0].limit: expected { count | sum, per, window, max }; found null.',
  ],
  [
    'a misspelt limit key',
    limit({ windw: 1 }),
    'rules[0].limit.windw: unknown key, expected count, sum, per, window, max. Did you mean "window"?',
  ],
  [
    'a limit on nothing',
    oneRule({ limit: { per: 'actor' } }),
    'rules[0].limit: expected either `count: calls` or `sum: value`; found {"per":"actor"}.',
  ],
  [
    'a limit on two things',
    oneRule({ limit: { count: 'calls', sum: 'value' } }),
    'rules[0].limit: expected either `count: calls` or `sum: value`; found {"count":"calls","sum":"value"}.',
  ],
  [
    'a count of something else',
    limit({ count: 'call' }),
    'rules[0].limit.count: expected "calls"; found "call". Did you mean "calls"?',
  ],
  [
    'a sum of a number',
    oneRule({ limit: { sum: 5 } }),
    'rules[0].limit.sum: expected "value" or a path such as input.quantity; found 5.',
  ],
  ['a sum of an unknown path', oneRule({ limit: { sum: 'amount' } }), `rules[0].limit.sum: ${PATHS}; found "amount".`],
  [
    'an unknown scope',
    limit({ per: 'sesion' }),
    'rules[0].limit.per: expected one of actor, tool, domain, session, user, target, tenant; found "sesion". Did you mean "session"?',
  ],
  [
    'a scope out of a prototype',
    limit({ per: 'constructor' }),
    'rules[0].limit.per: expected one of actor, tool, domain, session, user, target, tenant; found "constructor".',
  ],
  ['a window in words', limit({ window: '1 minute' }), `rules[0].limit.window: ${DURATIONS}; found "1 minute".`],
  ['no window at all', limit({ window: 0 }), `rules[0].limit.window: ${DURATIONS}; found 0.`],
  ['a window of no length', limit({ window: '0s' }), `rules[0].limit.window: ${DURATIONS}; found "0s".`],
  [
    'an endless window',
    limit({ window: Number.POSITIVE_INFINITY }),
    `rules[0].limit.window: ${DURATIONS}; found Infinity.`,
  ],
  ['a negative maximum', limit({ max: -1 }), 'rules[0].limit.max: expected a number of 0 or more; found -1.'],
  [
    'an endless maximum',
    limit({ max: Number.POSITIVE_INFINITY }),
    'rules[0].limit.max: expected a number of 0 or more; found Infinity.',
  ],
  ['a maximum in text', limit({ max: '5' }), 'rules[0].limit.max: expected a number of 0 or more; found "5".'],
  ['hours that are none', oneRule({ during: 5 }), 'rules[0].during: expected { from, to, days?, timeZone? }; found 5.'],
  ['empty hours', oneRule({ outside: null }), 'rules[0].outside: expected { from, to, days?, timeZone? }; found null.'],
  [
    'a misspelt key of hours',
    hours({ timezone: 'UTC' }),
    'rules[0].during.timezone: unknown key, expected from, to, days, timeZone. Did you mean "timeZone"?',
  ],
  ['a time of one digit', hours({ from: '9:00' }), 'rules[0].during.from: expected a time as "HH:MM"; found "9:00".'],
  [
    'a time with more behind it',
    hours({ from: '09:00:00' }),
    'rules[0].during.from: expected a time as "HH:MM"; found "09:00:00".',
  ],
  [
    'a time with more before it',
    hours({ to: 'x09:00' }),
    'rules[0].during.to: expected a time as "HH:MM"; found "x09:00".',
  ],
  ['an hour too many', hours({ to: '24:01' }), 'rules[0].during.to: expected a time as "HH:MM"; found "24:01".'],
  ['a minute too many', hours({ from: '09:60' }), 'rules[0].during.from: expected a time as "HH:MM"; found "09:60".'],
  ['a time that is a number', hours({ from: 9 }), 'rules[0].during.from: expected a time as "HH:MM"; found 9.'],
  [
    'hours of no length',
    hours({ to: '09:00' }),
    'rules[0].during: `from` and `to` are the same; leave the hours out for a whole day; found {"from":"09:00","to":"09:00"}.',
  ],
  [
    'a day in full',
    hours({ days: ['sat', 'sund'] }),
    'rules[0].during.days[1]: expected one of sun, mon, tue, wed, thu, fri, sat; found "sund". Did you mean "sun"?',
  ],
  [
    'no days',
    hours({ days: [] }),
    'rules[0].during.days: expected a list of sun, mon, tue, wed, thu, fri, sat; found [].',
  ],
  [
    'empty days',
    hours({ days: null }),
    'rules[0].during.days: expected a list of sun, mon, tue, wed, thu, fri, sat; found null.',
  ],
  [
    'an unknown time zone',
    hours({ timeZone: 'Europe/Berln' }),
    'rules[0].during.timeZone: expected an IANA time zone such as "Europe/Berlin"; found "Europe/Berln".',
  ],
  [
    'an empty time zone',
    hours({ timeZone: null }),
    'rules[0].during.timeZone: expected an IANA time zone such as "Europe/Berlin"; found null.',
  ],
]

describe('a policy with a mistake is refused', () => {
  it.each(MISTAKES)('%s: path, what was found, what was expected and the nearest name', (_what, document, message) => {
    expect(messageOf(() => definePolicy(document as never))).toBe(message)
  })

  it('with an error that programs can recognise', () => {
    try {
      definePolicy({ rules: 5 } as never)
      expect.unreachable()
    } catch (error) {
      expect(isGovernanceError(error, 'invalid-policy')).toBe(true)
    }
  })

  it('showing only the beginning of something long', () => {
    const whole = messageOf(() => definePolicy(when({ value: { gt: 'x'.repeat(78) } }) as never))
    expect(whole).toBe(`rules[0].when.value.gt: expected a number; found "${'x'.repeat(78)}".`)
    const message = messageOf(() => definePolicy(when({ value: { gt: 'x'.repeat(200) } }) as never))
    expect(message).toBe(`rules[0].when.value.gt: expected a number; found "${'x'.repeat(76)}....`)
  })
})

describe('a document that is refused names file and line', () => {
  const BOMB = [
    'a: &a [x,x,x,x,x,x,x,x,x,x]',
    'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]',
    'c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]',
    'rules: [*c,*c,*c,*c]',
  ]

  it.each([
    ['nothing in it', '', 'p.yaml: expected { rules: [...] }; found null.'],
    ['a list', '- a', 'p.yaml:1: expected { rules: [...] }; found ["a"].'],
    [
      'broken YAML',
      'name: x\nrules: [',
      'p.yaml:2: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['a key twice', 'rules: []\nname: a\nname: b', 'p.yaml:3: Map keys must be unique'],
    [
      'two documents',
      'rules: []\n---\nrules: []',
      'p.yaml:2: Source contains multiple documents; please use YAML.parseAllDocuments()',
    ],
    ['a missing key', 'name: x\nrules:\n  - effect: deny', 'p.yaml:3 rules[0].id: expected a name.'],
    [
      'a misspelt key deep inside',
      'rules:\n  - id: a\n    effect: deny\n    when:\n      input.amount:\n        gtt: 5\n',
      `p.yaml:5 rules[0].when.input.amount: unknown comparison "gtt", expected ${COMPARISONS}; found {"gtt":5}. Did you mean "gt"?`,
    ],
    [
      'a bad name in a list',
      'rules:\n  - id: a\n    effect: deny\n    tools:\n      - refund\n      - ""\n',
      'p.yaml:6 rules[0].tools[1]: expected a name or a pattern; found "".',
    ],
    [
      'a key named like a prototype',
      'rules:\n  - id: a\n    effect: deny\n    __proto__: {}\n',
      `p.yaml:4 rules[0].__proto__: unknown key, expected ${RULE_KEYS}.`,
    ],
    ['an unknown tag', 'rules: !foo []', 'p.yaml:1: Unresolved tag: !foo'],
    ['an alias of nothing', 'rules: *x', 'p.yaml: Unresolved alias (the anchor must be set before the alias): x'],
    [
      'a document that contains itself',
      'rules: &a [*a]',
      `p.yaml:1 rules[0].0: unknown key, expected ${RULE_KEYS}. Did you mean "id"?`,
    ],
    [
      'aliases that stand for very much',
      BOMB.join('\n'),
      'p.yaml: Excessive alias count indicates a resource exhaustion attack',
    ],
    [
      'JSON with tabs',
      '{\n\t"rules": [\n\t\t{ "id": "x", "effect": "alow" }\n\t]\n}',
      'p.yaml:3 rules[0].effect: expected one of allow, deny, require_approval; found "alow". Did you mean "allow"?',
    ],
  ])('%s', (_what, text, message) => {
    expect(messageOf(() => parsePolicy(text, 'p.yaml'))).toBe(message)
  })

  it('and calls itself policy where no name is given', () => {
    expect(messageOf(() => parsePolicy('rules: 5'))).toBe('policy:1 rules: expected a list of rules; found 5.')
  })

  it('from a file, by the path it was given', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-'))
    const path = join(folder, 'policy.json')
    try {
      writeFileSync(path, '{\n  "rules": [],\n  "nmae": "x"\n}')
      expect(messageOf(() => loadPolicy(path))).toBe(
        `${path}:3 nmae: unknown key, expected version, name, description, rules, $schema. Did you mean "name"?`,
      )
      writeFileSync(path, '{ "name": "from-a-file", "rules": [] }')
      expect(loadPolicy(path).name).toBe('from-a-file')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it.each(['rules: [', 'rules: *x', 'rules: 5'])('with an error that programs can recognise: %s', text => {
    try {
      parsePolicy(text)
      expect.unreachable()
    } catch (error) {
      expect(isGovernanceError(error, 'invalid-policy')).toBe(true)
    }
  })

  it('and keeps what was behind it', () => {
    const causeOf = (action: () => unknown): unknown => {
      try {
        return action()
      } catch (error) {
        expect(isGovernanceError(error, 'invalid-policy')).toBe(true)
        return (error as Error).cause
      }
    }
    expect(causeOf(() => parsePolicy('rules: *x'))).toBeInstanceOf(ReferenceError)
    expect(causeOf(() => loadPolicy('no/such/policy.yaml'))).toMatchObject({ code: 'ENOENT' })
  })

  it('and a file that cannot be read, with the reason', () => {
    expect(messageOf(() => loadPolicy('no/such/policy.yaml'))).toBe('no/such/policy.yaml: cannot be read (ENOENT)')
  })
})
