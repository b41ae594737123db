import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { tool } from '@langchain/core/tools'
import { governedTool, governedTools } from 'countersign/langchain'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  asking,
  danglingCalls,
  decisionsOf,
  governorWith,
  makeTools,
  modelProposing,
  proposing,
  statuses,
  thread,
  toolMessages,
} from './support.js'

const calls = [
  { id: 'a', name: 'pay', args: { amount: 5 } },
  { id: 'b', name: 'pay', args: { amount: 500 } },
  { id: 'c', name: 'wipe', args: {} },
]

const graphOf = (node: ToolNode) =>
  new StateGraph(MessagesAnnotation)
    .addNode('tools', node)
    .addEdge(START, 'tools')
    .compile({ checkpointer: new MemorySaver() })

const asked = (result: object) => (result as { __interrupt__?: { value: any }[] }).__interrupt__ ?? []

describe('in LangGraph’s tool node', () => {
  it('a refused call is answered like any other', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const node = new ToolNode(governedTools(tools, { governor }))
    const { messages } = (await node.invoke({ messages: [proposing('ai-1', calls)] })) as { messages: BaseMessage[] }
    const answers = toolMessages(messages)
    expect(ran).toEqual(['pay 5'])
    expect(answers.a).toMatchObject({ status: 'success', content: 'paid 5' })
    expect(answers.b).toMatchObject({ status: 'error', name: 'pay' })
    expect(answers.c).toMatchObject({ status: 'error', name: 'wipe' })
    expect(await statuses(governor)).toEqual([
      'a: allowed, executed',
      'b: requires_approval, approval_required',
      'c: blocked, blocked',
    ])
  })

  it('a held call interrupts a graph that can come back to it, and runs once it is approved', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor })))
    const held = [{ id: 'b', name: 'pay', args: { amount: 500 } }]
    const [question] = asked(await graph.invoke({ messages: [proposing('ai-1', held)] }, thread()))
    const [approval] = await governor.approvals.list()
    expect(question?.value.actionRequests).toEqual([
      expect.objectContaining({ name: 'pay', args: { amount: 500 }, approvalId: approval?.id }),
    ])
    const [again] = asked(await graph.invoke(new Command({ resume: 'sure' }), thread()))
    expect(again?.value.actionRequests[0].description).toMatch(/could not be used: expected \{ decisions/)
    const { messages } = await graph.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(toolMessages(messages).b?.content).toBe('paid 500')
    expect(ran).toEqual(['pay 500'])
    expect(await statuses(governor)).toEqual(['b: requires_approval, executed'])
  })

  it('a rejected call is answered with the reviewer’s words', async () => {
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor: governorWith() })))
    await graph.invoke({ messages: [proposing('ai-1', [{ id: 'b', name: 'pay', args: { amount: 500 } }])] }, thread())
    const resume = { decisions: [{ type: 'reject', message: 'wrong account' }] }
    const { messages } = await graph.invoke(new Command({ resume }), thread())
    expect(toolMessages(messages).b?.content).toContain('("wrong account")')
    expect(ran).toEqual([])
  })

  it('one answer never runs two held calls: each is asked about by its own request, and runs once', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor })))
    const held = [
      { id: 'a', name: 'pay', args: { amount: 500 } },
      { id: 'b', name: 'pay', args: { amount: 600 } },
    ]
    let result: { messages: BaseMessage[] } = await graph.invoke({ messages: [proposing('ai-1', held)] }, thread())
    const seen = new Set<string>()
    for (let round = 0; round < 6 && asked(result).length > 0; round++) {
      const [{ approvalId }] = asked(result)[0]?.value.actionRequests ?? [{}]
      seen.add(approvalId)
      const resume = { decisions: [{ type: 'approve', approvalId }] }
      result = await graph.invoke(new Command({ resume }), thread())
    }
    expect(asked(result)).toEqual([])
    expect(seen.size).toBe(2)
    expect(danglingCalls(result.messages)).toEqual([])
    expect(ran.toSorted()).toEqual(['pay 500', 'pay 600'])
    expect(await decisionsOf(governor)).toHaveLength(2)
  })

  it('asks nobody where that was switched off', async () => {
    const { tools } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor: governorWith(), approvals: 'off' })))
    const held = [{ id: 'b', name: 'pay', args: { amount: 500 } }]
    const result = await graph.invoke({ messages: [proposing('ai-1', held)] }, thread())
    expect(asked(result)).toEqual([])
    expect(toolMessages(result.messages).b).toMatchObject({ status: 'error' })
  })

  it('an interrupt of the tool itself comes through, and its call goes on under the same decision', async () => {
    const governor = governorWith()
    const answers: unknown[] = []
    const question = tool(
      async ({ path }: { path: string }) => {
        const answer: unknown = interrupt({ question: path })
        answers.push(answer)
        return `answered ${String(answer)}`
      },
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    const graph = graphOf(new ToolNode([governedTool(question, { governor })]))
    const proposal = proposing('ai-1', [{ id: 'a', name: 'read', args: { path: 'which?' } }])
    expect(asked(await graph.invoke({ messages: [proposal] }, thread()))[0]?.value).toEqual({ question: 'which?' })
    const { messages } = await graph.invoke(new Command({ resume: 'this' }), thread())
    expect(toolMessages(messages).a).toMatchObject({ status: 'success', content: 'answered this' })
    expect(answers).toEqual(['this'])
    expect(await statuses(governor)).toEqual(['a: allowed, executed'])
  })

  it('a command that a tool answers with stays a command', async () => {
    const jump = tool(
      async (_input: { path: string }, config) =>
        new Command({
          update: { messages: [new ToolMessage({ content: 'moved', tool_call_id: config.toolCall?.id ?? '' })] },
        }),
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    const graph = graphOf(new ToolNode([governedTool(jump, { governor: governorWith() })]))
    const proposal = proposing('ai-1', [{ id: 'a', name: 'read', args: { path: 'x' } }])
    const { messages } = await graph.invoke({ messages: [proposal] }, thread())
    expect(toolMessages(messages).a?.content).toBe('moved')
  })
})

