import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DocumentStore, type GovernorOptions, memoryStore } from 'countersign'
import { sqliteStore } from 'countersign/stores/sqlite'
import { describe, expect, it } from 'vitest'
import { canonicalText } from '../../src/canonical.js'
import { type Served, serve } from './support.js'

const RULE = { name: 'Refunds', domain: 'payments', max_per_day: 10, max_value: 100 }

interface Entry {
  readonly body: string
  readonly personal?: string
  readonly tenant?: string
}

/** Entries about changes, as an export shows them. */
async function changesIn({ server }: Served) {
  const found: { facts: Record<string, unknown>; personal: Record<string, [string, unknown]> }[] = []
  for await (const line of server.governor.audit.export()) {
    const { body, personal = '{}' } = JSON.parse(line) as Entry
    const facts = JSON.parse(body) as Record<string, unknown>
    if (facts['kind'] === 'change') found.push({ facts, personal: JSON.parse(personal) as never })
  }
  return found
}

async function exported({ server }: Served): Promise<string> {
  let text = ''
  for await (const line of server.governor.audit.export()) text += line
  return text
}

const STORES: readonly [string, () => { store: DocumentStore; end: () => void }][] = [
  ['memory', () => ({ store: memoryStore(), end: () => undefined })],
  [
    'sqlite',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'changes-'))
      return { store: sqliteStore(join(folder, 'a.db')), end: () => rmSync(folder, { recursive: true }) }
    },
  ],
]

describe.each(STORES)('changes of what decisions go by, in %s', (_name, open) => {
  async function served<T>(work: (served: Served) => Promise<T>, audit?: GovernorOptions['audit']): Promise<T> {
    const { store, end } = open()
    const made = serve({ store, ...(audit === undefined ? {} : { audit }) })
    try {
      return await work(made)
    } finally {
      await made[Symbol.asyncDispose]()
      end()
    }
  }

  it('are in the audit log: who, when, what was done, and hashes that lead from one version to the next', () =>
    served(async made => {
      const { body: rule } = await made.boss('POST /rules', RULE)
      made.clock.advance(5000)
      await made.boss(`POST /rules/${rule.rule_id}/pause`)
      await made.boss(`DELETE /rules/${rule.rule_id}`)

      const changes = await changesIn(made)
      expect(changes.map(({ facts }) => [facts['subject'], facts['id'], facts['step'], facts['revision']])).toEqual([
        ['rule', rule.rule_id, 'created', 1],
        ['rule', rule.rule_id, 'paused', 2],
        ['rule', rule.rule_id, 'deleted', 3],
      ])
      const [created, paused, deleted] = changes
      expect(created?.personal['by']?.[1]).toBe('dana')
      expect((paused?.facts['at'] as number) - (created?.facts['at'] as number)).toBe(5000)
      expect(created?.facts['before']).toBeUndefined()
      expect(paused?.facts['before']).toBe(created?.facts['after'])
      expect(deleted?.facts['before']).toBe(paused?.facts['after'])
      expect(deleted?.facts['after']).toBeUndefined()
      expect(await made.server.governor.audit.verify()).toMatchObject({ ok: true })
    }))

  it('hash a rule as its versions hold it', () =>
    served(async made => {
      const { body: rule } = await made.boss('POST /rules', RULE)
      const [created] = await changesIn(made)
      const hash = (state: object) => createHash('sha256').update(canonicalText(state)).digest('hex')
      const at = made.clock.now()
      const state = {
        constraint: RULE,
        status: 'active',
        createdAt: at,
        createdBy: 'dana',
        updatedAt: at,
        updatedBy: 'dana',
      }
      expect(created?.facts).toMatchObject({ id: rule.rule_id, after: hash(state) })
    }))

  it('include keys and webhooks, and none of their secrets', () =>
    served(async made => {
      const { body: key } = await made.boss('POST /api-keys', { label: 'worker' })
      const { body: other } = await made.boss(`POST /api-keys/${key.key_id}/rotate`)
      await made.boss(`DELETE /api-keys/${other.key_id}`, { reason: 'left' })
      const secret = 'a-secret-of-their-own-0123456789'
      const { body: hook } = await made.boss('POST /webhooks', { url: 'https://example.com/hook', secret })
      const { status } = await made.boss(`PATCH /webhooks/${hook.webhook_id}`, { is_active: false })
      expect(status).toBe(200)
      await made.boss(`DELETE /webhooks/${hook.webhook_id}`)

      const steps = (await changesIn(made)).map(({ facts }) => `${String(facts['subject'])} ${String(facts['step'])}`)
      expect(steps).toEqual([
        'api-key created',
        'api-key rotated',
        'api-key created',
        'api-key revoked',
        'webhook created',
        'webhook updated',
        'webhook deleted',
      ])
      const text = await exported(made)
      for (const hidden of [secret, key.key, other.key]) expect(text).not.toContain(hidden)
      expect(await made.server.governor.audit.verify()).toMatchObject({ ok: true })
    }))

  it('leave no entry where the change was refused', () =>
    served(async made => {
      await made.boss('POST /rules', { ...RULE, max_value: 'much' })
      await made.boss('DELETE /rules/rule_none')
      await made.ask('POST /rules', RULE)
      expect(await changesIn(made)).toEqual([])
    }))

  it('are sealed with the key of the log, in one chain with decisions', () =>
    served(
      async made => {
        await made.ask('POST /actions/evaluate', { action: 'refund', value: 5 })
        await made.boss('POST /rules', RULE)
        await made.ask('POST /actions/evaluate', { action: 'refund', value: 6 })
        await made.boss('POST /kill-switch/activate', { reason: 'incident' })
        const kinds = (await exported(made)).trim().split('\n')
        expect(kinds.map(line => JSON.parse((JSON.parse(line) as Entry).body).kind)).toEqual([
          'decision',
          'change',
          'decision',
          'kill-switch',
        ])
        expect(await made.server.governor.audit.verify()).toMatchObject({ ok: true, entries: 4 })
      },
      { key: 'a long random text' },
    ))

  it('are made without a log where none is kept', () =>
    served(async made => {
      expect((await made.boss('POST /rules', RULE)).status).toBe(200)
      expect((await made.boss('GET /rules')).body).toHaveLength(1)
    }, false))
})
