import { execFileSync } from 'node:child_process'
import { median } from './measure.ts'
import type { Result } from './result.ts'

const ROUNDS = 11

/** CPU milliseconds (user and system, all threads) that importing a module takes in a process that has imported others. */
function importCost(module: string, before: readonly string[]): number {
  const program = `
    for (const name of ${JSON.stringify(before)}) await import(name)
    const start = process.cpuUsage()
    await import(${JSON.stringify(module)})
    const { user, system } = process.cpuUsage(start)
    console.log((user + system) / 1000)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}

function medianCost(module: string, before: readonly string[]): number {
  return median(Array.from({ length: ROUNDS }, () => importCost(module, before)))
}

/** What the core adds to an empty Node process, and an adapter to one that has its framework and the core. */
export function benchImports(): readonly Result[] {
  const value = (module: string, ...before: string[]): number => medianCost(module, before)
  const beyond = 'CPU beyond framework and core'
  return [
    { name: 'import countersign: CPU in an empty Node process', value: value('countersign'), unit: 'ms', target: 15 },
    {
      name: `import countersign/ai-sdk: ${beyond}`,
      value: value('countersign/ai-sdk', 'ai', 'countersign'),
      unit: 'ms',
      target: 2,
    },
    {
      name: `import countersign/langchain: ${beyond}`,
      value: value('countersign/langchain', 'langchain', 'countersign'),
      unit: 'ms',
      target: 2,
    },
  ]
}
