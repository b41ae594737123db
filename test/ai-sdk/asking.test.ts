import { generateText, type ModelMessage, tool } from 'ai'
import { rule } from 'countersign'
import { governedTool, governedTools, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { settle } from '../support/governing.js'
import { deskGovernor, deskTools } from './desk.js'
import { apis, type Run, scripted, sdks } from './scripted.js'

const held = (id: string, amount = 5000) => ({ id, name: 'pay', input: { amount } })
const wrappings = { governedTools: asTools, withGovernance }

function asTools(...[tools, options]: Parameters<typeof withGovernance>) {
  return { tools: governedTools(tools, options) }
}

const cases = sdks.flatMap(sdk => Object.entries(wrappings).map(([name, wrap]) => ({ sdk, name, wrap })))

describe.each(cases)('held calls that wait: $name, $sdk.major', ({ sdk, wrap }) => {
  it('are not asked about in the conversation, and run inside the same request once somebody has answered elsewhere', async () => {
    const governor = deskGovernor({ approvals: { approver: 'inbox' } })
    const { tools, ran } = deskTools()
    const model = sdk.scripted([held('c1')], 'paid')
    governor.on(event => {
      if (event.type !== 'approval-requested') return
      expect(ran).toEqual([])
      void governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'carol' })
    })
    const outcome = await apis.generateText(sdk, model, wrap(tools, { governor, approvals: 'wait' }))
    expect(outcome.parts.map(part => part.type)).toEqual(['tool-call', 'tool-result', 'text'])
    expect(ran).toEqual(['pay 5000'])
    expect(model.prompts()[1]).toContain('"paid":5000')
  })

  it('tell the model what a reviewer said who rejects them', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const model = sdk.scripted([held('c1')], 'understood')
    governor.on(event => {
      if (event.type !== 'approval-requested') return
      const answer = { resolution: 'rejected', by: 'carol', comment: 'not this month' } as const
      void governor.approvals.resolve(event.approval.id, answer)
    })
    const outcome = await apis.generateText(sdk, model, wrap(tools, { governor, approvals: 'wait' }))
    expect(outcome.text).toBe('understood')
    expect(model.prompts()[1]).toContain('not this month')
    expect(ran).toEqual([])
  })

  it('end with the request that is called off, run nothing, and stay open for an answer', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const abort = new AbortController()
    governor.on(event => {
      if (event.type === 'approval-requested') setImmediate(() => abort.abort(new Error('the page has gone')))
    })
    const input = { ...wrap(tools, { governor, approvals: 'wait' }), abortSignal: abort.signal }
    await apis.generateText(sdk, sdk.scripted([held('c1')], 'done'), input).catch(() => undefined)
    expect(abort.signal.aborted).toBe(true)
    expect(ran).toEqual([])
    expect(await governor.approvals.list()).toMatchObject([{ status: 'pending' }])
  })
})

describe.each(cases)('one question at a time: $name, $sdk.major', ({ sdk, wrap }) => {
  it.each(Object.entries(apis))(
    'asks about the first held call of a step, has the model bring the others again, and opens no request for them: %s',
    async (_, run) => {
      const governor = deskGovernor()
      const { tools, ran } = deskTools()
      const input = wrap(tools, { governor, parallelApprovals: 'first-only' })
      const calls = [held('free', 5), held('c1'), held('c2', 600), held('c3', 7), held('c4', 8000)]
      const outcome = await run(sdk, sdk.scripted(calls), input)
      const asked = outcome.parts.filter(part => part.type === 'tool-approval-request' && part.isAutomatic !== true)
      expect(asked).toMatchObject([{ toolCall: { toolCallId: 'c1' } }])
      expect(JSON.stringify(outcome.messages)).toContain('one is asked about at a time: call it again, on its own')
      expect(JSON.stringify(outcome.messages)).not.toContain('Do not retry')
      expect(ran.toSorted()).toEqual(['pay 5', 'pay 7'])
      expect(await governor.approvals.list()).toMatchObject([{ call: { id: 'c1' }, status: 'pending' }])
      const blocked = await governor.decisions.list({ status: 'blocked' })
      expect(blocked.map(({ callId }) => callId).toSorted()).toEqual(['c2', 'c4'])
    },
  )

  it('goes on to the next call once the first is answered', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const input = wrap(tools, { governor, parallelApprovals: 'first-only' })
    const user = { role: 'user', content: 'go' } as const
    const first = await apis.generateText(sdk, sdk.scripted([held('c1'), held('c2', 600)]), {
      ...input,
      messages: [user],
    })
    const again = await apis.generateText(sdk, sdk.scripted([held('c3', 600)]), {
      ...input,
      messages: [user, ...first.messages, approvalOf(first.parts)],
    })
    expect(ran).toEqual(['pay 5000'])
    expect(again.parts.filter(part => part.type === 'tool-approval-request')).toMatchObject([
      { toolCall: { toolCallId: 'c3' } },
    ])
  })
})

