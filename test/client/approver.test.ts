import { isGovernanceError } from 'countersign'
import { describe, expect, it } from 'vitest'
import type { DecisionService } from 'countersign/client'
import { type Area, isEndpoint } from '../../adapters/client/endpoint.js'
import { TABLE } from '../../adapters/client/endpoints/table.js'
import { AGENT, APPROVER, ask } from './fake-connection.js'

const rule = { name: 'cap', domain: 'payments', maxPerDay: 5, maxValue: 100 }
/** What people do. */
const DEEDS: Readonly<Record<string, (service: DecisionService, options?: object) => Promise<unknown>>> = {
  'approvals.resolve': (service, options) => service.approvals.resolve('a', { resolution: 'approved' }, options),
  'rules.create': (service, options) => service.rules.create(rule, options),
  'rules.update': (service, options) => service.rules.update('r', { maxValue: 1_000_000 }, options),
  'rules.delete': (service, options) => service.rules.delete('r', options),
  'rules.pause': (service, options) => service.rules.pause('r', options),
  'rules.resume': (service, options) => service.rules.resume('r', options),
  'rules.applyPatch': (service, options) => service.rules.applyPatch('r', { patch: [], preview: false }, options),
  'rules.purgeIdempotency': (service, options) => service.rules.purgeIdempotency({}, options),
  'killSwitch.deactivate': (service, options) => service.killSwitch.deactivate('k', {}, options),
  'webhooks.create': (service, options) => service.webhooks.create({ url: 'https://example.com/hook' }, options),
  'webhooks.update': (service, options) => service.webhooks.update('w', { isActive: false }, options),
  'webhooks.delete': (service, options) => service.webhooks.delete('w', options),
  'apiKeys.create': (service, options) => service.apiKeys.create({}, options),
  'apiKeys.delete': (service, options) => service.apiKeys.delete('k', {}, options),
  'apiKeys.rotate': (service, options) => service.apiKeys.rotate('k', options),
  'actions.memory.recommendations with autoApply': (service, options) =>
    service.actions.memory.recommendations({ autoApply: true }, options),
}
const refusalOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(Object.entries(DEEDS))('%s', (_name, deed) => {
  it('is sent with the approver’s credential', async () => {
    const { service, last } = ask()
    await deed(service)
    expect(last().credential).toEqual(APPROVER)
  })

  it('is sent with the credential of the call, if there is one', async () => {
    const { service, last } = ask(undefined, { approver: undefined })
    await deed(service, { credential: { bearerToken: 'person' } })
    expect(last().credential).toEqual({ bearerToken: 'person' })
  })

  it('is not sent without an approver', async () => {
    for (const approver of [undefined, {}, { apiKey: '' }, { bearerToken: undefined }]) {
      const { service, requests } = ask(undefined, { approver })
      const error = await refusalOf(deed(service))
      expect(isGovernanceError(error, 'not-permitted')).toBe(true)
      expect(requests).toEqual([])
    }
  })

  it('is not sent with the agent’s own credential', async () => {
    for (const own of [AGENT, { apiKey: 'other', bearerToken: 'bhk_agent' }, { bearerToken: 'bhk_agent' }]) {
      for (const [approver, options] of [[own], [APPROVER, { credential: own }]] as const) {
        const { service, requests } = ask(undefined, { approver })
        const error = await refusalOf(deed(service, options))
        expect(isGovernanceError(error, 'not-permitted')).toBe(true)
        expect(String(error)).not.toContain('bhk_')
        expect(requests).toEqual([])
      }
    }
  })
})

describe('what takes an approver', () => {
  it('is all of this, and nothing else', () => {
    const rowsOf = (area: Area, prefix = ''): readonly string[] =>
      Object.entries(area).flatMap(([name, entry]) => {
        if (!isEndpoint(entry)) return rowsOf(entry, `${prefix}${name}.`)
        if (entry.approverIf !== undefined) return [`${prefix}${name} with ${entry.approverIf}`]
        return entry.needs === 'approver' ? [`${prefix}${name}`] : []
      })
    expect(rowsOf(TABLE).toSorted()).toEqual(Object.keys(DEEDS).toSorted())
  })
})

describe('what an agent does', () => {
  it('never carries the approver’s credential', async () => {
    const { service, requests } = ask()
    await service.actions.evaluate({ action: 'refund' })
    await service.killSwitch.activate({ reason: 'runaway' })
    await service.rules.validate({ action: 'refund' })
    await service.actions.memory.recommendations({ autoApply: false })
    expect(requests.map(({ credential }) => credential)).toEqual([AGENT, AGENT, AGENT, AGENT])
  })

  it('is left to the connection’s own credential where no other was given', async () => {
    const { service, last } = ask(undefined, { apiKey: undefined })
    await service.actions.status()
    expect(last()).not.toHaveProperty('credential')
  })
})
