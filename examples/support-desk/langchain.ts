import { tool } from '@langchain/core/tools'
import { MemorySaver } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import type { Governor } from 'countersign'
import { governanceMiddleware } from 'countersign/langchain'
import { createAgent } from 'langchain'
import type { Provider } from './provider.ts'
import { question, shop } from './shop.ts'
import type { Sighting } from './view.ts'

/** The agent on LangChain. Yields each decision as the agent's own `custom` stream carries it. */
export async function* langchainAgent(governor: Governor, provider: Provider): AsyncGenerator<Sighting> {
  const { lookup_order, refund, run_sql } = shop
  const tools = [
    tool(lookup_order.run, {
      name: 'lookup_order',
      description: lookup_order.description,
      schema: lookup_order.schema,
    }),
    tool(refund.run, {
      name: 'refund',
      description: refund.description,
      schema: refund.schema,
    }),
    tool(run_sql.run, {
      name: 'run_sql',
      description: run_sql.description,
      schema: run_sql.schema,
    }),
  ]
  const agent = createAgent({
    model: new ChatOpenAI({
      model: provider.model,
      apiKey: provider.apiKey,
      useResponsesApi: true,
      configuration: { baseURL: provider.baseURL },
    }),
    tools,
    middleware: [governanceMiddleware({ governor, tools })],
    checkpointer: new MemorySaver(),
  })
  const messages = [{ role: 'user', content: question }]
  const config = { configurable: { thread_id: 'demo-langchain' }, streamMode: 'custom' as const }
  for await (const event of await agent.stream({ messages }, config)) {
    const { type, ...data } = event as { readonly type: string } & Sighting
    if (type === 'governance') yield data
  }
}
