import { createOpenAI } from '@ai-sdk/openai'
import { isStepCount, streamText, tool } from 'ai'
import type { Governor } from 'countersign'
import { governanceStream, governedTools } from 'countersign/ai-sdk'
import type { Provider } from './provider.ts'
import { question, shop } from './shop.ts'
import type { Sighting } from './view.ts'

/** The agent on the Vercel AI SDK. Yields each decision as the UI message stream of `streamText` carries it. */
export async function* aiSdkAgent(governor: Governor, provider: Provider): AsyncGenerator<Sighting> {
  const { lookup_order, refund, run_sql } = shop
  const tools = governedTools(
    {
      lookup_order: tool({
        description: lookup_order.description,
        inputSchema: lookup_order.schema,
        execute: lookup_order.run,
      }),
      refund: tool({ description: refund.description, inputSchema: refund.schema, execute: refund.run }),
      run_sql: tool({ description: run_sql.description, inputSchema: run_sql.schema, execute: run_sql.run }),
    },
    { governor },
  )
  const openai = createOpenAI({ apiKey: provider.apiKey, baseURL: provider.baseURL })
  const result = streamText({ model: openai(provider.model), tools, prompt: question, stopWhen: isStepCount(10) })
  for await (const chunk of result.toUIMessageStream().pipeThrough(governanceStream({ governor }))) {
    if (chunk.type === 'data-governance') yield chunk.data as Sighting
  }
}
