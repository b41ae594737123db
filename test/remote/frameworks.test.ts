import { createAgent } from 'langchain'
import { generateText, isStepCount, tool } from 'ai'
import { type Governor } from 'countersign'
import { governedTools } from 'countersign/ai-sdk'
import { governanceMiddleware } from 'countersign/langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { scripted } from '../ai-sdk/scripted.js'
import { asking, makeTools, modelProposing, toolCall } from '../langchain/support.js'
import { remoteWorld } from './support.js'

/** Two calls in one turn: the service lets 5 through, and asks about 500. */
const AMOUNTS = [5, 500]
const decide = ({ value }: { readonly value?: number | null }) =>
  ({ enforcement_mode: 'enforced', enforced_verdict: (value ?? 0) <= 100 ? 'allowed' : 'requires_approval' }) as const

const FRAMEWORKS = {
  'the AI SDK': async (governor: Governor): Promise<readonly string[]> => {
    const ran: string[] = []
    const pay = tool({
      inputSchema: z.object({ amount: z.number() }),
      execute: async ({ amount }) => {
        ran.push(`pay ${amount}`)
        return `paid ${amount}`
      },
    })
    const calls = AMOUNTS.map(amount => ({ id: `call_${amount}`, name: 'pay', input: { amount } }))
    await generateText({
      model: scripted(calls, 'done').model,
      tools: governedTools({ pay }, { governor }),
      prompt: 'pay',
      stopWhen: isStepCount(3),
    })
    return ran
  },
  LangChain: async (governor: Governor): Promise<readonly string[]> => {
    const { ran, pay } = makeTools()
    const model = modelProposing(...AMOUNTS.map(amount => toolCall('pay', { amount }, `call_${amount}`)))
    const middleware = [governanceMiddleware({ governor, tools: [pay], approvals: 'interrupt' })]
    await createAgent({ model, tools: [pay], middleware }).invoke(asking)
    return ran
  },
}

/** The AI SDK asks whether a person is needed for one call after the other, before it executes any. */
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  'the AI SDK': ['/actions/evaluate', '/actions/evaluate'],
  LangChain: ['/actions/evaluate/batch'],
}

describe.each(Object.entries(FRAMEWORKS))('%s, with nothing changed but `decisions`', (name, run) => {
  it('asks the service about each call once, and about those that come together in one request', async () => {
    const { service, governor, close } = await remoteWorld({ service: { decide } })
    const ran = await run(governor)
    expect(ran).toEqual(['pay 5'])
    expect(service.requests.map(({ path }) => path)).toEqual(REQUESTS[name])
    const decisions = await governor.decisions.list()
    expect(Object.fromEntries(decisions.map(({ value, result }) => [value, result]))).toEqual({
      5: 'allowed',
      500: 'requires_approval',
    })
    await close()
  })

  it('runs nothing while the service cannot be reached', async () => {
    const { service, governor, close } = await remoteWorld({ remote: { retry: { attempts: 1 } } })
    await service.down()
    expect(await run(governor)).toEqual([])
    expect((await governor.decisions.list()).map(({ failMode }) => failMode)).toEqual(['closed', 'closed'])
    await close()
  })
})
