import { remoteDecisions } from 'countersign'
import { MaxIterationsReachedError, ProviderResponseError } from 'countersign/openai'
import { standInService } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, calling, governorWith, outputsIn, scripted } from './support.js'

const done = { text: 'Done.' }

describe('where the adapter this one comes from was measured to fail', () => {
  it('not stored, a conversation is replayed whole, reasoning included, and never refers to an answer', async () => {
    await using run = await scripted([
      { ...calling('pay', { amount: 1 }), reasoning: 'hm' },
      calling('read', { path: 'a' }),
      done,
    ])
    await run.ai.run({ input: 'go' })
    const bodies = run.server.requests.map(({ body }) => body)
    for (const body of bodies) {
      expect(body).toMatchObject({ store: false, include: ['reasoning.encrypted_content'] })
      expect(body).not.toHaveProperty('previous_response_id')
    }
    expect(bodies[2].input.map((item: any) => item.type ?? item.role)).toEqual([
      'user',
      'reasoning',
      'function_call',
      'function_call_output',
      'function_call',
      'function_call_output',
    ])
    expect(bodies[2].input[1].encrypted_content).toBe('encrypted-0')
  })

  it('further options go with every turn; a forced tool only with the first, or the model could never end', async () => {
    const request = { temperature: 0.3, metadata: { a: 'b' }, tool_choice: { type: 'function', name: 'pay' } } as const
    await using run = await scripted([calling('pay', { amount: 1 }), done], { request })
    await run.ai.run({ input: 'go', request: { max_output_tokens: 50 } })
    const [first, second] = run.server.requests.map(({ body }) => body)
    for (const body of [first, second])
      expect(body).toMatchObject({ temperature: 0.3, metadata: { a: 'b' }, max_output_tokens: 50 })
    expect(first.tool_choice).toEqual({ type: 'function', name: 'pay' })
    expect(second).not.toHaveProperty('tool_choice')
  })

  it('events of parallel calls are numbered alike for a listener and in the result', async () => {
    const calls = [1, 2, 3].map(amount => ({ name: 'pay', arguments: { amount } }))
    for (const concurrency of [1, 3]) {
      await using run = await scripted([{ calls }, { calls: [{ name: 'wipe' }] }, done], { concurrency })
      const heard: number[] = []
      let final: readonly { seq: number; eventId: string }[] = []
      for await (const event of run.ai.runStream({ input: 'go' })) {
        if (event.type === 'execution_event') heard.push(event.event.seq ?? -1)
        if (event.type === 'final_response') final = event.response.execution.events
      }
      expect(heard).toEqual([0, 1, 2, 3])
      expect(final.map(({ seq }) => seq)).toEqual([0, 1, 2, 3])
      expect(new Set(final.map(({ eventId }) => eventId)).size).toBe(4)
    }
  })

  it('results go back in the order of the calls, however long each took', async () => {
    const calls = [30, 1].map(ms => ({ name: 'slow', arguments: { ms } }))
    await using run = await scripted([{ calls }, done], { concurrency: 2 })
    const order: number[] = []
    const first = Promise.withResolvers<void>()
    run.ai.tool(
      'slow',
      async ({ ms }) => {
        if (ms === 30) await first.promise
        else first.resolve()
        order.push(ms)
        return ms
      },
      { parameters: z.object({ ms: z.number() }) },
    )
    await run.ai.run({ input: 'go' })
    expect(order).toEqual([1, 30])
    expect(outputsIn(run.server).map(({ output }) => output)).toEqual([30, 1])
  })

  it('an unknown tool is a blocked result for the model, never the end of the run, and nothing is decided', async () => {
    for (const name of ['nope', 'toString', '__proto__', 'constructor']) {
      await using run = await scripted([calling(name), done])
      const { execution, text } = await run.ai.run({ input: 'go' })
      expect(execution.last).toMatchObject({ tool: name, status: 'blocked' })
      expect(execution.last?.decision).toBeUndefined()
      expect(outputsIn(run.server)[0]).toMatchObject({ status: 'blocked', reason: `Tool "${name}" is not registered` })
      expect(text).toBe('Done.')
      expect(await run.governor.decisions.list()).toEqual([])
    }
  })

  it.each([
    ['broken JSON', '{"amount":'],
    ['two objects run together', '{"amount":1}{"amount":2}'],
    ['a list', '[1]'],
    ['a number', '5'],
    ['null', 'null'],
    ['arguments that the schema refuses', '{"amount":"120"}'],
    ['an argument too few', '{}'],
  ])('%s is a tool_error for the model; nothing is decided, and nothing runs', async (_, text) => {
    await using run = await scripted([calling('pay', text), done])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({ status: 'tool_error', error: expect.stringContaining('Invalid arguments') })
    expect(outputsIn(run.server)[0]).toMatchObject({ status: 'tool_error' })
    expect(run.ran).toEqual([])
    expect(await run.governor.decisions.list()).toEqual([])
  })

  it('an argument too many is left out by zod, and refused by a JSON Schema that closes its objects', async () => {
    await using run = await scripted([
      calling('pay', { amount: 1, extra: true }),
      calling('closed', { extra: true }),
      done,
    ])
    run.ai.tool('closed', () => run.ran.push('closed'), {
      parameters: { type: 'object', properties: {}, additionalProperties: false },
    })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ status }) => status)).toEqual(['executed', 'tool_error'])
    expect(execution.events[0]?.arguments).toEqual({ amount: 1 })
    expect(run.ran).toEqual(['pay 1'])
  })

  it('a throwing tool is a tool_error; the model is not told its message', async () => {
    await using run = await scripted([calling('fail'), done])
    const { text } = await run.ai.run({ input: 'go' })
    expect(text).toBe('Done.')
    expect(outputsIn(run.server)[0]).toMatchObject({ status: 'tool_error', reason: 'Tool invocation failed.' })
    expect(JSON.stringify(run.server.requests)).not.toContain('secret-in-a-message')
  })

  it('a message that the application trusts is told', async () => {
    await using run = await scripted([calling('fail'), done], {
      describeError: (error, tool) => `${tool}: ${(error as Error).name}`,
    })
    await run.ai.run({ input: 'go' })
    expect(outputsIn(run.server)[0]).toMatchObject({ reason: 'fail: Error' })
  })

  it('values that JSON has no words for reach the model all the same', async () => {
    const cyclic: Record<string, unknown> = { a: 1 }
    cyclic['self'] = cyclic
    const values: readonly (readonly [unknown, unknown])[] = [
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [12n, '12'],
      [new Map([['a', 1n]]), { a: '1' }],
      [new Map([[1, 2]]), [[1, 2]]],
      [new Set([1, 2]), [1, 2]],
      [Number.NaN, 'NaN'],
      [Uint8Array.of(1, 2), 'AQI='],
      [cyclic, { a: 1, self: '[circular]' }],
      [new Error('secret'), { error: 'Error' }],
      [undefined, undefined],
      [() => 1, undefined],
      [{ a: undefined, b: [undefined] }, { b: [null] }],
    ]
    await using run = await scripted([...values.map((_, index) => calling('odd', { index })), done], {
      maxToolRounds: 20,
    })
    run.ai.tool('odd', ({ index }) => values[index]?.[0], { parameters: z.object({ index: z.number() }) })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ status }) => status)).toEqual(values.map(() => 'executed'))
    expect(outputsIn(run.server).map(({ output }) => output)).toEqual(values.map(([, told]) => told))
  })

  it('a result that cannot even be read is a tool_error that says the tool ran; the run goes on', async () => {
    await using run = await scripted([calling('cursed'), done])
    const output = {
      toJSON: () => {
        throw new Error('no')
      },
    }
    run.ai.tool('cursed', () => output)
    const { execution, text } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({ status: 'tool_error' })
    expect(outputsIn(run.server)[0]).toMatchObject({
      status: 'tool_error',
      reason: expect.stringContaining('The tool ran'),
    })
    expect(text).toBe('Done.')
  })

  it('the model sees status, reason and advice, and nothing else of the decision', async () => {
    const calls = [
      { name: 'pay', arguments: { amount: 1 } },
      { name: 'pay', arguments: { amount: 400 } },
      { name: 'wipe' },
    ]
    await using run = await scripted([{ calls }, done])
    await run.ai.run({ input: 'go' })
    const [executed, held, blocked] = outputsIn(run.server)
    expect(Object.keys(executed)).toEqual(['status', 'output'])
    expect(Object.keys(held)).toEqual(['status', 'reason', 'advice', 'requestId'])
    expect(Object.keys(blocked)).toEqual(['status', 'reason', 'advice'])
    expect(blocked).toMatchObject({
      status: 'blocked',
      reason: 'never wipe',
      advice: expect.stringContaining('Do not retry'),
    })
  })

  it('a wrapper call is taken apart, and each call in it is decided on by itself', async () => {
    const uses = [
      { recipient_name: 'functions.pay', parameters: { amount: 5 } },
      { recipient_name: 'functions.wipe', parameters: {} },
      { recipient_name: 'functions.nope', parameters: {} },
    ]
    await using run = await scripted([calling('parallel', { tool_uses: uses }), done])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ tool, callId, status }) => [tool, callId, status])).toEqual([
      ['pay', 'call_0_0_0', 'executed'],
      ['wipe', 'call_0_0_1', 'blocked'],
      ['nope', 'call_0_0_2', 'blocked'],
    ])
    expect(run.ran).toEqual(['pay 5'])
    expect(outputsIn(run.server)[0]).toMatchObject([
      { tool: 'pay', result: { status: 'executed' } },
      { tool: 'wipe', result: { status: 'blocked' } },
      { tool: 'nope', result: { status: 'blocked' } },
    ])
  })

  it('a provider that uses an id twice in a conversation does not have the second call pass for the first', async () => {
    await using run = await scripted([
      calling('pay', { amount: 1 }, 'call_1'),
      calling('pay', { amount: 1 }, 'call_1'),
      done,
    ])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(run.ran).toEqual(['pay 1', 'pay 1'])
    expect(execution.events.map(({ callId }) => callId)).toEqual(['call_1', 'call_1#1'])
    expect(
      run.server.requests
        .at(-1)
        ?.body.input.map((item: any) => item.call_id)
        .filter(Boolean),
    ).toEqual(Array(4).fill('call_1'))
  })

  it('a call of a run that is made once more, because the process died, is not executed twice', async () => {
    const governor = governorWith()
    const script = [calling('pay', { amount: 1 }, 'call_1'), done]
    for (const replayed of [undefined, true]) {
      await using run = await scripted(script, { governor })
      const { execution } = await run.ai.run({ input: 'go', sessionId: 's' })
      expect(execution.last).toMatchObject({ status: 'executed', output: { paid: 1 } })
      expect(execution.last?.replayed).toBe(replayed)
      expect(run.ran).toHaveLength(replayed === true ? 0 : 1)
    }
  })

  it('a model that keeps calling tools ends the run with a typed error, and the calls of its last answer do not run', async () => {
    await using run = await scripted(() => calling('read', { path: 'a' }), { maxToolRounds: 3 })
    const error = await run.ai.run({ input: 'go' }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MaxIterationsReachedError)
    expect(error).toBeInstanceOf(ProviderResponseError)
    expect(error).toMatchObject({ maxIterations: 3, problem: 'max-rounds' })
    expect(run.ran).toHaveLength(3)
    await using byDefault = await scripted(() => calling('read', { path: 'a' }))
    await expect(byDefault.ai.run({ input: 'go' })).rejects.toThrow('after 8 rounds')
  })

  it('nothing of an answer that was cut short is executed', async () => {
    for (const stream of [false, true]) {
      await using run = await scripted([{ ...calling('pay', { amount: 1 }), incomplete: true }])
      const result = stream
        ? (await all(run.ai.runStream({ input: 'go' })))
            .flatMap(event => (event.type === 'final_response' ? [event.response] : []))
            .at(0)
        : await run.ai.run({ input: 'go' })
      expect(result?.incomplete).toBe('max_output_tokens')
      expect(run.ran).toEqual([])
      expect(await run.governor.decisions.list()).toEqual([])
    }
  })

  it('a failed answer is a typed error with the provider’s own words', async () => {
    await using run = await scripted([{ error: { message: 'no quota', code: 'insufficient_quota' } }])
    await expect(run.ai.run({ input: 'go' })).rejects.toMatchObject({
      name: 'ProviderResponseError',
      problem: 'failed',
      message: 'no quota',
      code: 'insufficient_quota',
    })
  })

  it('two conversations of one client share nothing: neither session nor run', async () => {
    await using run = await scripted(() => ({ text: 'hi' }))
    const [a, b] = await Promise.all([run.ai.run({ input: 'a' }), run.ai.run({ input: 'b' })])
    expect(a.sessionId).not.toBe(b.sessionId)
    expect(a.traceId).not.toBe(b.traceId)
  })

  it('a listener that fails, or takes its time, neither breaks nor delays a run', async () => {
    await using run = await scripted([calling('pay', { amount: 1 }), done], {
      onDecision: () => {
        throw new Error('listener')
      },
    })
    expect((await run.ai.run({ input: 'go' })).text).toBe('Done.')
    await using slow = await scripted([calling('pay', { amount: 1 }), done], {
      onDecision: () => new Promise(() => undefined),
    })
    expect((await slow.ai.run({ input: 'go' })).text).toBe('Done.')
  })

  it('a service that takes its time over reports delays no run; they are delivered when it is back', async () => {
    await using service = await standInService({ apiKeys: ['k'] })
    const held = [service.hold('/actions/memory/ingest'), service.hold('/outcomes/report')]
    const governor = governorWith({ decisions: remoteDecisions({ baseUrl: service.url, apiKey: 'k' }) })
    await using run = await scripted([calling('pay', { amount: 1 }), done], { governor })
    expect((await run.ai.run({ input: 'go' })).text).toBe('Done.')
    for (const { release } of held) release()
    await governor.close()
    expect(service.outcomes).toMatchObject([{ status: 'SUCCESS' }])
  })

  it('a service that is down is asked by one layer of retries only, under one idempotency key', async () => {
    await using service = await standInService({ apiKeys: ['k'] })
    service.fault('/actions/evaluate', { kind: 'status', status: 503 }, 20)
    const decisions = remoteDecisions({
      baseUrl: service.url,
      apiKey: 'k',
      memory: false,
      outcomes: false,
      retry: { attempts: 3, baseDelayMs: 1 },
    })
    const governor = governorWith({ decisions })
    await using run = await scripted([calling('pay', { amount: 1 }), done], { governor })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last).toMatchObject({ status: 'blocked', decision: { failMode: 'closed' } })
    const asked = service.requests.filter(({ path }) => path === '/actions/evaluate')
    expect(asked).toHaveLength(3)
    expect(new Set(asked.map(({ idempotencyKey }) => idempotencyKey))).toEqual(new Set([expect.any(String)]))
    await governor.close()
  })

  it('an abort ends the run before anything else is executed', async () => {
    const controller = new AbortController()
    const calls = [{ name: 'stop' }, { name: 'pay', arguments: { amount: 1 } }]
    await using run = await scripted([{ calls }, done])
    run.ai.tool('stop', () => controller.abort(new Error('enough')))
    await expect(run.ai.run({ input: 'go', signal: controller.signal })).rejects.toThrow('enough')
    expect(run.ran).toEqual([])
    expect(run.server.requests).toHaveLength(1)
  })

  it('the calls of one answer are one question to a service, where that is wanted, and one decision each', async () => {
    const service = await standInService({ apiKeys: ['k'] })
    const decisions = remoteDecisions({ baseUrl: service.url, apiKey: 'k', memory: false, outcomes: false })
    const governor = governorWith({ policy: [], unlisted: 'allow', decisions })
    const calls = [1, 2, 3].map(amount => ({ name: 'pay', arguments: { amount } }))
    const odd = [{ name: 'nope' }, { name: 'pay', arguments: '{' }]
    await using run = await scripted([{ calls: [...calls, ...odd] }, done], { governor, decideTogether: true })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(service.requests.map(({ path }) => path)).toEqual(['/actions/evaluate/batch'])
    expect(execution.events.map(({ status }) => status)).toEqual([
      'executed',
      'executed',
      'executed',
      'blocked',
      'tool_error',
    ])
    expect(run.ran).toEqual(['pay 1', 'pay 2', 'pay 3'])
    expect(await governor.decisions.list()).toHaveLength(3)
    await governor.close()
    await service.close()
  })

  it('decided at once, what is held is asked about, and what is denied does not run', async () => {
    const calls = [
      { name: 'pay', arguments: { amount: 400 } },
      { name: 'wipe' },
      { name: 'pay', arguments: { amount: 5 } },
    ]
    await using run = await scripted([{ calls }, done], { decideTogether: true })
    const result = await run.ai.runWithApproval({
      input: 'go',
      onApprovalRequired: () => ({ resolution: 'approved', by: 'boss' }),
    })
    expect(result.execution.events.map(({ status }) => status)).toEqual(['executed', 'blocked', 'executed'])
    expect(run.ran).toEqual(['pay 400', 'pay 5'])
    expect(await run.governor.decisions.list()).toHaveLength(3)
  })
})
