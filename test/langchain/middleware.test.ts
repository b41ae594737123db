import { AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { fakeModel } from '@langchain/core/testing'
import { tool, type ToolRunnableConfig } from '@langchain/core/tools'
import type { Governor } from 'countersign'
import { Command, MemorySaver } from '@langchain/langgraph'
import { type GovernanceConfig, governanceMiddleware, governedTool, governedTools } from 'countersign/langchain'
import { type AgentMiddleware, createAgent, createMiddleware, toolRetryMiddleware, toolStrategy } from 'langchain'
import { describe, expect, it, vi } from 'vitest'
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
  toolCall,
  toolMessages,
} from './support.js'

const mixed = () => [
  { id: 'a', name: 'pay', args: { amount: 500 } },
  { id: 'b', name: 'pay', args: { amount: 900 } },
  { id: 'c', name: 'read', args: { path: 'x' } },
  { id: 'd', name: 'wipe', args: {} },
]

describe('in an agent without a checkpointer', () => {
  it('runs what is allowed and answers every other call with why it did not run', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const model = modelProposing(...mixed())
    const agent = createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] })
    const { messages } = await agent.invoke(asking)
    const answers = toolMessages(messages)
    expect(ran).toEqual(['read x'])
    expect(danglingCalls(messages)).toEqual([])
    expect(answers.c).toMatchObject({ status: 'success', content: 'content of x' })
    expect(answers.d?.content).toMatch(/blocked by policy \(never wipe\)/)
    const approval = (await governor.approvals.list()).find(({ call }) => call.id.startsWith('a@'))
    expect(answers.a?.content).toContain(`Approval request ${approval?.id} is pending`)
    expect(messages.at(-1)?.content).toBe('done')
    expect(await statuses(governor)).toEqual([
      'a: requires_approval, approval_required',
      'b: requires_approval, approval_required',
      'c: allowed, executed',
      'd: blocked, blocked',
    ])
  })

  it('tells one call from another though their ids repeat in every turn', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const call = { id: 'call_0', name: 'pay', args: { amount: 500 } }
    const model = fakeModel()
      .respond(proposing('m1', [call]))
      .respond(proposing('m2', [call]))
      .respond(new AIMessage('done'))
    await createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] }).invoke(asking)
    const decisions = await decisionsOf(governor)
    expect(decisions).toHaveLength(2)
    expect(new Set(decisions.map(({ callId }) => callId)).size).toBe(2)
    expect(await governor.approvals.list()).toHaveLength(2)
  })

  it('sends a refused call of a returnDirect tool back to the model', async () => {
    const direct = tool(async () => 'wiped', {
      name: 'wipe',
      description: 'x',
      schema: z.object({}),
      returnDirect: true,
    })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'wipe', args: {} }),
      tools: [direct],
      middleware: [governanceMiddleware({ governor: governorWith() })],
    })
    const { messages } = await agent.invoke(asking)
    expect(messages.at(-1)?.content).toBe('done')
  })

  it('ends with an allowed call of a returnDirect tool', async () => {
    const direct = tool(async () => 'paid', {
      name: 'pay',
      description: 'x',
      schema: z.object({ amount: z.number() }),
      returnDirect: true,
    })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 1 } }),
      tools: [direct],
      middleware: [governanceMiddleware({ governor: governorWith() })],
    })
    const { messages } = await agent.invoke(asking)
    expect(messages.at(-1)).toMatchObject({ content: 'paid', status: 'success' })
  })

  it('leaves arguments that the tool will not take to LangChain', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const model = modelProposing({ id: 'a', name: 'pay', args: { amount: 'much' } })
    const agent = createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] })
    const { messages } = await agent.invoke(asking)
    expect(toolMessages(messages).a).toMatchObject({ status: 'error' })
    expect(toolMessages(messages).a?.content).toMatch(/did not match expected schema/)
    expect(ran).toEqual([])
    expect(await decisionsOf(governor)).toEqual([])
  })

  it('refuses a tool nobody has, as a call that no rule speaks of', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const model = modelProposing({ id: 'a', name: 'invented', args: {} })
    const agent = createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] })
    const { messages } = await agent.invoke(asking)
    expect(toolMessages(messages).a).toMatchObject({ status: 'error' })
    expect(await statuses(governor)).toEqual(['a: requires_approval, approval_required'])
  })

  it('says that a tool does not exist where calls of it are allowed', async () => {
    const governor = governorWith({ unlisted: 'allow' })
    const { tools } = makeTools()
    const model = modelProposing({ id: 'a', name: 'invented', args: {} })
    const agent = createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] })
    const { messages } = await agent.invoke(asking)
    expect(toolMessages(messages).a?.content).toMatch(/invented is not a valid tool/)
  })
})

