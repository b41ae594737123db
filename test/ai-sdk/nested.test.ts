import {
  experimental_codeModeTool as codeModeTool,
  experimental_continueCodeModeApproval as continueCodeModeApproval,
  experimental_continueCodeModeInterrupt as continueCodeModeInterrupt,
  experimental_createCodeModeTool as createCodeModeTool,
  experimental_getCodeModeInterrupt as getCodeModeInterrupt,
  experimental_isCodeModeApprovalInterrupt as isCodeModeApprovalInterrupt,
  experimental_requestCodeModeInterrupt as requestCodeModeInterrupt,
  experimental_runCodeMode as runCodeMode,
} from '@ai-sdk/code-mode'
import { createMCPClient } from '@ai-sdk/mcp'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { generateText, tool } from 'ai'
import type { Governor } from 'countersign'
import { governedTools, withGovernance } from 'countersign/ai-sdk'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deskGovernor, deskTools } from './desk.js'
import { scripted, sdks, apis } from './scripted.js'

const stopWhen = ({ steps }: { readonly steps: readonly unknown[] }): boolean => steps.length >= 6

/** A program that calls every tool of the desk and says how each call ended. */
const PROGRAM = `
  const attempt = async (call) => { try { return { value: await call() } } catch (error) { return { error: String(error.message) } } }
  return [
    await attempt(() => tools.pay({ amount: 20 })),
    await attempt(() => tools.pay({ amount: 5000 })),
    await attempt(() => tools.wipe({ all: true })),
  ]
`

const statusesOf = async (governor: Governor) => {
  const decisions = await governor.decisions.list()
  return decisions.map(({ tool: name, value, execution }) => [name, value, execution?.status]).toReversed()
}

