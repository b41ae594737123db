import { type Tool, dynamicTool, experimental_toolCaller, generateText, jsonSchema, streamText, tool } from 'ai'
import { isGovernanceError, rule } from 'countersign'
import { governedTool, governedTools, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { deskGovernor, deskTools } from './desk.js'
import { apis, scripted, type Sdk, sdks } from './scripted.js'

const amount = z.object({ amount: z.number() })
const tenantOf = ({ context }: { context: unknown }) => ({ tenant: (context as { tenant: string }).tenant })
const throwingScope = (): never => {
  throw new Error('password is hunter2')
}
const options = (toolCallId = 'c1') => ({ toolCallId, messages: [], context: {} })

describe('a governed tool', () => {
  it('is a new object that leaves the original as it was', () => {
    const { tools } = deskTools()
    const before = { ...tools.pay }
    const governed = governedTool(tools.pay, { name: 'pay', governor: deskGovernor() })
    expect(governed).not.toBe(tools.pay)
    expect({ ...tools.pay }).toEqual(before)
  })

  it('keeps every property, non-enumerable ones, symbols and getters included', () => {
    const secret = Symbol('secret')
    const metadata = { owner: 'billing' }
    const original = tool({ inputSchema: amount, title: 'Pay', metadata, execute: async () => 1 })
    Object.defineProperty(original, secret, { value: 42 })
    Object.defineProperty(original, 'description', { get: () => 'computed', enumerable: true })
    const governed = governedTool(original, { name: 'pay', governor: deskGovernor() })
    expect(governed).toMatchObject({ title: 'Pay', metadata, inputSchema: amount })
    expect(Reflect.get(governed, secret)).toBe(42)
    expect(Object.getOwnPropertyDescriptor(governed, 'description')).toHaveProperty('get', expect.any(Function))
  })

  it('keeps what makes a tool a tool caller', () => {
    const caller = experimental_toolCaller(deskTools().tools.read, {
      type: 'local',
      bind: () => deskTools().tools.read,
    })
    const hidden = Reflect.ownKeys(caller).filter(key => !Object.keys(caller).includes(String(key)))
    const governed = governedTool(caller, { name: 'caller', governor: deskGovernor() })
    expect(hidden.length).toBeGreaterThan(0)
    expect(Reflect.ownKeys(governed)).toEqual(expect.arrayContaining(hidden))
    expect(Object.keys(governed)).not.toContain('experimental_toolCaller')
  })

  it('calls the original on itself, so that class instances work', async () => {
    class Till {
      readonly inputSchema = amount
      total = 0
      async execute(input: { amount: number }): Promise<number> {
        this.total += input.amount
        return this.total
      }
    }
    const till = new Till()
    const governed = governedTool(till as never, { name: 'pay', governor: deskGovernor() }) as unknown as Till
    await (governed as unknown as Tool).execute?.({ amount: 5 }, options())
    expect(till.total).toBe(5)
  })

  it('is the same when governed twice: one decision per call', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const once = governedTool(tools.pay, { name: 'pay', governor })
    const twice = governedTool(once, { name: 'pay', governor })
    const spread = governedTool({ ...once, title: 'Other words' }, { name: 'pay', governor })
    expect(twice).toBe(once)
    await spread.execute?.({ amount: 1 }, options())
    expect(ran).toEqual(['pay 1'])
    expect(await governor.decisions.list()).toHaveLength(1)
  })

  it('is governed anew when its execute was replaced by one without a gate', async () => {
    const governor = deskGovernor()
    const governed = governedTool(deskTools().tools.wipe, { name: 'wipe', governor })
    const execute = vi.fn<(input: { all: boolean }, call: object) => Promise<string>>(async () => 'wiped')
    const again = governedTool({ ...governed, execute }, { name: 'wipe', governor })
    await expect(again.execute?.({ all: true }, options())).rejects.toThrow('was not executed')
    expect(execute).not.toHaveBeenCalled()
  })

  it('passes the gate when called directly', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const governed = governedTools(tools, { governor })
    await expect(governed.pay.execute?.({ amount: 7 }, options('a'))).resolves.toEqual({ paid: 7 })
    const blocked = await Promise.resolve(governed.wipe.execute?.({ all: true }, options('b'))).catch(
      (error: unknown) => error,
    )
    const held = await Promise.resolve(governed.pay.execute?.({ amount: 700 }, options('c'))).catch(
      (error: unknown) => error,
    )
    expect(isGovernanceError(blocked, 'blocked')).toBe(true)
    expect(isGovernanceError(held, 'approval-required')).toBe(true)
    const decisions = await governor.decisions.list()
    expect([blocked, held].map(error => (error as { decisionId: string }).decisionId)).toEqual([
      decisions.find(decision => decision.callId === 'b')?.id,
      decisions.find(decision => decision.callId === 'c')?.id,
    ])
    expect(ran).toEqual(['pay 7'])
  })

  it('executes nothing for a call without an id', async () => {
    const { tools, ran } = deskTools()
    const governed = governedTools(tools, { governor: deskGovernor() })
    await expect(governed.read.execute?.({ id: 'r' }, undefined as never)).rejects.toThrow()
    await expect(governed.read.execute?.({ id: 'r' }, { messages: [] } as never)).rejects.toThrow('call')
    expect(ran).toEqual([])
  })

  it('hands the tool its options as they were, a copy with an idempotency key', async () => {
    const context = { key: 'k' }
    const abortSignal = new AbortController().signal
    const seen: unknown[] = []
    const original = tool({
      inputSchema: amount,
      contextSchema: z.object({ key: z.string() }),
      execute: async (input, given) => seen.push([input, given]),
    })
    const governed = governedTool(original, { name: 'pay', governor: deskGovernor() })
    const given = { toolCallId: 'c1', messages: [], context, abortSignal }
    const input = { amount: 1 }
    await governed.execute?.(input, given)
    const [[seenInput, seenOptions]] = seen as [[unknown, Record<string, unknown>]]
    expect(seenInput).toBe(input)
    expect(seenOptions).toEqual({ ...given, idempotencyKey: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(seenOptions['context']).toBe(context)
    expect(given).not.toHaveProperty('idempotencyKey')
  })

  it('throws the tool’s own error on, untouched', async () => {
    const failure = new RangeError('no such account')
    const original = tool({ inputSchema: amount, execute: async (): Promise<string> => Promise.reject(failure) })
    const governor = deskGovernor()
    const governed = governedTool(original, { name: 'pay', governor })
    await expect(governed.execute?.({ amount: 1 }, options())).rejects.toBe(failure)
    expect(await governor.decisions.list()).toMatchObject([{ result: 'allowed', execution: { status: 'tool_error' } }])
  })

  it('does not start a tool whose call was aborted before', async () => {
    const { tools, ran } = deskTools()
    const governed = governedTools(tools, { governor: deskGovernor() })
    const abortSignal = AbortSignal.abort(new Error('gone'))
    await expect(governed.pay.execute?.({ amount: 1 }, { ...options(), abortSignal })).rejects.toThrow('gone')
    expect(ran).toEqual([])
  })

  it('refuses options it does not know', () => {
    const governor = deskGovernor()
    const { tools } = deskTools()
    expect(() => governedTool(tools.pay, { name: 'pay', governor, anotations: {} } as never)).toThrow(
      /anotations.*Did you mean "annotations"/s,
    )
    expect(() => governedTool(tools.pay, { name: '', governor })).toThrow('Option `name`')
    expect(() => governedTool(tools.pay, { name: 'pay', governor: {} as never })).toThrow('Option `governor`')
    expect(() => governedTools(tools, { governor, profiles: { pai: {} } } as never)).toThrow(/profiles\.pai.*"pay"/s)
    expect(() => governedTools(tools, { governor, profile: {} } as never)).toThrow(/profile.*"profiles"/s)
  })

  it('takes names from outside as data', () => {
    const { tools } = deskTools()
    const named = Object.fromEntries([
      ['__proto__', tools.read],
      ['constructor', tools.pay],
    ])
    const governed = governedTools(named, { governor: deskGovernor() })
    expect(Object.keys(governed)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(governed)).toBe(Object.prototype)
  })
})

describe('profiles and scope', () => {
  it('reach the decision: value, target and annotations from the profile, actor and tenant from the context', async () => {
    const governor = deskGovernor()
    const pay = tool({
      inputSchema: amount,
      contextSchema: z.object({ customer: z.string() }),
      execute: async () => 'paid',
    })
    await generateText({
      model: scripted([{ id: 'c1', name: 'pay', input: { amount: 20 } }]).model,
      ...withGovernance(
        { pay },
        {
          governor,
          profiles: { pay: { value: input => input.amount * 2, target: 'till', annotations: { destructive: true } } },
          scope: ({ context, toolName }) => ({ tenant: context.customer, actor: `bot-${toolName}`, sessionId: 's1' }),
        },
      ),
      toolsContext: { pay: { customer: 'acme' } },
      prompt: 'go',
    })
    expect(await governor.decisions.list()).toMatchObject([
      {
        value: 40,
        target: 'till',
        tenant: 'acme',
        actor: 'bot-pay',
        sessionId: 's1',
        execution: { status: 'executed' },
      },
    ])
  })

  it('see one context before and during execution, also where a schema changes it', async () => {
    const governor = deskGovernor()
    const pay = tool({
      inputSchema: amount,
      contextSchema: z.object({ tenant: z.string().transform(name => name.toUpperCase()) }),
      execute: async () => 'paid',
    })
    await generateText({
      model: scripted([{ id: 'c1', name: 'pay', input: { amount: 20 } }]).model,
      ...withGovernance({ pay }, { governor, scope: ({ context }) => ({ tenant: context.tenant }) }),
      toolsContext: { pay: { tenant: 'acme' } },
      prompt: 'go',
    })
    expect(await governor.decisions.list()).toMatchObject([{ tenant: 'ACME', execution: { status: 'executed' } }])
  })

  it.each(sdks)('a scope that throws refuses the call, and the chat goes on: $major', async sdk => {
    for (const [name, run] of Object.entries(apis)) {
      const governor = deskGovernor()
      const scope = throwingScope
      const { tools, ran } = deskTools()
      const plain = { tools: governedTools(tools, { governor, scope }) }
      for (const input of [plain, withGovernance(tools, { governor, scope })]) {
        const model = sdk.scripted([{ id: 'c1', name: 'read', input: { id: 'r' } }], 'sorry')
        const result = await run(sdk, model, input)
        expect([name, result.text]).toEqual([name, 'sorry'])
        expect(model.prompts()[1]).toContain('on whose behalf could not be determined')
        expect(model.prompts()[1]).not.toContain('hunter2')
      }
      expect(ran).toEqual([])
    }
  })

  it('a scope that throws holds a call that would run elsewhere, which no gate stops', async () => {
    const confirm = tool({ inputSchema: amount, outputSchema: z.string() })
    for (const sdk of sdks) {
      const tools = governedTools({ confirm }, { governor: deskGovernor(), scope: throwingScope })
      const model = sdk.scripted([{ id: 'c1', name: 'confirm', input: { amount: 1 } }])
      const result = await apis.generateText(sdk, model, { tools })
      expect(result.parts.map(part => part.type)).toEqual(['tool-call', 'tool-approval-request'])
    }
  })

  it('the context of ai 6 reaches the scope', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const [, v6] = sdks as [Sdk, Sdk]
    const model = v6.scripted([{ id: 'c1', name: 'pay', input: { amount: 1 } }])
    const input = {
      tools: governedTools(tools, { governor, scope: tenantOf }),
      experimental_context: { tenant: 'acme' },
    }
    await apis.generateText(v6, model, input)
    expect(ran).toEqual(['pay 1'])
    expect(await governor.decisions.list()).toMatchObject([{ tenant: 'acme', execution: { status: 'executed' } }])
  })

  it('a session of the governor scopes its calls', async () => {
    const governor = deskGovernor()
    const session = governor.session({ user: 'ann', tenant: 'acme', sessionId: 's9' })
    const governed = governedTools(deskTools().tools, { governor: session })
    await governed.read.execute?.({ id: 'r' }, options())
    expect(await governor.decisions.list()).toMatchObject([{ user: 'ann', tenant: 'acme', sessionId: 's9' }])
  })
})

