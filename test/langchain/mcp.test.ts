import { loadMcpTools } from '@langchain/mcp-adapters'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { Command, MemorySaver } from '@langchain/langgraph'
import { governanceMiddleware, governedTools } from 'countersign/langchain'
import { createAgent } from 'langchain'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { asking, danglingCalls, governorWith, modelProposing, thread, toolCall, toolMessages } from './support.js'

/** A real server and client, in memory. */
const connect = async () => {
  const ran: string[] = []
  const server = new McpServer({ name: 'bank', version: '1.0.0' })
  const amount = { inputSchema: { amount: z.number() }, description: 'Pays' }
  server.registerTool('pay', { ...amount, annotations: { destructiveHint: true } }, async input => {
    ran.push(`pay ${input.amount}`)
    return { content: [{ type: 'text', text: `paid ${input.amount}` }] }
  })
  const reading = { description: 'Reads the balance', annotations: { readOnlyHint: true } }
  server.registerTool('balance', reading, async () => {
    ran.push('balance')
    return { content: [{ type: 'text', text: '42' }] }
  })
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair()
  await server.connect(serverSide)
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(clientSide)
  const tools = await loadMcpTools('bank', client)
  return { ran, tools, [Symbol.asyncDispose]: () => client.close() }
}

describe('tools of an MCP server', () => {
  it('run when allowed, and never reach the server when not', async () => {
    await using mcp = await connect()
    const governed = governedTools(mcp.tools, { governor: governorWith() })
    const pay = governed.find(({ name }) => name === 'pay')
    expect(await pay?.invoke(toolCall('pay', { amount: 5 }))).toMatchObject({ status: 'success', content: 'paid 5' })
    const held = await pay?.invoke(toolCall('pay', { amount: 500 }))
    expect(held).toMatchObject({ status: 'error', artifact: { governance: { result: 'requires_approval' } } })
    await expect(pay?.invoke({ amount: 500 })).rejects.toMatchObject({ code: 'approval-required' })
    expect(mcp.ran).toEqual(['pay 5'])
  })

  it('are believed about themselves only where that was said', async () => {
    await using mcp = await connect()
    const governor = governorWith({ policy: [{ id: 'reads', annotations: { readOnly: true }, effect: 'allow' }] })
    const run = async (trustAnnotations: boolean) => {
      const governed = governedTools(mcp.tools, { governor, trustAnnotations })
      const balance = governed.find(({ name }) => name === 'balance')
      return (await balance?.invoke(toolCall('balance', {})))?.status
    }
    expect(await run(false)).toBe('error')
    expect(await run(true)).toBe('success')
    expect(mcp.ran).toEqual(['balance'])
  })

  it('are asked about in an agent', async () => {
    await using mcp = await connect()
    const governor = governorWith()
    const agent = createAgent({
      model: modelProposing(
        { id: 'a', name: 'pay', args: { amount: 5 } },
        { id: 'b', name: 'pay', args: { amount: 500 } },
      ),
      tools: mcp.tools,
      checkpointer: new MemorySaver(),
      middleware: [governanceMiddleware({ governor, tools: mcp.tools })],
    })
    const result = await agent.invoke(asking, thread())
    expect(result).toHaveProperty('__interrupt__')
    const { messages } = await agent.invoke(new Command({ resume: { decisions: [{ type: 'reject' }] } }), thread())
    expect(danglingCalls(messages)).toEqual([])
    expect(toolMessages(messages).a).toMatchObject({ status: 'success', content: 'paid 5' })
    expect(mcp.ran).toEqual(['pay 5'])
  })
})
