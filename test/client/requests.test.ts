import { isGovernanceError, isServiceError } from 'countersign'
import { decisionService } from 'countersign/client'
import { describe, expect, it } from 'vitest'
import { requestOf } from '../../adapters/client/request.js'
import { ask, queryOf } from './fake-connection.js'

/** What a call that must not be sent says. */
const messageOf = async (call: (service: any) => Promise<unknown>): Promise<string> => {
  const { service, requests } = ask()
  const error = await call(service).then(
    () => {
      throw new Error('it was sent')
    },
    (reason: unknown) => reason,
  )
  expect(isGovernanceError(error, 'invalid-option'), String(error)).toBe(true)
  expect(requests).toEqual([])
  return (error as Error).message
}

describe('a request', () => {
  it.each<[string, (service: any) => Promise<unknown>, RegExp]>([
    ['an unknown field', s => s.actions.evaluate({ acton: 'x' }), /actions\.evaluate\.acton.*Did you mean "action"/],
    ['the wire’s name of a field', s => s.outcomes.report({ request_id: 'r' }), /request_id.*Did you mean "requestId"/],
    [
      'an unknown field further down',
      s => s.actions.evaluateBatch({ actions: [{ action: 'a' }, { actoin: 'b' }] }),
      /evaluateBatch\.actions\[1\]\.actoin.*"action"/,
    ],
    ['a missing field', s => s.actions.evaluate({ actor: 'a' }), /actions\.evaluate\.action`: expected it to be given/],
    [
      'a missing field further down',
      s => s.cases.create({ domain: 'd', action: {}, verdict: {} }),
      /cases\.create\.verdict\.verdict/,
    ],
    [
      'a text for a number',
      s => s.actions.evaluate({ action: 'a', value: '120' }),
      /actions\.evaluate\.value`: expected a finite number/,
    ],
    ['a number that is none', s => s.actions.evaluate({ action: 'a', value: Number.NaN }), /value/],
    ['a list for an object', s => s.actions.evaluate({ action: 'a', context: [] }), /context`: expected an object/],
    ['null where nothing can be cleared', s => s.rules.update('r', { name: null }), /rules\.update\.name/],
    ['a word nobody knows', s => s.approvals.resolve('r', { resolution: 'aproved' }), /Did you mean "approved"/],
    [
      'too many at once',
      s =>
        s.outcomes.reportBatch({
          outcomes: Array.from({ length: 101 }, () => ({ requestId: 'r', status: 'SUCCESS' })),
        }),
      /no more than 100 at once; there are 101/,
    ],
    ['an outcome of nothing', s => s.outcomes.report({ status: 'SUCCESS' }), /one of requestId, caseId, validationId/],
    [
      'an outcome of nothing in a batch',
      s => s.outcomes.reportBatch({ outcomes: [{ status: 'SUCCESS' }] }),
      /one of requestId/,
    ],
    ['a patch that is none', s => s.rules.applyPatch('r', { patch: { op: 'add' } }), /JSON Patch/],
    ['no id', s => s.outcomes.get(), /outcomes\.get\(request_id\)`: expected an id/],
    ['an empty id', s => s.outcomes.get(''), /expected an id/],
    ['an id that leads elsewhere', s => s.rules.versions('..'), /expected an id/],
    ['no object', s => s.actions.evaluate('refund'), /actions\.evaluate`: expected an object/],
    [
      'an unknown option of the call',
      s => s.actions.status({ timeout: 3 }),
      /actions\.status\(…, options\)\.timeout.*known are/,
    ],
    [
      'options in the place of the request',
      s => s.rules.list({ signal: undefined, deadlineMs: 3 }),
      /rules\.list\.deadlineMs|rules\.list\.signal/,
    ],
    ['half of a character for an id', s => s.outcomes.get('\ud800'), /expected an id/],
    ['something else than options', s => s.outcomes.get('r', 5), /options\)`: expected an object/],
    [
      'options where none are read',
      s => s.rules.pause('r', {}, { credential: { apiKey: 'k' } }),
      /nothing after the options/,
    ],
    ['a key where none is read', s => s.webhooks.test('w', {}, { idempotencyKey: 'k' }), /takes none here/],
    [
      'a key that no header can carry',
      s => s.actions.evaluate({ action: 'a' }, { idempotencyKey: 'a\r\nb' }),
      /visible ASCII/,
    ],
  ])('with %s is not sent', async (_what, call, message) => {
    expect(await messageOf(call)).toMatch(message)
  })

  it('quotes no value that could be a secret', async () => {
    expect(await messageOf(s => s.auth.login({ email: 'a@b.c', password: ['hunter2'] }))).not.toContain('hunter2')
    expect(await messageOf(s => s.apiKeys.validate({ apiKey: { bhk_x: 1 } }))).not.toContain('bhk_x')
  })

  it('leaves out what is undefined, and sends what is null where that clears something', async () => {
    const { service, last } = ask()
    await service.rules.update('r', { maxValue: undefined, minValue: null })
    expect(last().body).toEqual({ min_value: null })
  })

  it('does not take an undefined field for its default', async () => {
    const { service, last } = ask()
    await service.actions.evaluate({ action: 'a', actor: undefined })
    expect(last().body).toEqual({ action: 'a', actor: 'AI_AGENT' })
  })

  it('encodes ids, so that an id is one segment of the path', async () => {
    const { service, last } = ask(({ path }) => (path.includes('versions') ? [] : {}))
    await service.rules.versions('../kill-switch?x=#1')
    expect(last().path).toBe('/rules/..%2Fkill-switch%3Fx%3D%231/versions')
    await service.features.explainFeature('c', 'a/b')
    expect(last().path).toBe('/features/explain/c/a%2Fb')
  })

  it('writes booleans in a query as true and false', async () => {
    const { service, last } = ask()
    await service.cases.list({ hasOutcome: false, minRiskScore: 0 })
    expect(Object.fromEntries(queryOf(last().path))).toEqual({
      has_outcome: 'false',
      min_risk_score: '0',
      limit: '50',
      offset: '0',
    })
  })

  it('repeats a list in a query', () => {
    const endpoint = { method: 'GET', path: '/things', query: { tags: 'strings' } } as const
    const nobody = { agent: {}, approver: undefined, instead: undefined }
    expect(requestOf(endpoint, 'things', [{ tags: ['a b', 'c'] }], nobody).path).toBe('/things?tags=a+b&tags=c')
  })

  it('keeps the names of the caller’s own data', async () => {
    const { service, last } = ask()
    await service.cases.create({
      domain: 'payments',
      action: { tool: 'refund', arguments: { orderId: 1, order_id: 2 } },
      verdict: { verdict: 'ALLOWED', riskScore: 0.2 },
      context: { innerName: { deepName: 1 } },
    })
    expect(last().body).toEqual({
      domain: 'payments',
      action: { tool: 'refund', arguments: { orderId: 1, order_id: 2 } },
      verdict: { verdict: 'ALLOWED', risk_score: 0.2 },
      context: { innerName: { deepName: 1 } },
    })
  })

  it('carries what is said of the call', async () => {
    const { service, last } = ask()
    const { signal } = new AbortController()
    await service.actions.evaluate(
      { action: 'a' },
      { signal, deadlineMs: 500, idempotencyKey: 'run-1/call-1', credential: { bearerToken: 't' } },
    )
    expect(last()).toMatchObject({
      signal,
      deadlineMs: 500,
      idempotencyKey: 'run-1/call-1',
      credential: { bearerToken: 't' },
    })
  })

  it('has no idempotency key but the caller’s', async () => {
    const { service, last } = ask()
    await service.actions.evaluate({ action: 'a' })
    expect(last()).not.toHaveProperty('idempotencyKey')
  })

  it('that must not be made twice is tried once, unless a key says that a second is the first', async () => {
    const { service, last } = ask()
    await service.apiKeys.create()
    expect(last().attempts).toBe(1)
    const rule = { name: 'cap', domain: 'payments', maxPerDay: 5, maxValue: 100 }
    await service.rules.create(rule)
    expect(last().attempts).toBe(1)
    await service.rules.create(rule, { idempotencyKey: 'rule-1' })
    expect(last()).not.toHaveProperty('attempts')
    await service.actions.evaluate({ action: 'a' })
    expect(last()).not.toHaveProperty('attempts')
  })
})