function approvalOf(parts: Awaited<ReturnType<Run>>['parts']): ModelMessage {
  const request = parts.find(part => part.type === 'tool-approval-request' && part.isAutomatic !== true)
  const approvalId = request?.type === 'tool-approval-request' ? request.approvalId : ''
  return { role: 'tool', content: [{ type: 'tool-approval-response', approvalId, approved: true }] }
}

describe.each(cases)('a tool’s own question: $name, $sdk.major', ({ sdk, wrap }) => {
  it('is asked of a person, who can answer it; the call then runs once', async () => {
    const governor = deskGovernor()
    const ran: number[] = []
    const pay = tool({
      inputSchema: z.object({ amount: z.number() }),
      needsApproval: async ({ amount }) => amount === 7,
      execute: async ({ amount }) => ran.push(amount),
    })
    const input = wrap({ pay }, { governor })
    const user = { role: 'user', content: 'go' } as const
    const first = await apis.generateText(sdk, sdk.scripted([held('c1', 7), held('c2', 8)]), {
      ...input,
      messages: [user],
    })
    expect(ran).toEqual([8])
    const messages = [user, ...first.messages, approvalOf(first.parts)]
    for (const _ of [1, 2]) await apis.generateText(sdk, sdk.scripted('done'), { ...input, messages })
    expect(ran).toEqual([8, 7])
    expect(await governor.approvals.list()).toMatchObject([
      { status: 'consumed', reason: 'the tool asks for approval' },
    ])
  })
})

it('a tool beside the governed ones, approved, runs once all the same', async () => {
  const governor = deskGovernor()
  const { tools, ran } = deskTools()
  const { tools: governed, toolApproval } = withGovernance({ read: tools.read }, { governor })
  const input = { tools: { ...governed, pay: tools.pay }, toolApproval }
  const user = { role: 'user', content: 'go' } as const
  const first = await apis.generateText(sdks[0] as never, scripted([held('c1')]), { ...input, messages: [user] })
  const model = scripted('one', 'two')
  const messages = [user, ...first.messages, approvalOf(first.parts)]
  for (const _ of [1, 2]) await generateText({ model: model.model, ...input, messages })
  expect(ran).toEqual(['pay 5000'])
  expect(model.prompts()[1]).toContain('its approval was used already')
})

it('a tool that streams waits before its first value', async () => {
  const governor = deskGovernor()
  const count = tool({
    inputSchema: z.object({}),
    async *execute() {
      yield 1
      yield 2
    },
  })
  const governed = governedTool(count, { name: 'count', governor, approvals: 'wait' })
  const options = { toolCallId: 'c1', messages: [], context: {} }
  const values: number[] = []
  const reading = (async () => {
    for await (const value of valuesOf(governed, options)) values.push(value)
  })()
  await settle()
  expect(values).toEqual([])
  const [request] = await governor.approvals.list()
  await governor.approvals.resolve(request?.id ?? '', { resolution: 'approved', by: 'carol' })
  await reading
  expect(values).toEqual([1, 2])
})

it('a tool that streamed gives back its last value, once, when its call comes again', async () => {
  const governor = deskGovernor({ policy: [rule('all', { effect: 'allow' })] })
  let runs = 0
  const count = tool({
    inputSchema: z.object({}),
    async *execute() {
      runs++
      yield 1
      yield 2
    },
  })
  const governed = governedTool(count, { name: 'count', governor })
  for (const expected of [[1, 2], [2]]) {
    const values: number[] = []
    const options = { toolCallId: 'c1', messages: [], context: {} }
    for await (const value of valuesOf(governed, options)) values.push(value)
    expect(values).toEqual(expected)
  }
  expect(runs).toBe(1)
})

it('refuses a way of asking that does not exist', () => {
  const governor = deskGovernor()
  const { tools } = deskTools()
  expect(() => withGovernance(tools, { governor, approvals: 'waits' as never })).toThrow('Did you mean "wait"?')
  expect(() => governedTool(tools.pay, { name: 'pay', governor, parallelApprovals: 'one' as never })).toThrow(
    'Option `parallelApprovals`',
  )
})

function valuesOf(streaming: { readonly execute?: unknown }, options: object): AsyncIterable<number> {
  return (streaming.execute as (input: object, options: object) => AsyncIterable<number>)({}, options)
}
