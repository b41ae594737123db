import { isModelError, type ModelEvent, providerGuard, type ProviderGuardOptions } from 'countersign'
import { createGovernedOpenAI, type GovernedOpenAIOptions, streamUntilUserInput } from 'countersign/openai'
import { fakeClock, modelServer, type ScriptedTurn } from 'countersign/testing'
import OpenAI, { APIError } from 'openai'
import { describe, expect, it } from 'vitest'
import { inFakeTime } from '../remote/support.js'
import { all, calling, governorWith, withTools } from './support.js'

const down: ScriptedTurn = { error: { message: 'down', status: 503 } }
const hello: ScriptedTurn = { text: 'Hello!' }

/** A governed client behind a guard whose time stands still; the client itself would try five times more. */
async function world<API extends 'responses' | 'chat' = 'responses'>(
  script: Parameters<typeof modelServer>[0],
  options: ProviderGuardOptions = {},
  settings: Partial<GovernedOpenAIOptions<API>> = {},
) {
  // What is loaded on first use is loaded before time is played with.
  await import('cockatiel')
  const server = await modelServer(script)
  const client = new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1`, maxRetries: 5, logLevel: 'off' })
  const clock = fakeClock()
  const events: ModelEvent[] = []
  const guard = providerGuard({ retry: { jitter: 0 }, clock, onEvent: event => events.push(event), ...options })
  const governor = settings.governor ?? governorWith()
  const ran: unknown[] = []
  const ai = createGovernedOpenAI<API>({ client, governor, model: 'gpt-5.1', guard, ...settings })
  withTools(ai, ran)
  const models = () => server.requests.map(({ body }) => body.model)
  const inTime = <T>(work: Promise<T>): Promise<T> => inFakeTime(clock, work)
  const ended = () => events.filter(({ type }) => type === 'model-request-ended')
  return {
    ai,
    server,
    client,
    guard,
    governor,
    clock,
    events,
    ended,
    ran,
    models,
    inTime,
    [Symbol.asyncDispose]: server.close,
  }
}

const textOf = (events: readonly { readonly type: string }[]): string =>
  events.map(event => (event.type === 'llm_delta' ? (event as { readonly delta?: string }).delta : '')).join('')

describe.each(['responses', 'chat'] as const)('the governed client behind a guard, over %s', api => {
  it('recovers from one transient failure, in every round', async () => {
    await using w = await world([down, calling('pay', { amount: 5 }), down, hello], {}, { api })
    const result = await w.inTime(w.ai.run({ input: 'go', user: 'ada', tenant: 'acme', sessionId: 's' }))
    expect([result.text, w.ran, w.server.requests.length]).toEqual(['Hello!', ['pay 5'], 4])
    expect(w.ended()).toMatchObject([
      { attempts: 2, status: 'succeeded', scope: { user: 'ada', tenant: 'acme', sessionId: 's' } },
      { attempts: 2, status: 'succeeded', usage: { inputTokens: expect.any(Number) } },
    ])
  })

  it('recovers from one transient failure of a stream', async () => {
    await using w = await world([down, calling('pay', { amount: 5 }), { ...hello, cutAfter: 1 }, hello], {}, { api })
    const events = await w.inTime(all(w.ai.runStream({ input: 'go' })))
    expect([textOf(events), w.ran, w.server.requests.length]).toEqual(['Hello!', ['pay 5'], 4])
    expect(w.ended()).toMatchObject([
      { attempts: 2, usage: { outputTokens: expect.any(Number) } },
      { attempts: 2, usage: { outputTokens: expect.any(Number) } },
    ])
  })

  it('sends three requests in an outage, whatever the client would do by itself', async () => {
    await using w = await world(() => down, {}, { api })
    await expect(w.inTime(w.ai.run({ input: 'go' }))).rejects.toBeInstanceOf(APIError)
    expect(w.server.requests.length).toBe(3)
    await expect(w.inTime(all(w.ai.runStream({ input: 'go' })))).rejects.toMatchObject({ status: 503 })
    // The breaker opens after the fifth failure.
    expect(w.server.requests.length).toBe(5)
  })

  it('opens its circuit breaker after 1 failure: a second run makes no provider call', async () => {
    const options = { retry: { attempts: 1 }, circuitBreaker: { failures: 1, resetMs: 30_000 } }
    await using w = await world([down, hello], options, { api })
    await expect(w.ai.run({ input: 'go' })).rejects.toMatchObject({ status: 503 })
    await expect(w.ai.run({ input: 'go' })).rejects.toMatchObject({ code: 'model-unavailable', kind: 'circuit' })
    await expect(all(w.ai.runStream({ input: 'go' }))).rejects.toSatisfy(error => isModelError(error, 'circuit'))
    expect(w.server.requests.length).toBe(1)
    w.clock.advance(30_000)
    expect((await w.ai.run({ input: 'go' })).text).toBe('Hello!')
  })

  it('makes exactly one call for an error that trying again does not mend', async () => {
    await using w = await world([{ error: { message: 'no', status: 400 } }, hello], {}, { api, fallbacks: ['spare'] })
    await expect(w.ai.run({ input: 'go' })).rejects.toMatchObject({ status: 400 })
    expect(w.server.requests.length).toBe(1)
  })

  it('asks a fallback, says so, and judges its calls as its own', async () => {
    const policy = [{ id: 'no-spare', models: ['spare'], tools: ['pay'], effect: 'deny', reason: 'not by it' }] as const
    const governor = governorWith({ policy })
    const script = [down, calling('pay', { amount: 5 }), calling('pay', { amount: 6 }), hello]
    const options = { retry: { attempts: 1 } }
    await using w = await world(script, options, { api, governor, fallbacks: ['spare'] })
    const result = await w.inTime(w.ai.run({ input: 'go' }))
    expect(w.models()).toEqual(['gpt-5.1', 'spare', 'gpt-5.1', 'gpt-5.1'])
    expect([w.ran, result.execution.events.map(({ status }) => status)]).toEqual([['pay 6'], ['blocked', 'executed']])
    expect(w.ended()[0]).toMatchObject({ model: 'spare', status: 'succeeded' })
  })

  it('judges a fallback’s held call as its own when it is gone on with, and goes on behind the guard', async () => {
    const policy = [
      { id: 'ask', models: ['spare'], tools: ['pay'], effect: 'require_approval', reason: 'ask' },
    ] as const
    const governor = governorWith({ policy })
    const script = [down, calling('pay', { amount: 5 }), hello, down, hello]
    await using w = await world(script, { retry: { attempts: 1 } }, { api, governor, fallbacks: ['spare'] })
    const { approvalLoop } = await w.ai.run({ input: 'go' })
    const requestId = approvalLoop?.requestId ?? ''
    await expect(w.ai.resumeAfterApproval(requestId)).rejects.toMatchObject({ code: 'approval-required' })
    expect(w.ran).toEqual([])
    const resumed = await w.ai.resumeAfterApproval(requestId, { resolution: 'approved', by: 'boss' })
    expect([resumed.text, w.ran, w.models().at(-1)]).toEqual(['Hello!', ['pay 5'], 'spare'])
  })

  it('names the fallback in the answer', async () => {
    await using w = await world([down, hello], { retry: { attempts: 1 } }, { api, fallbacks: ['spare'] })
    const { llmResponse } = await w.ai.run({ input: 'go' })
    expect(llmResponse.model).toBe('spare')
  })

  it.each([
    ['tokens', { tokens: 200 }],
    ['money', { cost: 0.000_2 }],
  ])('ends a loop at a budget in %s with an error of its own', async (_, budget) => {
    const options: ProviderGuardOptions = {
      budgets: [{ name: 'run', per: 'session', ...budget }],
      prices: { 'gpt-5.1': { input: 1, output: 1 } },
      estimateTokens: () => 10,
      expectedOutputTokens: 90,
    }
    for (const isStreamed of [false, true]) {
      await using w = await world((_, index) => calling('pay', { amount: 1 }, `call_${index}`), options, { api })
      const run = { input: 'go', maxToolRounds: 1000 }
      const running: Promise<unknown> = isStreamed ? all(w.ai.runStream(run)) : w.ai.run(run)
      await expect(w.inTime(running)).rejects.toMatchObject({ code: 'budget-exceeded', kind: 'budget', budget: 'run' })
      const used = w.ended().map(event => ('usage' in event && event.usage ? event.usage : undefined))
      const spent = used.reduce((sum, usage) => sum + (usage ? usage.inputTokens + usage.outputTokens : 0), 0)
      // As much as fits beside the most that one more may take: what was set aside has been given back each time.
      expect(spent).toBeGreaterThan(100)
      expect(spent).toBeLessThanOrEqual(200)
      expect(w.ran.length).toBe(w.server.requests.length)
    }
  })

  it('waits for its turn where the rate is limited', async () => {
    const options = { limits: { '*': { requestsPerMinute: 1 } } }
    await using w = await world([calling('pay', { amount: 5 }), hello], options, { api })
    const began = w.clock.now()
    const result = await w.inTime(w.ai.run({ input: 'go' }))
    expect([result.text, w.clock.now() - began]).toEqual(['Hello!', 60_000])
  })

  it('lets the caller’s signal go before everything', async () => {
    await using w = await world(() => down, {}, { api })
    const abort = new AbortController()
    const running = w.ai.run({ input: 'go', signal: abort.signal })
    w.guard.on(({ type }) => {
      if (type === 'model-retry-scheduled') abort.abort(new Error('enough'))
    })
    await expect(w.inTime(running)).rejects.toThrow('enough')
    expect(w.server.requests.length).toBe(1)
    expect(w.ended()).toMatchObject([{ status: 'cancelled' }])
  })

  it('neither executes nor asks again for a stream that was cut after it began', async () => {
    const frames = api === 'chat' ? 3 : 5
    const cut = { ...calling('pay', { amount: 5 }), cutAfter: frames }
    await using w = await world([cut, hello], {}, { api })
    await expect(w.inTime(all(w.ai.runStream({ input: 'go' })))).rejects.toMatchObject({ problem: 'cut' })
    expect([w.ran, w.server.requests.length]).toEqual([[], 1])
    expect(w.ended()).toMatchObject([{ status: 'failed', kind: 'network' }])
  })

  it('tells of a failure that a stream begins with, once it is not tried again', async () => {
    const error = { message: 'overloaded', code: 'server_error' }
    const failing: ScriptedTurn = api === 'chat' ? { extra: { error } } : { error }
    await using w = await world(() => failing, {}, { api })
    const seen: unknown[] = []
    const reading = (async () => {
      for await (const { type } of w.ai.runStream({ input: 'go' })) seen.push(type)
    })()
    await expect(w.inTime(reading)).rejects.toThrow('overloaded')
    expect([seen.at(-1), w.server.requests.length]).toEqual(['response_failed', 3])
  })

  it('answers again from the cache where tools only read', async () => {
    const isCached = async (readOnly: boolean): Promise<number> => {
      await using w = await world(() => hello, { cache: true }, { api })
      const ai = createGovernedOpenAI({ client: w.client, governor: w.governor, model: 'gpt-5.1', guard: w.guard, api })
      ai.tool('look', () => 1, { annotations: { readOnly } })
      for (const _ of [1, 2]) {
        expect((await w.inTime(ai.run({ input: 'go' }))).text).toBe('Hello!')
        expect(textOf(await w.inTime(all(ai.runStream({ input: 'go' }))))).toBe('Hello!')
      }
      return w.server.requests.length
    }
    expect([await isCached(true), await isCached(false)]).toEqual([2, 4])
  })
})

describe('options of a guard', () => {
  it('are checked when the client is made', async () => {
    await using w = await world([])
    const { client, governor } = w
    const make = (more: object) => () => createGovernedOpenAI({ client, governor, model: 'gpt-5.1', ...more })
    const budgets = [{ name: 'b', per: 'all', cost: 1 }]
    expect(make({ guard: 7 })).toThrow('createGovernedOpenAI.guard')
    expect(make({ guard: { budgets } })).toThrow('prices.openai/gpt-5.1')
    expect(make({ guard: { budgets, prices: { 'gpt-5.1': { input: 1, output: 1 } } }, fallbacks: ['x'] })).toThrow('/x')
    expect(make({ guard: {}, provider: 'azure', fallbacks: [''] })).toThrow('fallbacks')
    expect(make({ fallbacks: ['x'] })).toThrow('guard')
    expect(make({ guard: {}, fallbacks: ['x'], models: ['gpt-5.1'] })).toThrow('"x" is not among the models')
  })
})

describe('streamUntilUserInput behind a guard', () => {
  it('recovers, counts, and asks a fallback without the client’s own retries', async () => {
    await using w = await world([down, calling('nothing'), down, down, down, hello])
    const { client, governor, guard } = w
    const messages = [{ role: 'user', content: 'go' }] as const
    const asking = { client, governor, guard, model: 'gpt-5.1', messages, fallbacks: ['spare'], user: 'ada' }
    const result = await w.inTime(streamUntilUserInput(asking))
    expect(result.text).toBe('Hello!')
    expect(w.models()).toEqual(['gpt-5.1', 'gpt-5.1', 'gpt-5.1', 'gpt-5.1', 'gpt-5.1', 'spare'])
    expect(w.ended()).toMatchObject([
      { model: 'gpt-5.1', scope: { user: 'ada' }, usage: { outputTokens: expect.any(Number) } },
      { model: 'spare', scope: { user: 'ada' } },
    ])
  })

  it('throws the guard’s error', async () => {
    await using w = await world([hello], { budgets: [{ name: 'b', per: 'user', tokens: 1 }] })
    const { client, governor, guard } = w
    const asking = streamUntilUserInput({ client, governor, guard, model: 'gpt-5.1', messages: [] })
    await expect(asking).rejects.toMatchObject({ code: 'budget-exceeded', budget: 'b' })
    expect(w.server.requests).toEqual([])
  })
})
