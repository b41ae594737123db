import { generateText, isStepCount, streamText, tool, type ToolSet } from 'ai'
import type { MockLanguageModelV4 } from 'ai/test'
import type { Scope } from 'countersign'
import { governedModel, governedTools, withGovernance } from 'countersign/ai-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Proposed, scripted, sdks, type Turn } from '../ai-sdk/scripted.js'
import { remoteWorld, type RemoteWorld } from './support.js'

const decide = ({ value }: { readonly value?: number | null }) =>
  ({ enforcement_mode: 'enforced', enforced_verdict: (value ?? 0) <= 100 ? 'allowed' : 'requires_approval' }) as const

const open: RemoteWorld[] = []
const world = async (): Promise<RemoteWorld> => {
  const made = await remoteWorld({ service: { decide } })
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

const payTool = (ran: string[]) =>
  tool({
    inputSchema: z.object({ amount: z.number(), memo: z.string().default('none') }),
    execute: async ({ amount }) => {
      ran.push(`pay ${amount}`)
      return `paid ${amount}`
    },
  })
const pays = (...amounts: readonly unknown[]): readonly Proposed[] =>
  amounts.map((amount, index) => ({ id: `call_${index + 1}`, name: 'pay', input: { amount } }))
const inner = (...turns: readonly Turn[]) => scripted(...turns).model as MockLanguageModelV4
const stopWhen = isStepCount(3)
const paths = ({ service }: RemoteWorld): readonly string[] => service.requests.map(({ path }) => path)
const batch = ['/actions/evaluate/batch']

const APIS: Readonly<Record<string, (options: object) => Promise<string>>> = {
  generateText: async options => (await generateText(options as never)).text,
  streamText: async options => streamText(options as never).text,
}
const GOVERNING: Readonly<
  Record<string, (tools: ToolSet, options: never) => { readonly tools: ToolSet; readonly toolApproval?: unknown }>
> = {
  governedTools: (tools, options) => ({ tools: governedTools(tools, options) }),
  withGovernance: (tools, options) => withGovernance(tools, options),
}

describe.each(Object.entries(APIS))('five calls of one answer in %s', (_, run) => {
  it.each(Object.entries(GOVERNING))('are one request to the service with %s', async (_, govern) => {
    const w = await world()
    const ran: string[] = []
    const governed = govern({ pay: payTool(ran) }, { governor: w.governor } as never)
    const model = governedModel(inner(pays(1, 2, 3, 4, 5), 'all paid'), { tools: governed.tools })
    expect(await run({ model, ...governed, prompt: 'pay', stopWhen })).toBe('all paid')
    expect(ran.toSorted()).toEqual(['pay 1', 'pay 2', 'pay 3', 'pay 4', 'pay 5'])
    expect(paths(w)).toEqual(batch)
    const decisions = await w.governor.decisions.list()
    expect(decisions.map(({ callId, execution }) => `${callId} ${execution?.status}`).toSorted()).toEqual(
      [1, 2, 3, 4, 5].map(call => `call_${call} executed`),
    )
  })

  it('are five requests without', async () => {
    const w = await world()
    const tools = governedTools({ pay: payTool([]) }, { governor: w.governor })
    await run({ model: inner(pays(1, 2, 3, 4, 5), 'all paid'), tools, prompt: 'pay', stopWhen })
    expect(paths(w).length).toBe(5)
  })

  it('are held as they were, one request for each that needs a person', async () => {
    const w = await world()
    const ran: string[] = []
    const governed = withGovernance({ pay: payTool(ran) }, { governor: w.governor })
    const model = governedModel(inner(pays(500, 5, 600)), { tools: governed.tools })
    await run({ model, ...governed, prompt: 'pay', stopWhen })
    expect([paths(w), ran]).toEqual([batch, ['pay 5']])
    const pending = await w.governor.approvals.list({ status: 'pending' })
    expect(pending.map(({ call }) => call.id).toSorted()).toEqual(['call_1', 'call_3'])
  })

  it('that wait for a person wait in execute', async () => {
    const w = await world()
    const ran: string[] = []
    const tools = governedTools({ pay: payTool(ran) }, { governor: w.governor, approvals: 'wait' })
    const stop = w.governor.on(event => {
      if (event.type === 'approval-requested')
        void w.governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'boss' })
    })
    const model = governedModel(inner(pays(500, 5), 'done'), { tools })
    expect(await run({ model, tools, prompt: 'pay', stopWhen })).toBe('done')
    expect(ran.toSorted()).toEqual(['pay 5', 'pay 500'])
    expect(paths(w)[0]).toBe(batch[0])
    stop()
  })
})