describe('code mode', () => {
  it('gates the calls a program makes, bound to the surrounding generateText', async () => {
    const governor = deskGovernor({ tools: { code_mode: { annotations: { readOnly: true } } } })
    const { tools, ran } = deskTools()
    const code_mode = codeModeTool()
    const model = scripted([{ id: 'cm', name: 'code_mode', input: { js: PROGRAM } }], 'done')
    await generateText({
      model: model.model,
      ...withGovernance({ ...tools, code_mode }, { governor }),
      experimental_toolCallers: { pay: ['code_mode'], wipe: ['code_mode'] },
      stopWhen,
      prompt: 'go',
    })
    expect(ran).toEqual(['pay 20'])
    expect(await statusesOf(governor)).toEqual([
      ['code_mode', undefined, 'executed'],
      ['pay', 20, 'executed'],
      ['pay', 5000, 'approval_required'],
      ['wipe', undefined, 'blocked'],
    ])
    expect(model.prompts()[1]).toContain('"paid":20')
  })

  it('gates the program itself, though the SDK executes a tool that is made only when the caller is bound', async () => {
    const governor = deskGovernor({
      policy: [{ id: 'no-code', tools: ['code_mode'], effect: 'deny', reason: 'no programs' }],
      unlisted: 'allow',
    })
    const { tools, ran } = deskTools()
    const model = scripted([{ id: 'cm', name: 'code_mode', input: { js: PROGRAM } }], 'done')
    await generateText({
      model: model.model,
      tools: governedTools({ ...tools, code_mode: codeModeTool() }, { governor }),
      experimental_toolCallers: { pay: ['code_mode'] },
      stopWhen,
      prompt: 'go',
    })
    expect(ran).toEqual([])
    expect(model.prompts()[1]).toContain('no programs')
    expect(await statusesOf(governor)).toEqual([['code_mode', undefined, 'blocked']])
  })

  it('gates them through a code tool that was made of governed tools', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const code = createCodeModeTool(governedTools(tools, { governor }))
    const result = await code.execute?.({ js: PROGRAM }, { toolCallId: 'outer', messages: [], context: {} })
    expect(ran).toEqual(['pay 20'])
    expect(result).toMatchObject([
      { value: { paid: 20 } },
      { error: expect.any(String) },
      { error: expect.any(String) },
    ])
    const decisions = await governor.decisions.list()
    expect(new Set(decisions.map(decision => decision.callId)).size).toBe(3)
  })

  it('executes nothing that code mode itself brings back as approved', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const options = {
      approval: { mode: 'interrupt' as const },
      continuationSecurity: { signingKey: 'a key of this test, long enough to be taken' },
    }
    const governed = governedTools(tools, { governor })
    const js = 'return await tools.pay({ amount: 5000 })'
    const paused = await runCodeMode({ js, tools: governed, options })
    if (!isCodeModeApprovalInterrupt(paused, options.continuationSecurity)) throw new Error('code mode did not pause')
    const approvalResponse = { approvalId: paused.interruptId, approved: true }
    const resumed = continueCodeModeApproval({ interrupt: paused, approvalResponse, tools: governed, options })
    await expect(resumed).rejects.toThrow()
    expect(ran).toEqual([])
    expect(await governor.decisions.list()).toMatchObject([{ execution: { status: 'approval_required' } }])
  })

  it('lets a tool suspend its program: no error is recorded, and it goes on under the same decision', async () => {
    const governor = deskGovernor()
    const suspended: string[] = []
    governor.on(event => (event.type === 'tool-suspended' ? suspended.push(event.decision.id) : undefined))
    const pay = tool({
      inputSchema: z.object({ amount: z.number() }),
      execute: async (_, call) => {
        const { codeModeInterrupt } = call as { codeModeInterrupt?: { resolution: unknown } }
        return codeModeInterrupt?.resolution ?? requestCodeModeInterrupt({ kind: 'which-account' })
      },
    })
    const options = { continuationSecurity: { signingKey: 'a key of this test, long enough to be taken' } }
    const governed = governedTools({ pay }, { governor })
    const paused = await runCodeMode({ js: 'return await tools.pay({ amount: 5 })', tools: governed, options })
    const interrupt = getCodeModeInterrupt(paused, options.continuationSecurity)
    if (interrupt === undefined) throw new Error('code mode did not pause')
    expect(await governor.decisions.list()).toMatchObject([{ id: suspended[0], result: 'allowed' }])
    const result = await continueCodeModeInterrupt({ interrupt, resolution: 'savings', tools: governed, options })
    expect(result).toBe('savings')
    expect(await governor.decisions.list()).toMatchObject([{ id: suspended[0], execution: { status: 'executed' } }])
  })

  it('executes nothing that was approved inside code mode instead of by the governor', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    const approval = { onApprovalRequired: () => 'approved' as const }
    const code = createCodeModeTool(governedTools(tools, { governor }), { approval })
    await code.execute?.({ js: PROGRAM }, { toolCallId: 'outer', messages: [], context: {} })
    expect(ran).toEqual(['pay 20'])
  })

  it('lets a program wait for a person, who is asked elsewhere about the call it makes', async () => {
    const governor = deskGovernor()
    const { tools, ran } = deskTools()
    governor.on(event => {
      if (event.type !== 'approval-requested') return
      void governor.approvals.resolve(event.approval.id, {
        resolution: 'approved',
        by: 'carol',
        input: { amount: 4000 },
      })
    })
    const code = createCodeModeTool(governedTools(tools, { governor, approvals: 'wait' }))
    const result = await code.execute?.({ js: PROGRAM }, { toolCallId: 'outer', messages: [], context: {} })
    expect(ran).toEqual(['pay 20', 'pay 4000'])
    expect(result).toMatchObject([{ value: { paid: 20 } }, { value: { paid: 4000 } }, { error: expect.any(String) }])
  })
})