const agentWith = (toolErrors?: 'message' | 'throw') => {
  const broken = tool(async () => Promise.reject(new Error('db down')), {
    name: 'read',
    description: 'x',
    schema: z.object({}),
  })
  const governor = governorWith()
  const model = modelProposing({ id: 'a', name: 'read', args: {} })
  const middleware = governanceMiddleware(toolErrors === undefined ? { governor } : { governor, toolErrors })
  return {
    governor,
    governed: createAgent({ model, tools: [broken], middleware: [middleware] }),
    bare: createAgent({ model: modelProposing({ id: 'a', name: 'read', args: {} }), tools: [broken] }),
  }
}

describe('a tool’s own error', () => {
  it('becomes the message that it is without a middleware', async () => {
    const { governed, bare, governor } = agentWith()
    const expected = toolMessages((await bare.invoke(asking)).messages).a
    const message = toolMessages((await governed.invoke(asking)).messages).a
    expect(message).toMatchObject({ content: expected?.content, status: 'error', name: 'read' })
    expect(await statuses(governor)).toEqual(['a: allowed, tool_error'])
  })

  it('ends the run where that was chosen', async () => {
    const { governed } = agentWith('throw')
    await expect(governed.invoke(asking)).rejects.toThrow('db down')
  })
})

describe.each(['v1', 'v2'] as const)('with approvals, in agent version %s', version => {
  const agentFor = (calls = mixed(), more: { checkpointer?: MemorySaver; ahead?: boolean } = {}) => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing(...calls),
      tools,
      version,
      checkpointer: more.checkpointer ?? new MemorySaver(),
      middleware: [governanceMiddleware({ governor, ...(more.ahead === true ? { tools } : {}) })],
    })
    return { governor, agent, ran }
  }

  it('asks about all held calls at once, in the human-in-the-loop format, before anything runs', async () => {
    const { governor, agent, ran } = agentFor()
    const asked = questions(await agent.invoke(asking, thread()))
    const approvals = await governor.approvals.list()
    const idOf = (call: string) => approvals.find(item => item.call.id.startsWith(`${call}@`))?.id
    expect(asked).toHaveLength(1)
    expect(asked[0]?.actionRequests).toEqual([
      {
        name: 'pay',
        args: { amount: 500 },
        description: expect.stringContaining('Reason: over 100'),
        approvalId: idOf('a'),
      },
      {
        name: 'pay',
        args: { amount: 900 },
        description: expect.stringContaining('"amount": 900'),
        approvalId: idOf('b'),
      },
    ])
    const allowed = ['approve', 'edit', 'reject']
    expect(asked[0]?.reviewConfigs).toEqual(
      Array.from({ length: 2 }, () => ({ actionName: 'pay', allowedDecisions: allowed })),
    )
    expect(asked[0]?.review_configs).toEqual(
      Array.from({ length: 2 }, () => ({ action_name: 'pay', allowed_decisions: allowed })),
    )
    expect(asked[0]?.action_requests.map(item => item.arguments)).toEqual([{ amount: 500 }, { amount: 900 }])
    expect(ran).toEqual([])
  })

  it('gives each call of a mixed turn its own result, and leaves none unanswered', async () => {
    const { governor, agent, ran } = agentFor()
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'approve' }, { type: 'reject', message: 'no' }), thread())
    const answers = toolMessages(messages)
    expect(ran.toSorted()).toEqual(['pay 500', 'read x'])
    expect(danglingCalls(messages)).toEqual([])
    expect(answers.a).toMatchObject({ status: 'success', content: 'paid 500' })
    expect(answers.b?.content).toMatch(/the reviewer rejected it \("no"\)/)
    expect(messages.at(-1)?.content).toBe('done')
    expect(await statuses(governor)).toEqual([
      'a: requires_approval, executed',
      'b: requires_approval, blocked',
      'c: allowed, executed',
      'd: blocked, blocked',
    ])
    const approvals = (await governor.approvals.list()).map(({ status }) => status)
    expect(approvals.toSorted()).toEqual(['consumed', 'rejected'])
  })

  it('never rewrites what the model said', async () => {
    const { agent } = agentFor()
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'approve' }, { type: 'reject' }), thread())
    const proposal = messages.find(message => message.id === 'ai-1')
    expect((proposal as AIMessage).tool_calls?.map(call => call.id)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('asks again, with the reason, for as long as an answer cannot be used', async () => {
    const { agent, ran, governor } = agentFor()
    await agent.invoke(asking, thread())
    const unusable: readonly (readonly [unknown, RegExp])[] = [
      ['yes', /expected \{ decisions/],
      [7, /expected \{ decisions/],
      [{ decisions: [{ type: 'approve' }] }, /1 decisions for 2 actions/],
      [{ decisions: [{ type: 'approve' }, { type: 'edit', editedAction: { name: 'pay' } }] }, /an edit needs/],
      [{ decisions: [{ type: 'approve' }, null] }, /type undefined/],
      [
        {
          decisions: [
            { type: 'approve', approvalId: 'x' },
            { type: 'approve', approvalId: 'y' },
          ],
        },
        /approvalId/,
      ],
    ]
    for (const [resume, reason] of unusable) {
      const [question] = questions(await agent.invoke(new Command({ resume: resume as object }), thread()))
      expect(question?.actionRequests[0]?.description).toMatch(reason)
      expect(question?.actionRequests).toHaveLength(2)
    }
    const { messages } = await agent.invoke(answering({ type: 'reject' }, { type: 'reject' }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(ran).toEqual(['read x'])
    expect(await decisionsOf(governor)).toHaveLength(4)
  })

  it('binds answers that name a request to it, whatever their order', async () => {
    const { agent } = agentFor()
    const [question] = questions(await agent.invoke(asking, thread()))
    const [first, second] = question?.actionRequests ?? []
    const answer = answering(
      { type: 'reject', message: 'the second', approvalId: second?.approvalId },
      { type: 'reject', message: 'the first', approvalId: first?.approvalId },
    )
    const answers = toolMessages((await agent.invoke(answer, thread())).messages)
    expect(answers.a?.content).toContain('the first')
    expect(answers.b?.content).toContain('the second')
  })

  it('cuts a reviewer’s words that are too long for a conversation', async () => {
    const { agent } = agentFor([{ id: 'a', name: 'pay', args: { amount: 500 } }])
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'reject', message: 'x'.repeat(100_000) }), thread())
    expect(toolMessages(messages).a?.text.length).toBeLessThan(2500)
  })

  it('leaves a structured response alone, which is no call of a tool though it looks like one', async () => {
    const governor = governorWith()
    const responseFormat = toolStrategy(z.object({ verdict: z.string() }))
    const name = responseFormat[0]?.name ?? ''
    const agent = createAgent({
      model: fakeModel().respond(proposing('ai-1', [{ id: 'a', name, args: { verdict: 'fine' } }])),
      tools: makeTools().tools,
      version,
      responseFormat,
      checkpointer: new MemorySaver(),
      middleware: [governanceMiddleware({ governor })],
    })
    const result = await agent.invoke(asking, thread())
    expect(result.structuredResponse).toEqual({ verdict: 'fine' })
    expect(questions(result)).toEqual([])
    expect(await decisionsOf(governor)).toEqual([])
  })

  it('asks at once about calls whose ids an earlier turn used', async () => {
    const { tools } = makeTools()
    const reads = [
      { id: 'call_0', name: 'read', args: { path: 'x' } },
      { id: 'call_1', name: 'read', args: { path: 'y' } },
    ]
    const pays = reads.map(({ id }, index) => ({ id, name: 'pay', args: { amount: 500 + index } }))
    const agent = createAgent({
      model: fakeModel().respond(proposing('m1', reads)).respond(proposing('m2', pays)),
      tools,
      version,
      checkpointer: new MemorySaver(),
      middleware: [governanceMiddleware({ governor: governorWith() })],
    })
    const asked = questions(await agent.invoke(asking, thread()))
    expect(asked.map(({ actionRequests }) => actionRequests.length)).toEqual([2])
  })

  it('understands the answers of agent-inbox', async () => {
    const { agent } = agentFor()
    await agent.invoke(asking, thread())
    const resume = [{ type: 'accept' }, { type: 'response', args: 'rather not' }]
    const { messages } = await agent.invoke(new Command({ resume }), thread())
    expect(toolMessages(messages).a?.content).toBe('paid 500')
    expect(toolMessages(messages).b?.content).toContain('rather not')
  })

  it('goes on in another process that only has the checkpoints', async () => {
    const checkpointer = new MemorySaver()
    const before = agentFor(mixed(), { checkpointer })
    await before.agent.invoke(asking, thread())
    const { tools, ran } = makeTools()
    const model = fakeModel().respond(new AIMessage('done'))
    const middleware = [governanceMiddleware({ governor: before.governor })]
    const after = createAgent({ model, tools, version, checkpointer, middleware })
    const { messages } = await after.invoke(answering({ type: 'approve' }, { type: 'reject', message: 'no' }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(ran.toSorted()).toEqual(['pay 500', 'read x'])
    expect(toolMessages(messages).b?.content).toContain('("no")')
  })

  it('decides once where the tools are known, though their schemas add to the arguments', async () => {
    const governor = governorWith()
    const schema = z.object({ amount: z.number().default(500), currency: z.string().default('EUR') })
    const pay = tool(async () => 'paid', { name: 'pay', description: 'x', schema })
    const model = modelProposing(
      { id: 'a', name: 'pay', args: {} },
      { id: 'b', name: 'pay', args: { amount: 5 } },
      { id: 'c', name: 'pay', args: { amount: 'x' } },
    )
    const middleware = [governanceMiddleware({ governor, tools: [pay] })]
    const agent = createAgent({ model, tools: [pay], version, middleware, checkpointer: new MemorySaver() })
    const [question] = questions(await agent.invoke(asking, thread()))
    expect(question?.actionRequests.map(({ args }) => args)).toEqual([{ amount: 500, currency: 'EUR' }])
    const { messages } = await agent.invoke(answering({ type: 'reject' }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(toolMessages(messages).b).toMatchObject({ status: 'success', content: 'paid' })
    expect(await statuses(governor)).toEqual(['a: requires_approval, blocked', 'b: allowed, executed'])
  })

  it('asks nobody where that was switched off', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing(...mixed()),
      tools: governedTools(tools, { governor }),
      version,
      checkpointer: new MemorySaver(),
      middleware: [governanceMiddleware({ governor, approvals: 'off' })],
    })
    const result = await agent.invoke(asking, thread())
    expect(questions(result)).toEqual([])
    expect(danglingCalls(result.messages)).toEqual([])
    expect(ran).toEqual(['read x'])
  })
})

describe('what surrounds the governance middleware cannot get past the gate', () => {
  const held = { id: 'a', name: 'pay', args: { amount: 500 } }

  it('not by jumping to the tools', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const jump = createMiddleware({
      name: 'Jump',
      afterModel: {
        canJumpTo: ['tools'],
        hook: ({ messages }) => {
          const last = messages.at(-1)
          return AIMessage.isInstance(last) && last.tool_calls?.length ? { jumpTo: 'tools' as const } : undefined
        },
      },
    })
    const model = modelProposing(held)
    const middleware = [governanceMiddleware({ governor }), jump]
    const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() })
    const result = await agent.invoke(asking, thread())
    expect(questions(result)[0]?.actionRequests[0]).toMatchObject({ name: 'pay', args: { amount: 500 } })
    expect(ran).toEqual([])
    await agent.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual(['pay 500'])
  })

  it('not by changing the arguments after the decision', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const tamper = createMiddleware({
      name: 'Tamper',
      wrapToolCall: (request, handler) =>
        handler({ ...request, toolCall: { ...request.toolCall, args: { amount: 1_000_000 } } }),
    })
    const model = modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } })
    const middleware = [governanceMiddleware({ governor }), tamper]
    const { messages } = await createAgent({ model, tools, middleware }).invoke(asking)
    expect(toolMessages(messages).a).toMatchObject({ status: 'error' })
    expect(ran).toEqual([])
    expect((await decisionsOf(governor)).at(-1)).toMatchObject({ result: 'requires_approval', value: 1_000_000 })
  })

  it('not by changing them in place', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const tamper = createMiddleware({
      name: 'Tamper',
      wrapToolCall: (request, handler) => {
        request.toolCall.args.amount = 1_000_000
        return handler(request)
      },
    })
    const model = modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } })
    const middleware = [governanceMiddleware({ governor }), tamper]
    const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() })
    await agent.invoke(asking, thread())
    expect(ran).toEqual([])
  })

  it('not by changing them before a person is asked: that is what the person sees', async () => {
    const { tools } = makeTools()
    const tamper = createMiddleware({
      name: 'Tamper',
      afterModel: state => {
        for (const message of state.messages) {
          if (AIMessage.isInstance(message)) for (const call of message.tool_calls ?? []) call.args.amount = 7777
        }
      },
    })
    const middleware = [governanceMiddleware({ governor: governorWith() }), tamper]
    const agent = createAgent({ model: modelProposing(held), tools, middleware, checkpointer: new MemorySaver() })
    const [question] = questions(await agent.invoke(asking, thread()))
    expect(question?.actionRequests[0]?.args).toEqual({ amount: 7777 })
  })

  it('not by bringing a tool of its own', async () => {
    const governor = governorWith()
    const execute = vi.fn(async () => 'wiped')
    const own = tool(execute, { name: 'wipe', description: 'x', schema: z.object({}) })
    const bring = createMiddleware({
      name: 'Bring',
      wrapToolCall: (request, handler) => handler({ ...request, tool: own }),
    })
    const { read } = makeTools()
    const model = modelProposing({ id: 'a', name: 'wipe', args: {} })
    const middleware = [governanceMiddleware({ governor }), bring]
    const { messages } = await createAgent({ model, tools: [read], middleware }).invoke(asking)
    expect(toolMessages(messages).a).toMatchObject({ status: 'error' })
    expect(execute).not.toHaveBeenCalled()
  })

  it.each([
    ['an idempotent tool is tried again, under the same key', true],
    ['any other has had its start: the same error is given back', false],
  ])('and a retry middleware inside of it: %s', async (_, idempotent) => {
    const governor = governorWith({ tools: { read: { annotations: { idempotent } } } })
    let failures = 2
    const keys: unknown[] = []
    const flaky = tool(
      async (_input: object, config: ToolRunnableConfig & { governance?: GovernanceConfig }) => {
        keys.push(config.governance?.idempotencyKey)
        if (failures-- > 0) throw new Error('flaky')
        return 'content'
      },
      { name: 'read', description: 'x', schema: z.object({}) },
    )
    const { pay } = makeTools()
    const model = modelProposing({ id: 'a', name: 'read', args: {} }, { id: 'b', name: 'pay', args: { amount: 500 } })
    // Cast: LangChain's own declaration of it does not fit its own list under exactOptionalPropertyTypes.
    const retry = toolRetryMiddleware({ maxRetries: 3, initialDelayMs: 0 }) as unknown as AgentMiddleware
    const middleware = [governanceMiddleware({ governor }), retry]
    const { messages } = await createAgent({ model, tools: [flaky, pay], middleware }).invoke(asking)
    expect(toolMessages(messages).a).toMatchObject(
      idempotent ? { status: 'success', content: 'content' } : { status: 'error' },
    )
    expect(toolMessages(messages).b).toMatchObject({ status: 'error' })
    const refused = (await decisionsOf(governor)).filter(({ result }) => result !== 'allowed')
    expect(refused).toHaveLength(1)
    expect(keys).toHaveLength(idempotent ? 3 : 1)
    expect(new Set(keys).size).toBe(1)
  })
})

