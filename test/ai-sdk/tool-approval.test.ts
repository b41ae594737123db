import { generateText, jsonSchema, tool } from 'ai'
import { rule } from 'countersign'
import { governedTool, governedTools, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { deskGovernor, deskTools } from './desk.js'
import { apis, scripted, type Sdk, sdks } from './scripted.js'

const [ai7] = sdks as [Sdk]
const boom = (): never => {
  throw new Error('secret: hunter2')
}
const ask = (toolName: string, input: unknown, rest: object = {}) => ({
  toolCall: { toolName, toolCallId: 'c1', input },
  messages: [],
  ...rest,
})

describe('toolApproval', () => {
  it('answers in the SDK’s words: nothing to ask, denied with what to do, or a question with its reason', async () => {
    const { toolApproval } = withGovernance(deskTools().tools, { governor: deskGovernor() })
    expect(await toolApproval(ask('pay', { amount: 1 }))).toBe('not-applicable')
    expect(await toolApproval(ask('pay', { amount: 500 }))).toEqual({ type: 'user-approval', reason: 'over 100' })
    expect(await toolApproval(ask('wipe', { all: true }))).toEqual({
      type: 'denied',
      reason: expect.stringContaining('blocked by policy (nothing is ever wiped). Do not retry'),
    })
  })

  it('writes the reason for the person into the request', async () => {
    const input = withGovernance(deskTools().tools, { governor: deskGovernor() })
    const result = await apis.generateText(ai7, scripted([{ id: 'c1', name: 'pay', input: { amount: 500 } }]), input)
    expect(result.parts[1]).toMatchObject({ type: 'tool-approval-request', reason: 'over 100' })
  })

  it('asks the policy once for a call that is decided before and executed after', async () => {
    const when = vi.fn(() => true)
    const governor = deskGovernor({ policy: [rule('counted', { when, effect: 'allow' })] })
    const { tools, ran } = deskTools()
    const input = withGovernance(tools, { governor })
    await apis.generateText(ai7, scripted([{ id: 'c1', name: 'pay', input: { amount: 1 } }]), input)
    expect(ran).toEqual(['pay 1'])
    expect(when).toHaveBeenCalledTimes(1)
    expect(await governor.decisions.list()).toHaveLength(1)
  })

  it('spends a limit once per call', async () => {
    const policy = [
      rule('two', { limit: { count: 'calls', per: 'actor', window: '1h', max: 2 }, effect: 'deny' }),
      rule('ok', { effect: 'allow' }),
    ]
    const governor = deskGovernor({ policy })
    const { tools, ran } = deskTools()
    const calls = ['a', 'b', 'c'].map(id => ({ id, name: 'read', input: { id } }))
    await apis.generateText(ai7, scripted(calls), withGovernance(tools, { governor }))
    expect(ran).toEqual(['read a', 'read b'])
  })

  it('keeps the tool’s own question', async () => {
    const needsApproval = vi.fn(function (this: unknown, input: { amount: number }) {
      return input.amount === 7
    })
    const execute = vi.fn(async () => 'paid')
    const pay = tool({ inputSchema: z.object({ amount: z.number() }), needsApproval, execute })
    for (const sdk of sdks) {
      for (const wrap of [withGovernance, (t: { pay: typeof pay }, o: never) => ({ tools: governedTools(t, o) })]) {
        const input = wrap({ pay }, { governor: deskGovernor() } as never)
        const asked = await apis.generateText(
          sdk,
          sdk.scripted([{ id: 'c1', name: 'pay', input: { amount: 7 } }]),
          input,
        )
        expect(asked.parts.map(part => part.type)).toEqual(['tool-call', 'tool-approval-request'])
        expect(execute).not.toHaveBeenCalled()
        await apis.generateText(sdk, sdk.scripted([{ id: 'c2', name: 'pay', input: { amount: 8 } }]), input)
        expect(execute).toHaveBeenCalledTimes(1)
        execute.mockClear()
      }
    }
    expect(needsApproval.mock.contexts.every(context => context === pay)).toBe(true)
  })

  it('never rejects: what goes wrong is a denial that says nothing of the error', async () => {
    const pay = tool({ inputSchema: z.object({ amount: z.number() }), needsApproval: boom, execute: async () => 1 })
    const { toolApproval } = withGovernance({ pay }, { governor: deskGovernor() })
    const answer = await toolApproval(ask('pay', { amount: 1 }))
    expect(answer).toEqual({ type: 'denied', reason: expect.stringContaining('could not be decided') })
    expect(JSON.stringify(answer)).not.toContain('hunter2')
    const broken = withGovernance({ pay }, { governor: { run: boom, prepare: boom, decide: boom } as never })
    expect(await broken.toolApproval(ask('pay', { amount: 1 }))).toMatchObject({ type: 'denied' })
    expect(await broken.toolApproval({ toolCall: { toolName: 'pay' } } as never)).toMatchObject({ type: 'denied' })
  })

  it('shows nothing of an evaluator’s error', async () => {
    const governor = deskGovernor({ decisions: { evaluate: boom } })
    const { tools, ran } = deskTools()
    for (const input of [withGovernance(tools, { governor }), { tools: governedTools(tools, { governor }) }]) {
      const model = scripted([{ id: 'c1', name: 'read', input: { id: 'r' } }], 'sorry')
      await apis.generateText(ai7, model, input)
      expect(model.prompts()[1]).toContain('Evaluation failed (fail_closed)')
      expect(model.prompts()[1]).not.toContain('hunter2')
    }
    expect(ran).toEqual([])
  })

  it('decides on a tool that was added beside the governed ones, and keeps its own question', async () => {
    const governor = deskGovernor()
    const { tools } = deskTools()
    const { tools: governed, toolApproval } = withGovernance({ read: tools.read }, { governor })
    const beside = { ...tools.pay, needsApproval: true }
    const input = { tools: { ...governed, wipe: tools.wipe, pay: beside }, toolApproval }
    const calls = [
      { id: 'a', name: 'wipe', input: { all: true } },
      { id: 'b', name: 'pay', input: { amount: 1 } },
    ]
    const result = await apis.generateText(ai7, scripted(calls), input)
    const requests = result.parts.filter(part => part.type === 'tool-approval-request')
    expect(requests).toMatchObject([{ isAutomatic: true }, { toolCall: { toolCallId: 'b' } }])
    expect(await governor.decisions.list()).toMatchObject([
      { result: 'requires_approval', reason: 'the tool asks for approval' },
      { result: 'blocked' },
    ])
  })

  it('lets a separately governed tool go through its own gate', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const { tools: governed, toolApproval } = withGovernance({ read: tools.read }, { governor })
    const pay = governedTool(tools.pay, { name: 'pay', governor, target: 'till' })
    await apis.generateText(ai7, scripted([{ id: 'b', name: 'pay', input: { amount: 1 } }]), {
      tools: { ...governed, pay },
      toolApproval,
    })
    expect(ran).toEqual(['pay 1'])
    expect(await governor.decisions.list()).toMatchObject([{ target: 'till', execution: { status: 'executed' } }])
  })

  it('takes a tool name from a client as data', async () => {
    const contexts: unknown[] = []
    const scope = ({ context }: { context: unknown }) => {
      contexts.push(context)
      return {}
    }
    const { toolApproval } = withGovernance(deskTools().tools, { governor: deskGovernor(), scope })
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(await toolApproval(ask(name, {}, { tools: {}, toolsContext: {} }))).toMatchObject({
        type: 'user-approval',
      })
    }
    expect(contexts).toEqual([undefined, undefined, undefined])
  })
})