describe('a subagent', () => {
  it.each(sdks)('has its calls gated by the same governor: $major', async sdk => {
    const governor = deskGovernor({ tools: { ask: { annotations: { readOnly: true } } } })
    const { tools, ran } = deskTools()
    const inner = sdk.scripted(
      [
        { id: 'i1', name: 'pay', input: { amount: 20 } },
        { id: 'i2', name: 'wipe', input: { all: true } },
      ],
      [{ id: 'i3', name: 'pay', input: { amount: 5000 } }],
    )
    const agent = new sdk.ai.ToolLoopAgent({
      ...withGovernance(tools, { governor }),
      model: inner.model,
    })
    const ask = tool({
      inputSchema: z.object({ task: z.string() }),
      execute: async ({ task }) => (await agent.generate({ prompt: task })).text,
    })
    const outer = sdk.scripted([{ id: 'o1', name: 'ask', input: { task: 'pay' } }], 'done')
    const result = await apis.generateText(sdk, outer, { tools: governedTools({ ask }, { governor }) })
    expect(result.text).toBe('done')
    expect(ran).toEqual(['pay 20'])
    expect(await statusesOf(governor)).toEqual(
      expect.arrayContaining([
        ['ask', undefined, 'executed'],
        ['pay', 20, 'executed'],
        ['wipe', undefined, 'blocked'],
        ['pay', 5000, 'approval_required'],
      ]),
    )
    expect(await governor.approvals.list()).toMatchObject([{ call: { name: 'pay', input: { amount: 5000 } } }])
  })

  it.each(sdks)('waits for a person, who is asked elsewhere about its own call: $major', async sdk => {
    const governor = deskGovernor({ tools: { ask: { annotations: { readOnly: true } } } })
    const { tools, ran } = deskTools()
    const agent = new sdk.ai.ToolLoopAgent({
      ...withGovernance(tools, { governor, approvals: 'wait' }),
      model: sdk.scripted([{ id: 'i1', name: 'pay', input: { amount: 5000 } }], 'paid').model,
    })
    const ask = tool({ inputSchema: z.object({}), execute: async () => (await agent.generate({ prompt: 'pay' })).text })
    governor.on(event => {
      if (event.type !== 'approval-requested') return
      expect(event.approval).toMatchObject({ tool: 'pay', callId: 'i1' })
      void governor.approvals.resolve(event.approval.id, { resolution: 'approved', by: 'carol' })
    })
    const outer = sdk.scripted([{ id: 'o1', name: 'ask', input: {} }], 'done')
    await apis.generateText(sdk, outer, { tools: governedTools({ ask }, { governor }) })
    expect(ran).toEqual(['pay 5000'])
    expect(outer.prompts()[1]).toContain('paid')
  })
})

/** A shop's MCP server, in this process, and a client of it. */
async function connect(ran: string[]) {
  const server = new McpServer({ name: 'shop', version: '1.0.0' })
  const annotations = { readOnlyHint: true, destructiveHint: false }
  server.registerTool('lookup', { inputSchema: { id: z.string() }, annotations }, async ({ id }) => {
    ran.push(`lookup ${id}`)
    return { content: [{ type: 'text', text: `found ${id}` }] }
  })
  server.registerTool(
    'drop',
    { inputSchema: { id: z.string() }, annotations: { readOnlyHint: true } },
    async ({ id }) => {
      ran.push(`drop ${id}`)
      return { content: [{ type: 'text', text: 'dropped' }] }
    },
  )
  const [here, there] = InMemoryTransport.createLinkedPair()
  await server.connect(there)
  const client = await createMCPClient({ transport: here })
  return { client, server }
}

describe('MCP tools', () => {
  const calls = [
    { id: 'a', name: 'lookup', input: { id: '1' } },
    { id: 'b', name: 'drop', input: { id: '2' } },
  ]

  it('are governed by name, whatever their server says of them', async () => {
    const ran: string[] = []
    const { client, server } = await connect(ran)
    const governor = deskGovernor({ policy: [{ id: 'l', tools: ['lookup'], effect: 'allow' }] })
    const input = withGovernance(await client.tools(), { governor })
    const result = await generateText({ model: scripted(calls).model, ...input, prompt: 'go' })
    expect(ran).toEqual(['lookup 1'])
    expect(result.content.map(part => part.type)).toContain('tool-approval-request')
    await client.close()
    await server.close()
  })

  it('are not let through for hints that are not true or false', async () => {
    const { tools, ran } = deskTools()
    const lying = { read: { ...tools.read, metadata: { annotations: { readOnlyHint: 'yes', destructiveHint: null } } } }
    const governor = deskGovernor({ policy: [] })
    const input = withGovernance(lying, { governor, trustAnnotations: true })
    await generateText({
      model: scripted([{ id: 'a', name: 'read', input: { id: '1' } }]).model,
      ...input,
      prompt: 'go',
    })
    expect(ran).toEqual([])
    expect(await governor.decisions.list()).toMatchObject([{ result: 'requires_approval' }])
  })

  it('are let through as read-only only where the server’s word is trusted, and a profile goes before it', async () => {
    for (const [trustAnnotations, expected] of [
      [false, []],
      [true, ['lookup 1']],
    ] as const) {
      const ran: string[] = []
      const { client, server } = await connect(ran)
      const governor = deskGovernor({ policy: [] })
      const profiles = { drop: { annotations: { readOnly: false } } }
      const input = withGovernance(await client.tools(), { governor, trustAnnotations, profiles })
      await generateText({ model: scripted(calls).model, ...input, prompt: 'go' })
      expect(ran).toEqual(expected)
      await client.close()
      await server.close()
    }
  })
})
