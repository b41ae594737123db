import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool as langchainTool } from '@langchain/core/tools'
import { generateText, isStepCount, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { createGovernor, memoryStore, type Governor, type Store } from 'countersign'
import { governedTools } from 'countersign/ai-sdk'
import { governedTool } from 'countersign/langchain'
import { sqliteStore } from 'countersign/stores/sqlite'
import { z } from 'zod'
import { measure } from './measure.ts'
import type { Result } from './result.ts'

const rules = [
  { id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' },
  { id: 'large', tools: ['pay'], when: { 'input.amount': { gt: 100 } }, effect: 'deny' },
] as const

const schema = z.object({ amount: z.number(), to: z.string() })
const governorOn = (store: Store): Governor => createGovernor({ policy: { rules }, store })
const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
}

let calls = 0

/** A model that answers at once: a call, then a text. */
function scriptedModel() {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) =>
      prompt.at(-1)?.role === 'tool'
        ? {
            content: [{ type: 'text', text: 'done' }],
            finishReason: { unified: 'stop', raw: 'stop' },
            usage,
            warnings: [],
          }
        : {
            content: [
              { type: 'tool-call', toolCallId: `call_${calls++}`, toolName: 'pay', input: '{"amount":50,"to":"a"}' },
            ],
            finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
            usage,
            warnings: [],
          },
  })
}

/** What governing adds to a run of each framework; memory, and SQLite with every record in the kernel before the tool runs. */
export async function benchFrameworks(): Promise<readonly Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  const memory = governorOn(memoryStore({ maxDecisions: 1000 }))
  const sqlite = governorOn(sqliteStore(join(folder, 'bench.db')))
  try {
    return [...(await benchAiSdk(memory, sqlite)), ...(await benchLangChain(memory, sqlite))]
  } finally {
    await memory.close()
    await sqlite.close()
    rmSync(folder, { recursive: true })
  }
}

async function benchAiSdk(memory: Governor, sqlite: Governor): Promise<readonly Result[]> {
  const tools = { pay: tool({ inputSchema: schema, execute: async ({ amount }) => ({ paid: amount }) }) }
  const model = scriptedModel()
  const runWith = (governed: typeof tools) => () =>
    generateText({ model, tools: governed, prompt: 'pay', stopWhen: isStepCount(2) }).finally(() => {
      model.doGenerateCalls.length = 0
    })
  const subjects = [
    { name: 'bare', run: runWith(tools) },
    { name: 'memory', run: runWith(governedTools(tools, { governor: memory })) },
    { name: 'sqlite', run: runWith(governedTools(tools, { governor: sqlite })) },
  ]
  const [bare, inMemory, inSqlite] = await measure(subjects, { rounds: 25, calls: 300 })
  if (bare === undefined || inMemory === undefined || inSqlite === undefined) throw new Error('nothing was measured')
  return [
    {
      name: 'AI SDK generateText, one call: memory against bare',
      value: inMemory.p50 / bare.p50,
      unit: '×',
      target: 1.15,
    },
    {
      name: 'AI SDK generateText, one call: SQLite against bare',
      value: inSqlite.p50 / bare.p50,
      unit: '×',
      target: 1.35,
    },
  ]
}

async function benchLangChain(memory: Governor, sqlite: Governor): Promise<readonly Result[]> {
  const pay = langchainTool(async ({ amount }: { amount: number }) => `paid ${amount}`, {
    name: 'pay',
    description: 'Pay',
    schema,
  })
  const invoke = (subject: typeof pay) => () =>
    subject.invoke({ id: `call_${calls++}`, name: 'pay', args: { amount: 50, to: 'a' }, type: 'tool_call' })
  const subjects = [
    { name: 'bare', run: invoke(pay) },
    { name: 'memory', run: invoke(governedTool(pay, { governor: memory })) },
    { name: 'sqlite', run: invoke(governedTool(pay, { governor: sqlite })) },
  ]
  const [bare, inMemory, inSqlite] = await measure(subjects, { rounds: 25, calls: 1000 })
  if (bare === undefined || inMemory === undefined || inSqlite === undefined) throw new Error('nothing was measured')
  return [
    { name: 'LangChain tool.invoke: memory adds', value: inMemory.p50 - bare.p50, unit: 'µs', target: 6 },
    { name: 'LangChain tool.invoke: SQLite adds', value: inSqlite.p50 - bare.p50, unit: 'µs', target: 60 },
  ]
}
