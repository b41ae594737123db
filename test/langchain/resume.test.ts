import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import type { ToolCall } from '@langchain/core/messages/tool'
import { fakeModel } from '@langchain/core/testing'
import { tool } from '@langchain/core/tools'
import { Command, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph'
import { ToolNode } from '@langchain/langgraph/prebuilt'
import { memoryStore, type Store } from 'countersign'
import { governanceMiddleware, governedTool, governedTools } from 'countersign/langchain'
import { sqliteStore } from 'countersign/stores/sqlite'
import { createAgent } from 'langchain'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  answering,
  asking,
  danglingCalls,
  decisionsOf,
  governorWith,
  makeTools,
  modelProposing,
  proposing,
  questions,
  statuses,
  thread,
  toolMessages,
} from './support.js'

const folder = mkdtempSync(join(tmpdir(), 'countersign-langchain-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = () => join(folder, `${++files}.db`)

const held = { id: 'a', name: 'pay', args: { amount: 500 } }
const other = { id: 'b', name: 'pay', args: { amount: 900 } }
const free = { id: 'c', name: 'read', args: { path: 'x' } }

const graphOf = (node: ToolNode) =>
  new StateGraph(MessagesAnnotation)
    .addNode('tools', node)
    .addEdge(START, 'tools')
    .compile({ checkpointer: new MemorySaver() })

describe.each<[string, () => Store]>([
  ['memory', memoryStore],
  ['sqlite', () => sqliteStore(newFile())],
])('an approved call, on %s', (_name, open) => {
  const agentFor = (calls: readonly ToolCall[] = [held], version: 'v1' | 'v2' = 'v2') => {
    const governor = governorWith({ store: open() })
    const { tools, ran } = makeTools()
    // Each resume of its own goes on to the model.
    const model = fakeModel().respond(proposing('ai-1', calls))
    for (let turn = 0; turn < 5; turn++) model.respond(new AIMessage('done'))
    const middleware = [governanceMiddleware({ governor, tools })]
    return { governor, ran, agent: createAgent({ model, tools, version, middleware, checkpointer: new MemorySaver() }) }
  }

  it('runs once for three resumes at the same moment, and all three get its result', async () => {
    const { agent, ran, governor } = agentFor()
    await agent.invoke(asking, thread())
    const resume = () => agent.invoke(answering({ type: 'approve' }), thread())
    const results = await Promise.all([resume(), resume(), resume()])
    expect(ran).toEqual(['pay 500'])
    for (const { messages } of results) expect(toolMessages(messages).a).toMatchObject({ content: 'paid 500' })
    expect(await decisionsOf(governor)).toHaveLength(1)
    expect(await governor.receipts.list()).toHaveLength(1)
  })

  it('runs once for a checkpoint that is resumed twice', async () => {
    const { agent, ran } = agentFor()
    await agent.invoke(asking, thread())
    const { config: from } = await agent.graph.getState(thread())
    await agent.invoke(answering({ type: 'approve' }), from)
    const { messages } = await agent.invoke(answering({ type: 'approve' }), from)
    expect(ran).toEqual(['pay 500'])
    expect(toolMessages(messages).a).toMatchObject({ content: 'paid 500', status: 'success' })
  })

  it('runs once though the graph runs its node anew, and so do the calls beside it', async () => {
    const governor = governorWith({ store: open() })
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor })))
    await graph.invoke({ messages: [proposing('ai-1', [free, held])] }, thread())
    expect(ran).toEqual(['read x'])
    await graph.invoke(new Command({ resume: 'nonsense' }), thread())
    const { messages } = await graph.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual(['read x', 'pay 500'])
    expect(danglingCalls(messages)).toEqual([])
    expect(toolMessages(messages).c).toMatchObject({ content: 'content of x' })
  })

  it.each(['v1', 'v2'] as const)('gives each call of a batch its own result in agent version %s', async version => {
    const { agent, ran, governor } = agentFor([held, other, free], version)
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'reject' }, { type: 'approve' }), thread())
    expect(ran.toSorted()).toEqual(['pay 900', 'read x'])
    expect(danglingCalls(messages)).toEqual([])
    expect(await statuses(governor)).toEqual([
      'a: requires_approval, blocked',
      'b: requires_approval, executed',
      'c: allowed, executed',
    ])
  })

  it('takes partial answers by their names, and asks about the batch until none waits', async () => {
    const { agent, ran } = agentFor([held, other])
    const [question] = questions(await agent.invoke(asking, thread()))
    const [, second] = question?.actionRequests ?? []
    const rest = await agent.invoke(answering({ type: 'approve', approvalId: second?.approvalId }), thread())
    expect(ran).toEqual([])
    const descriptions = questions(rest)[0]?.actionRequests.map(({ description }) => description)
    expect(descriptions?.[0]).not.toContain('Status')
    expect(descriptions?.[1]).toContain('Status: approved already; no answer is needed')
    const { messages } = await agent.invoke(answering({ type: 'reject' }, { type: 'approve' }), thread())
    expect(ran).toEqual(['pay 900'])
    expect(danglingCalls(messages)).toEqual([])
  })
})

