import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { type McpClient, mcpTools, streamUntilUserInput } from 'countersign/openai'
import { modelServer, type ScriptedTurn } from 'countersign/testing'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { calling, clientOf, governorWith, outputsIn } from './support.js'

/** A real server and client, in memory; the client's requests are counted. */
async function bank() {
  const ran: unknown[] = []
  const metas: unknown[] = []
  const server = new McpServer({ name: 'bank', version: '1.0.0' })
  const inputSchema = { amount: z.number(), note: z.string().optional() }
  server.registerTool(
    'pay',
    { inputSchema, description: 'Pays', annotations: { destructiveHint: true } },
    (input, extra) => {
      ran.push(input)
      metas.push(extra._meta)
      return { content: [{ type: 'text', text: `paid ${input.amount}` }] }
    },
  )
  server.registerTool('balance', { annotations: { readOnlyHint: true } }, () => ({
    content: [{ type: 'text', text: '42' }],
  }))
  server.registerTool('broken', {}, () => ({ content: [{ type: 'text', text: 'out of order' }], isError: true }))
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await server.connect(serverSide)
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(clientSide)
  return { ran, metas, client: client as unknown as McpClient, [Symbol.asyncDispose]: () => client.close() }
}

const POLICY = [
  { id: 'reads', annotations: { readOnly: true }, effect: 'allow' },
  { id: 'small', tools: ['bank__pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' },
  { id: 'big', tools: ['bank__pay'], when: { 'input.amount': { gt: 100 } }, effect: 'deny', reason: 'too much' },
  { id: 'broken', tools: ['bank__broken'], effect: 'allow' },
] as const

async function run(script: readonly ScriptedTurn[], servers: Parameters<typeof mcpTools>[0], context?: unknown) {
  const server = await modelServer(script)
  const governor = governorWith({ policy: POLICY, unlisted: 'require_approval' })
  const tools = await mcpTools(servers)
  const result = await streamUntilUserInput({
    client: clientOf(server),
    governor,
    model: 'm',
    messages: [{ role: 'user', content: 'go' }],
    tools,
    ...(context === undefined ? {} : { context }),
  })
  await server.close()
  return { result, server, tools }
}

describe('tools of MCP servers', () => {
  it('go by their server’s label and their name, and are called over the session that listed them', async () => {
    await using mcp = await bank()
    const servers = [{ client: mcp.client, label: 'bank', meta: { tenant: 't' } }]
    const { server, tools, result } = await run(
      [calling('bank__pay', { amount: 5, note: null }), { text: 'Done.' }],
      servers,
      { user: 'ada' },
    )
    expect(tools.map(({ name }) => name)).toEqual(['bank__pay', 'bank__balance', 'bank__broken'])
    expect(mcp.ran).toEqual([{ amount: 5 }])
    expect(outputsIn(server)).toEqual([{ status: 'executed', output: 'paid 5' }])
    expect(mcp.metas[0]).toMatchObject({ tenant: 't', context: { user: 'ada' } })
    expect((mcp.metas[0] as Record<string, unknown>)['countersign/idempotency-key']).toBeTypeOf('string')
    expect(result.text).toBe('Done.')
  })

  it('that are refused never reach their server', async () => {
    await using mcp = await bank()
    const { server } = await run(
      [calling('bank__pay', { amount: 500 }), { text: 'No.' }],
      [{ client: mcp.client, label: 'bank' }],
    )
    expect(mcp.ran).toEqual([])
    expect(outputsIn(server)[0]).toMatchObject({ status: 'blocked', reason: 'too much' })
  })

  it('are checked by their schema before they are decided on', async () => {
    await using mcp = await bank()
    const { result } = await run(
      [calling('bank__pay', { amount: 'all' }), { text: 'No.' }],
      [{ client: mcp.client, label: 'bank' }],
    )
    expect(result.events[0]).toMatchObject({
      status: 'tool_error',
      error: 'Invalid arguments: amount: expected number',
    })
    expect(result.events[0]?.decision).toBeUndefined()
  })

  it('that answer with an error are told in the server’s words', async () => {
    await using mcp = await bank()
    const { server } = await run([calling('bank__broken'), { text: 'No.' }], [{ client: mcp.client, label: 'bank' }])
    expect(outputsIn(server)[0]).toMatchObject({ status: 'tool_error', reason: 'out of order' })
  })

  it('are believed about themselves only where that was said', async () => {
    await using mcp = await bank()
    for (const [trustAnnotations, status] of [
      [false, 'approval_required'],
      [true, 'executed'],
    ] as const) {
      const servers = [{ client: mcp.client, label: 'bank', trustAnnotations }]
      const { result } = await run([calling('bank__balance'), { text: 'Done.' }], servers)
      expect(result.events[0]?.status).toBe(status)
    }
  })

  it('can be left out, profiled, and must be told apart', async () => {
    await using mcp = await bank()
    const { client } = mcp
    const some = await mcpTools([
      { client, label: 'b', filter: ({ name }) => name === 'pay', profiles: { pay: { domain: 'money' } } },
    ])
    expect(some.map(({ name, profile }) => [name, profile])).toEqual([['b__pay', { domain: 'money' }]])
    await expect(
      mcpTools([
        { client, label: 'b' },
        { client, label: 'b' },
      ]),
    ).rejects.toThrow('other labels')
  })
})
