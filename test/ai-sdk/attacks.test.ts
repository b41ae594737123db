import { tool } from 'ai'
import { createGovernor, type Governor, memoryStore } from 'countersign'
import { governedTool } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const small = (): Governor =>
  createGovernor({
    store: memoryStore(),
    unlisted: 'deny',
    policy: [{ id: 'small', when: { 'input.amount': { lte: 100 } }, effect: 'allow' }],
  })
const options = { toolCallId: 'call-1', messages: [], context: {} }
const inputSchema = z.object({ amount: z.number() })

describe('a streaming tool', () => {
  it('never starts with an input that was changed after the decision', async () => {
    for (let ticks = 0; ticks < 30; ticks++) {
      const ran: number[] = []
      const pay = tool({
        inputSchema,
        async *execute({ amount }) {
          ran.push(amount)
          yield amount
        },
      })
      const input = { amount: 1 }
      const stream = governedTool(pay, { name: 'pay', governor: small() }).execute?.(input, options)
      const reading = (async () => {
        for await (const _ of stream as AsyncIterable<number>) continue
      })().catch(() => undefined)
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
      input.amount = 5000
      await reading
      expect(ran.filter(amount => amount > 100)).toEqual([])
    }
  })
})

describe('a scope function that promises its answer', () => {
  it('runs nothing, and leaves no rejection behind', async () => {
    const ran: string[] = []
    const pay = tool({ inputSchema, execute: async () => ran.push('paid') })
    for (const scope of [async () => ({ tenant: 'other' }), async () => Promise.reject(new Error('no'))]) {
      const governed = governedTool(pay, { name: 'pay', governor: small(), scope: scope as never })
      await expect(governed.execute?.({ amount: 1 }, options)).rejects.toThrow(
        'on whose behalf could not be determined',
      )
    }
    expect(ran).toEqual([])
  })
})
