import { createGovernedOpenAI, functionTool, streamUntilUserInput } from 'countersign/openai'
import { replayServer, streamed } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { all, calling, clientOf, governorWith, outputsIn, scripted } from './support.js'

const done = { text: 'Done.' }
const output = (...items: readonly unknown[]) => ({ extra: { output: items } })

describe('an answer that is not what the protocol promises', () => {
  it.each([
    ['a name that is no text', { type: 'function_call', call_id: 'c', name: 5, arguments: '{}' }, 'blocked'],
    ['no name', { type: 'function_call', call_id: 'c', arguments: '{}' }, 'blocked'],
    [
      'arguments that are no text',
      { type: 'function_call', call_id: 'c', name: 'pay', arguments: { amount: 5 } },
      'executed',
    ],
    ['arguments that are a number', { type: 'function_call', call_id: 'c', name: 'pay', arguments: 5 }, 'tool_error'],
    ['no arguments', { type: 'function_call', call_id: 'c', name: 'pay' }, 'tool_error'],
    ['no id', { type: 'function_call', name: 'pay', arguments: '{"amount":5}' }, 'executed'],
  ])('with %s, a call ends as it should, and so does the run', async (_, item, status) => {
    for (const isStreamed of [false, true]) {
      // In one piece, the client itself reads the items.
      await using run = await scripted([isStreamed ? output(null, 'x', item) : output(item), done])
      if (isStreamed) await all(run.ai.runStream({ input: 'go' }))
      else await run.ai.run({ input: 'go' })
      expect(outputsIn(run.server)[0].status).toBe(status)
      expect(run.ran).toEqual(status === 'executed' ? ['pay 5'] : [])
    }
  })

  it.each([
    ['a number', 5],
    ['a list', [5]],
    ['an object', { amount: 5 }],
  ])('of Chat Completions with arguments that are %s ends as it should', async (_, args) => {
    const message = {
      role: 'assistant',
      content: null,
      tool_calls: [{ type: 'function', function: { name: 'pay', arguments: args } }],
    }
    await using run = await scripted<'chat'>(
      [{ extra: { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] } }, done],
      { api: 'chat' },
    )
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.last?.status).toBe(Array.isArray(args) || typeof args === 'number' ? 'tool_error' : 'executed')
    expect(run.server.requests[1]?.body.messages.at(-1).tool_call_id).toBe('call_chatcmpl_0_0')
  })

  it('with a body that is none is a typed error', async () => {
    for (const body of [null, 5, [], {}, { output: 'x' }, { output: null }]) {
      await using server = await replayServer({ '/responses': [{ body }] })
      const ai = createGovernedOpenAI({ client: clientOf(server), governor: governorWith(), model: 'm' })
      await expect(ai.run({ input: 'go' })).rejects.toMatchObject({ name: 'ProviderResponseError' })
    }
  })

  it('with parts that are none is passed over', async () => {
    const parts: any[] = [
      5,
      null,
      'x',
      [],
      { choices: 5 },
      { choices: [{ delta: 5 }] },
      { choices: [{ delta: { tool_calls: [null, 5] } }] },
    ]
    const end = { id: 'c', choices: [{ index: 0, delta: { content: 'ok' }, finish_reason: 'stop' }] }
    await using server = await replayServer({ '/chat/completions': [streamed([...parts, end])] })
    const tools = [functionTool({ name: 'pay', execute: () => 1 })]
    const result = await streamUntilUserInput({
      client: clientOf(server),
      governor: governorWith(),
      model: 'm',
      messages: [],
      tools,
    })
    expect(result.text).toBe('ok')
  })

  it('with deeply nested arguments is refused, not a crash', async () => {
    const deep = `{"amount":${'['.repeat(20_000)}${']'.repeat(20_000)}}`
    await using run = await scripted([calling('pay', deep), calling('deep', deep), done])
    run.ai.tool('deep', () => run.ran.push('deep'), { parameters: { type: 'object' } })
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ status }) => status)).toEqual(['tool_error', 'blocked'])
    expect(run.ran).toEqual([])
  })

  it('with more calls in one wrapper than anybody makes is none of them', async () => {
    const uses = Array.from({ length: 65 }, () => ({ recipient_name: 'functions.pay', parameters: { amount: 1 } }))
    await using run = await scripted([calling('parallel', { tool_uses: uses }), done])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events.map(({ tool, status }) => [tool, status])).toEqual([['parallel', 'blocked']])
  })

  it('a wrapper within a wrapper is not taken apart again', async () => {
    const inner = {
      recipient_name: 'functions.parallel',
      parameters: { tool_uses: [{ recipient_name: 'functions.pay', parameters: { amount: 1 } }] },
    }
    await using run = await scripted([calling('parallel', { tool_uses: [inner] }), done])
    await run.ai.run({ input: 'go' })
    expect(run.ran).toEqual([])
  })
})

