import { StructuredTool, tool } from '@langchain/core/tools'
import { createGovernor, type Governor, isGovernanceError, memoryStore } from 'countersign'
import { governedTool } from 'countersign/langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

const schema = z.object({ amount: z.number() })
const small = (): Governor =>
  createGovernor({
    store: memoryStore(),
    unlisted: 'deny',
    policy: [{ id: 'small', when: { 'input.amount': { lte: 100 } }, effect: 'allow' }],
  })

describe('a tool that brings its own ways in', () => {
  it('is called with what was decided on, whatever its caller does to the input meanwhile', async () => {
    const ran: number[] = []
    class Own extends StructuredTool {
      name = 'pay'
      description = 'Pay'
      schema = schema
      protected async _call(): Promise<string> {
        return 'never'
      }
      override async invoke(input: unknown): Promise<never> {
        ran.push((input as { amount: number }).amount)
        return 'paid' as never
      }
    }
    const input = { amount: 1 }
    const running = governedTool(new Own(), { governor: small() }).invoke(input)
    input.amount = 5000
    await running
    expect(ran).toEqual([1])
  })

  it('does not lead past the gate by batch or stream', async () => {
    const ran: string[] = []
    class Own extends StructuredTool {
      name = 'pay'
      description = 'Pay'
      schema = schema
      protected async _call(): Promise<string> {
        ran.push('_call')
        return 'paid'
      }
      override async batch(): Promise<never> {
        ran.push('batch')
        return [] as never
      }
      override async stream(): Promise<never> {
        ran.push('stream')
        return [] as never
      }
    }
    const governor = small()
    const own: unknown = new Own()
    const governed = governedTool(own as StructuredTool, { governor })
    await expect(governed.batch([{ amount: 5000 }])).rejects.toSatisfy(error => isGovernanceError(error, 'blocked'))
    await expect(
      (async () => {
        for await (const chunk of await governed.stream({ amount: 5000 })) ran.push(String(chunk))
      })(),
    ).rejects.toSatisfy(error => isGovernanceError(error, 'blocked'))
    expect(ran).toEqual([])
    expect(await governor.decisions.list()).toHaveLength(2)
  })
})

describe('a scope function', () => {
  const pay = tool(async () => 'paid', { name: 'pay', description: 'Pay', schema })

  it('that promises its answer runs nothing', async () => {
    const scope = (async () => ({ tenant: 'other' })) as never
    await expect(governedTool(pay, { governor: small(), scope }).invoke({ amount: 1 })).rejects.toThrow('not a promise')
  })

  it('that throws runs nothing, and what it threw does not reach the model', async () => {
    const scope = (): never => {
      throw new Error('jwt SECRET expired')
    }
    const running = governedTool(pay, { governor: small(), scope }).invoke({ amount: 1 })
    await expect(running).rejects.toThrow('on whose behalf could not be determined')
    await expect(running).rejects.not.toThrow('SECRET')
  })
})
