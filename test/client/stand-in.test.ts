import { isServiceError } from 'countersign'
import { type DecisionService, decisionService } from 'countersign/client'
import { type StandInService, standInService } from 'countersign/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Area, type Endpoint, type Field, type Fields, isEndpoint } from '../../adapters/client/endpoint.js'
import { TABLE } from '../../adapters/client/endpoints/table.js'

/** Words that a service knows, where not every text will do. */
const WORDS: Readonly<Record<string, object>> = {
  'actions.memory.ingest': { events: [{ eventId: 'e', tool: 't', status: 'executed', arguments: {} }] },
  'outcomes.report': { status: 'SUCCESS' },
  'cases.reportOutcome': { status: 'SUCCESS' },
  'killSwitch.activate': { scope: 'domain' },
  'rules.update': { status: 'paused' },
  'ingest.reconcile': { keyName: 'request_id' },
}
const sample = (field: Field): unknown => {
  if (typeof field !== 'string') {
    if ('oneOf' in field) return field.oneOf[0]
    if ('object' in field) return samples(field.object)
    return field.list === 'string' ? ['a'] : [samples(field.list)]
  }
  const kind = field.replace(/[!?]$/, '')
  if (kind === 'string') return 'text'
  if (kind === 'number') return 1
  if (kind === 'boolean') return true
  if (kind === 'strings') return ['a']
  return kind === 'patch' ? [{ op: 'replace', path: '/max_value', value: 5 }] : {}
}
const samples = (fields: Fields): object =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sample(field)]))
const rowsOf = (area: Area, prefix = ''): readonly (readonly [string, Endpoint])[] =>
  Object.entries(area).flatMap(([name, entry]) =>
    isEndpoint(entry) ? [[`${prefix}${name}`, entry] as const] : rowsOf(entry, `${prefix}${name}.`),
  )

describe('the client and the stand-in, each with a table of its own', () => {
  let standIn: StandInService
  let service: DecisionService

  beforeAll(async () => {
    standIn = await standInService()
    service = decisionService({
      apiKey: 'agent-key',
      approver: { apiKey: 'approver-key' },
      baseUrl: standIn.url,
      circuitBreaker: false,
      retry: { baseDelayMs: 1 },
    })
  })
  afterAll(async () => {
    service.close()
    await standIn.close()
  })

  it.each(rowsOf(TABLE))('agree on %s', async (name, { path, query, body, needs }) => {
    const method = name.split('.').reduce<any>((entry, part) => entry[part], service)
    const ids = [...path.matchAll(/\{\w+\}/g)].map(() => 'nobody')
    const request =
      query === undefined && body === undefined ? [] : [{ ...samples({ ...query, ...body }), ...WORDS[name] }]
    // The stand-in takes an approver for some more.
    const options = needs === 'approver' ? {} : { credential: { apiKey: 'approver-key' } }
    const error: unknown = await method(...ids, ...request, options).catch((reason: unknown) => reason)
    const isUnknown = isServiceError(error, 'not-found') && error.serviceCode === 'not_found'
    const isNoToken = name === 'auth.refresh' && isServiceError(error, 'auth')
    const isRefused = error instanceof Error && !isUnknown && !isNoToken
    expect(isRefused ? { error, fields: isServiceError(error) ? error.fields : [] } : undefined).toBeUndefined()
  })

  it('go through an approval together: the agent asks, a person answers, the world reports', async () => {
    standIn.answer({ result: 'requires_approval', recommendation: 'review_recommended', requires_approval: true })
    const decision = await service.actions.evaluate({ action: 'refund', value: 2500 }, { idempotencyKey: 'call-1' })
    const requestId = decision.requestId ?? ''
    expect(decision.requiresApproval).toBe(true)
    expect((await service.approvals.list()).map(item => item.requestId)).toContain(requestId)

    const asAgent = { credential: { apiKey: 'agent-key' } }
    await expect(service.approvals.resolve(requestId, { resolution: 'approved' }, asAgent)).rejects.toMatchObject({
      code: 'not-permitted',
    })
    const resolved = await service.approvals.resolve(requestId, { resolution: 'rejected', comment: 'too much' })
    expect(resolved).toMatchObject({ status: 'denied', resolution: 'denied' })
    const again = await service.approvals
      .resolve(requestId, { resolution: 'approved' })
      .catch((error: unknown) => error)
    expect(isServiceError(again, 'validation') && again.status).toBe(409)

    await service.outcomes.report({ requestId, status: 'BLOCKED', details: { orderId: '1001' } })
    expect(await service.outcomes.get(requestId)).toMatchObject({ status: 'BLOCKED', details: { orderId: '1001' } })
  })

  it('lose nobody’s change to a rule', async () => {
    const rule = await service.rules.create({ name: 'cap', domain: 'payments', maxPerDay: 10, maxValue: 1000 })
    const ruleId = rule.ruleId ?? ''
    const patch = [{ op: 'replace', path: '/max_value', value: 850 }] as const
    const version = rule.version ?? undefined
    const preview = await service.rules.applyPatch(ruleId, { patch, ifMatchVersion: version })
    expect(preview).toMatchObject({ applied: false, changedPaths: ['/max_value'] })
    expect((await service.rules.get(ruleId)).maxValue).toBe(1000)
    await service.rules.applyPatch(ruleId, { patch, ifMatchVersion: version, preview: false })
    expect((await service.rules.get(ruleId)).maxValue).toBe(850)
    const late = await service.rules
      .applyPatch(ruleId, { patch, ifMatchVersion: version, preview: false })
      .catch((error: unknown) => error)
    expect(isServiceError(late, 'validation')).toBe(true)
    expect(await service.rules.versions(ruleId)).toHaveLength(2)
  })

  it('hand out a key that works until it is taken back', async () => {
    const { key = '', keyId = '' } = await service.apiKeys.create({ label: 'worker' })
    expect(await service.apiKeys.validate({ apiKey: key })).toMatchObject({ valid: true })
    await service.actions.status({ credential: { apiKey: key } })
    await service.apiKeys.delete(keyId, { reason: 'left' })
    const error = await service.actions.status({ credential: { apiKey: key } }).catch((reason: unknown) => reason)
    expect(isServiceError(error, 'auth')).toBe(true)
    expect(String(error)).not.toContain(key)
  })

  it('stop everything, and start again only with a person', async () => {
    const { switchId = '' } = await service.killSwitch.activate({ reason: 'runaway' })
    expect((await service.killSwitch.status()).isActive).toBe(true)
    await service.killSwitch.deactivate(switchId)
    expect((await service.killSwitch.status()).activeSwitches?.map(({ id }) => id)).not.toContain(switchId)
  })

  it('try a question again after a fault, and what would be a second key never', async () => {
    const sent = async (work: () => Promise<unknown>): Promise<number> => {
      const before = standIn.requests.length
      standIn.fault({ kind: 'status', status: 500 })
      await work().catch(() => undefined)
      return standIn.requests.length - before
    }
    expect(await sent(async () => service.actions.status())).toBe(2)
    expect(await sent(async () => service.apiKeys.create())).toBe(1)
  })
})
