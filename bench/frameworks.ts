import { execFileSync } from 'node:child_process'
import type { Result } from './result.ts'

/** Median microseconds of one call, bare and governed. */
function pair(framework: 'ai-sdk' | 'langchain', store: 'memory' | 'sqlite'): { bare: number; governed: number } {
  const program = new URL('pair.ts', import.meta.url).pathname
  const printed = execFileSync(process.execPath, [program, framework, store], { encoding: 'utf8' })
  return JSON.parse(printed) as { bare: number; governed: number }
}

/** What governing adds to a run of each framework; memory, and SQLite with every record in the kernel before the tool runs. */
export function benchFrameworks(): readonly Result[] {
  const ratio = (store: 'memory' | 'sqlite'): number => {
    const { bare, governed } = pair('ai-sdk', store)
    return governed / bare
  }
  const added = (store: 'memory' | 'sqlite'): number => {
    const { bare, governed } = pair('langchain', store)
    return governed - bare
  }
  return [
    { name: 'AI SDK generateText, one call: memory against bare', value: ratio('memory'), unit: '×', target: 1.15 },
    { name: 'AI SDK generateText, one call: SQLite against bare', value: ratio('sqlite'), unit: '×', target: 1.35 },
    { name: 'LangChain tool.invoke: memory adds', value: added('memory'), unit: 'µs', target: 6 },
    { name: 'LangChain tool.invoke: SQLite adds', value: added('sqlite'), unit: 'µs', target: 60 },
  ]
}
