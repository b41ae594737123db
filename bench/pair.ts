// One framework, bare and governed by turns, in a process of its own: a program has one store, and code that has only
// ever seen one runs faster than code that has seen several.
// node bench/pair.ts ai-sdk|langchain memory|sqlite decision|all   (decision: without receipts and audit log)
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool as langchainTool } from '@langchain/core/tools'
import { generateText, isStepCount, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { createGovernor, memoryStore, type Governor } from 'countersign'
import { governedTools } from 'countersign/ai-sdk'
import { governedTool } from 'countersign/langchain'
import { sqliteStore } from 'countersign/stores/sqlite'
import { z } from 'zod'
import { measure, type Subject } from './measure.ts'

const rules = [
  { id: 'small', tools: ['pay'], when: { 'input.amount': { lte: 100 } }, effect: 'allow' },
  { id: 'large', tools: ['pay'], when: { 'input.amount': { gt: 100 } }, effect: 'deny' },
] as const
const schema = z.object({ amount: z.number(), to: z.string() })
let calls = 0

/** generateText with one tool call and one more step, on a model that answers at once. */
function aiSdk(governor: Governor): readonly Subject[] {
  const usage = {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  }
  const model = new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const input = '{"amount":50,"to":"a"}'
      const call = { type: 'tool-call', toolCallId: `call_${calls++}`, toolName: 'pay', input } as const
      return prompt.at(-1)?.role === 'tool'
        ? {
            content: [{ type: 'text', text: 'done' }],
            finishReason: { unified: 'stop', raw: 'stop' },
            usage,
            warnings: [],
          }
        : { content: [call], finishReason: { unified: 'tool-calls', raw: 'tool_calls' }, usage, warnings: [] }
    },
  })
  const tools = { pay: tool({ inputSchema: schema, execute: async ({ amount }) => ({ paid: amount }) }) }
  const runWith = (subject: typeof tools) => async () => {
    await generateText({ model, tools: subject, prompt: 'pay', stopWhen: isStepCount(2) })
    model.doGenerateCalls.length = 0
  }
  return [
    { name: 'bare', run: runWith(tools) },
    { name: 'governed', run: runWith(governedTools(tools, { governor })) },
  ]
}

/** tool.invoke with a tool call. */
function langchain(governor: Governor): readonly Subject[] {
  const description = { name: 'pay', description: 'Pay', schema }
  const pay = langchainTool(async ({ amount }: z.infer<typeof schema>) => `paid ${amount}`, description)
  const invoke = (subject: typeof pay) => () =>
    subject.invoke({ id: `call_${calls++}`, name: 'pay', args: { amount: 50, to: 'a' }, type: 'tool_call' })
  return [
    { name: 'bare', run: invoke(pay) },
    { name: 'governed', run: invoke(governedTool(pay, { governor })) },
  ]
}

const [framework, storeName, extent] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
const store = storeName === 'sqlite' ? sqliteStore(join(folder, 'bench.db')) : memoryStore({ maxDecisions: 10_000 })
const least = { audit: false, tools: { pay: { annotations: { readOnly: true } } } } as const
const governor = createGovernor({ policy: { rules }, store, ...(extent === 'decision' ? least : {}) })
const subjects = framework === 'ai-sdk' ? aiSdk(governor) : langchain(governor)
const [bare, governed] = await measure(subjects, { rounds: 25, calls: framework === 'ai-sdk' ? 300 : 1000 })
await governor.close()
rmSync(folder, { recursive: true })
console.log(JSON.stringify({ bare: bare?.p50, governed: governed?.p50 }))
