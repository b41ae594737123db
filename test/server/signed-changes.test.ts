import { generateApprovalKeys, memoryStore, type SignedCheckpoint, verifyAudit } from 'countersign'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serve, type Served } from './support.js'

const RULE = { name: 'Refunds', domain: 'payments', max_per_day: 10, max_value: 100 }
const HOOK = { url: 'https://example.com/hook', events: ['signal.new'] }
const { publicKey, privateKey } = await generateApprovalKeys()

async function linesOf({ server }: Served): Promise<string[]> {
  const lines: string[] = []
  for await (const line of server.governor.audit.export()) lines.push(line.trimEnd())
  return lines
}

describe('checkpoints of a service', () => {
  afterEach(() => vi.restoreAllMocks())

  it('are signed for each change of a rule, a key or a webhook, so that none can be cut off unseen', async () => {
    const checkpoints: SignedCheckpoint[] = []
    const to = (checkpoint: SignedCheckpoint) => checkpoints.push(checkpoint)
    await using service = serve({ audit: { checkpoints: { privateKey, to } } })
    const steps = [
      () => service.boss('POST /rules', RULE),
      () => service.boss('POST /api-keys', { label: 'bot two' }),
      () => service.boss('POST /webhooks', HOOK),
      () => service.server.keys.create({ label: 'eve', role: 'approver' }),
    ]
    for (const [index, step] of steps.entries()) {
      await step()
      await vi.waitFor(() => expect(checkpoints).toHaveLength(index + 1))
      const lines = await linesOf(service)
      const check = { checkpoints, publicKeys: publicKey }
      expect(await verifyAudit(lines, check)).toMatchObject({ ok: true, checkpoints: index + 1 })
      expect(await verifyAudit(lines.slice(0, -1), check)).toMatchObject({ ok: false, problem: 'cut-off' })
    }
  })

  it('are one for changes that come while one is signed, and the last of them is in it when the service is closed', async () => {
    const checkpoints: SignedCheckpoint[] = []
    const gate = Promise.withResolvers<void>()
    const to = async (checkpoint: SignedCheckpoint) => {
      await gate.promise
      checkpoints.push(checkpoint)
    }
    const store = memoryStore()
    const service = serve({ store, audit: { checkpoints: { privateKey, to } } })
    for (let count = 0; count < 10; count++) await service.boss('POST /api-keys', { label: `bot ${count}` })
    const lines = await linesOf(service)
    gate.resolve()
    await service.server.close()
    expect(checkpoints.length).toBeLessThanOrEqual(3)
    expect(await verifyAudit(lines.slice(0, -1), { checkpoints, publicKeys: publicKey })).toMatchObject({ ok: false })
    expect(checkpoints.at(-1)?.seq).toBe(lines.length)
  })

  it('that cannot be signed are told of, and the change is made all the same', async () => {
    const heard: unknown[] = []
    await using service = serve({
      audit: { checkpoints: { privateKey, to: () => Promise.reject(new Error('the receiver is gone')) } },
      onError: error => heard.push(error),
    })
    expect((await service.boss('POST /rules', RULE)).status).toBe(200)
    await vi.waitFor(() => expect(String(heard[0])).toContain('the receiver is gone'))
  })
})
