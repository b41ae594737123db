import { execFileSync } from 'node:child_process'
import type { Result } from './result.ts'

type Framework = 'ai-sdk' | 'langchain'
type StoreName = 'memory' | 'SQLite'
/** Whether receipts and the audit log are kept besides the decision and how the call ended. */
type Extent = 'decision' | 'all'

/** Median microseconds of one call, bare and governed. */
function pair(framework: Framework, store: StoreName, extent: Extent): { bare: number; governed: number } {
  const program = new URL('pair.ts', import.meta.url).pathname
  const printed = execFileSync(process.execPath, [program, framework, store.toLowerCase(), extent], {
    encoding: 'utf8',
  })
  return JSON.parse(printed) as { bare: number; governed: number }
}

function aiSdk(store: StoreName, extent: Extent): Pick<Result, 'value' | 'unit'> {
  const { bare, governed } = pair('ai-sdk', store, extent)
  return { value: governed / bare, unit: '×' }
}

function langchain(store: StoreName, extent: Extent): Pick<Result, 'value' | 'unit'> {
  const { bare, governed } = pair('langchain', store, extent)
  return { value: governed - bare, unit: 'µs' }
}

/** What governing adds to a run of each framework; memory, and SQLite with every record in the kernel before the tool runs. */
export function benchFrameworks(): readonly Result[] {
  return [
    { name: 'AI SDK generateText: decision, memory, against bare', ...aiSdk('memory', 'decision'), target: 1.15 },
    { name: 'AI SDK generateText: decision, SQLite, against bare', ...aiSdk('SQLite', 'decision'), target: 1.35 },
    { name: 'LangChain tool.invoke: decision, memory, adds', ...langchain('memory', 'decision'), target: 6 },
    { name: 'LangChain tool.invoke: decision, SQLite, adds', ...langchain('SQLite', 'decision'), target: 60 },
    { name: 'AI SDK generateText: receipt and log too, memory', ...aiSdk('memory', 'all') },
    { name: 'AI SDK generateText: receipt and log too, SQLite', ...aiSdk('SQLite', 'all') },
    { name: 'LangChain tool.invoke: receipt and log too, memory, adds', ...langchain('memory', 'all') },
    { name: 'LangChain tool.invoke: receipt and log too, SQLite, adds', ...langchain('SQLite', 'all') },
  ]
}
