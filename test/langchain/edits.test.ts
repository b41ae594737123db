import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { fakeModel } from '@langchain/core/testing'
import { StructuredTool, tool, type ToolRunnableConfig } from '@langchain/core/tools'
import { Command, MemorySaver } from '@langchain/langgraph'
import type { GovernorOptions } from 'countersign'
import { type GovernableTool, governanceMiddleware, governedTools } from 'countersign/langchain'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  answering,
  asking,
  governorWith,
  makeTools,
  modelProposing,
  proposing,
  questions,
  thread,
  toolMessages,
} from './support.js'

const held = { id: 'a', name: 'pay', args: { amount: 500 } }
const edit = (args: object, name = 'pay') => ({ type: 'edit', editedAction: { name, args } })

const agentWith = (tools: readonly GovernableTool[], options: GovernorOptions = {}) => {
  const governor = governorWith(options)
  const agent = createAgent({
    model: modelProposing(held),
    tools: [...tools] as never,
    middleware: [governanceMiddleware({ governor, tools })],
    checkpointer: new MemorySaver(),
  })
  return { governor, agent }
}

const standard = (options: GovernorOptions = {}) => {
  const { tools, ran } = makeTools()
  return { ran, ...agentWith(tools, options) }
}

describe('a call that a reviewer changed', () => {
  it.each<[string, object]>([
    ['LangChain', { decisions: [edit({ amount: 400 })] }],
    ['agent-chat-ui', { decisions: [{ type: 'edit', edited_action: { name: 'pay', args: { amount: 400 } } }] }],
    ['agent-inbox', [{ type: 'edit', args: { action: 'pay', args: { amount: 400 } } }]],
  ])('runs as it was changed, in the words of %s', async (_, resume) => {
    const { agent, ran } = standard()
    await agent.invoke(asking, thread())
    await agent.invoke(new Command({ resume }), thread())
    expect(ran).toEqual(['pay 400'])
  })

  it('is told to the model in its result, and what the model said stays as it was', async () => {
    const { agent, governor } = standard()
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering(edit({ amount: 400 })), thread())
    const message = toolMessages(messages).a
    expect(message?.content).toMatch(/^Note: a reviewer changed this call .*amount: 500 became 400.*\n\npaid 400$/)
    expect(message).toMatchObject({ status: 'success', name: 'pay' })
    expect(message?.artifact).toEqual({
      governance: { edit: { tool: 'pay', changes: [{ path: 'amount', from: 500, to: 400 }] } },
    })
    const proposal = messages.find(({ id }) => id === 'ai-1') as AIMessage
    expect(proposal.tool_calls?.map(({ args }) => args)).toEqual([{ amount: 500 }])
    expect((await governor.approvals.list())[0]).toMatchObject({ status: 'consumed', edit: { input: { amount: 400 } } })
  })

  it('says so once more where its result is given once more', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const model = fakeModel()
      .respond(proposing('ai-1', [held]))
      .respond(new AIMessage('done'))
      .respond(new AIMessage('done'))
    const middleware = [governanceMiddleware({ governor, tools })]
    const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() })
    await agent.invoke(asking, thread())
    const { config: from } = await agent.graph.getState(thread())
    const first = await agent.invoke(answering(edit({ amount: 400 })), from)
    const again = await agent.invoke(answering(edit({ amount: 400 })), from)
    expect(ran).toEqual(['pay 400'])
    expect(toolMessages(again.messages).a?.content).toBe(toolMessages(first.messages).a?.content)
  })

  it('shows the tool the changed arguments wherever it looks', async () => {
    const seen: unknown[] = []
    const pay = tool(
      async (input: { amount: number }, config: ToolRunnableConfig) => {
        seen.push(input, config.toolCall?.args)
        return 'paid'
      },
      { name: 'pay', description: 'x', schema: z.object({ amount: z.number(), currency: z.string().default('EUR') }) },
    )
    const { agent } = agentWith([pay])
    await agent.invoke(asking, thread())
    await agent.invoke(answering(edit({ amount: 400 })), thread())
    const changed = { amount: 400, currency: 'EUR' }
    expect(seen).toEqual([changed, changed])
  })

  it('reaches a tool that brings its own ways in', async () => {
    const seen: unknown[] = []
    class Own extends StructuredTool {
      name = 'pay'
      description = 'x'
      schema = z.object({ amount: z.number() })
      protected async _call(): Promise<string> {
        return 'never'
      }
      override async invoke(input: unknown): Promise<never> {
        const { args, id = '' } = input as { readonly args: unknown; readonly id?: string }
        seen.push(args)
        return new ToolMessage({ content: 'paid', tool_call_id: id }) as never
      }
    }
    const own: unknown = new Own()
    const { agent } = agentWith([own as GovernableTool])
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering(edit({ amount: 400 })), thread())
    expect(seen).toEqual([{ amount: 400 }])
    expect(toolMessages(messages).a?.content).toMatch(/^Note: .*\n\npaid$/)
  })

  it('keeps the artifact of its tool', async () => {
    const pay = tool(async () => [[{ type: 'text', text: 'paid' }], { receipt: 7 }], {
      name: 'pay',
      description: 'x',
      schema: z.object({ amount: z.number() }),
      responseFormat: 'content_and_artifact',
    })
    const { agent } = agentWith([pay])
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering(edit({ amount: 400 })), thread())
    const message = toolMessages(messages).a
    expect(message?.artifact).toMatchObject({ receipt: 7, governance: { edit: { tool: 'pay' } } })
    expect(message?.content).toEqual([
      { type: 'text', text: expect.stringContaining('Note: a reviewer changed') },
      { type: 'text', text: 'paid' },
    ])
  })

  it('is told in the message of a command', async () => {
    const pay = tool(
      async (_input: { amount: number }, config: ToolRunnableConfig) =>
        new Command({
          update: { messages: [new ToolMessage({ content: 'paid', tool_call_id: config.toolCall?.id ?? '' })] },
        }),
      { name: 'pay', description: 'x', schema: z.object({ amount: z.number() }) },
    )
    const { agent } = agentWith([pay])
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering(edit({ amount: 400 })), thread())
    expect(toolMessages(messages).a?.content).toMatch(/^Note: .*\n\npaid$/)
  })
})

