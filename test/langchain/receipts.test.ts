import { AIMessage, RemoveMessage, ToolMessage } from '@langchain/core/messages'
import { tool, type ToolRunnableConfig } from '@langchain/core/tools'
import { Command, MemorySaver, MessagesAnnotation, Send, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { governanceMiddleware, governedTool } from 'countersign/langchain'
import { createAgent } from 'langchain'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { testClock, untilWaiting } from '../support/governing.js'
import { asking, governorWith, makeTools, modelProposing, proposing, toolCall, toolMessages } from './support.js'

const scope = { sessionId: 's' }
const schema = z.object({ path: z.string() })

/** The result of a call, and of the same call brought once more. */
const twice = async (returned: unknown, responseFormat: 'content' | 'content_and_artifact' = 'content') => {
  let runs = 0
  const read = tool(
    async () => {
      runs++
      return returned
    },
    { name: 'read', description: 'x', schema, responseFormat },
  )
  const governed = governedTool(read, { governor: governorWith(), scope })
  const invoke = async (): Promise<unknown> => governed.invoke(toolCall('read', { path: 'x' }))
  const results = [await invoke(), await invoke()]
  expect(runs).toBe(1)
  return results
}

describe('the result of a call that is brought once more', () => {
  it.each<[string, unknown]>([
    ['a text', 'content'],
    ['an object', { rows: [1, 2], next: null }],
    ['blocks of content', [{ type: 'text', text: 'content' }]],
    ['an object that looks like a stored message', { '@langchain': 'message', value: { type: 'tool', data: {} } }],
    [
      'a message',
      new ToolMessage({
        content: 'nothing there',
        tool_call_id: 'call_1',
        name: 'read',
        status: 'error',
        artifact: { code: 404 },
        id: 'm-1',
      }),
    ],
  ])('is the same for %s', async (_, returned) => {
    const [first, again] = await twice(returned)
    expect(again).toEqual(first)
  })

  it('is the same for content and artifact', async () => {
    const [first, again] = await twice(['content', { rows: [new Date(0), 7n] }], 'content_and_artifact')
    expect(again).toEqual(first)
    expect((again as ToolMessage).artifact).toEqual({ rows: [new Date(0), 7n] })
  })

  it('is the same for every JSON value', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async value => {
        const [first, again] = await twice(value)
        expect(again).toEqual(first)
      }),
      { numRuns: 50 },
    )
  })

  it('is a text that says so where it could not be kept, in the tool’s own format', async () => {
    const [, plain] = await twice({ stream: Promise.resolve() })
    expect((plain as ToolMessage).content).toMatch(/was executed before; its result was not kept/)
    const [, sends] = await twice(new Command({ goto: [new Send('after', {})] }))
    expect((sends as ToolMessage).content).toMatch(/was executed before; its result was not kept/)
    const [, pair] = await twice(['content', new Blob(['x'])], 'content_and_artifact')
    expect((pair as ToolMessage).content).toMatch(/was executed before; its result was not kept/)
  })

  it('is the same for a command, with the messages in it', async () => {
    const messages = [new AIMessage({ id: 'ai', content: 'x', tool_calls: [] }), new RemoveMessage({ id: 'old' })]
    const fields = { update: { messages, count: 1 }, goto: 'after', graph: '__parent__' }
    const [, again] = await twice(new Command(fields))
    expect(again).toMatchObject({ ...fields, goto: ['after'] })
    expect((again as Command)._updateAsTuples()).toEqual(Object.entries(fields.update))
  })

  it('is a command that a graph follows as it did before', async () => {
    let runs = 0
    const jump = tool(
      async (_input: { path: string }, config: ToolRunnableConfig) => {
        runs++
        return new Command({
          update: { messages: [new ToolMessage({ content: 'moved', tool_call_id: config.toolCall?.id ?? '' })] },
          goto: 'after',
        })
      },
      { name: 'read', description: 'x', schema },
    )
    const heard: string[] = []
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('tools', new ToolNode([governedTool(jump, { governor: governorWith(), scope })]), { ends: ['after'] })
      .addNode('after', ({ messages }) => {
        heard.push(messages.at(-1)?.text ?? '')
        return { messages: [new AIMessage('arrived')] }
      })
      .addEdge(START, 'tools')
      .compile({ checkpointer: new MemorySaver() })
    const proposal = () => ({ messages: [proposing('ai-1', [{ id: 'a', name: 'read', args: { path: 'x' } }])] })
    const texts = async (id: string) =>
      (await graph.invoke(proposal(), { configurable: { thread_id: id } })).messages.map(({ text }) => text)
    const first = await texts('one')
    expect(await texts('two')).toEqual(first)
    expect(first).toEqual(['', 'moved', 'arrived'])
    expect(heard).toEqual(['moved', 'moved'])
    expect(runs).toBe(1)
  })
})

describe('a held call that waits', () => {
  const waiting = () => {
    const clock = testClock()
    const governor = governorWith({ clock })
    const { tools, ran, pay } = makeTools()
    return { clock, governor, tools, ran, pay }
  }

  it('goes on when it is approved elsewhere, without any interrupt', async () => {
    const { clock, governor, tools, ran } = waiting()
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 500 } }),
      tools,
      middleware: [governanceMiddleware({ governor, approvals: 'wait' })],
      checkpointer: new MemorySaver(),
    })
    governor.on(event => {
      if (event.type !== 'approval-requested') return undefined
      return governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'carol' })
    })
    const { messages } = await agent.invoke(asking, { configurable: { thread_id: 't' } })
    expect(ran).toEqual(['pay 500'])
    expect(toolMessages(messages).a).toMatchObject({ content: 'paid 500' })
    expect(clock.pending()).toBe(0)
  })

  it('is answered when nobody did in time', async () => {
    const { clock, governor, ran, pay } = waiting()
    const running = governedTool(pay, { governor, approvals: 'wait' }).invoke(toolCall('pay', { amount: 500 }))
    await untilWaiting(clock)
    clock.advance(3_600_001)
    expect(await running).toMatchObject({ status: 'error', content: expect.stringContaining('has expired') })
    expect(ran).toEqual([])
  })

  it('ends when it is called off', async () => {
    const { clock, governor, ran, pay } = waiting()
    const controller = new AbortController()
    const { signal } = controller
    const governed = governedTool(pay, { governor, approvals: 'wait' })
    const running = governed.invoke(toolCall('pay', { amount: 500 }), { signal })
    await untilWaiting(clock)
    controller.abort(new Error('user left'))
    await expect(running).rejects.toThrow('user left')
    expect(ran).toEqual([])
  })

  it('of a tool that is governed already waits where the middleware says so', async () => {
    const { governor, ran, pay } = waiting()
    governor.on(event => {
      if (event.type !== 'approval-requested') return undefined
      return governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'carol' })
    })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 500 } }),
      tools: [governedTool(pay, { governor })],
      middleware: [governanceMiddleware({ governor, approvals: 'wait' })],
    })
    await agent.invoke(asking)
    expect(ran).toEqual(['pay 500'])
  })
})