describe('together with tools that are governed already', () => {
  it('decides once also where the middleware was not told of them', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing(...mixed()),
      tools: governedTools(tools, { governor }),
      middleware: [governanceMiddleware({ governor })],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    await agent.invoke(answering({ type: 'approve' }, { type: 'reject' }), thread())
    expect(ran.toSorted()).toEqual(['pay 500', 'read x'])
    expect(await decisionsOf(governor)).toHaveLength(4)
  })

  it('lets no decision stand that was made for another scope', async () => {
    const governor = governorWith({
      policy: [{ id: 'sandbox', domains: ['sandbox'], effect: 'allow' }],
      domain: 'sandbox',
    })
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor, scope: { domain: 'production' } })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } }),
      tools: [governed],
      middleware: [governanceMiddleware({ governor })],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    expect(ran).toEqual([])
  })

  it('believes a tool’s own hints that it had not seen when it asked', async () => {
    const governor = governorWith({ policy: [{ id: 'reads', annotations: { readOnly: true }, effect: 'allow' }] })
    const hinted = tool(async () => 'content', {
      name: 'list_files',
      description: 'x',
      schema: z.object({}),
      metadata: { annotations: { readOnlyHint: true } },
    })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'list_files', args: {} }),
      tools: [hinted],
      middleware: [governanceMiddleware({ governor, trustAnnotations: true })],
      checkpointer: new MemorySaver(),
    })
    expect(questions(await agent.invoke(asking, thread()))).toHaveLength(1)
    const { messages } = await agent.invoke(answering({ type: 'approve' }), thread())
    expect(toolMessages(messages).a).toMatchObject({ status: 'success', content: 'content' })
  })

  it('decides once, and asks once', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const governed = governedTools(tools, { governor })
    const middleware = [governanceMiddleware({ governor, tools: governed })]
    const agent = createAgent({
      model: modelProposing(...mixed()),
      tools: governed,
      middleware,
      checkpointer: new MemorySaver(),
    })
    expect(questions(await agent.invoke(asking, thread()))).toHaveLength(1)
    const result = await agent.invoke(answering({ type: 'approve' }, { type: 'reject' }), thread())
    expect(questions(result)).toEqual([])
    expect(danglingCalls(result.messages)).toEqual([])
    expect(ran.toSorted()).toEqual(['pay 500', 'read x'])
    expect(await decisionsOf(governor)).toHaveLength(4)
  })

  it('lets no decision stand that was made without knowing the tool’s own profile', async () => {
    const governor = governorWith({
      policy: [{ id: 'cap', tools: ['pay'], when: { value: { lte: 100 } }, effect: 'allow' }],
    })
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor, value: ({ amount }) => amount * 1000 })
    const middleware = [governanceMiddleware({ governor })]
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } }),
      tools: [governed],
      middleware,
      checkpointer: new MemorySaver(),
    })
    const result = await agent.invoke(asking, thread())
    expect(ran).toEqual([])
    expect(questions(result)[0]?.actionRequests[0]).toMatchObject({ name: 'pay' })
    expect((await decisionsOf(governor)).map(({ value, result }) => [value, result])).toEqual([
      [5, 'allowed'],
      [5000, 'requires_approval'],
    ])
  })

  it('runs a call by its own profile that was asked about without knowing it', async () => {
    const governor = governorWith({
      policy: [{ id: 'reads', annotations: { readOnly: true }, effect: 'allow' }],
    })
    const { read, ran } = makeTools()
    const governed = governedTool(read, { governor, annotations: { readOnly: true } })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'read', args: { path: 'x' } }),
      tools: [governed],
      middleware: [governanceMiddleware({ governor })],
      checkpointer: new MemorySaver(),
    })
    expect(questions(await agent.invoke(asking, thread()))).toHaveLength(1)
    await agent.invoke(answering({ type: 'approve' }), thread())
    expect(ran).toEqual(['read x'])
  })

  it('does not run a rejected call, though its own profile would let it through', async () => {
    const governor = governorWith({
      policy: [{ id: 'reads', annotations: { readOnly: true }, effect: 'allow' }],
    })
    const { read, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'read', args: { path: 'x' } }),
      tools: [governedTool(read, { governor, annotations: { readOnly: true } })],
      middleware: [governanceMiddleware({ governor })],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'reject', message: 'no' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toContain('("no")')
  })

  it('does not run a rejected call, though the governor would let it through', async () => {
    const holding = governorWith()
    const lenient = governorWith({ policy: [{ id: 'all', effect: 'allow' }] })
    const governor: Governor = {
      ...holding,
      run: (call, execute, scope) => lenient.run(call, execute, { ...scope, resumed: false }),
    }
    const { tools, ran } = makeTools()
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 500 } }),
      tools,
      middleware: [governanceMiddleware({ governor })],
      checkpointer: new MemorySaver(),
    })
    await agent.invoke(asking, thread())
    const { messages } = await agent.invoke(answering({ type: 'reject', message: 'no' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toContain('("no")')
  })
})