describe('a change that is not to be', () => {
  const pay = (schema: object) =>
    tool(async () => 'paid', { name: 'pay', description: 'x', schema: schema as z.ZodObject }) as GovernableTool

  it.each<[string, object]>([
    ['zod', z.object({ amount: z.number() })],
    ['JSON schema', { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] }],
  ])('is asked about again where the tool’s %s refuses it', async (_, schema) => {
    const { agent, governor } = agentWith([pay(schema)])
    await agent.invoke(asking, thread())
    const [question] = questions(await agent.invoke(answering(edit({ amount: 'much' })), thread()))
    expect(question?.actionRequests[0]?.description).toMatch(/the changed input does not fit the tool "pay"/)
    expect((await governor.approvals.list())[0]?.status).toBe('pending')
    const { messages } = await agent.invoke(answering(edit({ amount: 300 })), thread())
    expect(toolMessages(messages).a?.content).toMatch(/\n\npaid$/)
  })

  it('is asked about again where the policy forbids it', async () => {
    const cap = { id: 'cap', tools: ['pay'], when: { 'input.amount': { gt: 1000 } }, effect: 'deny' } as const
    const large = { id: 'large', tools: ['pay'], effect: 'require_approval', reason: 'large' } as const
    const { agent, ran } = standard({ policy: [cap, large] })
    await agent.invoke(asking, thread())
    const [question] = questions(await agent.invoke(answering(edit({ amount: 5000 })), thread()))
    expect(question?.actionRequests[0]?.description).toMatch(/the changed call would be blocked/)
    await agent.invoke(answering({ type: 'reject' }), thread())
    expect(ran).toEqual([])
  })

  it('may not be to another tool', async () => {
    const { agent, ran } = standard()
    await agent.invoke(asking, thread())
    const [question] = questions(await agent.invoke(answering(edit({ path: 'x' }, 'read')), thread()))
    expect(question?.actionRequests[0]?.description).toMatch(/must not be turned into one of "read"/)
    expect(ran).toEqual([])
  })

  it('leaves what was answered beside it as it is', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing(held, { ...held, id: 'b', args: { amount: 900 } }),
      tools,
      middleware: [governanceMiddleware({ governor, tools })],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    await agent.invoke(answering({ type: 'approve' }, edit({ amount: 'much' })), thread())
    await agent.invoke(answering({ type: 'approve' }, { type: 'reject' }), thread())
    expect(ran).toEqual(['pay 500'])
  })
})

describe('a call that a reviewer turned into one of another tool', () => {
  const switching = { approvals: { toolSwitches: { pay: ['read', 'nothing'] } } }

  it('runs that tool’s own code, where the governor allows it', async () => {
    const { agent, ran } = standard(switching)
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering(edit({ path: 'x' }, 'read')), thread())
    expect(ran).toEqual(['read x'])
    expect(toolMessages(messages).a?.content).toMatch(/it called "read" instead.*\n\ncontent of x$/)
  })

  it('runs it in a list of tools without the middleware too', async () => {
    const governor = governorWith(switching)
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing(held),
      tools: governedTools(tools, { governor }),
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    await agent.invoke(answering(edit({ path: 'x' }, 'read')), thread())
    expect(ran).toEqual(['read x'])
  })

  it.each<[string, object, RegExp]>([
    ['a tool that is not there', edit({}, 'nothing'), /there is no tool "nothing"/],
    ['arguments it does not take', edit({ path: 7 }, 'read'), /the args do not fit the tool "read": path: /],
  ])('is asked about again with %s', async (_, answer, reason) => {
    const { agent, ran } = standard(switching)
    await agent.invoke(asking, thread())
    const [question] = questions(await agent.invoke(answering(answer), thread()))
    expect(question?.actionRequests[0]?.description).toMatch(reason)
    expect(ran).toEqual([])
  })
})

describe('the question', () => {
  it('shows the schema that an edit has to fit', async () => {
    const { agent } = standard()
    const [question] = questions(await agent.invoke(asking, thread()))
    const schema = expect.objectContaining({ properties: { amount: { type: 'number' } } })
    expect(question?.reviewConfigs[0]?.argsSchema).toEqual(schema)
    expect(question?.review_configs[0]?.args_schema).toEqual(schema)
  })

  it('takes words instead of a result as a no with these words', async () => {
    const { agent, ran } = standard()
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'respond', message: 'ask me tomorrow' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toContain('("ask me tomorrow")')
  })

  it('is answered by name in any order, each request once', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const model = fakeModel()
      .respond(proposing('ai-1', [held]))
      .respond(new AIMessage('done'))
    const middleware = [governanceMiddleware({ governor, tools })]
    const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() })
    const [question] = questions(await agent.invoke({ messages: [new HumanMessage('pay')] }, thread()))
    const { approvalId } = question?.actionRequests[0] ?? {}
    const twice = answering({ type: 'approve', approvalId }, { type: 'reject', approvalId })
    const [again] = questions(await agent.invoke(twice, thread()))
    expect(again?.actionRequests[0]?.description).toContain('named twice')
    expect(ran).toEqual([])
  })
})
