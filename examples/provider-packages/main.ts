// The same tools and the same policy with every provider, through the frameworks' own packages of it. Each row replays a stream
// in the provider's own format (in `streams/`, written for this example), so that no key is needed. Names of providers as
// arguments choose rows: `node examples/provider-packages/main.ts anthropic gemini`.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { tool as langChainTool } from '@langchain/core/tools'
import { streamText, tool } from 'ai'
import { createGovernor, type Governor, memoryStore } from 'countersign'
import { withGovernance } from 'countersign/ai-sdk'
import { governanceMiddleware } from 'countersign/langchain'
import { eventStreamed, recordedSteps, type ReplayStep, replayServer } from 'countersign/testing'
import { createAgent } from 'langchain'
import { z } from 'zod'
import { aiSdk, type AiSdkRow, langChain, type LangChainRow } from './rows.ts'

// What the packages have to say about model names that they do not know yet.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

const PROMPT = 'Look up order 1001, then drop the table.'
const look = z.object({ order: z.string() })
const drop = z.object({})

/** The two answers of a provider: calls, and what it says after their results. */
const answersOf = (stream: string): readonly ReplayStep[] =>
  [1, 2].flatMap(number => {
    const name = `${stream}.${number}.chunks.txt`
    const text = readFileSync(new URL(`streams/${name}`, import.meta.url), 'utf8')
    if (stream !== 'bedrock') return recordedSteps(name, text)
    return eventStreamed(
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>),
    )
  })

async function withAiSdk({ model }: AiSdkRow, url: string, governor: Governor, ran: string[]): Promise<string> {
  const tools = {
    look_up: tool({ inputSchema: look, execute: ({ order }) => ran.push(order) }),
    drop_table: tool({ inputSchema: drop, execute: () => ran.push('dropped') }),
  }
  const { text } = streamText({
    model: model(url),
    ...withGovernance(tools, { governor }),
    prompt: PROMPT,
    stopWhen: ({ steps }) => steps.length >= 2,
  })
  return text
}

async function withLangChain({ model }: LangChainRow, url: string, governor: Governor, ran: string[]): Promise<string> {
  const agent = createAgent({
    model: model(url),
    tools: [
      langChainTool(({ order }: { order: string }) => ran.push(order), { name: 'look_up', schema: look }),
      langChainTool(() => ran.push('dropped'), { name: 'drop_table', schema: drop }),
    ],
    middleware: [governanceMiddleware({ governor })],
  })
  let said = ''
  for await (const [chunk, { langgraph_node: node }] of await agent.stream(
    { messages: [{ role: 'user', content: PROMPT }] },
    { streamMode: 'messages' },
  ))
    if (String(node).startsWith('model')) said += chunk.text
  return said
}

async function play(
  label: string,
  { stream, route }: AiSdkRow | LangChainRow,
  run: (url: string, governor: Governor, ran: string[]) => Promise<string>,
): Promise<void> {
  await using server = await replayServer({ [route]: answersOf(stream) })
  await using governor = createGovernor({
    store: memoryStore(),
    policy: {
      rules: [
        { id: 'look', tools: ['look_up'], effect: 'allow' },
        { id: 'drop', tools: ['drop_table'], effect: 'deny', reason: 'never' },
      ],
    },
  })
  const ran: string[] = []
  const said = await run(server.url, governor, ran)
  const decisions = await governor.decisions.list()
  const results = decisions.map(({ tool: name, result }) => `${name} ${result}`).toSorted()
  console.log(`${label.padEnd(27)} ${results.join(', ').padEnd(42)} ${said}`)

  assert.deepEqual(ran, ['1001'])
  assert.deepEqual(results, ['drop_table blocked', 'look_up allowed'])
  assert.match(said, /Looked up; I may not drop\.$/)
  assert.equal(server.requests.length, 2)
}

const wanted = process.argv.slice(2).map(name => name.toLowerCase())
const isWanted = ({ provider }: { readonly provider: string }): boolean =>
  wanted.length === 0 || wanted.some(name => provider.toLowerCase().includes(name))

for (const row of aiSdk.filter(isWanted))
  await play(`AI SDK    ${row.provider}`, row, (...given) => withAiSdk(row, ...given))
for (const row of langChain.filter(isWanted))
  await play(`LangChain ${row.provider}`, row, (...given) => withLangChain(row, ...given))