describe('what an application hands in', () => {
  it('words for an error that cannot be found are the ones for any error', async () => {
    const describeError = (): string => {
      throw new Error('no words')
    }
    await using run = await scripted([calling('fail'), done], { describeError })
    expect((await run.ai.run({ input: 'go' })).text).toBe('Done.')
    expect(outputsIn(run.server)[0].reason).toBe('Tool invocation failed.')
  })

  it('a schema that throws refuses, without its words', async () => {
    await using run = await scripted([calling('odd', { a: 1 }), done])
    const parameters = z.object({
      a: z.number().refine(() => {
        throw new Error('secret')
      }),
    })
    run.ai.tool('odd', () => run.ran.push('odd'), { parameters })
    await run.ai.run({ input: 'go' })
    expect(outputsIn(run.server)[0]).toMatchObject({
      status: 'tool_error',
      reason: 'Invalid arguments: the schema could not read them',
    })
    expect(run.ran).toEqual([])
  })

  it('a tool that is registered during a run is there for the next one', async () => {
    await using run = await scripted([calling('adds'), calling('late'), done, calling('late'), done])
    run.ai.tool('adds', () => void run.ai.tool('late', () => run.ran.push('late')))
    const first = await run.ai.run({ input: 'go' })
    expect(first.execution.events.map(({ status }) => status)).toEqual(['executed', 'blocked'])
    await run.ai.run({ input: 'go' })
    expect(run.ran).toEqual(['late'])
  })

  it('a closed governor blocks everything, and the run still ends', async () => {
    await using run = await scripted([calling('pay', { amount: 1 }), done])
    await run.governor.close()
    const { execution, text } = await run.ai.run({ input: 'go' })
    expect([execution.last?.status, text]).toEqual(['blocked', 'Done.'])
    expect(run.ran).toEqual([])
  })
})

