import { ToolMessage } from '@langchain/core/messages'
import { RunnableLambda } from '@langchain/core/runnables'
import {
  DynamicStructuredTool,
  DynamicTool,
  StructuredTool,
  tool,
  type ToolRunnableConfig,
} from '@langchain/core/tools'
import { getRetryable } from '@langchain/core/errors'
import { createGovernor, isGovernanceError, memoryStore } from 'countersign'
import { governedTool, governedTools, type GovernanceConfig } from 'countersign/langchain'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { decisionsOf, governorWith, makeTools, statuses, toolCall } from './support.js'

const governance = (message: unknown) => (message as ToolMessage).artifact.governance

describe('an allowed call', () => {
  it('gives what the bare tool gives, for arguments and for a tool call', async () => {
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    expect(await governed.invoke({ amount: 5 })).toBe('paid 5')
    const bare = await pay.invoke(toolCall('pay', { amount: 6 }))
    const message = await governed.invoke(toolCall('pay', { amount: 6 }))
    expect(message).toEqual(bare)
    expect(message.status).toBe('success')
    expect(ran).toEqual(['pay 5', 'pay 6', 'pay 6'])
  })

  it('streams and runs in batches', async () => {
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const chunks: unknown[] = []
    for await (const chunk of await governed.stream({ amount: 5 })) chunks.push(chunk)
    expect(chunks).toEqual(['paid 5'])
    expect(await governed.batch([{ amount: 1 }, { amount: 2 }])).toEqual(['paid 1', 'paid 2'])
  })

  it('is decided on the arguments as the schema parsed them', async () => {
    const governor = governorWith()
    const schema = z.object({ amount: z.number().default(500), at: z.string().transform(text => new Date(text)) })
    const execute = vi.fn(async () => 'paid')
    const governed = governedTool(tool(execute, { name: 'pay', description: 'x', schema }), { governor })
    const message = await governed.invoke(toolCall('pay', { at: '2026-01-01' }))
    expect(message.status).toBe('error')
    expect(execute).not.toHaveBeenCalled()
    expect(await governed.invoke({ amount: 1, at: '2026-01-01' })).toBe('paid')
  })

  it('hands the tool a key to pass on: the same for the same call of a session', async () => {
    const seen: GovernanceConfig[] = []
    const record = tool(
      async (_input: { path: string }, config: ToolRunnableConfig & { governance?: GovernanceConfig }) => {
        if (config.governance !== undefined) seen.push(config.governance)
        if (seen.length === 1) throw new Error('try again')
        return 'ok'
      },
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    const governor = governorWith()
    const annotations = { idempotent: true }
    const governed = governedTool(record, { governor, scope: { sessionId: 's' }, annotations })
    await expect(governed.invoke(toolCall('read', { path: 'a' }, 'call_1'))).rejects.toThrow('try again')
    await governed.invoke(toolCall('read', { path: 'a' }, 'call_1'))
    await governed.invoke(toolCall('read', { path: 'a' }, 'call_2'))
    const [first, again, other] = seen
    expect(first?.idempotencyKey).toMatch(/^[0-9a-f]{64}$/)
    expect(again?.idempotencyKey).toBe(first?.idempotencyKey)
    expect(other?.idempotencyKey).not.toBe(first?.idempotencyKey)
    expect(again?.decisionId).toBe(first?.decisionId)
    expect((await decisionsOf(governor)).map(({ id }) => id)).toEqual([first?.decisionId, other?.decisionId])
  })

  it('is a call of its own outside of every graph and session, though its id repeats', async () => {
    const governor = governorWith()
    const { pay } = makeTools()
    const governed = governedTool(pay, { governor })
    await governed.invoke(toolCall('pay', { amount: 5 }, 'call_0'))
    await governed.invoke(toolCall('pay', { amount: 5 }, 'call_0'))
    const [first, second] = await decisionsOf(governor)
    expect(first?.callId).toMatch(/^call_0@/)
    expect(second?.callId).not.toBe(first?.callId)
  })

  it('keeps the tool’s own error', async () => {
    const governor = governorWith()
    const failure = new TypeError('db down')
    const broken = tool(async () => Promise.reject(failure), { name: 'read', description: 'x', schema: z.object({}) })
    await expect(governedTool(broken, { governor }).invoke(toolCall('read', {}))).rejects.toBe(failure)
    expect(await statuses(governor)).toEqual(['call_1: allowed, tool_error'])
  })

  it('stores one decision', async () => {
    const governor = governorWith()
    const { pay } = makeTools()
    await governedTool(pay, { governor }).invoke(toolCall('pay', { amount: 5 }))
    expect(await statuses(governor)).toEqual(['call_1: allowed, executed'])
  })
})

describe('a refused call', () => {
  it('that is blocked runs nothing and tells the model what to do instead', async () => {
    const { wipe, ran } = makeTools()
    const governor = governorWith()
    const message = await governedTool(wipe, { governor }).invoke(toolCall('wipe', {}))
    expect(ToolMessage.isInstance(message)).toBe(true)
    expect(message).toMatchObject({ status: 'error', tool_call_id: 'call_1', name: 'wipe' })
    expect(message.content).toMatch(/was not executed: it was blocked by policy \(never wipe\).*continue another way/)
    expect(governance(message)).toMatchObject({ result: 'blocked', status: 'blocked', rules: ['no-wipe'] })
    expect(ran).toEqual([])
    expect(await statuses(governor)).toEqual(['call_1: blocked, blocked'])
  })

  it('that is held names the request that waits', async () => {
    const { pay, ran } = makeTools()
    const governor = governorWith()
    const message = await governedTool(pay, { governor }).invoke(toolCall('pay', { amount: 500 }))
    const [approval] = await governor.approvals.list()
    expect(message.status).toBe('error')
    expect(message.content).toContain(approval?.id)
    expect(governance(message)).toMatchObject({ status: 'approval_required', approvalId: approval?.id })
    expect(approval?.call.input).toEqual({ amount: 500 })
    expect(ran).toEqual([])
  })

  it('without a tool call id throws, marked as useless to retry', async () => {
    const { pay, wipe, ran } = makeTools()
    const governor = governorWith()
    const blocked = await governedTool(wipe, { governor })
      .invoke({})
      .catch((error: unknown) => error)
    const held = await governedTool(pay, { governor })
      .invoke({ amount: 500 })
      .catch((error: unknown) => error)
    expect(isGovernanceError(blocked, 'blocked')).toBe(true)
    expect(isGovernanceError(held, 'approval-required')).toBe(true)
    expect(getRetryable(blocked)).toBe(false)
    const [first] = await decisionsOf(governor)
    expect(isGovernanceError(blocked) && blocked.decisionId).toBe(first?.id)
    expect(ran).toEqual([])
  })

  it('passes none of the ways into a tool', async () => {
    const { wipe, ran } = makeTools()
    const governed = governedTool(wipe, { governor: governorWith() })
    const ways: (() => Promise<unknown>)[] = [
      () => governed.invoke({}),
      () => governed.call({}),
      async () => await governed.func({}, undefined, undefined),
      async () => (governed as unknown as { _call: (input: unknown) => Promise<unknown> })._call({}),
      async () => {
        for await (const _chunk of await governed.stream({}));
      },
      () => governed.batch([{}]),
      () => governed.withConfig({ tags: ['x'] }).invoke({}),
      () => governed.withRetry({ stopAfterAttempt: 1 }).invoke({}),
      () => governed.pipe(RunnableLambda.from(async (output: unknown) => output)).invoke({}),
      async () => await Object.assign({}, governed).func({}, undefined, undefined),
      async () => {
        for await (const _event of governed.streamEvents({}, { version: 'v2' }));
      },
    ]
    for (const [index, way] of ways.entries()) {
      await expect(way(), `way ${index}`).rejects.toMatchObject({ code: 'blocked' })
    }
    expect(ran).toEqual([])
  })

  it('is refused in a batch without stopping the others', async () => {
    const { pay, ran } = makeTools()
    const governed = governedTool(pay, { governor: governorWith() })
    const calls = [toolCall('pay', { amount: 1 }, 'a'), toolCall('pay', { amount: 999 }, 'b')]
    const messages = (await governed.batch(calls)) as unknown as ToolMessage[]
    expect(messages.map(message => message.status)).toEqual(['success', 'error'])
    expect(ran).toEqual(['pay 1'])
  })

  it('does not run when its arguments change while the decision is made', async () => {
    const input = { amount: 1 }
    const governor = createGovernor({
      store: memoryStore(),
      policy: [],
      decisions: {
        evaluate: async () => {
          input.amount = 1_000_000
          return { findings: [{ rule: 'ok', effect: 'allow', reason: 'ok' }] }
        },
      },
    })
    const execute = vi.fn(async () => 'paid')
    const schema = { type: 'object', properties: { amount: { type: 'number' } } }
    const pay = new DynamicStructuredTool({ name: 'pay', description: 'x', schema, func: execute })
    const message = await governedTool(pay, { governor }).invoke(toolCall('pay', input))
    expect(message).toMatchObject({ status: 'error' })
    expect(execute).not.toHaveBeenCalled()
  })
})

describe('every kind of tool is governed', () => {
  it('with content and artifact', async () => {
    const report = tool(async ({ amount }: { amount: number }) => [`paid ${amount}`, { receipt: 7 }], {
      name: 'pay',
      description: 'x',
      schema: z.object({ amount: z.number() }),
      responseFormat: 'content_and_artifact',
    })
    const governed = governedTool(report, { governor: governorWith() })
    const allowed = await governed.invoke(toolCall('pay', { amount: 1 }))
    const held = await governed.invoke(toolCall('pay', { amount: 500 }))
    expect(allowed).toMatchObject({ status: 'success', content: 'paid 1', artifact: { receipt: 7 } })
    expect(held).toMatchObject({ status: 'error', artifact: { governance: { result: 'requires_approval' } } })
  })

  it('that takes a string', async () => {
    const ran: string[] = []
    const echo = new DynamicTool({
      name: 'read',
      description: 'x',
      func: async text => {
        ran.push(text)
        return text
      },
    })
    const governor = governorWith({
      policy: [{ id: 'a', tools: ['read'], when: { input: { startsWith: 'a' } }, effect: 'allow' }],
    })
    const governed = governedTool(echo, { governor })
    expect(await governed.invoke('a text')).toBe('a text')
    expect(await governed.invoke(toolCall('read', { input: 'other' }))).toMatchObject({ status: 'error' })
    expect(ran).toEqual(['a text'])
  })

  it('with a JSON schema', async () => {
    const execute = vi.fn(async () => 'paid')
    const schema = { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] } as const
    const governed = governedTool(tool(execute, { name: 'pay', description: 'x', schema }), {
      governor: governorWith(),
    })
    expect(await governed.invoke({ amount: 5 })).toBe('paid')
    expect(await governed.invoke(toolCall('pay', { amount: 500 }))).toMatchObject({ status: 'error' })
    await expect(governed.invoke({ amount: 'five' })).rejects.toThrow(/did not match expected schema/)
    expect(execute).toHaveBeenCalledTimes(1)
  })

  it('that is a generator: its run ends when the generator does', async () => {
    const governor = governorWith()
    const chunks: unknown[] = []
    const slow = tool(
      async function* (_input: { path: string }) {
        yield 'one'
        yield 'two'
        return 'all'
      },
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    const governed = governedTool(slow, { governor })
    const callbacks = [{ handleToolEvent: (chunk: unknown) => void chunks.push(chunk) }]
    expect(await governed.invoke({ path: 'a' }, { callbacks })).toBe('all')
    expect(chunks).toEqual(['one', 'two'])
    expect((await decisionsOf(governor))[0]?.execution?.status).toBe('executed')
  })

  it('that is a generator which fails half way: recorded as its error', async () => {
    const governor = governorWith()
    const failure = new Error('half way')
    const broken = tool(
      async function* (_input: { path: string }) {
        yield 'one'
        throw failure
      },
      { name: 'read', description: 'x', schema: z.object({ path: z.string() }) },
    )
    await expect(governedTool(broken, { governor }).invoke(toolCall('read', { path: 'a' }))).rejects.toBe(failure)
    expect(await statuses(governor)).toEqual(['call_1: allowed, tool_error'])
  })

  it('that is a generator which is refused: never started', async () => {
    const start = vi.fn()
    const wipe = tool(
      async function* () {
        start()
        yield 'x'
      },
      { name: 'wipe', description: 'x', schema: z.object({}) },
    )
    expect(await governedTool(wipe, { governor: governorWith() }).invoke(toolCall('wipe', {}))).toMatchObject({
      status: 'error',
    })
    expect(start).not.toHaveBeenCalled()
  })

  it('whose class brings its own way in, with private fields there', async () => {
    class Own extends StructuredTool {
      name = 'pay'
      description = 'x'
      schema = z.object({ amount: z.number().default(250) })
      readonly #ran: number[] = []
      get ran(): readonly number[] {
        return this.#ran
      }
      override async invoke(input: any, config?: any): Promise<any> {
        this.#ran.push(0)
        return super.invoke(input, config)
      }
      async _call({ amount }: { amount: number }): Promise<string> {
        this.#ran.push(amount)
        return `paid ${amount}`
      }
    }
    const governor = governorWith()
    const governed = governedTool(new Own(), { governor })
    const invoke = async (input: unknown): Promise<unknown> => governed.invoke(input)
    expect(await invoke({ amount: 5 })).toBe('paid 5')
    expect(await invoke(toolCall('pay', { amount: 6 }))).toMatchObject({ status: 'success', content: 'paid 6' })
    expect(await invoke(toolCall('pay', { amount: 500 }))).toMatchObject({ status: 'error' })
    await expect(invoke({ amount: 500 })).rejects.toMatchObject({ code: 'approval-required' })
    expect(governed.ran).toEqual([0, 5, 0, 6])
    expect(await governed.invoke(toolCall('pay', {}))).toMatchObject({ status: 'error' })
    expect((await decisionsOf(governor)).at(-1)?.value).toBe(250)
    expect(governed.ran).toHaveLength(4)
    expect(await decisionsOf(governor)).toHaveLength(5)
  })
})

const make = () => {
  const ran: unknown[] = []
  const runnable = RunnableLambda.from(async (input: { amount: number }) => {
    ran.push(input.amount)
    return `paid ${input.amount}`
  }).asTool({ name: 'pay', schema: z.object({ amount: z.number() }) })
  const governor = governorWith()
  return { ran, governor, governed: governedTool(runnable, { governor }) }
}

describe('a runnable as a tool', () => {
  it('is governed for arguments and for tool calls', async () => {
    const { governed, ran, governor } = make()
    expect(await governed.invoke({ amount: 5 })).toBe('paid 5')
    expect(await governed.invoke(toolCall('pay', { amount: 6 }))).toBe('paid 6')
    expect(await governed.invoke(toolCall('pay', { amount: 500 }))).toMatchObject({ status: 'error', name: 'pay' })
    await expect(governed.invoke({ amount: 500 })).rejects.toMatchObject({ code: 'approval-required' })
    expect(ran).toEqual([5, 6])
    expect(await decisionsOf(governor)).toHaveLength(4)
  })

  it('is governed on every other way into it', async () => {
    const { governed, ran } = make()
    const chunks: unknown[] = []
    for await (const chunk of await governed.stream({ amount: 5 })) chunks.push(chunk)
    expect(chunks).toEqual(['paid 5'])
    expect(await governed.batch([{ amount: 7 }])).toEqual(['paid 7'])
    const ways: (() => Promise<unknown>)[] = [
      async () => {
        for await (const _chunk of await governed.stream({ amount: 500 }));
      },
      () => governed.batch([{ amount: 500 }]),
      () => governed.withConfig({ tags: ['x'] }).invoke({ amount: 500 }),
      () => governed.withRetry({ stopAfterAttempt: 1 }).invoke({ amount: 500 }),
      async () => {
        for await (const _event of governed.streamEvents({ amount: 500 }, { version: 'v2' }));
      },
    ]
    for (const [index, way] of ways.entries()) {
      await expect(way(), `way ${index}`).rejects.toMatchObject({ code: 'approval-required' })
    }
    expect(ran).toEqual([5, 7])
  })

  it('streams the refusal of a tool call as its one chunk', async () => {
    const { governed } = make()
    const chunks: unknown[] = []
    for await (const chunk of await governed.stream(toolCall('pay', { amount: 500 }) as never)) chunks.push(chunk)
    expect(chunks).toHaveLength(1)
    expect(chunks[0]).toMatchObject({ status: 'error', tool_call_id: 'call_1' })
  })
})

const hinted = () =>
  tool(async () => 'content', {
    name: 'list_files',
    description: 'x',
    schema: z.object({}),
    metadata: { annotations: { readOnlyHint: true, destructiveHint: false } },
  })

describe('profiles and scopes', () => {
  it('tell the governor what a tool does and who acts', async () => {
    const governor = governorWith({
      policy: [{ id: 'all', effect: 'allow' }],
    })
    const { pay, read } = makeTools()
    const [first, second] = governedTools([pay, read], {
      governor,
      profiles: { pay: { value: ({ amount }) => amount * 2, target: 'ledger', domain: 'money' } },
      scope: ({ context, configurable }) => ({
        user: (context as { user: string } | undefined)?.user,
        tenant: String(configurable.tenant),
      }),
    })
    const config = { context: { user: 'ada' }, configurable: { thread_id: 't-1', tenant: 'acme' } }
    await first.invoke({ amount: 4 }, config)
    await second.invoke({ path: 'x' }, { ...config, configurable: { thread_id: 't-2', tenant: 'acme' } })
    const [paid, readIt] = await decisionsOf(governor)
    expect(paid).toMatchObject({
      value: 8,
      target: 'ledger',
      domain: 'money',
      user: 'ada',
      tenant: 'acme',
      sessionId: 't-1',
    })
    expect(readIt).toMatchObject({ user: 'ada', sessionId: 't-2' })
    expect(readIt?.value).toBeUndefined()
  })

  it('believe a tool’s own hints only where that was said', async () => {
    const governor = governorWith()
    const doubted = await governedTool(hinted(), { governor }).invoke(toolCall('list_files', {}))
    const trusted = await governedTool(hinted(), { governor, trustAnnotations: true }).invoke(
      toolCall('list_files', {}),
    )
    const corrected = await governedTool(hinted(), {
      governor,
      trustAnnotations: true,
      annotations: { readOnly: false },
    }).invoke(toolCall('list_files', {}))
    expect([doubted, trusted, corrected].map(message => message.status)).toEqual(['error', 'success', 'error'])
  })
})