describe('a call that the provider executes', () => {
  const search = {
    type: 'provider' as const,
    id: 'demo.search' as const,
    args: {},
    isProviderExecuted: true as const,
    inputSchema: jsonSchema<{ q: string }>({ type: 'object' }),
    outputSchema: jsonSchema<string>({ type: 'string' }),
  }

  it('is recorded as observed, and never asked about', async () => {
    const governor = deskGovernor()
    const { tools, toolApproval } = withGovernance({ search }, { governor })
    expect(await toolApproval({ ...ask('search', { q: 'x' }, { tools }) })).toBeUndefined()
    const toolCall = { toolName: 'read', toolCallId: 'c2', input: {}, providerExecuted: true }
    expect(await toolApproval({ toolCall, tools, messages: [] })).toBeUndefined()
    expect(await governor.decisions.list()).toMatchObject([
      { tool: 'read', dryRun: true },
      { tool: 'search', dryRun: true },
    ])
    expect(await governor.approvals.list()).toEqual([])
  })

  it.each(sdks)('does not stop the run where the SDK asks the tool itself: $major', async sdk => {
    const { isProviderExecuted: _, ...v6 } = search
    const governor = deskGovernor()
    const tools = governedTools({ search: (sdk === ai7 ? search : v6) as typeof search }, { governor })
    const model = sdk.scripted([{ id: 'c1', name: 'search', input: { q: 'x' }, providerExecuted: true }])
    const result = await apis.generateText(sdk, model, { tools })
    expect(result.parts.map(part => part.type)).toEqual(['tool-call'])
    expect(await governor.decisions.list()).toMatchObject([{ dryRun: true }])
  })

  it('is not broken by a failing record', async () => {
    const { tools, toolApproval } = withGovernance(
      { search },
      { governor: { run: boom, prepare: boom, decide: boom } as never },
    )
    expect(await toolApproval(ask('search', { q: 'x' }, { tools }))).toBeUndefined()
  })
})

it('is spread into generateText with what it returns', async () => {
  const { tools, ran } = deskTools()
  await generateText({
    model: scripted([{ id: 'c1', name: 'read', input: { id: 'r' } }]).model,
    ...withGovernance(tools, { governor: deskGovernor() }),
    prompt: 'go',
  })
  expect(ran).toEqual(['read r'])
})