/** What `execute` answers when it streams: at once, and not a promise. */
function valuesOf(result: unknown): AsyncIterable<unknown> {
  expect(result).toSatisfy((value: object) => Symbol.asyncIterator in value)
  return result as AsyncIterable<unknown>
}

/** A tool that tells of its progress. */
const progress = (name: string, log: string[]) =>
  tool({
    inputSchema: amount,
    async *execute(input) {
      log.push(`${name} ${input.amount}`)
      yield { percent: 50 }
      yield { percent: 100 }
    },
  })

describe('a streaming tool', () => {
  it('keeps its preliminary results, and ends with the last', async () => {
    const log: string[] = []
    const governor = deskGovernor()
    const result = streamText({
      model: scripted([{ id: 'c1', name: 'pay', input: { amount: 5 } }]).model,
      ...withGovernance({ pay: progress('pay', log) }, { governor }),
      prompt: 'go',
    })
    const results: unknown[] = []
    for await (const part of result.stream) {
      if (part.type === 'tool-result') results.push([part.output, part.preliminary])
    }
    expect(results).toEqual([
      [{ percent: 50 }, true],
      [{ percent: 100 }, true],
      [{ percent: 100 }, undefined],
    ])
    expect(log).toEqual(['pay 5'])
    expect(await governor.decisions.list()).toMatchObject([{ execution: { status: 'executed' } }])
  })

  it('yields nothing and runs nothing when refused', async () => {
    const log: string[] = []
    const governed = governedTools(
      { wipe: progress('wipe', log), pay: progress('pay', log) },
      { governor: deskGovernor() },
    )
    for (const [name, value] of [
      ['wipe', 1],
      ['pay', 5000],
    ] as const) {
      const stream = valuesOf(governed[name].execute?.({ amount: value }, options(name)))
      const seen: unknown[] = []
      const read = async (): Promise<void> => {
        for await (const item of stream) seen.push(item)
      }
      await expect(read()).rejects.toThrow('was not executed')
      expect(seen).toEqual([])
    }
    expect(log).toEqual([])
  })

  it('is recognised by option where its execute is an ordinary function', async () => {
    const log: string[] = []
    const inner = progress('pay', log)
    const indirect = tool({
      inputSchema: amount,
      execute: (input, given) => inner.execute?.(input, given) as AsyncIterable<{ percent: number }>,
    })
    const governor = deskGovernor()
    const streaming = governedTool(indirect, { name: 'pay', governor, streaming: true })
    const seen: unknown[] = []
    for await (const item of valuesOf(streaming.execute?.({ amount: 1 }, options('a')))) seen.push(item)
    expect(seen).toEqual([{ percent: 50 }, { percent: 100 }])
    const unmarked = governedTool(indirect, { name: 'pay', governor })
    await expect(unmarked.execute?.({ amount: 1 }, options('b'))).resolves.toEqual({ percent: 100 })
  })

  it('is recorded as cut off when its reader stops early', async () => {
    const governor = deskGovernor()
    const governed = governedTools({ pay: progress('pay', []) }, { governor })
    for await (const _ of valuesOf(governed.pay.execute?.({ amount: 1 }, options()))) break
    expect(await governor.decisions.list()).toMatchObject([{ execution: { status: 'tool_error' } }])
  })
})