describe('scope and context', () => {
  it('reads who is asking from the context, the same ahead and at the gate', async () => {
    const governor = governorWith()
    const { tools, ran } = makeTools()
    const contextSchema = z.object({ userId: z.string(), tenantId: z.string() })
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } }),
      tools,
      checkpointer: new MemorySaver(),
      middleware: [
        governanceMiddleware({
          governor,
          contextSchema,
          scope: ({ context }) => ({ user: context.userId, tenant: context.tenantId }),
        }),
      ],
    })
    await agent.invoke(asking, { ...thread(), context: { userId: 'ada', tenantId: 'acme' } })
    expect(ran).toEqual(['pay 5'])
    const decisions = await decisionsOf(governor)
    expect(decisions).toHaveLength(1)
    expect(decisions[0]).toMatchObject({ user: 'ada', tenant: 'acme', sessionId: 'thread-1', callId: 'a@ai-1' })
  })

  it('reads the same context in both places where no schema was declared', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const agent = createAgent({
      model: modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } }),
      tools,
      contextSchema: z.object({ userId: z.string() }),
      checkpointer: new MemorySaver(),
      middleware: [
        governanceMiddleware({ governor, scope: ({ context }) => ({ user: (context as { userId?: string }).userId }) }),
      ],
    })
    await agent.invoke(asking, { ...thread(), context: { userId: 'ada' } })
    expect((await decisionsOf(governor)).map(({ user }) => user)).toEqual(['ada'])
  })

  it('names the model that proposed a call, where the provider did', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const proposal = proposing('ai-1', [{ id: 'a', name: 'pay', args: { amount: 5 } }])
    proposal.response_metadata = { model_name: 'gpt-5.1' }
    const model = fakeModel().respond(proposal).respond(new AIMessage('done'))
    await createAgent({ model, tools, middleware: [governanceMiddleware({ governor })] }).invoke(asking)
    expect((await decisionsOf(governor))[0]?.model).toBe('gpt-5.1')
  })

  it('tells a profile of the tools by name', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const profiles = { pay: { target: 'ledger', domain: 'money' } }
    const model = modelProposing({ id: 'a', name: 'pay', args: { amount: 5 } })
    await createAgent({ model, tools, middleware: [governanceMiddleware({ governor, profiles })] }).invoke(asking)
    expect((await decisionsOf(governor))[0]).toMatchObject({ target: 'ledger', domain: 'money' })
  })
})

