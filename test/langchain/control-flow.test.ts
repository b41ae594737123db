import { tool } from '@langchain/core/tools'
import { GraphInterrupt, NodeInterrupt, ParentCommand } from '@langchain/langgraph'
import { governanceMiddleware, governedTool } from 'countersign/langchain'
import { createAgent, createMiddleware } from 'langchain'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  asking,
  decisionsOf,
  governorWith,
  makeTools,
  modelProposing,
  statuses,
  toolCall,
  toolMessages,
} from './support.js'

const throwing = (error: unknown) =>
  tool(
    async () => {
      throw error
    },
    { name: 'read', description: 'x', schema: z.object({}) },
  )

const signals = fc.oneof(
  fc.jsonValue().map(value => new GraphInterrupt([{ id: 'i', value }])),
  fc.string().map(message => new NodeInterrupt(message)),
  fc.constant(new ParentCommand({ graph: 'parent', goto: 'x' } as never)),
  fc.string().map(message => Object.assign(new Error(message), { is_bubble_up: true })),
  fc.constant({ is_bubble_up: true }),
)

describe('a control-flow signal is not an error (law 11)', () => {
  it('passes a governed tool as the same object, and is not recorded as an error', async () => {
    await fc.assert(
      fc.asyncProperty(signals, async signal => {
        const governor = governorWith()
        const suspended: string[] = []
        governor.on(event => void suspended.push(event.type))
        const call = governedTool(throwing(signal), { governor }).invoke(toolCall('read', {}))
        await expect(call).rejects.toBe(signal)
        const isOver = signal instanceof ParentCommand
        expect((await decisionsOf(governor)).map(({ execution }) => execution?.status)).toEqual([
          isOver ? 'executed' : undefined,
        ])
        expect(suspended).toEqual(['decision-made', isOver ? 'tool-executed' : 'tool-suspended'])
      }),
      { numRuns: 50 },
    )
  })

  it('a command to the graph around ends its call: brought again, it does not run again', async () => {
    const governor = governorWith({ tools: { read: { annotations: { readOnly: false } } } })
    const command = new ParentCommand({ graph: 'parent', goto: 'x' } as never)
    let ran = 0
    const handing = tool(
      async () => {
        ran++
        throw command
      },
      { name: 'read', description: 'x', schema: z.object({}) },
    )
    const governed = governedTool(handing, { governor, scope: { sessionId: 's' } })
    await expect(governed.invoke(toolCall('read', {}))).rejects.toBe(command)
    await expect(governed.invoke(toolCall('read', {}))).rejects.toThrow()
    expect(ran).toBe(1)
  })

  it('passes the middleware as the same object', async () => {
    await fc.assert(
      fc.asyncProperty(signals, async signal => {
        const { wrapToolCall } = governanceMiddleware({ governor: governorWith() })
        const request = { toolCall: toolCall('read', {}), tool: throwing(signal), state: { messages: [] }, runtime: {} }
        const run = wrapToolCall(request, async ({ tool: governed }) => governed.invoke(toolCall('read', {})))
        await expect(run).rejects.toBe(signal)
      }),
      { numRuns: 50 },
    )
  })

  it('while every other thrown value is the tool’s error, and stays what it is', async () => {
    const errors = fc.oneof(
      fc.string().map(message => new Error(message)),
      fc.string(),
      fc.constant(null),
      fc.integer(),
    )
    await fc.assert(
      fc.asyncProperty(errors, async error => {
        const governor = governorWith()
        const call = governedTool(throwing(error), { governor }).invoke(toolCall('read', {}))
        const thrown: unknown[] = []
        try {
          await call
        } catch (reason) {
          thrown.push(reason)
        }
        expect(thrown).toEqual([error])
        expect(await statuses(governor)).toEqual(['call_1: allowed, tool_error'])
      }),
      { numRuns: 50 },
    )
  })
})

describe('an aborted run', () => {
  it('does not start a tool, and rejects with the reason of its signal', async () => {
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const reason = new Error('user left')
    const controller = new AbortController()
    controller.abort(reason)
    await expect(governed.invoke(toolCall('pay', { amount: 1 }), { signal: controller.signal })).rejects.toBe(reason)
    expect(ran).toEqual([])
  })

  it('stops a running tool, which is no error of the tool', async () => {
    const governor = governorWith()
    const controller = new AbortController()
    const endless = tool(
      () =>
        new Promise<string>(() => {
          controller.abort(new Error('user left'))
        }),
      { name: 'read', description: 'x', schema: z.object({}) },
    )
    const governed = governedTool(endless, { governor })
    await expect(governed.invoke(toolCall('read', {}), { signal: controller.signal })).rejects.toThrow('user left')
    expect((await decisionsOf(governor))[0]?.execution?.status).not.toBe('tool_error')
  })

  it('is not reported to the model as an error of the tool', async () => {
    const { wrapToolCall } = governanceMiddleware({ governor: governorWith() })
    const reason = new Error('user left')
    const runtime = { signal: AbortSignal.abort(reason) }
    const request = { toolCall: toolCall('read', {}), tool: makeTools().read, state: { messages: [] }, runtime }
    const run = wrapToolCall(request, async () => {
      throw reason
    })
    await expect(run).rejects.toBe(reason)
  })

  it('ends an agent', async () => {
    const controller = new AbortController()
    const endless = tool(
      () =>
        new Promise<string>(() => {
          controller.abort(new Error('user left'))
        }),
      { name: 'read', description: 'x', schema: z.object({}) },
    )
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'read', args: {} }),
      tools: [endless],
      middleware: [governanceMiddleware({ governor: governorWith() })],
    })
    await expect(agent.invoke(asking, { signal: controller.signal })).rejects.toThrow(/user left|[Aa]bort/)
  })
})

describe('another middleware’s own failure', () => {
  it('stays fatal, as it is without governance', async () => {
    const { tools } = makeTools()
    const broken = createMiddleware({
      name: 'Broken',
      wrapToolCall: () => {
        throw new Error('broken middleware')
      },
    })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } }),
      tools,
      middleware: [governanceMiddleware({ governor: governorWith() }), broken],
    })
    await expect(agent.invoke(asking)).rejects.toThrow('broken middleware')
  })

  it('does not hide arguments that a tool will not take', async () => {
    const { tools } = makeTools()
    const inner = createMiddleware({ name: 'Inner', wrapToolCall: (request, handler) => handler(request) })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: {} }),
      tools,
      middleware: [governanceMiddleware({ governor: governorWith(), toolErrors: 'throw' }), inner],
    })
    const { messages } = await agent.invoke(asking)
    expect(toolMessages(messages).a?.content).toMatch(/did not match expected schema/)
  })
})