describe('a process that ends while a person is asked', () => {
  it('is followed by one that executes what is approved then, once', async () => {
    const [file, decided] = [newFile(), new MemorySaver()]
    const before = governorWith({ store: sqliteStore(file) })
    const first = makeTools()
    const middleware = [governanceMiddleware({ governor: before, tools: first.tools })]
    const calls = [held, other, free]
    await createAgent({
      model: modelProposing(...calls),
      tools: first.tools,
      middleware,
      checkpointer: decided,
    }).invoke(asking, thread())
    await before.close()
    const { storage, writes } = decided

    const after = governorWith({ store: sqliteStore(file) })
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: fakeModel().respond(new AIMessage('done')),
      tools,
      middleware: [governanceMiddleware({ governor: after, tools })],
      checkpointer: Object.assign(new MemorySaver(), deserialize(serialize({ storage, writes }))),
    })
    const { messages } = await agent.invoke(answering({ type: 'approve' }, { type: 'reject', message: 'no' }), thread())
    expect(first.ran).toEqual([])
    expect(ran.toSorted()).toEqual(['pay 500', 'read x'])
    expect(danglingCalls(messages)).toEqual([])
    await after.close()
  })
})

describe('an answer given elsewhere', () => {
  const inboxed = (approver: 'chat-user' | 'inbox') => {
    const governor = governorWith({ approvals: { approver } })
    const { tools, ran } = makeTools()
    const middleware = [governanceMiddleware({ governor, tools })]
    const model = modelProposing(held)
    const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() })
    const resolve = async (resolution: 'approved' | 'rejected') => {
      const [approval] = await governor.approvals.list()
      await governor.approvals.resolve(approval?.id ?? '', { resolution, by: 'carol', comment: 'by phone' })
    }
    return { governor, agent, ran, resolve }
  }

  it('is what counts where the person in the conversation may not answer', async () => {
    const { agent, ran, resolve } = inboxed('inbox')
    const [question] = questions(await agent.invoke(asking, thread()))
    expect(question?.actionRequests[0]?.description).toContain('somebody else, in the inbox')
    const [again] = questions(await agent.invoke(answering({ type: 'approve' }), thread()))
    expect(again?.actionRequests[0]?.description).toMatch(/could not be used: Approval ".+" was not resolved/)
    expect(ran).toEqual([])
    await resolve('approved')
    await agent.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual(['pay 500'])
  })

  it('is passed on to the model when it is a no, whatever is answered here', async () => {
    const { agent, ran, resolve } = inboxed('chat-user')
    await agent.invoke(asking, thread())
    await resolve('rejected')
    const { messages } = await agent.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toContain('("by phone")')
  })

  it('is taken back by a no of the person in the conversation', async () => {
    const { agent, ran, resolve } = inboxed('chat-user')
    await agent.invoke(asking, thread())
    await resolve('approved')
    const { messages } = await agent.invoke(answering({ type: 'reject', message: 'not any more' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toContain('not any more')
  })

  it('needs no question where it came before the call', async () => {
    const { governor, agent, ran } = inboxed('chat-user')
    governor.on(event => {
      if (event.type !== 'approval-requested') return undefined
      return governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'carol' })
    })
    const first = await agent.invoke(asking, thread())
    const last = questions(first).length === 0 ? first : await agent.invoke(answering({ type: 'approve' }), thread())
    expect(questions(last)).toEqual([])
    expect(ran).toEqual(['pay 500'])
  })
})

describe('an answer that was there before the question', () => {
  it('does not run a call that was put in the place of the one asked about', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor })))
    await graph.invoke({ messages: [proposing('ai-1', [held])] }, thread())
    const forged = proposing('ai-1', [{ ...held, args: { amount: 9000 } }])
    const resume = { decisions: [{ type: 'approve' }] }
    const command = new Command<unknown, { messages: AIMessage[] }, never>({ update: { messages: [forged] }, resume })
    const [question] = questions(await graph.invoke(command, thread()))
    expect(ran).toEqual([])
    expect(question?.actionRequests[0]).toMatchObject({ args: { amount: 9000 } })
    expect(question?.actionRequests[0]?.description).toContain('it was given before this was asked')
  })

  it('does not run one of several calls that ask for themselves, unless it names it', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const graph = graphOf(new ToolNode(governedTools(tools, { governor })))
    await graph.invoke({ messages: [proposing('ai-1', [held, other])] }, thread())
    for (let round = 0; round < 3; round++) {
      expect(questions(await graph.invoke(answering({ type: 'approve' }), thread()))).toHaveLength(1)
    }
    expect(ran).toEqual([])
  })
})