describe('a tool that runs elsewhere', () => {
  const confirm = tool({ inputSchema: amount, outputSchema: z.string() })
  const policy = [
    rule('some', {
      tools: ['confirm'],
      when: { 'input.amount': { gt: 100 } },
      effect: 'require_approval',
      reason: 'big',
    }),
    rule('none', { tools: ['confirm'], when: { 'input.amount': { lt: 0 } }, effect: 'deny', reason: 'negative' }),
    rule('fine', { tools: ['confirm'], effect: 'allow' }),
  ]

  it.each(sdks)('is left to the client when allowed, and asked about when held: $major', async sdk => {
    for (const [value, expected] of [
      [1, ['tool-call']],
      [500, ['tool-call', 'tool-approval-request']],
    ] as const) {
      for (const wrap of [governedTools, (t: { confirm: typeof confirm }, o: never) => withGovernance(t, o).tools]) {
        const governor = deskGovernor({ policy })
        const tools = wrap({ confirm }, { governor } as never)
        const result = await apis.generateText(
          sdk,
          sdk.scripted([{ id: 'c1', name: 'confirm', input: { amount: value } }]),
          { tools },
        )
        expect(result.parts.map(part => part.type)).toEqual(expected)
        expect(await governor.decisions.list()).toHaveLength(1)
      }
    }
  })

  it('is denied when blocked, with the reason for the model', async () => {
    const governor = deskGovernor({ policy })
    const model = scripted([{ id: 'c1', name: 'confirm', input: { amount: -1 } }], 'no then')
    const result = await apis.generateText(sdks[0] as never, model, withGovernance({ confirm }, { governor }))
    expect(result.text).toBe('no then')
    expect(model.prompts()[1]).toContain('negative')
  })

  it.each(sdks)('is held when blocked where the SDK can only ask: $major', async sdk => {
    const governor = deskGovernor({ policy })
    const model = sdk.scripted([{ id: 'c1', name: 'confirm', input: { amount: -1 } }])
    const result = await apis.generateText(sdk, model, { tools: governedTools({ confirm }, { governor }) })
    expect(result.parts.map(part => part.type)).toEqual(['tool-call', 'tool-approval-request'])
    expect(await governor.decisions.list()).toMatchObject([{ result: 'blocked' }])
  })
})

