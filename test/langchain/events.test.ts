import { toUIMessageStream } from '@ai-sdk/langchain'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { tool } from '@langchain/core/tools'
import { dispatchCustomEvent } from '@langchain/core/callbacks/dispatch'
import { Command, MemorySaver } from '@langchain/langgraph'
import {
  type GovernanceData,
  GovernanceCallbackHandler,
  governanceMiddleware,
  governedTool,
  governedTools,
  type UngovernedTool,
} from 'countersign/langchain'
import { createAgent } from 'langchain'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import {
  asking,
  decisionsOf,
  governorWith,
  makeTools,
  modelProposing,
  statuses,
  thread,
  toolCall,
  toolMessages,
} from './support.js'

const calls = [
  { id: 'a', name: 'pay', args: { amount: 5 } },
  { id: 'b', name: 'pay', args: { amount: 500 } },
  { id: 'c', name: 'wipe', args: {} },
]

const agentFor = (options: { checkpointer?: MemorySaver } = {}) => {
  const governor = governorWith()
  const { tools, ran } = makeTools()
  const middleware = [governanceMiddleware({ governor })]
  return { governor, ran, agent: createAgent({ model: modelProposing(...calls), tools, middleware, ...options }) }
}

const brief = ({ toolCallId, result, status }: GovernanceData): string => `${toolCallId} ${result} ${status ?? '…'}`

describe('decisions in LangChain’s own streams', () => {
  it('come in the custom stream, when they are taken and when the call has ended', async () => {
    const { agent, governor } = agentFor()
    const parts: (GovernanceData & { type: string; id: string })[] = []
    for await (const chunk of await agent.stream(asking, { streamMode: 'custom' })) parts.push(chunk as never)
    expect(parts.map(brief).toSorted()).toEqual([
      'a allowed executed',
      'a allowed …',
      'b requires_approval approval_required',
      'c blocked blocked',
    ])
    const decision = (await decisionsOf(governor)).find(({ callId }) => callId.startsWith('b@'))
    expect(parts.find(({ id }) => id === 'b')).toEqual({
      type: 'governance',
      id: 'b',
      decisionId: decision?.id,
      toolCallId: 'b',
      tool: 'pay',
      result: 'requires_approval',
      status: 'approval_required',
      reason: 'over 100',
      mode: 'enforced',
      rules: ['big'],
      approvalId: decision?.approvalId,
      recommendation: 'review_recommended',
    })
  })

  it('come before the question that they lead to', async () => {
    const { agent } = agentFor({ checkpointer: new MemorySaver() })
    const seen: string[] = []
    const stream = await agent.stream(asking, { ...thread(), streamMode: ['custom', 'updates'] })
    for await (const [mode, chunk] of stream) {
      if (mode === 'custom') seen.push(brief(chunk as GovernanceData))
      else if ('__interrupt__' in (chunk as object)) seen.push('question')
    }
    expect(seen).toEqual(['a allowed …', 'b requires_approval approval_required', 'c blocked blocked', 'question'])
  })

  it('become data-governance parts of the AI SDK’s message stream, one per call', async () => {
    const { agent } = agentFor()
    const stream = await agent.stream(asking, { streamMode: ['values', 'messages', 'custom'] })
    const parts: any[] = []
    for await (const part of toUIMessageStream(stream as unknown as ReadableStream)) parts.push(part)
    const governance = parts.filter(({ type }) => type === 'data-governance')
    expect(new Set(governance.map(({ id }) => id))).toEqual(new Set(['a', 'b', 'c']))
    expect(governance.every(({ transient }) => transient === false)).toBe(true)
    expect(governance.find(({ id }) => id === 'c').data).toMatchObject({ tool: 'wipe', result: 'blocked' })
  })

  it('come as custom events of the run, also those of calls that are held before a tool starts', async () => {
    const { agent } = agentFor({ checkpointer: new MemorySaver() })
    const seen: string[] = []
    for await (const { event, name, data } of agent.streamEvents(asking, { ...thread(), version: 'v2' })) {
      if (event === 'on_custom_event' && name === 'governance') seen.push(brief(data as unknown as GovernanceData))
    }
    expect(seen).toEqual(['a allowed …', 'b requires_approval approval_required', 'c blocked blocked'])
  })

  it('come as custom events of a single tool', async () => {
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const seen: string[] = []
    const events = governed.streamEvents(toolCall('pay', { amount: 5 }) as never, { version: 'v2' })
    for await (const { event, name, data } of events) {
      if (event === 'on_custom_event' && name === 'governance') seen.push(brief(data as unknown as GovernanceData))
    }
    expect(seen).toEqual(['call_1 allowed …', 'call_1 allowed executed'])
  })

  it('are numbered in the run that the server names', async () => {
    const { agent, governor } = agentFor()
    const runId = '01890a5d-ac96-774b-bcce-b302099a8057'
    const traces = new Set<string>()
    governor.on(({ traceId }) => void traces.add(traceId))
    await agent.invoke(asking, { configurable: { run_id: runId } })
    expect(traces).toEqual(new Set([runId]))
  })

  it('are numbered in the run that LangGraph says a task belongs to', async () => {
    const governor = governorWith()
    const executionInfo = { runId: '01890a5d-ac96-774b-bcce-b302099a8057' }
    await governedTool(makeTools().pay, { governor }).invoke({ amount: 5 }, { executionInfo } as never)
    expect((await decisionsOf(governor)).map(({ traceId }) => traceId)).toEqual([executionInfo.runId])
  })
})