const build = (checkpointed: boolean) => {
  const governor = governorWith()
  const { tools, ran } = makeTools()
  const inner = createAgent({
    model: fakeModel()
      .respond(proposing('in-1', [{ id: 'x', name: 'pay', args: { amount: 500 } }]))
      .respond(new AIMessage('inner done'))
      .respond(proposing('in-1', [{ id: 'x', name: 'pay', args: { amount: 500 } }]))
      .respond(new AIMessage('inner done')),
    tools,
    middleware: [governanceMiddleware({ governor })],
  })
  const ask = tool(
    async ({ task }: { task: string }) => {
      const { messages } = await inner.invoke({ messages: [new HumanMessage(task)] })
      return messages.find(message => ToolMessage.isInstance(message))?.text ?? ''
    },
    { name: 'ask_subagent', description: 'x', schema: z.object({ task: z.string() }) },
  )
  const agent = createAgent({
    model: modelProposing({ id: 'a', name: 'ask_subagent', args: { task: 'pay' } }),
    tools: [ask],
    middleware: [governanceMiddleware({ governor })],
    ...(checkpointed ? { checkpointer: new MemorySaver() } : {}),
  })
  return { governor, agent, ran }
}

describe('a subagent inside of a tool', () => {
  it('is governed like the agent around it', async () => {
    const { agent, ran, governor } = build(false)
    const { messages } = await agent.invoke(asking)
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toMatch(/needs a person's approval/)
    expect(await statuses(governor)).toEqual(['a: allowed, executed', 'x: requires_approval, approval_required'])
  })

  it('asks through the agent around it', async () => {
    const { agent, ran } = build(true)
    const [question] = questions(await agent.invoke(asking, thread()))
    expect(question?.actionRequests[0]).toMatchObject({ name: 'pay', args: { amount: 500 } })
    const { messages } = await agent.invoke(answering({ type: 'reject', message: 'no' }), thread())
    expect(ran).toEqual([])
    expect(toolMessages(messages).a?.content).toMatch(/reviewer rejected it \("no"\)/)
  })
})

describe('options of the middleware', () => {
  const governor = governorWith()

  it('are checked at start-up', () => {
    const { tools } = makeTools()
    // @ts-expect-error a slip
    expect(() => governanceMiddleware({ governor, toolErors: 'throw' })).toThrow(/Did you mean "toolErrors"/)
    // @ts-expect-error not a choice
    expect(() => governanceMiddleware({ governor, toolErrors: 'ignore' })).toThrow(/toolErrors/)
    // @ts-expect-error not a list
    expect(() => governanceMiddleware({ governor, tools: {} })).toThrow(/tools/)
    expect(() => governanceMiddleware({ governor, tools, profiles: { pya: {} } })).toThrow(/Did you mean "pay"/)
    // @ts-expect-error a slip
    expect(() => governanceMiddleware({ governor, profiles: { pay: { valu: 1 } } })).toThrow(/Did you mean "value"/)
  })

  it('add no step to the graph where nobody is asked', () => {
    expect(governanceMiddleware({ governor, approvals: 'off' })).not.toHaveProperty('afterModel')
  })
})

describe('a plain call', () => {
  it('of a governed tool keeps its message in a tool call of an agent without the middleware', async () => {
    const governor = governorWith()
    const { tools } = makeTools()
    const agent = createAgent({ model: modelProposing(...mixed()), tools: governedTools(tools, { governor }) })
    const { messages } = await agent.invoke(asking)
    expect(danglingCalls(messages)).toEqual([])
    expect(toolMessages(messages).d?.content).toBe(
      (await governedTool(makeTools().wipe, { governor }).invoke(toolCall('wipe', {}))).content,
    )
  })
})