describe('in an agent without the middleware', () => {
  it('each held call asks for itself, and a single answer that names none of them executes none', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const held = [
      { id: 'a', name: 'pay', args: { amount: 500 } },
      { id: 'b', name: 'pay', args: { amount: 600 } },
    ]
    const agent = createAgent({
      model: modelProposing(...held),
      tools: governedTools(tools, { governor }),
      checkpointer: new MemorySaver(),
    })
    expect(asked(await agent.invoke(asking, thread()))).toHaveLength(2)
    const again = await agent.invoke(new Command({ resume: { decisions: [{ type: 'approve' }] } }), thread())
    expect(asked(again).length).toBeGreaterThan(0)
    expect(ran).toEqual([])
  })

  it('a node of one’s own that calls a tool with its config is asked too', async () => {
    const governor = governorWith()
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor })
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('own', async ({ messages }, config) => {
        const [call] = (messages.at(-1) as AIMessage).tool_calls ?? []
        if (call === undefined) return { messages: [] }
        return { messages: [(await governed.invoke({ ...call, type: 'tool_call' } as never, config)) as ToolMessage] }
      })
      .addEdge(START, 'own')
      .compile({ checkpointer: new MemorySaver() })
    const held = [{ id: 'b', name: 'pay', args: { amount: 500 } }]
    expect(asked(await graph.invoke({ messages: [proposing('ai-1', held)] }, thread()))).toHaveLength(1)
    const resume = { decisions: [{ type: 'approve' }] }
    const { messages } = await graph.invoke(new Command({ resume }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(ran).toEqual(['pay 500'])
    expect(await decisionsOf(governor)).toHaveLength(1)
  })

  it('a held call without an id interrupts nothing: nobody could find it again', async () => {
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const graph = new StateGraph(MessagesAnnotation)
      .addNode('own', async (_state, config) => {
        const output = await governed.invoke({ amount: 500 }, config).catch((error: Error) => error.message)
        return { messages: [new AIMessage(String(output))] }
      })
      .addEdge(START, 'own')
      .compile({ checkpointer: new MemorySaver() })
    const result = await graph.invoke({ messages: [] }, thread())
    expect(asked(result)).toEqual([])
    expect(result.messages.at(-1)?.content).toMatch(/needs a person's approval/)
    expect(ran).toEqual([])
  })
})