describe('calls of other kinds', () => {
  it('a custom tool receives its text, and answers in its kind', async () => {
    const item = { type: 'custom_tool_call', id: 'ct', call_id: 'c', name: 'sql', input: 'SELECT 1' }
    await using run = await scripted([output(item), done])
    run.ai.tool('sql', text => run.ran.push(text), { format: { type: 'text' }, parameters: z.string() })
    await run.ai.run({ input: 'go' })
    expect(run.ran).toEqual(['SELECT 1'])
    expect(run.server.requests[0]?.body.tools.at(-1)).toMatchObject({
      type: 'custom',
      name: 'sql',
      format: { type: 'text' },
    })
    expect(run.server.requests[1]?.body.input.at(-1)).toMatchObject({ type: 'custom_tool_call_output', call_id: 'c' })
  })

  it('a call of a program goes back to that program', async () => {
    const caller = { type: 'program', caller_id: 'p' }
    const item = { type: 'function_call', id: 'f', call_id: 'c', name: 'read', arguments: '{"path":"a"}', caller }
    await using run = await scripted([output(item), done])
    await run.ai.run({ input: 'go' })
    expect(run.server.requests[1]?.body.input.at(-1)).toMatchObject({
      type: 'function_call_output',
      call_id: 'c',
      caller,
    })
  })

  it('what the provider executed by itself is not decided on', async () => {
    await using run = await scripted([
      output({ type: 'web_search_call', id: 'w', status: 'completed' }, { type: 'mcp_call', id: 'm', name: 'x' }),
    ])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events).toEqual([])
  })

  it.each([
    [
      'shell',
      { type: 'shell_call', id: 's', call_id: 'c', action: { commands: ['ls'] } },
      { commands: ['ls'] },
      {
        type: 'shell_call_output',
        call_id: 'c',
        output: [{ stdout: 'done', stderr: '', outcome: { type: 'exit', exit_code: 0 } }],
      },
    ],
    [
      'local_shell',
      { type: 'local_shell_call', id: 's', call_id: 'c', action: { type: 'exec', command: ['ls'] } },
      { type: 'exec', command: ['ls'] },
      { type: 'local_shell_call_output', id: 'c', call_id: 'c', output: '{"status":"executed","output":"done"}' },
    ],
    [
      'apply_patch',
      { type: 'apply_patch_call', id: 's', call_id: 'c', operation: { type: 'delete_file', path: 'a' } },
      { type: 'delete_file', path: 'a' },
      {
        type: 'apply_patch_call_output',
        call_id: 'c',
        status: 'completed',
        output: '{"status":"executed","output":"done"}',
      },
    ],
  ] as const)(
    '%s, which the provider defines and the client runs, is decided on like any other',
    async (builtin, item, input, answer) => {
      for (const effect of ['allow', 'deny', 'require_approval'] as const) {
        const governor = governorWith({ policy: [{ id: 'r', tools: [builtin], effect, reason: 'so' }] })
        await using run = await scripted([output(item), done, done], { governor })
        run.ai.tool(
          builtin,
          given => {
            run.ran.push(given)
            return 'done'
          },
          { builtin },
        )
        const { approvalLoop } = await run.ai.run({ input: 'go' })
        expect(run.server.requests[0]?.body.tools.at(-1).type).toBe(builtin)
        const sent = run.server.requests[1]?.body.input.at(-1)
        expect(run.ran).toEqual(effect === 'allow' ? [input] : [])
        if (effect === 'allow') expect(sent).toEqual(answer)
        else expect(JSON.stringify(sent)).toContain(effect === 'deny' ? 'blocked' : 'approval_required')
        if (approvalLoop === undefined) continue
        await run.ai.resumeAfterApproval(approvalLoop.requestId, { resolution: 'approved', by: 'boss' })
        expect(run.ran).toEqual([input])
        expect(run.server.requests[2]?.body.input.at(-1)).toEqual(answer)
      }
    },
  )

  describe('the computer', () => {
    const click = { type: 'click', x: 1, y: 2, button: 'left' }
    const checks = [{ id: 'check', code: 'malicious_instructions', message: 'look' }]
    const item = { type: 'computer_call', id: 's', call_id: 'c', action: click, pending_safety_checks: checks }
    const shown = 'data:image/png;base64,AA=='

    it.each(['allow', 'deny', 'require_approval'] as const)(
      'is decided on like any other tool, and what the provider wants looked at goes along: %s',
      async effect => {
        const governor = governorWith({
          policy: [
            {
              id: 'r',
              tools: ['computer'],
              when: { 'input.pendingSafetyChecks': { exists: true } },
              effect,
              reason: 'so',
            },
          ],
        })
        await using run = await scripted([output(item), done, done], { governor })
        run.ai.tool('computer', given => (run.ran.push(given), shown), { builtin: 'computer' })
        const { approvalLoop } = await run.ai.run({ input: 'go' })
        expect(run.server.requests[0]?.body.tools.at(-1)).toEqual({ type: 'computer' })
        const input = { actions: [click], pendingSafetyChecks: checks }
        const answer = {
          type: 'computer_call_output',
          call_id: 'c',
          output: { type: 'computer_screenshot', image_url: shown },
          acknowledged_safety_checks: checks,
        }
        const sent = run.server.requests[1]?.body.input
        expect(run.ran).toEqual(effect === 'allow' ? [input] : [])
        if (effect === 'allow') {
          expect(sent.at(-1)).toEqual(answer)
          return
        }
        // A picture is the only result that the API takes: the words come after it, and nothing is acknowledged.
        const [blank, words] = sent.slice(-2)
        expect(blank).toMatchObject({ type: 'computer_call_output', call_id: 'c' })
        expect(blank.output.image_url).toMatch(/^data:image\/png;base64,/)
        expect(blank).not.toHaveProperty('acknowledged_safety_checks')
        expect(words).toEqual({
          role: 'developer',
          content: expect.stringContaining(effect === 'deny' ? 'blocked' : 'approval_required'),
        })
        if (approvalLoop === undefined) return
        await run.ai.resumeAfterApproval(approvalLoop.requestId, { resolution: 'approved', by: 'boss' })
        expect(run.ran).toEqual([input])
        // The result takes the place of both.
        expect(run.server.requests[2]?.body.input.slice(-2)).toEqual([
          expect.objectContaining({ type: 'computer_call' }),
          answer,
        ])
      },
    )

    it.each([
      [{ image_url: 'https://example.com/a.png' }, { image_url: 'https://example.com/a.png' }, 0],
      [{ file_id: 'file_1' }, { file_id: 'file_1' }, 0],
      ['clicked', { image_url: expect.stringMatching(/^data:/) as string }, 1],
    ])('returns a screenshot; %j', async (returned, expected, messages) => {
      await using run = await scripted([output({ ...item, action: undefined, actions: [click] }), done])
      run.ai.tool('computer', () => returned, { builtin: 'computer' })
      await run.ai.run({ input: 'go' })
      const sent: readonly any[] = run.server.requests[1]?.body.input
      expect(sent.find(({ type }) => type === 'computer_call_output').output).toMatchObject(expected)
      expect(sent.filter(({ role }) => role === 'developer')).toHaveLength(messages)
    })
  })

  it.each([
    ['shell', { type: 'shell_call', action: { commands: ['ls'] } }],
    ['local_shell', { type: 'local_shell_call', action: { type: 'exec', command: ['ls'] } }],
    ['apply_patch', { type: 'apply_patch_call', operation: { type: 'delete_file', path: 'a' } }],
    ['computer', { type: 'computer_call', action: { type: 'screenshot' }, pending_safety_checks: [] }],
    ['tool_search', { type: 'tool_search_call', execution: 'client', arguments: { goal: 'weather' } }],
    ['poem', { type: 'custom_tool_call', name: 'poem', input: 'roses' }],
  ])('%s, where no tool here is that, is refused in words; nothing is passed over', async (name, item) => {
    await using run = await scripted([output({ id: 's', call_id: 'c', ...item }), done])
    const { execution } = await run.ai.run({ input: 'go' })
    expect(execution.events).toEqual([expect.objectContaining({ tool: name, status: 'blocked' })])
    const sent: readonly any[] = run.server.requests[1]?.body.input
    expect(sent.some(({ call_id: id, type }) => id === 'c' && type.endsWith('_output'))).toBe(true)
    expect(JSON.stringify(sent)).toContain('is not registered')
  })

  it('a tool of the provider’s that ran there is left alone', async () => {
    const call = { type: 'shell_call', id: 's', call_id: 'c', action: { commands: ['ls'] } }
    const inContainer = { ...call, environment: { type: 'container_reference', container_id: 'x' } }
    const searched = { type: 'tool_search_call', id: 't', call_id: null, execution: 'server', arguments: {} }
    await using without = await scripted([output(inContainer, searched)])
    expect((await without.ai.run({ input: 'go' })).execution.events).toEqual([])
    await using elsewhere = await scripted([
      output(call, { type: 'shell_call_output', id: 'o', call_id: 'c', output: [] }),
    ])
    elsewhere.ai.tool('shell', () => elsewhere.ran.push('shell'), { builtin: 'shell' })
    expect((await elsewhere.ai.run({ input: 'go' })).execution.events).toEqual([])
    expect(() => elsewhere.ai.tool('bash', () => 1, { builtin: 'shell' })).toThrow('named "shell"')
    await using chat = await scripted<'chat'>([], { api: 'chat' })
    chat.ai.tool('shell', () => 1, { builtin: 'shell' })
    await expect(chat.ai.run({ input: 'go' })).rejects.toThrow('responses')
  })
})
