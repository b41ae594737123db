// One governed loop, and the providers that the `openai` client reaches: each is played by a loopback server that writes its
// answers the way that provider does. The streams are written here; nothing was recorded, and no key is needed.
import assert from 'node:assert/strict'
import { createGovernor, memoryStore } from 'countersign'
import { createGovernedOpenAI, type StreamEvent } from 'countersign/openai'
import { modelServer, type ScriptedTurn } from 'countersign/testing'
import OpenAI, { AzureOpenAI } from 'openai'
import { z } from 'zod'

interface Row {
  readonly provider: string
  readonly model: string
  readonly api: 'responses' | 'chat'
  /** How it writes calls. */
  readonly turn: Partial<ScriptedTurn>
  readonly client?: (url: string) => OpenAI
}

const signature = { extra_content: { google: { thought_signature: 'signed' } } }
const rows: readonly Row[] = [
  { provider: 'OpenAI', model: 'gpt-5.1', api: 'responses', turn: { reasoning: 'Let me see.' } },
  { provider: 'OpenAI, chat', model: 'gpt-5.1', api: 'chat', turn: {} },
  {
    provider: 'Azure OpenAI',
    model: 'my-deployment',
    api: 'chat',
    turn: {},
    client: url => new AzureOpenAI({ endpoint: url, apiKey: 'none', apiVersion: '2025-04-01-preview' }),
  },
  { provider: 'OpenRouter', model: 'z-ai/glm-5', api: 'chat', turn: { reasoning: 'Let me see.' } },
  { provider: 'Ollama', model: 'qwen3', api: 'chat', turn: { index: 'zero' } },
  { provider: 'LM Studio', model: 'gpt-oss-20b', api: 'responses', turn: { reasoning: 'Let me see.' } },
  { provider: 'Hugging Face', model: 'moonshotai/Kimi-K2', api: 'responses', turn: {} },
  { provider: 'Anthropic', model: 'claude-sonnet-5', api: 'chat', turn: { text: 'I will look.' } },
  { provider: 'Gemini', model: 'gemini-3-flash', api: 'chat', turn: { index: 'null' } },
  { provider: 'Bedrock', model: 'openai.gpt-oss-120b', api: 'chat', turn: { index: 'missing' } },
]

for (const { provider, model, api, turn, client: make } of rows) {
  const extra = provider === 'Gemini' ? signature : {}
  const calls = [
    { name: 'look_up', arguments: { order: '1001' }, extra },
    { name: 'drop_table', arguments: {}, extra: {} },
  ]
  const server = await modelServer([{ ...turn, calls }, { text: 'Looked up; I may not drop.' }])
  const client = make?.(server.url) ?? new OpenAI({ apiKey: 'none', baseURL: `${server.url}/v1` })
  const governor = createGovernor({
    store: memoryStore(),
    policy: {
      rules: [
        { id: 'look', tools: ['look_up'], effect: 'allow' },
        { id: 'drop', tools: ['drop_table'], effect: 'deny', reason: 'never' },
      ],
    },
  })
  const ran: string[] = []
  const ai = createGovernedOpenAI<'responses' | 'chat'>({ client, governor, api, model })
  ai.tool('look_up', ({ order }) => ran.push(order), { parameters: z.object({ order: z.string() }) })
  ai.tool('drop_table', () => ran.push('dropped'))

  const events: StreamEvent[] = []
  for await (const event of ai.runStream({ input: 'Look up order 1001, then drop the table.' })) events.push(event)
  const statuses = events.flatMap(event =>
    event.type === 'execution_event' ? [`${event.event.tool} ${event.event.status}`] : [],
  )
  const said = events.flatMap(event => (event.type === 'llm_text_done' ? [event.text] : [])).at(-1)
  console.log(`${provider.padEnd(14)} ${api.padEnd(10)} ${statuses.join(', ').padEnd(40)} ${said}`)
  const sent = JSON.stringify(server.requests.at(-1)?.body)
  await server.close()
  await governor.close()

  assert.deepEqual(ran, ['1001'])
  assert.deepEqual(statuses, ['look_up executed', 'drop_table blocked'])
  assert.equal(sent.includes('thought_signature'), provider === 'Gemini')
}