describe('deciding ahead changes nothing else', () => {
  it('a call that the SDK has repaired is decided once, as repaired', async () => {
    const w = await world()
    const ran: string[] = []
    const tools = governedTools({ pay: payTool(ran) }, { governor: w.governor })
    const model = governedModel(inner(pays(1, 'two', 3), 'done'), { tools })
    await generateText({
      model,
      tools,
      prompt: 'pay',
      stopWhen,
      repairToolCall: async ({ toolCall }) => ({ ...toolCall, input: '{"amount":2}' }),
    })
    expect(ran.toSorted()).toEqual(['pay 1', 'pay 2', 'pay 3'])
    expect(paths(w)).toEqual([...batch, '/actions/evaluate'])
    expect((await w.governor.decisions.list()).length).toBe(3)
  })

  it('a call that the SDK has refined is decided anew, as refined', async () => {
    const w = await world()
    const ran: string[] = []
    const tools = governedTools({ pay: payTool(ran) }, { governor: w.governor })
    const model = governedModel(inner(pays(1, 2), 'done'), { tools })
    await generateText({
      model,
      tools,
      prompt: 'pay',
      stopWhen,
      experimental_refineToolInput: {
        pay: (input: { amount: number; memo: string }) => (input.amount === 2 ? { ...input, amount: 500 } : input),
      },
    })
    expect(ran).toEqual(['pay 1'])
    expect(paths(w)).toEqual([...batch, '/actions/evaluate'])
  })

  it('a scope of its own decides it where it needs nothing of the conversation, and otherwise later', async () => {
    const scopes: Readonly<
      Record<string, (request: { readonly context?: unknown; readonly messages: object }) => Scope>
    > = {
      closed: () => ({ user: 'ada' }),
      'reads the context': ({ context }) => ({ user: context === undefined ? 'ada' : 'eve' }),
      'reads the messages': ({ messages }) => ({ user: Array.isArray(messages) ? 'ada' : 'nobody' }),
    }
    for (const [name, scope] of Object.entries(scopes)) {
      const w = await world()
      const tools = governedTools({ pay: payTool([]) }, { governor: w.governor, scope })
      const model = governedModel(inner(pays(1, 2), 'done'), { tools })
      await generateText({ model, tools, prompt: 'pay', stopWhen })
      expect([name, paths(w).length]).toEqual([name, name === 'closed' ? 1 : 2])
      expect((await w.governor.decisions.list()).map(({ user }) => user)).toEqual(['ada', 'ada'])
    }
  })

  it('a tool with a question of its own, and a page that shows one question, are left to the SDK', async () => {
    for (const [own, options] of [
      [{ needsApproval: () => false }, {}],
      [{}, { parallelApprovals: 'first-only' }],
    ] as const) {
      const w = await world()
      const pay = { ...payTool([]), ...own }
      const tools = governedTools({ pay }, { governor: w.governor, ...options })
      const model = governedModel(inner(pays(1, 2), 'done'), { tools })
      await generateText({ model, tools, prompt: 'pay', stopWhen })
      expect(paths(w)).toEqual(['/actions/evaluate', '/actions/evaluate'])
    }
  })

  it('a call whose id is in the conversation already, an unknown tool and a lone call are left to the SDK', async () => {
    const w = await world()
    const tools = governedTools({ pay: payTool([]) }, { governor: w.governor })
    const lone = pays(1)
    const again = [...lone, { id: 'call_9', name: 'pay', input: { amount: 2 } }, { id: 'x', name: 'gone', input: {} }]
    const model = governedModel(inner(lone, again, 'done'), { tools })
    await generateText({ model, tools, prompt: 'pay', stopWhen })
    expect(paths(w).every(path => path === '/actions/evaluate')).toBe(true)
  })

  it('parts of a stream stay in order, but for the inputs of further calls', async () => {
    const w = await world()
    const tools = governedTools({ pay: payTool([]) }, { governor: w.governor })
    const model = governedModel(inner(pays(1, 2)), { tools })
    const { stream } = await model.doStream({ prompt: [] })
    const types: string[] = []
    for await (const part of stream) types.push(part.type)
    expect(types).toEqual([
      'stream-start',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'tool-call',
      'finish',
    ])
  })

  it.each(sdks)('$major decides together', async sdk => {
    const w = await world()
    const ran: string[] = []
    const tools = governedTools({ pay: payTool(ran) }, { governor: w.governor })
    const { model } = sdk.scripted(pays(1, 2, 3), 'done')
    const governed = governedModel(model as MockLanguageModelV4, { tools })
    await sdk.ai.generateText({ model: governed, tools, prompt: 'pay', stopWhen })
    expect([paths(w), ran.length]).toEqual([batch, 3])
  })
})