/** An agent whose tools ask subagents, one for each call. */
const withSubagents = (...calls: readonly string[]) => {
  const governor = governorWith()
  const { tools, ran } = makeTools()
  const subagents = new Map(
    calls.map((task, index) => {
      const inner = proposing(`in-${task}`, [{ id: 'x', name: 'pay', args: { amount: 500 + index } }])
      // Its node is run anew with each resume, and its model with it only where nothing was kept of its answer.
      const model = fakeModel().respond(inner)
      for (let turn = 0; turn < 5; turn++) model.respond(new AIMessage(`${task} is done`))
      return [task, createAgent({ model, tools, middleware: [governanceMiddleware({ governor, tools })] })]
    }),
  )
  const begun: string[] = []
  const ask = tool(
    async ({ task }: { task: string }) => {
      begun.push(task)
      const { messages } = (await subagents.get(task)?.invoke({ messages: [new HumanMessage(task)] })) ?? {
        messages: [],
      }
      return messages.find(message => ToolMessage.isInstance(message))?.text ?? ''
    },
    { name: 'ask_subagent', description: 'x', schema: z.object({ task: z.string() }) },
  )
  const agent = createAgent({
    model: modelProposing(...calls.map(task => ({ id: task, name: 'ask_subagent', args: { task } }))),
    tools: [ask],
    middleware: [governanceMiddleware({ governor, tools: [ask] })],
    checkpointer: new MemorySaver(),
  })
  return { governor, agent, ran, begun }
}

describe('a subagent inside of a governed tool', () => {
  it('goes on where it asked, and its call runs once', async () => {
    const { agent, ran, begun, governor } = withSubagents('one')
    expect(questions(await agent.invoke(asking, thread()))).toHaveLength(1)
    const { messages } = await agent.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual(['pay 500'])
    // The outer call was suspended, not ended: its key was given back, and it was begun anew.
    expect(begun).toEqual(['one', 'one'])
    expect(toolMessages(messages).one).toMatchObject({ status: 'success', content: 'paid 500' })
    expect(await statuses(governor)).toEqual(['one: allowed, executed', 'x: requires_approval, executed'])
  })

  it('is not approved by an answer that could be for another one', async () => {
    const { agent, ran } = withSubagents('one', 'two')
    const asked = questions(await agent.invoke(asking, thread()))
    expect(asked).toHaveLength(2)
    const again = questions(await agent.invoke(answering({ type: 'approve' }), thread()))
    expect(ran).toEqual([])
    expect(again[0]?.actionRequests[0]?.description).toContain('must name the approvalId')
    const { approvalId } = asked[0]?.actionRequests[0] ?? {}
    await agent.invoke(answering({ type: 'approve', approvalId }), thread())
    expect(ran).toEqual(['pay 500'])
  })
})

describe('a tool that asks something itself', () => {
  const own = () => {
    const answers: unknown[] = []
    const pay = tool(
      async ({ amount }: { amount: number }) => {
        answers.push(interrupt({ question: 'which account?' }))
        return `paid ${amount}`
      },
      { name: 'pay', description: 'x', schema: z.object({ amount: z.number() }) },
    )
    return { pay, answers }
  }

  it('gets its own answer, not the one about its approval', async () => {
    const { pay, answers } = own()
    const graph = graphOf(new ToolNode([governedTool(pay, { governor: governorWith() })]))
    await graph.invoke({ messages: [proposing('ai-1', [held])] }, thread())
    const asked = await graph.invoke(answering({ type: 'approve' }), thread())
    expect(questions(asked)).toEqual([{ question: 'which account?' }])
    const { messages } = await graph.invoke(new Command({ resume: 'savings' }), thread())
    expect(answers).toEqual(['savings'])
    expect(toolMessages(messages).a).toMatchObject({ content: 'paid 500' })
  })

  it('gets it too where nobody in the conversation was asked', async () => {
    const { pay, answers } = own()
    const governor = governorWith({
      approvals: { onApprovalRequired: () => ({ resolution: 'approved', by: 'carol' }) },
    })
    const graph = graphOf(new ToolNode([governedTool(pay, { governor })]))
    const asked = await graph.invoke({ messages: [proposing('ai-1', [held])] }, thread())
    expect(questions(asked)).toEqual([{ question: 'which account?' }])
    await graph.invoke(new Command({ resume: 'savings' }), thread())
    expect(answers).toEqual(['savings'])
  })
})
