import { MaxIterationsReachedError } from 'countersign/openai'
import { describe, expect, it } from 'vitest'
import { all, calling, outputsIn, scripted } from './support.js'

const chat = { api: 'chat' } as const
const done = { text: 'Done.' }

describe('the same client over Chat Completions', () => {
  it('executes, tells the model, and ends with its answer; streamed or not', async () => {
    for (const isStreamed of [false, true]) {
      await using run = await scripted<'chat'>([calling('pay', { amount: 40 }), done], {
        ...chat,
        instructions: 'Be brief.',
      })
      const events = isStreamed ? await all(run.ai.runStream({ input: 'pay' })) : []
      const final = events.flatMap(event => (event.type === 'final_response' ? [event.response] : [])).at(0)
      const result = final ?? (await run.ai.run({ input: 'pay' }))
      expect(run.ran).toEqual(['pay 40'])
      expect(result.text).toBe('Done.')
      expect(result.llmResponse.choices[0]?.message.content).toBe('Done.')
      expect(result.execution.last).toMatchObject({ tool: 'pay', status: 'executed' })
      expect(outputsIn(run.server)).toEqual([{ status: 'executed', output: { paid: 40 } }])
      expect(run.server.requests[1]?.body.messages.map(({ role }: any) => role)).toEqual([
        'system',
        'user',
        'assistant',
        'tool',
      ])
      expect(run.server.requests[0]?.body.tools).toEqual(run.ai.listTools())
      expect(result.usages).toHaveLength(2)
    }
  })

  it('lists tools as Chat Completions is told of them: nested', async () => {
    await using run = await scripted<'chat'>([], chat)
    expect(run.ai.listTools()[0]).toMatchObject({ type: 'function', function: { name: 'pay', strict: true } })
  })

  it('goes on with a conversation, which has its instructions once', async () => {
    await using run = await scripted<'chat'>([done, { text: 'Again.' }], { ...chat, instructions: 'Be brief.' })
    const { history } = await run.ai.run({ input: 'hi' })
    await run.ai.run({ messages: [...history, { role: 'user', content: 'more' }] })
    expect(run.server.requests[1]?.body.messages.map(({ role }: any) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
    ])
  })

  it('tells the model of what is blocked, unknown, malformed and failing, and goes on', async () => {
    const calls = [{ name: 'wipe' }, { name: 'nope' }, { name: 'pay', arguments: '[1]' }, { name: 'fail' }]
    await using run = await scripted<'chat'>([{ calls }, done], chat)
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ status }) => status)).toEqual(['blocked', 'blocked', 'tool_error', 'tool_error'])
    expect(run.ran).toEqual(['fail'])
  })

  it('asks, and goes on with what was approved, in the call’s place', async () => {
    await using run = await scripted<'chat'>([calling('pay', { amount: 400 }), { text: 'It waits.' }, done], chat)
    const first = await run.ai.run({ input: 'pay' })
    const result = await run.ai.resumeAfterApproval(first.approvalLoop!.requestId, {
      resolution: 'approved',
      by: 'boss',
    })
    expect(run.ran).toEqual(['pay 400'])
    expect(result.text).toBe('Done.')
    expect(run.server.requests[2]?.body.messages.map(({ role }: any) => role)).toEqual(['user', 'assistant', 'tool'])
    expect(outputsIn(run.server)[0].status).toBe('executed')
    await using asked = await scripted<'chat'>([calling('pay', { amount: 400 }), done], chat)
    await asked.ai.runWithApproval({ input: 'pay', onApprovalRequired: () => ({ resolution: 'approved' }) })
    expect(asked.ran).toEqual(['pay 400'])
  })

  it('executes nothing of an answer that was cut short, or cut off', async () => {
    await using short = await scripted<'chat'>([{ ...calling('pay', { amount: 1 }), incomplete: true }], chat)
    expect((await short.ai.run({ input: 'go' })).incomplete).toBe('length')
    await using off = await scripted<'chat'>([{ ...calling('pay', { amount: 1 }), cutAfter: 4 }], chat)
    await expect(all(off.ai.runStream({ input: 'go' }))).rejects.toMatchObject({ problem: 'cut' })
    expect([...short.ran, ...off.ran]).toEqual([])
  })

  it('ends a model that keeps calling tools with a typed error', async () => {
    await using run = await scripted<'chat'>(() => calling('read', { path: 'a' }), { ...chat, maxToolRounds: 2 })
    await expect(run.ai.run({ input: 'go' })).rejects.toBeInstanceOf(MaxIterationsReachedError)
    expect(run.ran).toHaveLength(2)
  })

  it.each(['null', 'missing', 'zero'] as const)('two streamed calls whose index is %s are two calls', async index => {
    const calls = [1, 2].map(amount => ({ name: 'pay', arguments: { amount } }))
    await using run = await scripted<'chat'>([{ calls, index }, done], chat)
    await all(run.ai.runStream({ input: 'go' }))
    expect(run.ran).toEqual(['pay 1', 'pay 2'])
  })

  it('an answer that is an error with status 200 is a typed error', async () => {
    await using run = await scripted<'chat'>(
      [{ extra: { error: { message: 'no credit', code: 402 }, choices: undefined } }],
      chat,
    )
    await expect(run.ai.run({ input: 'go' })).rejects.toMatchObject({
      name: 'ProviderResponseError',
      message: 'no credit',
    })
    await using none = await scripted<'chat'>([{ extra: { choices: [] } }], chat)
    await expect(none.ai.run({ input: 'go' })).rejects.toMatchObject({ problem: 'malformed' })
  })

  it('does not go on from an answer: that is for the other API', async () => {
    await using run = await scripted<'chat'>([], chat)
    await expect(run.ai.run({ input: 'go', previousResponseId: 'x' })).rejects.toThrow('previousResponseId')
    await using unstored = await scripted([])
    await expect(unstored.ai.run({ input: 'go', previousResponseId: 'x' })).rejects.toThrow('store: true')
  })
})