describe('an answer', () => {
  it('keeps fields that nobody listed, in camelCase', async () => {
    const { service } = ask(() => ({
      result: 'allowed',
      brand_new_field: { inner_name: 1 },
      context: { kept_name: 1 },
    }))
    expect(await service.actions.evaluate({ action: 'a' })).toEqual({
      result: 'allowed',
      brandNewField: { innerName: 1 },
      context: { kept_name: 1 },
    })
  })

  it('of nothing is an empty object where nothing will do', async () => {
    const { service } = ask(() => undefined)
    expect(await service.rules.delete('r')).toEqual({})
  })

  it.each([undefined, null, [], 'text', 3])('of %j is no decision', async json => {
    const { service } = ask(() => json)
    const error = await service.actions.evaluate({ action: 'a' }).catch((reason: unknown) => reason)
    expect(isServiceError(error, 'malformed')).toBe(true)
  })

  it('of an object is no list of approvals', async () => {
    const { service } = ask(() => ({}))
    const error = await service.approvals.list().catch((reason: unknown) => reason)
    expect(isServiceError(error, 'malformed')).toBe(true)
    expect(String(error)).toContain('The service answered approvals.list with something else than a list.')
  })
})

describe('decisionService', () => {
  it('refuses options nobody knows, and names what was meant', () => {
    expect(() => decisionService({ apikey: 'x' } as object)).toThrow(/Did you mean "apiKey"/)
    expect(() => ask(undefined, { approver: { key: 'x' } as object })).toThrow(/approver\.key/)
  })

  it('refuses a credential that would arrive as another one, without showing it', async () => {
    for (const approver of [{ apiKey: ' bhk_agent' }, { bearerToken: 'bhk_agent\r\n' }, { apiKey: 3 as never }]) {
      expect(() => ask(undefined, { approver })).toThrow(/approver\.\w+`: expected visible ASCII(?!.*bhk_)/)
    }
    const { service } = ask()
    const credential = { apiKey: 'bhk agent' }
    await expect(service.actions.status({ credential })).rejects.toThrow(/credential\.apiKey/)
  })

  it('refuses options that a given connection would not heed', () => {
    expect(() => ask(undefined, { baseUrl: 'https://elsewhere.test' })).toThrow(/baseUrl/)
  })

  it('leaves a connection open that it was given', () => {
    const { service, closed } = ask()
    service.close()
    expect(closed()).toBe(false)
  })
})