describe('observers change nothing', () => {
  class Throwing extends BaseCallbackHandler {
    name = 'Throwing'
    override raiseError = true
    override awaitHandlers = true
    override handleCustomEvent(): never {
      throw new Error('observer')
    }
  }

  it('not when callback handlers and listeners throw', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { agent, governor, ran } = agentFor()
    governor.on(() => {
      throw new Error('listener')
    })
    const { messages } = await agent.invoke(asking, { callbacks: [new Throwing()] })
    expect(ran).toEqual(['pay 5'])
    expect(Object.keys(toolMessages(messages))).toHaveLength(3)
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor })
    expect(await governed.invoke({ amount: 5 }, { callbacks: [new Throwing()] })).toBe('paid 5')
    vi.restoreAllMocks()
  })

  it('not when a stream’s writer throws', async () => {
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const writer = vi.fn(() => {
      throw new Error('stream is closed')
    })
    expect(await governed.invoke({ amount: 5 }, { writer } as never)).toBe('paid 5')
    expect(writer).toHaveBeenCalledTimes(2)
  })

  it('not when a handler never comes back', async () => {
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const handler = BaseCallbackHandler.fromMethods({ handleCustomEvent: () => new Promise<void>(() => undefined) })
    handler.awaitHandlers = true
    expect(await governed.invoke({ amount: 5 }, { callbacks: [handler] })).toBe('paid 5')
  })
})

const observing = (options: Partial<ConstructorParameters<typeof GovernanceCallbackHandler>[0]> = {}) => {
  const events: string[] = []
  const ungoverned: UngovernedTool[] = []
  const handler = new GovernanceCallbackHandler({
    onEvent: event => events.push(brief(event)),
    onUngoverned: run => ungoverned.push(run),
    ...options,
  })
  return { events, ungoverned, handler }
}

describe('the callback handler', () => {
  it('hears of every decision of an agent, before and after an interrupt', async () => {
    const { agent } = agentFor({ checkpointer: new MemorySaver() })
    const { events, ungoverned, handler } = observing()
    await agent.invoke(asking, { ...thread(), callbacks: [handler] })
    expect(events).toEqual(['a allowed …', 'b requires_approval approval_required', 'c blocked blocked'])
    const resume = { decisions: [{ type: 'reject' }] }
    await agent.invoke(new Command({ resume }), { ...thread(), callbacks: [handler] })
    expect(events.slice(3)).toEqual(
      expect.arrayContaining(['a allowed executed', 'b requires_approval approval_required', 'c blocked blocked']),
    )
    expect(ungoverned).toEqual([])
  })

  it('names the tools that ran without a decision', async () => {
    const { pay, read } = makeTools()
    const { handler, ungoverned } = observing()
    const model = modelProposing(
      { id: 'a', name: 'pay', args: { amount: 5 } },
      { id: 'r', name: 'read', args: { path: 'x' } },
    )
    const agent = createAgent({ model, tools: [governedTool(pay, { governor: governorWith() }), read] })
    await agent.invoke(asking, { callbacks: [handler] })
    expect(ungoverned).toEqual([{ tool: 'read', toolCallId: 'r', runId: expect.any(String) }])
  })

  it('names an ungoverned tool that fails, too', async () => {
    const broken = tool(async () => Promise.reject(new Error('x')), {
      name: 'read',
      description: 'x',
      schema: z.object({}),
    })
    const { handler, ungoverned } = observing()
    await expect(broken.invoke({}, { callbacks: [handler] })).rejects.toThrow('x')
    expect(ungoverned).toEqual([{ tool: 'read', runId: expect.any(String) }])
  })

  it('is not deceived, given the governor, by a tool that claims a decision', async () => {
    const governor = governorWith()
    const liar = tool(
      async (_input: { path: string }, config) => {
        await dispatchCustomEvent('governance', { decisionId: 'made-up', tool: 'read', result: 'allowed' }, config)
        return 'content'
      },
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    const believing = observing()
    const checking = observing({ governor })
    const callbacks = [believing.handler, checking.handler]
    await liar.invoke({ path: 'x' }, { callbacks })
    await governedTool(makeTools().read, { governor }).invoke({ path: 'x' }, { callbacks })
    expect(believing.ungoverned).toEqual([])
    expect(checking.ungoverned.map(({ tool }) => tool)).toEqual(['read'])
  })

  it('refuses unknown options', () => {
    // @ts-expect-error a slip
    expect(() => new GovernanceCallbackHandler({ onEvents: () => undefined })).toThrow(/Did you mean "onEvent"/)
    // @ts-expect-error not a function
    expect(() => new GovernanceCallbackHandler({ onEvent: 1 })).toThrow(/expected a function/)
  })

  it('blocks nothing, not even by throwing: it is no gate', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    const { read, ran } = makeTools()
    const handler = new GovernanceCallbackHandler({
      onUngoverned: () => {
        throw new Error('no')
      },
    })
    expect(await read.invoke({ path: 'x' }, { callbacks: [handler] })).toBe('content of x')
    expect(ran).toEqual(['read x'])
    vi.restoreAllMocks()
  })
})

describe('one decision per call', () => {
  it('whatever streams it and however many listen', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const agent = createAgent({
      model: modelProposing(...calls),
      tools: governedTools(tools, { governor }),
      middleware: [governanceMiddleware({ governor })],
    })
    const handler = new GovernanceCallbackHandler({ onEvent: () => undefined })
    const stream = await agent.stream(asking, {
      callbacks: [handler],
      streamMode: ['custom', 'values', 'messages', 'updates'],
    })
    for await (const _chunk of stream);
    expect(await statuses(governor)).toEqual([
      'a: allowed, executed',
      'b: requires_approval, approval_required',
      'c: blocked, blocked',
    ])
  })
})
