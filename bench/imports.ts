import { execFileSync } from 'node:child_process'
import { median } from './measure.ts'
import type { Result } from './result.ts'

const ROUNDS = 11

/** CPU milliseconds (user and system, all threads) of a Node process that imports these modules and ends. */
function importCost(modules: readonly string[]): number {
  const program = `${modules.map(name => `await import(${JSON.stringify(name)});`).join('')}const { user, system } = process.cpuUsage();console.log((user + system) / 1000)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }))
}

/** What an import adds to a Node start, and an adapter to its framework; the processes take turns. */
export function benchImports(): readonly Result[] {
  const programs = {
    empty: [],
    core: ['countersign'],
    ai: ['ai', 'countersign'],
    aiAdapter: ['ai', 'countersign', 'countersign/ai-sdk'],
    langchain: ['langchain', 'countersign'],
    langchainAdapter: ['langchain', 'countersign', 'countersign/langchain'],
  }
  const names = Object.keys(programs) as (keyof typeof programs)[]
  const costs = new Map(names.map(name => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of names) costs.get(name)?.push(importCost(programs[name]))
  }
  const adds = (name: keyof typeof programs, base: keyof typeof programs): number =>
    median((costs.get(name) ?? []).map((cost, round) => cost - (costs.get(base)?.[round] ?? Number.NaN)))
  return [
    { name: 'import countersign: CPU over an empty Node start', value: adds('core', 'empty'), unit: 'ms', target: 15 },
    {
      name: 'import countersign/ai-sdk: CPU beyond its framework',
      value: adds('aiAdapter', 'ai'),
      unit: 'ms',
      target: 2,
    },
    {
      name: 'import countersign/langchain: CPU beyond its framework',
      value: adds('langchainAdapter', 'langchain'),
      unit: 'ms',
      target: 2,
    },
  ]
}