describe('a dynamic tool', () => {
  it.each(sdks)('is governed like any other: $major', async sdk => {
    const ran: unknown[] = []
    const lookup = dynamicTool({
      inputSchema: jsonSchema({ type: 'object' }),
      execute: async input => {
        ran.push(input)
        return 'found'
      },
    })
    const governor = deskGovernor({ policy: [rule('ok', { tools: ['read'], effect: 'allow' })], unlisted: 'deny' })
    const tools = governedTools({ read: lookup, other: lookup }, { governor })
    const calls = [
      { id: 'a', name: 'read', input: { q: 1 } },
      { id: 'b', name: 'other', input: { q: 2 } },
    ]
    const result = await apis.generateText(sdk, sdk.scripted(calls, 'ok'), { tools })
    expect(ran).toEqual([{ q: 1 }])
    expect(result.parts.find(part => part.type === 'tool-result')).toMatchObject({ dynamic: true, output: 'found' })
    expect(result.parts.find(part => part.type === 'tool-error')).toMatchObject({ toolCallId: 'b', dynamic: true })
  })
})

describe('what the model sees of a result', () => {
  it.each(sdks)('is still the tool’s own choice: $major', async sdk => {
    const pay = tool({
      inputSchema: amount,
      execute: async () => ({ iban: 'DE00' }),
      toModelOutput: () => ({ type: 'text', value: 'paid, details withheld' }),
    })
    const model = sdk.scripted([{ id: 'c1', name: 'pay', input: { amount: 1 } }], 'ok')
    await apis.generateText(sdk, model, { tools: governedTools({ pay }, { governor: deskGovernor() }) })
    expect(model.prompts()[1]).toContain('paid, details withheld')
    expect(model.prompts()[1]).not.toContain('DE00')
  })
})
